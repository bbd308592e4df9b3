"""Rules about the reasons given for a trial: behaviour and the eight suitability questions."""

from __future__ import annotations

from collections.abc import Iterator

from designs.protocol.models import Protocol
from designs.protocol.rule import Breach, rule

_SAME_REASON = ("yes", "no", "unknown")


@rule("behaviour", "outcomes")
def behaviour_is_the_primary(protocol: Protocol) -> Iterator[Breach]:
    by_day = protocol.behaviour.by_day if protocol.behaviour else None
    for outcome in protocol.outcomes:
        if outcome.role == "primary" and None not in (by_day, outcome.day) and by_day != outcome.day:
            problem = f"day {by_day} is not day {outcome.day}, on which the primary is counted"
            yield Breach(("behaviour", "by_day"), problem, "the primary outcome is the behaviour, by the same day")


@rule("suitability")
def questions_are_answered(protocol: Protocol) -> Iterator[Breach]:
    suitability = protocol.suitability
    if suitability is None:
        return
    for question, answer in suitability:
        path = ("suitability", question)
        if question != "cost" and answer.answer is None:
            yield Breach((*path, "answer"), "this is missing", "each question is answered")
        for key in ("administration", "exchequer_loss"):
            given = getattr(answer, key) is not None
            if question == "cost" and not given:
                yield Breach((*path, key), "this is missing", "cost has two figures: administration and exchequer_loss")
            if question != "cost" and given:
                yield Breach((*path, key), f"{key} does not belong here", f"{key} belongs to suitability.cost")
        if question != "follow_up" and answer.asks_for_review is not None:
            problem = "asks_for_review does not belong here"
            yield Breach((*path, "asks_for_review"), problem, "asks_for_review belongs to suitability.follow_up")
    same_reason = suitability.same_reason.answer
    if same_reason is not None and same_reason not in _SAME_REASON:
        rule_text = "whether all behave so for one reason is yes, no or unknown"
        problem = f"{'a mapping' if isinstance(same_reason, dict) else repr(same_reason)} is not an answer"
        yield Breach(("suitability", "same_reason", "answer"), problem, rule_text, _SAME_REASON)


RULES = (behaviour_is_the_primary, questions_are_answered)
