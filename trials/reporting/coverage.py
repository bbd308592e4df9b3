"""What a portfolio does not cover, and what waits in it for whoever looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from analysis.wording.phrases import capitalised
from designs.finding import Open
from designs.likeness import Traits, folded, telling_words
from trials.access import Actor, Role, UseCase, roles_allowed, same_person
from trials.life import Step, has_reached
from trials.registry.records import DesignDetail, TrialSummary
from trials.reporting.designing import task_of
from trials.reporting.designing.waiting import GATES
from trials.reporting.portfolio import next_action

_TAKEN_BY_TWO: Final[Mapping[Step, UseCase]] = {
    "confirm_void": "confirm_void",
    "confirm_correction": "confirm_correction",
    "confirm_amendment": "confirm_amendment",
}
_CLEARED_BY: Final[Mapping[str, Role]] = {
    "designer": "designer",
    "manager": "manager",
    "approver": "manager",
    "grade_7": "manager",
    "deputy_director": "manager",
    "analyst": "analyst",
    "randomiser": "randomiser",
    "administrator": "administrator",
}
"""Whose a thing is that a design lacks; what a body signs is the reviewer's, and the analyst's where it is KAI."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Which behaviour was tried, or is about to be, in which segments.

    Attributes:
        behaviours: Every one that some trial or design is about, in words.
        segments: Every segment that one of them looks at, in words.
        uncovered: Each pair of the two that no locked trial covers whose draw stands.
        covered: How many pairs one does.
    """

    behaviours: tuple[str, ...]
    segments: tuple[str, ...]
    uncovered: tuple[tuple[str, str], ...]
    covered: int


@dataclass(frozen=True, slots=True)
class Mine:
    """One thing that waits for whoever looks.

    Attributes:
        of: The trial or design, as people call it.
        what: What is to be done.
        address: Of the page where it is done, or where it says how.
    """

    of: str
    what: str
    address: str


def gaps_of(trials: Iterable[TrialSummary], designs: Iterable[Traits] = ()) -> Gaps:
    """The pairs of a behaviour and a segment that no trial covers.

    Behaviours are the same whose telling words are, and segments whose words are; a trial covers its behaviour in each
    of its segments once its plan is locked, unless its draw is void.

    Args:
        trials: Of the portfolio.
        designs: What designs are about that are no trials yet: they add to what could be covered.
    """
    behaviours: dict[frozenset[str], str] = {}
    segments: dict[str, str] = {}
    covered: set[tuple[frozenset[str], str]] = set()

    def place(about: Traits) -> list[tuple[frozenset[str], str]]:
        key = telling_words(about.behaviour)
        if key:
            behaviours.setdefault(key, capitalised(about.behaviour))
        for segment in about.segments:
            segments.setdefault(folded(segment), capitalised(segment))
        return [(key, folded(segment)) for segment in about.segments if key]

    for trial in trials:
        pairs = place(trial.about)
        if has_reached(trial.state, "locked"):
            covered.update(pairs)
    for about in designs:
        place(about)
    every = [(key, of) for key in sorted(behaviours, key=behaviours.__getitem__) for of in sorted(segments)]
    return Gaps(
        behaviours=tuple(sorted(behaviours.values())),
        segments=tuple(segments[of] for of in sorted(segments)),
        uncovered=tuple((behaviours[key], segments[of]) for key, of in every if (key, of) not in covered),
        covered=len(covered),
    )


def waiting_for(
    actor: Actor, trials: Sequence[TrialSummary], designs: Sequence[DesignDetail], today: date
) -> tuple[Mine, ...]:
    """What the person at work, in their role, is to do next: on trials first, then on designs.

    What is due on a later day does not wait yet. What is begun as a design and not locked waits as a design does.
    """
    begun = {detail.design.id for detail in designs}
    found = [line for trial in trials if trial.id not in begun for line in _of_trial(actor, trial, today)]
    for detail in designs:
        found += _of_design(actor, detail)
    return tuple(found)


def _of_trial(actor: Actor, trial: TrialSummary, today: date) -> list[Mine]:
    coming = trial.next
    page = "decision" if coming.step in ("decide", "decide_again", "review") else "results"
    if coming.step in ("randomise", "resume_randomise", "issue", "issue_rest", "next_wave"):
        page = "draw"
    found = []
    if _is_mine(actor, trial) and (coming.due is None or coming.due <= today):
        found.append(Mine(trial.title, next_action(coming), f"{page}?trial={trial.id}"))
    if trial.release_due and actor.role in roles_allowed("release"):
        found.append(Mine(trial.title, "Release the draw: the trial has its finding", f"results?trial={trial.id}"))
    return found


def _is_mine(actor: Actor, trial: TrialSummary) -> bool:
    coming = trial.next
    if coming.other_than is not None:
        two = _TAKEN_BY_TWO.get(coming.step)
        may = two is not None and actor.role in roles_allowed(two)
        return may and not same_person(actor.name, coming.other_than)
    return coming.role is not None and actor.role in (coming.role, "all")


def _of_design(actor: Actor, detail: DesignDetail) -> list[Mine]:
    """What waits on a design at the first gate that is not passed: one line a step of its task list."""
    if detail.locked:
        return []
    gate = next((gate for gate in detail.gates if not gate.passed), None)
    if gate is None:
        may = actor.role in roles_allowed("lock")
        return (
            [Mine(detail.title, "Lock the plan: every gate is passed", f"lock?design={detail.design.id}")]
            if may
            else []
        )
    mine: dict[str, list[Open]] = {}
    for each in gate.blocking:
        if actor.role in (_role_of(each, gate.name), "all"):
            mine.setdefault(task_of(gate.name, each), []).append(each)
    return [
        Mine(
            detail.title,
            f"{GATES[gate.name]}: {capitalised(found[0].problem)}"
            + (f", and {len(found) - 1} more" if len(found) > 1 else ""),
            f"{page}?design={detail.design.id}",
        )
        for page, found in mine.items()
    ]


def _role_of(each: Open, gate: str) -> Role:
    known = _CLEARED_BY.get(each.clears)
    if known is not None:
        return known
    if gate == "signed_off":
        return "analyst" if each.clears == "kai" else "reviewer"
    return "manager" if gate in ("gateway_1", "gateway_2") else "designer"  # who puts a body's answer on record


def said(gaps: Gaps) -> str:
    """How much is covered, in a sentence.

    Examples:
        >>> said(Gaps(("Pay",), ("Age", "Reason"), (("Pay", "Age"),), 1))
        '1 of 2 pairs of a behaviour and a segment is covered by a trial.'
    """
    every = len(gaps.behaviours) * len(gaps.segments)
    verb = "is" if gaps.covered == 1 else "are"
    return f"{gaps.covered} of {every} pairs of a behaviour and a segment {verb} covered by a trial."
