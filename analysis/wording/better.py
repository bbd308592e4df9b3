"""What counts as better of an outcome, in words: a direction of days is easily read as one of customers."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.wording.naming import behaviour, outcome_label
from designs.protocol.models import Outcome, Protocol


def better_lines(protocol: Protocol) -> Iterator[str]:
    """What the plan calls better, of its primary and of every time to an event."""
    for outcome in protocol.outcomes:
        if outcome.role == "primary" or outcome.kind == "time_to_event":
            yield what_is_better(outcome)


def what_is_better(outcome: Outcome) -> str:
    """Which change of an outcome is for the better, by its direction.

    >>> wait = Outcome(id="wait", role="primary", kind="time_to_event", event="paid", horizon=90)
    >>> what_is_better(wait)
    'Wait: fewer days to the event are better, so that more had paid by day 90: an approach that brings it earlier.'
    >>> what_is_better(Outcome(id="paid_23", role="primary", kind="binary", day=23))
    'Paid by day 23: more is better.'
    """
    label = outcome_label(outcome)
    if outcome.kind != "time_to_event":
        return f"{label}: {'less' if outcome.better_below_zero else 'more'} is better."
    if not outcome.better_below_zero:
        return (
            f"{label}: fewer days to the event are better, so that more {behaviour(outcome)}: an approach that "
            "brings it earlier."
        )
    return (
        f"{label}: more days to the event are better, so that fewer {behaviour(outcome)}: an approach that puts it off "
        "or keeps it from coming. The direction is that of the days: where the event is what is wanted, such as a "
        "payment, it is decrease, or left out."
    )
