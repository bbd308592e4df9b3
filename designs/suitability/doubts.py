"""Answers that are in doubt: with one, one-to-many may not be appropriate, unless an approver overrides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from designs.entries import DoubtOverridden, Recorded
from designs.finding import Open
from designs.protocol.models import Protocol
from designs.suitability.editions import edition_of
from designs.suitability.staleness import answer_digests

APPROVERS = frozenset({"manager", "all"})
"""Who may override a doubt: the role that approves, or somebody who holds every role."""


def doubted(plan: Protocol) -> tuple[str, ...]:
    """The questions whose answers are marked as in doubt, in the edition's order."""
    if plan.suitability is None:
        return ()
    answers = {question.id: getattr(plan.suitability, question.id) for question in edition_of(plan).questions}
    return tuple(name for name, answer in answers.items() if answer is not None and answer.confidence == "in_doubt")


def overrides(plan: Protocol, recorded: Sequence[Recorded]) -> Mapping[str, Recorded]:
    """The override that holds for each doubted question: the last by an approver that names the answer, and what that
    rests on, as they are now."""
    now = answer_digests(plan)
    held: dict[str, Recorded] = {}
    for item in recorded:
        if not isinstance(item.entry, DoubtOverridden) or item.role not in APPROVERS:
            continue
        answers = item.entry.answers
        holds = (name for name in doubted(plan) if answers.get(name) == now[name] and name not in item.changed)
        held |= dict.fromkeys(holds, item)
    return held


def open_doubts(plan: Protocol, recorded: Sequence[Recorded]) -> tuple[Open, ...]:
    """Each doubt that nobody overrides, or whose override is void since the answer changed."""
    held, edition = overrides(plan, recorded), edition_of(plan)
    found = []
    for name in doubted(plan):
        if name in held:
            continue
        asks = edition.question(name).asks
        earlier = [
            item.entry for item in recorded if isinstance(item.entry, DoubtOverridden) and item.role in APPROVERS
        ]
        if any(name in entry.answers for entry in earlier):
            code = "override_void"
            problem = (
                f"the answer to \u201c{asks}\u201d, or what it rests on, changed after its doubt was overridden, and "
                "the override is void"
            )
        else:
            code = "doubt"
            problem = f"the answer to \u201c{asks}\u201d is in doubt, so one-to-many may not be appropriate"
        remedy = "settle the doubt, do something else, or have it overridden with a reason"
        found.append(Open(code, "blocks", f"suitability.{name}.confidence", problem, remedy, "manager"))
    return tuple(found)
