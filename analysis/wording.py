"""Numbers and codes into the words that people read.

One place, so that a percentage point, a pound or a date looks the same on every screen and in every report.
Effects come in the outcome's own unit (0.02 of a binary outcome is two points), money in pounds.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Final, Literal

from analysis.results import Variant
from designs.literals import Measure

Unit = Literal["share", "pounds", "number"]

MINUS: Final = "−"
UNKNOWN: Final = "not known"


def count(value: float | None) -> str:
    """A whole number with commas.

    >>> count(300000)
    '300,000'
    """
    return UNKNOWN if value is None else signed_minus(f"{value:,.0f}")


def signed_minus(text: str) -> str:
    """A typographic minus, and no minus before a rounded zero.

    >>> signed_minus("-0.0"), signed_minus("-1,200")
    ('0.0', '−1,200')
    """
    if text.startswith("-") and not any(digit in text for digit in "123456789"):
        return text[1:]
    return text.replace("-", MINUS, 1) if text.startswith("-") else text


def decimal(value: float | None, places: int = 1, *, sign: bool = False) -> str:
    """A plain decimal.

    >>> decimal(2.24, sign=True), decimal(-0.31), decimal(None)
    ('+2.2', '−0.3', 'not known')
    """
    if value is None:
        return UNKNOWN
    text = signed_minus(f"{value:,.{places}f}")
    is_zero = not any(digit in text for digit in "123456789")
    return f"+{text}" if sign and value > 0 and not is_zero else text


def percentage(share: float | None) -> str:
    """A share as a percentage: one decimal, two where it is rarer than one in a hundred.

    >>> percentage(0.3104), percentage(0.0011)
    ('31.0%', '0.11%')
    """
    return UNKNOWN if share is None else f"{decimal(share * 100, 2 if 0 < abs(share) < 0.01 else 1)}%"


def points(effect: float | None, lower: float | None = None, upper: float | None = None) -> str:
    """A difference of shares in percentage points, with its range where there is one.

    >>> points(0.0224, 0.0081, 0.0369)
    '+2.2 points (0.8 to 3.7)'
    >>> points(-0.0002, -0.0004, 0.0001)
    '−0.02 points (−0.04 to 0.01)'
    """
    if effect is None:
        return UNKNOWN
    places = point_places(effect, lower, upper)
    words = f"{decimal(effect * 100, places, sign=True)} points"
    return words if lower is None or upper is None else f"{words} ({points_range(lower, upper)})"


def points_range(lower: float, upper: float) -> str:
    """An interval of differences of shares, in percentage points.

    >>> points_range(-0.003, 0.012)
    '−0.3 to 1.2'
    """
    return range_of(lower * 100, upper * 100, point_places(lower, upper))


def point_places(*shares: float | None) -> int:
    """Decimals for points: one, or two where every figure is under half a point.

    >>> point_places(0.02, 0.001), point_places(0.0004, -0.0002)
    (1, 2)
    """
    return 2 if all(abs(share) < 0.005 for share in shares if share is not None) else 1


def pounds(amount: float | None, *, sign: bool = False, pence: bool | None = None) -> str:
    """Pounds; pence are shown under £10 unless told otherwise.

    >>> pounds(1240.4), pounds(-0.05), pounds(850, sign=True)
    ('£1,240', '−£0.05', '+£850')
    """
    if amount is None:
        return UNKNOWN
    with_pence = abs(amount) < 10 if pence is None else pence
    figure = f"{abs(amount):,.2f}" if with_pence else f"{abs(amount):,.0f}"
    if not any(digit in figure for digit in "123456789"):
        return f"£{figure}"
    return f"{MINUS if amount < 0 else '+' if sign else ''}£{figure}"


def large_pounds(amount: float | None) -> str:
    """Pounds over many customers, no finer than the evidence: £10 from £100 on, three figures from £10,000 on.

    >>> large_pounds(338912.0), large_pounds(1_243_000), large_pounds(851.7), large_pounds(96.2)
    ('£339,000', '£1.24 million', '£850', '£96')
    """
    if amount is None:
        return UNKNOWN
    size = rounded(abs(amount))
    text = f"£{size / 1e6:.3g} million" if size >= 1e6 else f"£{size:,.0f}"
    return f"{MINUS}{text}" if amount < 0 and size > 0 else text


def rounded(size: float) -> float:
    """A large amount without the figures that mean nothing.

    >>> rounded(338912.0), rounded(4.4), rounded(1432.0)
    (339000.0, 4.0, 1430.0)
    """
    if size >= 9995:
        return float(round(size, 2 - math.floor(math.log10(size))))
    return float(round(size, -1)) if size >= 99.5 else float(round(size))


def gain_or_loss(amount: float | None, lower: float | None = None, upper: float | None = None) -> str:
    """Money as the department feels it, with its range.

    >>> gain_or_loss(-490, -1000, 30)
    '£490 lost (£1,000 lost to £30 gained)'
    >>> gain_or_loss(850, 400, 1300)
    '£850 gained (£400 to £1,300)'
    """
    if amount is None:
        return UNKNOWN
    if lower is None or upper is None:
        return _felt(amount)
    if (lower < 0) == (upper < 0) and (amount < 0) == (lower < 0):
        return f"{_felt(amount)} ({large_pounds(abs(lower))} to {large_pounds(abs(upper))})"
    return f"{_felt(amount)} ({_felt(lower)} to {_felt(upper)})"


def gain_range(lower: float, upper: float) -> str:
    """A range of money as the department feels it.

    >>> gain_range(-1000, 30), gain_range(400, 1300)
    ('£1,000 lost to £30 gained', '£400 to £1,300 gained')
    """
    if (lower < 0) == (upper < 0):
        return f"{large_pounds(abs(lower))} to {_felt(upper)}"
    return f"{_felt(lower)} to {_felt(upper)}"


def people_range(lower: float, upper: float) -> str:
    """A range of a difference of shares as people among 1,000.

    >>> people_range(-0.004, 0.006), people_range(0.065, 0.0754)
    ('4 fewer to 6 more', '65 to 75 more')
    """
    if (lower < 0) == (upper < 0):
        return f"{_thousandths(abs(lower))} to {_people(upper)}"
    return f"{_people(lower)} to {_people(upper)}"


def _felt(amount: float) -> str:
    size = large_pounds(abs(amount))
    if size == "£0":
        return "£0"
    return f"{size} {'lost' if amount < 0 else 'gained'}"


def more_per_thousand(effect: float | None, lower: float | None = None, upper: float | None = None) -> str:
    """A difference of shares as people among 1,000.

    >>> more_per_thousand(0.0702, 0.065, 0.0754)
    '70 more (65 to 75)'
    >>> more_per_thousand(0.001, -0.004, 0.006)
    '1 more (4 fewer to 6 more)'
    """
    if effect is None:
        return UNKNOWN
    if lower is None or upper is None:
        return _people(effect)
    if (lower < 0) == (upper < 0) and (effect < 0) == (lower < 0):
        return f"{_people(effect)} ({_thousandths(abs(lower))} to {_thousandths(abs(upper))})"
    return f"{_people(effect)} ({_people(lower)} to {_people(upper)})"


def _thousandths(share: float) -> str:
    size = share * 1000
    return f"{size:,.0f}" if size >= 9.95 else f"{size:.1f}".removesuffix(".0")


def _people(effect: float) -> str:
    size = _thousandths(abs(effect))
    return "no more" if size == "0" else f"{size} {'fewer' if effect < 0 else 'more'}"


def range_of(lower: float | None, upper: float | None, places: int = 1) -> str:
    """An interval of plain numbers.

    >>> range_of(-0.31, 1.2)
    '−0.3 to 1.2'
    """
    if lower is None or upper is None:
        return UNKNOWN
    return f"{decimal(lower, places)} to {decimal(upper, places)}"


def difference(unit: Unit, estimate: float | None, lower: float | None = None, upper: float | None = None) -> str:
    """A difference in its outcome's unit, with its range where there is one.

    >>> difference("pounds", 1.1, -0.2, 2.4), difference("number", 0.28)
    ('+£1.10 (−£0.20 to £2.40)', '+0.28')
    """
    if unit == "share":
        return points(estimate, lower, upper)
    words = pounds(estimate, sign=True, pence=True) if unit == "pounds" else decimal(estimate, 2, sign=True)
    return words if lower is None or upper is None else f"{words} ({interval(unit, lower, upper)})"


def interval(unit: Unit, lower: float, upper: float) -> str:
    """A range alone, in its outcome's unit.

    >>> interval("share", 0.008, 0.037), interval("pounds", -0.2, 2.4)
    ('0.8 to 3.7', '−£0.20 to £2.40')
    """
    if unit == "pounds":
        return f"{pounds(lower, pence=True)} to {pounds(upper, pence=True)}"
    return points_range(lower, upper) if unit == "share" else range_of(lower, upper, 2)


def confidence(alpha: float) -> str:
    """The confidence of an interval.

    >>> confidence(0.05), confidence(0.005)
    ('95%', '99.5%')
    """
    return f"{(1 - alpha) * 100:.4g}%"


def p_value(value: float | None) -> str:
    """Three decimals, as analysts read them.

    >>> p_value(0.00004), p_value(0.0312)
    ('<0.001', '0.031')
    """
    if value is None:
        return UNKNOWN
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


def day(value: date | None) -> str:
    """A date in full.

    >>> day(date(2026, 11, 21))
    '21 November 2026'
    """
    return "not yet" if value is None else f"{value.day} {value:%B %Y}"


def moment(value: datetime | None) -> str:
    """A date and a time of day.

    >>> moment(datetime(2026, 11, 21, 9, 5))
    '21 November 2026 at 09:05'
    """
    return "not yet" if value is None else f"{day(value)} at {value:%H:%M}"


def sentence_case(identifier: str) -> str:
    """An identifier as a phrase.

    >>> sentence_case("allocation_counts")
    'Allocation counts'
    """
    phrase = identifier.replace("_", " ").replace("-", " ").strip()
    return phrase[:1].upper() + phrase[1:]


def opening(words: str) -> str:
    """Words at the start of a sentence.

    >>> opening("the e-mail")
    'The e-mail'
    """
    return words[:1].upper() + words[1:]


def inside_sentence(label: str) -> str:
    """A label as it stands within a sentence: initials keep their capitals.

    >>> inside_sentence("Plain reminder letter"), inside_sentence("SMS reminder")
    ('plain reminder letter', 'SMS reminder')
    """
    if len(label) > 1 and label[1].isupper():
        return label
    return label[:1].lower() + label[1:]


def variant_words(variant: Variant) -> str:
    """What sets a sensitivity row apart.

    >>> variant_words(Variant("capped", "pounds", cap=250)), variant_words(Variant("capped", "minutes", cap=45))
    ('capped at £250', 'capped at 45 minutes')
    >>> variant_words(Variant("share_with_any", "pounds")), variant_words(Variant("share_with_any", "minutes"))
    ('share who paid anything', 'share with any minutes')
    """
    match variant.kind:
        case "capped":
            return f"capped at {quantity(variant.cap, variant.unit)}"
        case "adjustment":
            return f"adjustment: {variant.adjustment}"
        case "standard_errors":
            return str(variant.standard_errors)
        case "logit":
            return "logit, average marginal effect"
        case "randomisation_inference":
            redraws = "every assignment" if variant.exact else f"{variant.draws or 0:,} redraws"
            return f"randomisation inference, {redraws}"
        case "bootstrap_mean":
            return "mean, studentised bootstrap"
        case "share_with_any":
            return f"share {_WITH_ANY[variant.unit or 'number']}"
        case "mean_with_any":
            return f"mean among those {_WITH_ANY[variant.unit or 'number'].removesuffix(' anything')} (descriptive)"
        case "quantile":
            return f"quantile {variant.quantile or 0:g}"


_WITH_ANY: Final[dict[Measure, str]] = {
    "pounds": "who paid anything", "minutes": "with any minutes", "days": "with any days", "number": "above zero",
    "share": "above zero",
}  # fmt: skip


def quantity(size: float | None, unit: Measure | None) -> str:
    """An amount in its unit, whole.

    >>> quantity(1200, "pounds"), quantity(45, "minutes"), quantity(3, "number")
    ('£1,200', '45 minutes', '3')
    """
    if size is None:
        return UNKNOWN
    if unit in ("minutes", "days"):
        return f"{size:,.0f} {unit}"
    return f"£{size:,.0f}" if unit == "pounds" else f"{size:,.0f}"


def listed(items: tuple[str, ...] | list[str]) -> str:
    """Items as a list within a sentence.

    >>> listed(["letter", "SMS", "call"])
    'letter, SMS and call'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def shortened(digest: str | None, length: int = 12) -> str:
    """The start of a digest, enough to tell two apart by eye.

    >>> shortened("3fa9b2c4d5e6f708")
    '3fa9b2c4d5e6…'
    """
    if not digest:
        return "none"
    return digest if len(digest) <= length else f"{digest[:length]}…"
