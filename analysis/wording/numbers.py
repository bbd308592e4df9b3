"""Numbers into the words that people read.

A percentage point, a pound or a count looks the same wherever it stands. Effects come in the outcome's own unit for one
customer (0.02 of a binary outcome is two points), money in pounds.
"""

from __future__ import annotations

import math
from typing import Final

from designs.literals import Measure

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


_LARGE: Final = ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"))


def large_pounds(amount: float | None) -> str:
    """Pounds over many customers, no finer than the evidence: £10 from £100 on, three figures from £10,000 on.

    >>> large_pounds(338912.0), large_pounds(1_243_000), large_pounds(851.7), large_pounds(96.2)
    ('£339,000', '£1.24 million', '£850', '£96')
    >>> large_pounds(2.34e9), large_pounds(-1.5e13), large_pounds(2e17)
    ('£2.34 billion', '−£15 trillion', '£200,000 trillion')
    """
    if amount is None:
        return UNKNOWN
    size = rounded(abs(amount))
    unit, word = next(((unit, word) for unit, word in _LARGE if size >= unit), (1.0, ""))
    figure = size / unit
    text = f"£{figure:.3g}{word}" if word and figure < 999.5 else f"£{figure:,.0f}{word}"
    return f"{MINUS}{text}" if amount < 0 and size > 0 else text


def rounded(size: float) -> float:
    """A large amount without the figures that mean nothing.

    >>> rounded(338912.0), rounded(4.4), rounded(1432.0)
    (339000.0, 4.0, 1430.0)
    """
    if size >= 9995:
        return float(round(size, 2 - math.floor(math.log10(size))))
    return float(round(size, -1)) if size >= 99.5 else float(round(size))


def customers_needed(customers: float) -> str:
    """A number of customers, rounded up to two figures.

    >>> customers_needed(123_400), customers_needed(88)
    ('130,000', '88')
    """
    step = 10 ** max(0, len(str(int(customers))) - 2)
    return f"{int(-(-customers // step) * step):,}"


def gained(amount: float) -> str:
    """Money as the department feels it.

    >>> gained(852.3), gained(-491.1), gained(0.1)
    ('£850 gained', '£490 lost', '£0')
    """
    size = large_pounds(abs(amount))
    return size if size == "£0" else f"{size} {'lost' if amount < 0 else 'gained'}"


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
        return gained(amount)
    if (lower < 0) == (upper < 0) == (amount < 0):
        return f"{gained(amount)} ({large_pounds(abs(lower))} to {large_pounds(abs(upper))})"
    return f"{gained(amount)} ({gained(lower)} to {gained(upper)})"


def gain_range(lower: float, upper: float) -> str:
    """A range of money as the department feels it.

    >>> gain_range(-1000, 30), gain_range(400, 1300)
    ('£1,000 lost to £30 gained', '£400 to £1,300 gained')
    """
    if (lower < 0) == (upper < 0):
        return f"{large_pounds(abs(lower))} to {gained(upper)}"
    return f"{gained(lower)} to {gained(upper)}"


def per_thousand(measure: Measure, effect: float | None, lower: float | None = None, upper: float | None = None) -> str:
    """An effect over 1,000 customers, with its range where there is one.

    >>> per_thousand("share", 0.0702, 0.065, 0.0754), per_thousand("share", 0.001, -0.004, 0.006)
    ('70 more (65 to 75)', '1 more (4 fewer to 6 more)')
    >>> per_thousand("pounds", 0.7), per_thousand("minutes", -0.045), per_thousand("number", 0.0)
    ('£700 more', '45 minutes less', 'no more or fewer')
    """
    if effect is None:
        return UNKNOWN
    if lower is None or upper is None:
        return _more(measure, effect)
    if (lower < 0) == (upper < 0) == (effect < 0):
        return f"{_more(measure, effect)} ({_size(measure, lower)} to {_size(measure, upper)})"
    return f"{_more(measure, effect)} ({_more(measure, lower)} to {_more(measure, upper)})"


def per_thousand_range(measure: Measure, lower: float, upper: float) -> str:
    """A range of an effect over 1,000 customers.

    >>> per_thousand_range("share", -0.004, 0.006), per_thousand_range("share", 0.065, 0.0754)
    ('4 fewer to 6 more', '65 to 75 more')
    """
    if (lower < 0) == (upper < 0):
        return f"{_size(measure, lower)} to {_more(measure, upper)}"
    return f"{_more(measure, lower)} to {_more(measure, upper)}"


def _more(measure: Measure, effect: float) -> str:
    more, less = ("more", "fewer") if measure in ("share", "number") else ("more", "less")
    size = _size(measure, effect)
    if size in ("0", "£0"):
        return f"no {more} or {less}"
    unit = f" {measure}" if measure in ("minutes", "days") else ""
    return f"{size}{unit} {less if effect < 0 else more}"


def _size(measure: Measure, effect: float) -> str:
    """Whole from 10 on, one decimal below; pounds as :func:`large_pounds` has them."""
    size = abs(effect) * 1000.0
    if measure == "pounds":
        return large_pounds(size)
    return f"{size:,.0f}" if size >= 9.95 else f"{size:.1f}".removesuffix(".0")


def span(lower: float, upper: float) -> str:
    """From the lowest to the highest of some values, to four decimals.

    >>> span(0, 0), span(1, 3310.5)
    ('0', '1 to 3,310.5')
    """
    ends = [decimal(value, 4) for value in (lower, upper)]
    low, high = (end.rstrip("0").rstrip(".") for end in ends)
    return low if low == high else f"{low} to {high}"


def range_of(lower: float | None, upper: float | None, places: int = 1) -> str:
    """An interval of plain numbers.

    >>> range_of(-0.31, 1.2)
    '−0.3 to 1.2'
    """
    if lower is None or upper is None:
        return UNKNOWN
    return f"{decimal(lower, places)} to {decimal(upper, places)}"


def difference(measure: Measure, estimate: float | None, lower: float | None = None, upper: float | None = None) -> str:
    """A difference in its outcome's unit, with its range where there is one.

    >>> difference("pounds", 1.1, -0.2, 2.4), difference("minutes", 0.28)
    ('+£1.10 (−£0.20 to £2.40)', '+0.28 minutes')
    """
    if measure == "share":
        return points(estimate, lower, upper)
    if measure == "pounds":
        words = pounds(estimate, sign=True, pence=True)
    else:
        words = _with_unit(measure, decimal(estimate, 2, sign=True))
    return words if lower is None or upper is None else f"{words} ({interval(measure, lower, upper)})"


def interval(measure: Measure, lower: float, upper: float) -> str:
    """A range alone, in its outcome's unit.

    >>> interval("share", 0.008, 0.037), interval("pounds", -0.2, 2.4)
    ('0.8 to 3.7', '−£0.20 to £2.40')
    """
    if measure == "pounds":
        return f"{pounds(lower, pence=True)} to {pounds(upper, pence=True)}"
    return points_range(lower, upper) if measure == "share" else range_of(lower, upper, 2)


def level(measure: Measure, value: float | None) -> str:
    """The mean of an outcome in one arm.

    >>> level("share", 0.3104), level("pounds", 82.4), level("minutes", 0.21)
    ('31.0%', '£82.40', '0.21 minutes')
    """
    if measure == "share":
        return percentage(value)
    return pounds(value, pence=True) if measure == "pounds" else _with_unit(measure, decimal(value, 2))


def _with_unit(measure: Measure, figure: str) -> str:
    return figure if figure == UNKNOWN or measure not in ("minutes", "days") else f"{figure} {measure}"


def quantity(size: float | None, measure: Measure | None) -> str:
    """A declared amount in its unit, with what is declared behind the point.

    >>> quantity(1200, "pounds"), quantity(45, "minutes"), quantity(3, "number")
    ('£1,200', '45 minutes', '3')
    >>> quantity(500.5, "pounds"), quantity(0.4, "days"), quantity(0.25, "number")
    ('£500.50', '0.4 days', '0.25')
    """
    if size is None:
        return UNKNOWN
    if measure == "pounds":
        return (
            f"£{size:,.0f}" if size == round(size) else f"£{size:,.2f}" if size == round(size, 2) else f"£{size:,.10g}"
        )
    figure = f"{size:,.10g}"
    return f"{figure} {measure}" if measure in ("minutes", "days") else figure


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
