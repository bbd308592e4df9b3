"""What an approval was given for and is another now, as people call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from designs.entries import Recorded

PARTS: Final[Mapping[str, str]] = {
    "directorate": "the directorate",
    "purpose": "the purpose",
    "hypothesis": "the hypothesis",
    "behaviour": "the behaviour",
    "alternatives": "what else was considered",
    "suitability": "the answers to the questions",
    "population": "the customers",
    "arms": "the approaches, with their wording",
    "nfa_waived": "why nobody is left without further action",
    "campaign": "the campaign",
    "randomisation": "how customers are allocated",
    "clock": "the clock",
    "outcomes": "what is measured",
    "analysis": "the analysis",
    "decision": "what it is worth, and what decides",
    "plan": "the plan",
}
"""The parts of a plan that an approval is of. Its title and its owner are none: nothing rests on either."""


def changed_in_words(record: Recorded) -> str:
    """What changed since something was put on record, with the directorate that it was given for.

    Examples:
        >>> from datetime import UTC, date, datetime
        >>> from designs.entries import LineSignedOff
        >>> signed = LineSignedOff(
        ...     kind="line_signed_off", on=date(2026, 2, 2), grade="grade_7", signed_by="the sponsor", directorate="RIS"
        ... )
        >>> at = datetime(2026, 2, 2, tzinfo=UTC)
        >>> changed_in_words(Recorded(1, signed, at, "somebody", "manager", changed=("directorate",)))
        'the directorate (it was RIS)'
    """
    before = getattr(record.entry, "directorate", None)
    return "; ".join(
        f"{PARTS[each]} (it was {before})" if each == "directorate" and before else PARTS.get(each, each)
        for each in record.changed
    )


def changed_since_in_words(record: Recorded) -> str | None:
    """That a decision is about an earlier plan than the one that stands, and what changed since; else None."""
    if not record.changed:
        return None
    number = getattr(record.entry, "revision", None)
    plan = "the plan that stood on that day" if number is None else f"revision {number} of the draft, which stood then"
    return (
        f"It is about {plan}. Since then changed: {changed_in_words(record)}. It does not count for what changed: have "
        "that decided on, or put it back."
    )
