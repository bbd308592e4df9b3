"""Where a design stands among others: its state, what comes next, and who does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analysis.wording.phrases import capitalised, day
from trials.registry.records import DesignDetail
from trials.reporting.designing.tasks import condensed, tasks_of
from trials.reporting.designing.words import clears_in_words

_ORIGINS: Final[Mapping[str, str]] = {
    "empty": "with nothing", "template": "with the template", "trial": "with the plan of", "file": "with the file",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """One design in a list of them, in words."""

    state: str
    following: str
    who: str


def standing_of(detail: DesignDetail) -> Standing:
    """Where a design stands; what comes next is the first thing of the first step that is not done."""
    for record in detail.facts.recorded:
        if record.entry.kind == "set_aside":
            return Standing(f"Ended without a trial on {day(record.entry.on)}", "Nothing", "Nobody")
    if detail.locked:
        return Standing("Locked", "It is a trial of the portfolio", "See there")
    tasks = tasks_of(detail)
    done = sum(task.state in ("done", "not_needed") for task in tasks)
    for task in tasks:
        for each in condensed(task.blocking):
            return Standing(
                f"{done} of {len(tasks)} steps done", f"{task.kind.title}: {each.problem}",
                capitalised(clears_in_words(each.clears)),
            )  # fmt: skip
    return Standing("Every gate is passed", "Check, and lock", "The designer")


def begun_with(detail: DesignDetail) -> str:
    """When a design was begun, with what and by whom."""
    design = detail.design
    words = _ORIGINS.get(str(design.origin.get("kind")), "")
    name = str(design.origin.get("name", ""))
    return f"{day(design.begun_at.date())}, {' '.join(part for part in (words, name) if part)}, by {design.begun_by}"
