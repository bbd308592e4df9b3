"""What a plan names, as a person says it: arms, outcomes, and what sets a sensitivity row apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from analysis.results import Variant
from analysis.wording.numbers import per_thousand, quantity
from analysis.wording.phrases import sentence_case, uncapitalised
from designs.literals import Channel, Measure
from designs.protocol.models import Arm, Outcome, Protocol

_CHANNEL_WORDS: Final[Mapping[Channel, tuple[str, ...]]] = {
    "letter": ("letter",), "sms": ("sms", "text"), "email": ("e-mail", "email"), "call": ("call",),
}  # fmt: skip
_CHANNEL_NAMES: Final[Mapping[Channel, str]] = {"letter": "letter", "sms": "SMS", "email": "e-mail", "call": "call"}


def approach(arm: Arm) -> str:
    """An arm as it stands in the middle of a sentence.

    Examples:
        >>> approach(Arm(id="sms", kind="otm", label="SMS reminder", channel="sms"))
        'the SMS reminder'
        >>> approach(Arm(id="n", kind="otm", label="Your neighbours will know", channel="letter"))
        'the letter “Your neighbours will know”'
        >>> approach(Arm(id="w", kind="otm", label="New web page"))
        '“New web page”'
    """
    if arm.channel is None:
        return f"“{arm.label}”"
    if any(word in arm.label.lower() for word in _CHANNEL_WORDS[arm.channel]):
        return f"the {uncapitalised(arm.label)}"
    return f"the {_CHANNEL_NAMES[arm.channel]} “{arm.label}”"


def assigned(arm: Arm) -> str:
    """Who an arm's customers are: those assigned it, for an effect counts whoever could not be reached too.

    Examples:
        >>> assigned(Arm(id="call", kind="otm", label="Outbound call", channel="call"))
        'assigned the outbound call'
    """
    return f"assigned {approach(arm)}"


def doing_nothing(protocol: Protocol) -> str:
    """The comparison: no further action, or business as usual by its label."""
    comparison = protocol.comparison
    return "no further action" if comparison.kind == "nfa" else f"business as usual ({comparison.label})"


def outcome_label(outcome: Outcome) -> str:
    """An outcome as a heading: its label, or else its id, whose number is read as the day or months it repeats.

    >>> outcome_label(Outcome(id="paid_23", role="primary", kind="binary", day=23))
    'Paid by day 23'
    >>> outcome_label(Outcome(id="collected_12m", role="secondary", kind="amount", day=365))
    'Collected in 12 months'
    """
    if outcome.label is not None:
        return outcome.label
    if outcome.day is not None and outcome.id.endswith(f"_{outcome.day}"):
        return f"{sentence_case(outcome.id.removesuffix(f'_{outcome.day}'))} by day {outcome.day}"
    months = re.fullmatch(r"(.+)_(\d+)m", outcome.id)
    return f"{sentence_case(months[1])} in {months[2]} months" if months else sentence_case(outcome.id)


def outcome_in_words(outcome: Outcome) -> str:
    """An outcome as a thing within a sentence: its label, or else its id.

    >>> outcome_in_words(Outcome(id="ttp", label="Time to pay agreed", role="secondary", kind="binary"))
    'time to pay agreed'
    """
    return outcome.id.replace("_", " ") if outcome.label is None else uncapitalised(outcome.label)


def behaviour(outcome: Outcome) -> str:
    """What customers did, within a sentence: the outcome's label, or else its id and its day.

    >>> behaviour(Outcome(id="paid_23", role="primary", kind="binary", day=23))
    'paid by day 23'
    >>> behaviour(Outcome(id="wait", role="primary", kind="time_to_event", event="paid", horizon=90))
    'had paid by day 90'
    """
    if outcome.kind == "time_to_event":
        return _had_the_event(outcome)
    if outcome.label is not None:
        return uncapitalised(outcome.label)
    words = outcome.id.removesuffix(f"_{outcome.day}") if outcome.day else outcome.id
    words = words.replace("_", " ").replace("-", " ")
    return f"{words} by day {outcome.day}" if outcome.day else words


def _had_the_event(outcome: Outcome) -> str:
    """What a time to an event is judged by, named by the column of the event where that is a participle."""
    event = (outcome.event or "").replace("_", " ").lower()
    day = f"by day {outcome.horizon or 0:g}"
    if re.fullmatch(r"[a-z]+ed|paid", event):
        return f"had {event} {day}"
    return f"had the event of “{outcome_label(outcome)}” {day}"


def change_in_behaviour(outcome: Outcome, effect: float) -> str:
    """An effect over 1,000 customers, in words.

    >>> paid = Outcome(id="paid_23", role="primary", kind="binary", day=23)
    >>> change_in_behaviour(paid, 0.0241), change_in_behaviour(paid, -0.0012)
    ('24 more paid by day 23', '1.2 fewer paid by day 23')
    >>> change_in_behaviour(Outcome(id="spend", role="primary", kind="amount"), 0.7)
    '£700 more spend'
    """
    return f"{per_thousand(outcome.effect_in, effect)} {behaviour(outcome)}"


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
