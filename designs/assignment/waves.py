"""Waves: customers taken in over time, under one seed; nobody is dealt twice.

A wave draws from streams of its own, under the trial's one seed, so a first wave never shows what a second will be
dealt. Each wave keeps its own totals within 1 of their targets; wave is a stratum of the analysis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from designs.assignment.units import Units, as_array
from designs.errors import DesignRefused


@dataclass(frozen=True, slots=True)
class Earlier:
    """Who was dealt in earlier waves of the trial.

    Args:
        ids: Their ids.
        clusters: The clusters that were dealt whole, in a clustered design.
    """

    ids: Any
    clusters: Any | None = None


def scope_of(wave: int) -> str:
    """What a wave's streams are labelled with; the first wave needs no label.

    Examples:
        >>> scope_of(1), scope_of(2)
        ('', 'wave 2')
    """
    if wave < 1:
        raise DesignRefused(f"there is no wave {wave}", rule="waves are counted from 1")
    return "" if wave == 1 else f"wave {wave}"


def refuse_dealt_before(units: Units, earlier: Earlier) -> None:
    """Refuse a wave that holds a customer, or a member of a cluster, dealt in an earlier wave."""
    _refuse_any_of(units.ids, earlier.ids, "customers were", "a customer already allocated is never dealt again")
    if earlier.clusters is not None and units.cluster is not None:
        _refuse_any_of(
            units.cluster, earlier.clusters, "customers belong to clusters that were", "a cluster is dealt once, whole"
        )


def _refuse_any_of(column: Any, before: Any, who: str, rule: str) -> None:
    array = as_array(column)
    again = pc.is_in(array, value_set=as_array(before).cast(array.type))
    count = pc.sum(again).as_py() or 0
    if count:
        row = pc.index(again, True).as_py()
        raise DesignRefused(
            f"{count} {who} dealt in an earlier wave, first {array[row].as_py()!r}",
            where=f"row {row + 1}",
            rule=rule,
            remedy="take them out before this wave is frozen",
        )
