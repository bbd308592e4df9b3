"""What every gate waits for: what is missing, what to do about it, who clears it, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from analysis.wording.phrases import capitalised, day
from designs.consultation.standing import standings
from designs.finding import Open
from designs.gates import Gate, GateName
from designs.variants.sign_offs import planned_texts
from trials.registry.records import DesignDetail
from trials.reporting.designing.tasks import TASKS, TaskKind, beside_the_gates, condensed, task_of
from trials.reporting.designing.words import clears_in_words

GATES: Final[dict[GateName, str]] = {
    "suitability": "Is one-to-many right",
    "consulted": "Who can help was asked",
    "gateway_1": "Gateway 1: the idea",
    "designed": "The plan is complete",
    "signed_off": "Signed off",
    "gateway_2": "Gateway 2: the design",
    "lock": "Ready to lock",
}


@dataclass(frozen=True, slots=True)
class Waits:
    """One thing that a gate waits for.

    Attributes:
        gate: Which gate, in words.
        what: What is missing.
        to_do: What to do about it.
        who: Who clears it.
        since: Since when, in words.
        page: The step on whose page it is settled.
    """

    gate: str
    what: str
    to_do: str
    who: str
    since: str
    page: TaskKind


def waits_of(detail: DesignDetail) -> tuple[Waits, ...]:
    """Everything that stands in the way of the lock, gate by gate; each once, at the first gate that asks for it."""
    kinds = {kind.name: kind for kind in TASKS}
    found: list[Waits] = []
    seen: set[Open] = set()
    for gate in (*detail.gates, *beside_the_gates(detail)):
        for each in condensed(gate.blocking):
            if each not in seen:
                seen.add(each)
                page = kinds[task_of(gate.name, each)]
                found.append(
                    Waits(
                        GATES[gate.name], capitalised(each.problem), capitalised(each.remedy),
                        capitalised(clears_in_words(each.clears)), day(_since(detail, gate, each)), page,
                    )
                )  # fmt: skip
    return tuple(found)


def gates_in_words(detail: DesignDetail) -> list[tuple[str, bool, int]]:
    """Every gate of the route: its name, whether it is passed, and how much is missing."""
    return [(GATES[gate.name], gate.passed, len(condensed(gate.blocking))) for gate in detail.gates]


def to_know(detail: DesignDetail) -> list[str]:
    """What only warns, each once, in sentences."""
    warns = dict.fromkeys(each for gate in detail.gates for each in condensed(gate.open) if each.severity == "warns")
    return [f"{capitalised(each.problem)}. {capitalised(each.remedy)}." for each in warns]


def _since(detail: DesignDetail, gate: Gate, each: Open) -> date:
    """Since when something waits: a body was asked or answered, a text became what it is, or the plan was saved."""
    if gate.name == "consulted":
        for standing in standings(detail.facts.recorded, detail.facts.today):
            if standing.body in (each.where, each.clears):
                return standing.since
    versions = detail.facts.versions.get(_subject(each, detail))
    if versions:
        return versions[-1].since.date()
    if each.code in ("stale", "sample_size_void"):
        return detail.revision.saved_at.date()
    return _begun(detail)


def _subject(each: Open, detail: DesignDetail) -> str:
    """The text that something is about, as it is signed: text/letter/en; nothing where it is about none."""
    plan = detail.facts.plan
    texts = () if plan is None or plan.arms is None else planned_texts(plan)
    return next((text.subject for text in texts if text.where == each.where), "")


def _begun(detail: DesignDetail) -> date:
    return detail.design.begun_at.date()
