"""Rules about the reasons given for a trial: behaviour and the eight suitability questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from designs.protocol.consistency import Breach, reads
from designs.protocol.errors import KeyPath, nearest
from designs.protocol.models import FIRST_EDITION, QUESTIONS, ExpectedContact, Protocol
from designs.protocol.values import same_code

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


@reads("suitability")
def an_edition_has_its_questions(protocol: Protocol) -> Iterator[Breach]:
    if protocol.suitability is None:
        return
    edition = protocol.suitability.edition or FIRST_EDITION
    asked = QUESTIONS[edition]
    for question in dict.fromkeys(question for questions in QUESTIONS.values() for question in questions):
        answered = getattr(protocol.suitability, question) is not None
        if question in asked and not answered:
            yield Breach(("suitability", question), "this is missing", f"edition {edition} asks {question}")
        if answered and question not in asked:
            place = ("suitability", question)
            editions = tuple(name for name, questions in QUESTIONS.items() if question in questions)
            yield Breach(
                place, f"edition {edition} does not ask this", "a plan answers what its edition asks", editions
            )


@reads("suitability", "arms")
def follow_up_is_of_the_arms(protocol: Protocol) -> Iterator[Breach]:
    plan = protocol.suitability.follow_up.plan if protocol.suitability else None
    ids = tuple(arm.id for arm in protocol.arms)
    for name in (plan.by_arm or {}) if plan else ():
        if name not in ids:
            place = ("suitability", "follow_up", "plan", "by_arm", name)
            yield Breach(place, f'"{name}" is not an arm', "a rule of its own is given by arm id", ids)


@reads("suitability", "arms")
def contact_is_predicted_of_every_approach(protocol: Protocol) -> Iterator[Breach]:
    """An arm that is left out would bring no contact, and the days would look quieter than they are."""
    surge = protocol.suitability.operations.surge if protocol.suitability else None
    if surge is None:
        return
    place: KeyPath = ("suitability", "operations", "surge")
    ids = tuple(arm.id for arm in protocol.arms)
    named = [((*place, "arms", arm), arm) for arm in surge.arms]
    for segment, its in surge.segments.items():
        named += [((*place, "segments", segment, "arms", arm), arm) for arm in its.arms]
    for path, name in named:
        if name not in ids:
            yield Breach(path, f'"{name}" is not an arm', "contact is predicted by arm id", ids)
    for arm in protocol.arms:
        if arm.kind != "nfa" and arm.id not in surge.arms:
            rule_text = "contact is predicted of every arm in which customers are contacted; 0 is a prediction too"
            yield Breach((*place, "arms", arm.id), "this is missing", rule_text)


@reads("population")
def reasons_are_told_apart(protocol: Protocol) -> Iterator[Breach]:
    reasons = protocol.population.reasons
    path: KeyPath = ("population", "reasons")
    if reasons is None:
        return
    if reasons.column == reasons.confidence_column:
        problem = f'"{reasons.column}" is the column of the reason'
        yield Breach(
            (*path, "confidence_column"), problem, "how surely a reason is known stands in a column of its own"
        )
    for position, code in enumerate(reasons.inferred):
        if any(same_code(code, known) for known in reasons.known):
            problem = f'"{code}" is known too'
            yield Breach((*path, "inferred", position), problem, "a reason is known, inferred, or not known")


RULES = (
    behaviour_is_the_primary,
    contact_is_told_in_figures_that_are_read,
    an_edition_has_its_questions,
    contact_is_predicted_of_every_approach,
    follow_up_is_of_the_arms,
    reasons_are_told_apart,
)
