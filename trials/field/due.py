"""Which lists of an arm are due, of which waves and batches, and what each one's file is called."""

from __future__ import annotations

import re
from dataclasses import dataclass

from designs.protocol.models import Arm
from trials.errors import TrialRefused
from trials.registry.plan import Plan


@dataclass(frozen=True, slots=True)
class DueList:
    """Whose names one list holds: the customers of some waves, or of one batch."""

    waves: tuple[int, ...]
    batch: str | None
    again: bool  # they are on an earlier list of this arm


def asked_for(
    plan: Plan, allocated: tuple[int, ...], wave: int | None, batch: str | None
) -> list[tuple[tuple[int, ...], str | None]]:
    """The waves and the batch of each list that is asked for, whether it was issued or not.

    Raises:
        TrialRefused: There is no such wave or batch.
    """
    if wave is not None and wave not in allocated:
        raise TrialRefused(
            f"wave {wave} has not been allocated",
            where=plan.trial,
            rule=f"one of {', '.join(map(str, allocated))}",
            remedy=f"otm randomise {plan.trial} allocates the next wave",
        )
    names = batches_of(plan)
    if batch is not None and batch not in names:
        raise TrialRefused(
            f"the protocol has no batch {batch!r}",
            where=plan.trial,
            rule=f"one of {', '.join(names)}" if names else "batches stand under randomisation.batches",
        )
    chosen = allocated if wave is None else (wave,)
    return [(chosen, name) for name in ((batch,) if batch is not None else names or (None,))]


def batches_of(plan: Plan) -> tuple[str, ...]:
    """The names of the batches, in order of their dates."""
    scheme = plan.protocol.randomisation.batches
    days = {} if scheme is None else scheme.issue_on
    return tuple(sorted(days, key=lambda name: (days[name], name)))


def due_of(
    asked: list[tuple[tuple[int, ...], str | None]], on_lists: frozenset[tuple[int, str | None]]
) -> list[DueList]:
    """Of what is asked for, what was not issued; where all of it was, all of it again."""
    new = [
        DueList(left, batch, again=False)
        for waves, batch in asked
        if (left := tuple(n for n in waves if not {(n, batch), (n, None)} & on_lists))
    ]
    return new or [DueList(waves, batch, again=True) for waves, batch in asked]


def file_name(plan: Plan, arm: Arm, listed: DueList) -> str:
    """What the file of a list is called; each list of a trial has a name of its own."""
    return f"{plan.trial}-{arm.id}-{arm.channel}{_suffix(plan, listed)}.csv"


def _suffix(plan: Plan, listed: DueList) -> str:
    """What tells the lists of one arm apart; nothing where there is one."""
    if listed.batch is not None:
        # Names that differ may be the same once they are fit for a file, so the place counts too.
        place = batches_of(plan).index(listed.batch) + 1
        return f"-batch-{place}-{re.sub('[^A-Za-z0-9_]+', '-', listed.batch)}".rstrip("-")
    return f"-wave-{'-'.join(map(str, listed.waves))}" if plan.protocol.randomisation.waves else ""
