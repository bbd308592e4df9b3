"""What an amendment changes, and whether a plan may still change there: before its draw nearly everywhere, after it
nowhere that the draw or a verdict rests on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from designs.drafting.changes import ABSENT, Change, changes
from designs.errors import DesignRefused

Stage = Literal["locked", "drawn", "closed"]
"""Where the trial is: locked and not drawn, drawn, or with its arms open."""

Effect = Literal["record", "plan", "unplanned"]
"""What an amendment is: a correction of the record, another plan before the draw, or an addition after it."""

RECORD: Final[frozenset[tuple[str, ...]]] = frozenset({("title",), ("owner",)})
"""What is said of a trial, and what nothing else rests on."""

BESIDE: Final[frozenset[tuple[str, ...]]] = frozenset({
    ("analysis", "covariates"), ("analysis", "adjustment"), ("analysis", "standard_errors"), ("analysis", "subgroups"),
})  # fmt: skip
"""How the data are read, which an amendment after the draw may have otherwise: beside what was planned."""

_NEVER: Final[Mapping[tuple[str, ...], str]] = {
    ("id",): "an id names one trial for ever",
    ("schema",): "the form of the file is no part of the plan",
    ("directorate",): "the directorate decides the route by which the trial was approved",
    ("population", "name"): "the population is fixed by the lock, with its file",
    ("population", "unit"): "the population is fixed by the lock, with its file",
}


def admit(before: Mapping[str, Any], after: Mapping[str, Any], stage: Stage, trial_id: str) -> tuple[Effect, Changes]:
    """What an amendment changes and what it is, or everything in it that cannot be amended any more.

    Args:
        before: The canonical form of the plan in force, as plain values.
        after: Of the amended plan.
        stage: Where the trial is.
        trial_id: The trial.

    Raises:
        DesignRefused: It changes nothing, or what may not change.
    """
    found = changes(before, after)
    if not found:
        raise DesignRefused(
            "it is the plan in force, word for word",
            where=trial_id,
            rule="an amendment changes something",
            remedy="change the protocol's file, then amend with it",
        )
    barred = [(change, why) for change in found if (why := _barred(change, stage)) is not None]
    if barred:
        raise DesignRefused(
            "; ".join(f"{said(change)} cannot be amended: {why}" for change, why in barred),
            where=trial_id,
            rule=_RULES[stage],
            remedy="leave those as they are in the plan in force; what must differ there is a trial with an id of its "
            "own",
        )
    if all(change.path in RECORD for change in found):
        return "record", found
    return ("plan" if stage == "locked" else "unplanned"), found


Changes = tuple[Change, ...]

_RULES: Final[Mapping[Stage, str]] = {
    "locked": "the population and the route of a plan are fixed by its lock",
    "drawn": "after the draw its customers, arms and what a verdict rests on stay as they were planned",
    "closed": "once the arms are open, or the draw is void, only the record is corrected",
}


def _barred(change: Change, stage: Stage) -> str | None:
    """Why this may not change any more; None where it may."""
    path = change.path
    for place, why in _NEVER.items():
        if path[: len(place)] == place or (place[: len(path)] == path and len(path) < len(place)):
            return why
    if path in RECORD:
        return None
    if path == ("randomisation", "method") and change.after == "external":
        return "who is assigned here is assigned nowhere else"
    if stage == "closed":
        return "the arms are open, or the draw is void"
    if stage == "drawn":
        return _barred_after_draw(change)
    return None


def _barred_after_draw(change: Change) -> str | None:
    """Why this may not change once customers are assigned: only what stands beside the plan may be added."""
    path = change.path
    if path[0] == "outcomes":
        if change.before is ABSENT and len(path) == 2 and change.after.get("role") == "secondary":
            return None
        return "an outcome that was planned stays so; declare another one, under an id of its own, as secondary"
    if path[0] == "decision" or path[:2] in BESIDE or (path[0] == "arms" and path[2:3] == ("cost_per_customer",)):
        return None
    return "the draw was made, and the verdict is decided, by it"


def said(change: Change) -> str:
    """A place of the plan as people read it.

    Examples:
        >>> said(Change(("outcomes", "paid", "day"), 23, 30))
        'outcomes, paid, day'
    """
    return ", ".join(step.replace("_", " ") for step in change.path)


@dataclass(frozen=True, slots=True)
class AmendedPlace:
    """A place of a plan that an amendment changes.

    Attributes:
        path: Its keys; members of a list by their ids.
        where: The place as people read it.
        before: What stood there, as JSON; None where nothing did.
        after: What stands there now, likewise.
    """

    path: tuple[str, ...]
    where: str
    before: str | None
    after: str | None


def amended_places(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[AmendedPlace, ...]:
    """Every place that differs between two plans, as canonical values."""
    return tuple(
        AmendedPlace(change.path, said(change), _written(change.before), _written(change.after))
        for change in changes(before, after)
    )


def _written(value: Any) -> str | None:
    return None if value is ABSENT else json.dumps(value, ensure_ascii=False, sort_keys=True)
