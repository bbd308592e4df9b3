"""Assign units to arms along the keyed order, stratum by stratum.

In each stratum the units, in order of (key, id), are cut into K runs of the lengths that the rounded table gives;
which arm takes which run is the stratum's own permutation. Small populations are sorted; large ones are cut without
a sort (:mod:`designs.assignment.keyed.cuts`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.hashing import MANY
from designs.assignment.keyed.stream import Uniform, permutation
from designs.assignment.population.units import Codes

_CUTTING_PAYS_FROM = 1 << 12  # units per stratum below which a sort is no dearer

IdsOf = Callable[[NDArray[np.int64]], Sequence[str]]
"""The ids of given rows."""


def ids_among(ids: Any) -> IdsOf:
    """The ids of given rows of an Arrow array of n texts."""

    def of(rows: NDArray[np.int64]) -> Sequence[str]:
        texts: list[str] = ids.take(pa.array(rows)).to_pylist()
        return texts

    return of


def permuted_arms(strata: int, arms: int, source: Uniform) -> NDArray[np.int8]:
    """Which arm takes which run of keys: J × K codes, each row a permutation drawn from the stream."""
    return np.array([permutation(source, arms) for _ in range(strata)], np.int8).reshape(strata, arms)


def assign_along_order(
    keyed: NDArray[np.uint64],
    stratum: Codes,
    counts: NDArray[np.int64],
    order: NDArray[np.int8],
    ids_of: IdsOf,
) -> NDArray[np.int8]:
    """The arm of every unit.

    Args:
        keyed: n keys.
        stratum: n codes, 0 to J - 1.
        counts: J × K units that each arm takes; each row adds to the stratum's size.
        order: J × K, the arm that takes each run of keys.
        ids_of: Texts of the ids of given rows; asked only where equal keys meet at a cut.

    Returns:
        n codes, 0 to K - 1.
    """
    ends = np.cumsum(np.take_along_axis(counts, order.astype(np.int64), axis=1), axis=1)
    if len(keyed) < max(MANY, _CUTTING_PAYS_FROM * len(counts)):
        return _assign_by_sorting(keyed, stratum, ends, order, ids_of)
    from designs.assignment.keyed.cuts import assign_by_cuts

    arm, unsettled = assign_by_cuts(keyed, stratum.astype(np.int32, copy=False), ends, order)
    for j in unsettled:
        rows = np.flatnonzero(stratum == j)
        arm[rows] = _assign_by_sorting(
            keyed[rows], np.zeros(len(rows), np.int64), ends[[j]], order[[j]], _among(rows, ids_of)
        )
    return arm


def _among(rows: NDArray[np.int64], ids_of: IdsOf) -> IdsOf:
    """The ids of a part of the rows, asked by place within the part."""
    return lambda places: ids_of(rows[places])


def _assign_by_sorting(
    keyed: NDArray[np.uint64],
    stratum: Codes,
    ends: NDArray[np.int64],
    order: NDArray[np.int8],
    ids_of: IdsOf,
) -> NDArray[np.int8]:
    ranked = np.lexsort((keyed, stratum)).astype(np.int64)
    same = (stratum[ranked[1:]] == stratum[ranked[:-1]]) & (keyed[ranked[1:]] == keyed[ranked[:-1]])
    for first, last in _runs(same):
        run = ranked[first : last + 1]
        texts = ids_of(run)
        ranked[first : last + 1] = run[sorted(range(len(run)), key=texts.__getitem__)]
    sizes = ends[:, -1]
    starts = np.cumsum(sizes) - sizes
    place = np.arange(len(ranked)) - np.repeat(starts, sizes)
    run_of = (place[:, None] >= np.repeat(ends[:, :-1], sizes, axis=0)).sum(axis=1)
    arm = np.empty(len(ranked), np.int8)
    arm[ranked] = order[np.repeat(np.arange(len(sizes)), sizes), run_of]
    return arm


def _runs(same: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last place of every run of equal neighbours."""
    edges = np.diff(np.concatenate(([0], same.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))
