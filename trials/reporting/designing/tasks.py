"""The task list of a design: its steps in order, how far each is, what is missing and who clears it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from designs.consultation.route import route_of
from designs.finding import Open
from designs.gates import Gate, GateName, not_a_protocol
from trials.registry.records import DesignDetail

TaskName = Literal[
    "about", "suitability", "population", "approaches", "measures", "size", "money", "consultation", "sign_offs",
    "approval", "lock",
]  # fmt: skip
TaskState = Literal["not_started", "in_progress", "waiting", "done", "not_needed"]


@dataclass(frozen=True, slots=True)
class TaskKind:
    """One step of a design.

    Attributes:
        name: Which.
        title: As the task list calls it.
        keys: The keys of the plan that it fills; none for a step that is about the record.
    """

    name: TaskName
    title: str
    keys: tuple[str, ...] = ()


TASKS: Final[tuple[TaskKind, ...]] = (
    TaskKind("about", "About the trial", ("title", "owner", "directorate", "purpose", "hypothesis")),
    TaskKind("suitability", "Is one-to-many the right approach?", ("behaviour", "alternatives", "suitability")),
    TaskKind("population", "Customers, and their reasons", ("population",)),
    TaskKind("approaches", "Approaches and wording", ("arms", "nfa_waived", "campaign")),
    TaskKind("measures", "What is measured", ("outcomes", "analysis")),
    TaskKind("size", "How customers are allocated", ("randomisation", "clock")),
    TaskKind("money", "What it is worth", ("decision",)),
    TaskKind("consultation", "Who can help"),
    TaskKind("sign_offs", "Sign-offs"),
    TaskKind("approval", "Approval"),
    TaskKind("lock", "Check, and lock"),
)
_TASK_OF_KEY: Final[Mapping[str, TaskName]] = {key: kind.name for kind in TASKS for key in kind.keys}
_TASK_OF_GATE: Final[Mapping[GateName, TaskName]] = {
    "suitability": "suitability",
    "consulted": "consultation",
    "gateway_1": "approval",
    "designed": "about",
    "signed_off": "sign_offs",
    "gateway_2": "approval",
    "lock": "lock",
}


@dataclass(frozen=True, slots=True)
class Task:
    """A step of one design as it stands.

    Attributes:
        kind: Which step.
        state: How far it is; ``waiting`` where only others can clear what is missing.
        open: What is missing or wrong, and what only warns.
    """

    kind: TaskKind
    state: TaskState
    open: tuple[Open, ...]

    @property
    def blocking(self) -> tuple[Open, ...]:
        """What stands in the way."""
        return tuple(each for each in self.open if each.severity == "blocks")

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Who clears what stands in the way, each once: roles and bodies."""
        return tuple(dict.fromkeys(each.clears for each in self.blocking))


def tasks_of(detail: DesignDetail) -> tuple[Task, ...]:
    """Every step of a design, in order."""
    found: dict[TaskName, list[Open]] = {kind.name: [] for kind in TASKS}
    for gate in (*detail.gates, *beside_the_gates(detail)):
        for each in gate.open:
            held = found[task_of(gate.name, each)]
            if each not in held:
                held.append(each)
    return tuple(Task(kind, _state(kind, found[kind.name], detail), tuple(found[kind.name])) for kind in TASKS)


def beside_the_gates(detail: DesignDetail) -> tuple[Gate, ...]:
    """What a plan outside the route lacks to be one: no gate asks for it there, and it is registered all the same."""
    if any(gate.name == "designed" for gate in detail.gates):
        return ()
    return (Gate("designed", tuple(map(not_a_protocol, detail.facts.errors))),)


def task_of(gate: GateName, each: Open) -> TaskName:
    """The step on whose page something is settled: where it stands in the plan, or else what the gate asks about.

    Examples:
        >>> task_of("designed", Open("no_title", "blocks", "title", "this is missing", "give it one", "designer"))
        'about'
        >>> task_of("consulted", Open("not_asked", "blocks", "kai", "KAI has not been asked", "ask it", "designer"))
        'consultation'
    """
    if gate == "lock":
        return "population" if each.where == "population" else "approval" if "suitability" in each.where else "lock"
    if gate in ("suitability", "designed"):
        return _of_path(each.where) or _TASK_OF_GATE[gate]
    return _TASK_OF_GATE[gate]


def condensed(found: Iterable[Open]) -> list[Open]:
    """What is open, with answers that are to be confirmed for one gate told as one thing.

    Examples:
        >>> asked = [Open("not_confirmed", "blocks", f"suitability.{name}", f"the answer to {name} is not confirmed "
        ...     "for the lock", "confirm it", "designer") for name in ("cost", "message")]
        >>> [each.problem for each in condensed(asked)]
        ['2 answers are not confirmed for the lock']
    """
    kept: dict[object, list[Open]] = {}
    for each in found:
        gate = each.problem.rpartition("is not confirmed ")[2] if each.code == "not_confirmed" else None
        kept.setdefault(each if gate is None else gate, []).append(each)
    return [
        alike[0]
        if len(alike) == 1
        else replace(alike[0], where="suitability", problem=f"{len(alike)} answers are not confirmed {gate}")
        for gate, alike in kept.items()
    ]


def _of_path(where: str) -> TaskName | None:
    first = re.match(r"\w+", where)
    return _TASK_OF_KEY.get(first[0]) if first else None


def _state(kind: TaskKind, found: list[Open], detail: DesignDetail) -> TaskState:
    blocking = [each for each in found if each.severity == "blocks"]
    outside = route_of(detail.facts.plan).kind == "outside"
    if kind.name == "lock":
        return "done" if detail.locked else "waiting" if _others_open(detail) else "not_started"
    if not kind.keys and outside and not blocking:
        return "not_needed"
    if not blocking:
        begun = not kind.keys or any(key in detail.revision.draft.document for key in kind.keys)
        return "done" if begun else "not_started"
    if not kind.keys:
        return "waiting" if all(each.clears != "designer" for each in blocking) else "in_progress"
    if not any(key in detail.revision.draft.document for key in kind.keys):
        return "not_started"
    return "waiting" if all(each.clears != "designer" for each in blocking) else "in_progress"


def _others_open(detail: DesignDetail) -> bool:
    return bool(detail.facts.errors) or any(gate.blocking for gate in detail.gates if gate.name != "lock")
