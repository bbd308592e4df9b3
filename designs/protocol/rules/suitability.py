"""Rules about the reasons given for a trial: behaviour and the eight suitability questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from designs.protocol.consistency import Breach, reads
from designs.protocol.errors import KeyPath, nearest
from designs.protocol.models import ExpectedContact, Protocol

_EXPECTED_CONTACT = tuple(ExpectedContact.model_fields)


@reads("behaviour", "outcomes")
def behaviour_is_the_primary(protocol: Protocol) -> Iterator[Breach]:
    by_day = protocol.behaviour.by_day if protocol.behaviour else None
    for outcome in protocol.outcomes:
        counted = outcome.horizon if outcome.kind == "time_to_event" else outcome.day
        if outcome.role == "primary" and None not in (by_day, counted) and by_day != counted:
            problem = f"day {by_day} is not day {counted:g}, on which the primary is counted"
            yield Breach(("behaviour", "by_day"), problem, "the primary outcome is the behaviour, by the same day")


@reads("suitability")
def contact_is_told_in_figures_that_are_read(protocol: Protocol) -> Iterator[Breach]:
    """A misspelt figure must not pass for one that was never given: the verdict would not test capacity."""
    answer = protocol.suitability.operations.answer if protocol.suitability else None
    for key, value in answer.items() if isinstance(answer, Mapping) else ():
        path: KeyPath = ("suitability", "operations", "answer", key)
        if key not in _EXPECTED_CONTACT:
            rule_text = "figures about operations have these keys; what else there is to say is text, or evidence"
            problem = f"the key is not known{nearest(key, _EXPECTED_CONTACT)}"
            yield Breach(path, problem, rule_text, _EXPECTED_CONTACT)
        elif isinstance(value, (bool, str)) or value < 0:
            shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
            yield Breach(path, f"{shown} does not fit here", "this is a number at least 0")


RULES = (behaviour_is_the_primary, contact_is_told_in_figures_that_are_read)
