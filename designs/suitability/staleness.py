"""What each answer is, and what it rests on, as digests: answers are given again where either has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from designs.entries import AnswersConfirmed, Confirmation, Recorded
from designs.finding import Open
from designs.protocol.canonical import as_canonical_json, canonical_section
from designs.protocol.models import Protocol
from designs.protocol.words import in_words
from designs.suitability.editions import Question, edition_of

GATES: Mapping[Confirmation, str] = {"gateway_1": "gateway 1", "gateway_2": "gateway 2", "lock": "the lock"}


@dataclass(frozen=True, slots=True)
class Stale:
    """An answer that was confirmed and has changed since, or what it rests on has.

    Attributes:
        question: Its id.
        confirmed: Where it was last confirmed.
    """

    question: str
    confirmed: Recorded


def answer_digests(plan: Protocol) -> dict[str, str]:
    """SHA-256 of each answer with its evidence and confidence, by question; unanswered ones are absent."""
    answers = _answers(plan)
    return {question: _digest(answer) for question, answer in answers.items()}


def rests_on(plan: Protocol, texts: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 of each answer together with the parts of the plan that it rests on, by question.

    However the same plan is written (a default written out, another order of keys, a text at another path), they are
    the same.

    Args:
        plan: As far as it is filled.
        texts: The SHA-256 of each text, by its path as the plan has it; a plan that is sealed needs none.
    """
    answers, edition = _answers(plan), edition_of(plan)
    parts = {part for question in edition.questions for part in question.rests_on}
    sections: dict[str, object] = {part: canonical_section(plan, part, texts) for part in parts}
    digests = {}
    for question in edition.questions:
        if question.id in answers:
            below: dict[str, object] = {part: sections[part] for part in question.rests_on}
            digests[question.id] = _digest({"answer": answers[question.id], **below})
    return digests


def stale(plan: Protocol, texts: Mapping[str, str], recorded: Sequence[Recorded]) -> tuple[Stale, ...]:
    """The answers that changed, or what they rest on, since they were last confirmed at any gate."""
    now = rests_on(plan, texts)
    found = []
    for question in edition_of(plan).questions:
        last = next((item for item in reversed(recorded) if question.id in _confirmed(item)), None)
        if last is not None and _confirmed(last)[question.id] != now.get(question.id):
            found.append(Stale(question.id, last))
    return tuple(found)


def unconfirmed(
    plan: Protocol, texts: Mapping[str, str], recorded: Sequence[Recorded], gate: Confirmation
) -> tuple[Open, ...]:
    """Which answers are still to be given again before a gate: each one that was not confirmed there as it is now."""
    now = rests_on(plan, texts)
    at_gate = [item for item in recorded if isinstance(item.entry, AnswersConfirmed) and item.entry.gate == gate]
    last = _confirmed(at_gate[-1]) if at_gate else {}
    return tuple(
        _to_confirm(question, gate, stale_since=at_gate[-1] if question.id in last else None)
        for question in edition_of(plan).questions
        if question.id in now and last.get(question.id) != now[question.id]
    )


def _to_confirm(question: Question, gate: Confirmation, stale_since: Recorded | None) -> Open:
    where = f"suitability.{question.id}"
    if stale_since is None:
        problem = f"the answer to \u201c{question.asks}\u201d is not confirmed for {GATES[gate]}"
        return Open("not_confirmed", "blocks", where, problem, "look at the answer again, and confirm it", "designer")
    on = stale_since.entry.on
    day = in_words(on)
    problem = f"the answer to \u201c{question.asks}\u201d, or what it rests on, changed after it was confirmed on {day}"
    return Open("stale", "blocks", where, problem, "look at it again, and confirm the answers once more", "designer")


def _confirmed(item: Recorded) -> Mapping[str, str]:
    return item.entry.rests_on if isinstance(item.entry, AnswersConfirmed) else {}


def _answers(plan: Protocol) -> dict[str, object]:
    if plan.suitability is None:
        return {}
    answers = canonical_section(plan, "suitability", {})
    return {question.id: answers[question.id] for question in edition_of(plan).questions if question.id in answers}


def _digest(value: object) -> str:
    return hashlib.sha256(as_canonical_json(value).encode()).hexdigest()
