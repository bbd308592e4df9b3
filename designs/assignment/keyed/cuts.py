"""Assign a large population without sorting it: the fast path of :mod:`designs.assignment.keyed.order`.

A histogram of the keys' leading bits finds the bucket that holds each cut; only the units in those buckets are
sorted; then one pass compares every key with its stratum's cuts. ``_assign_by_sorting`` there is the oracle.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_MOST_BUCKETS = 1 << 21
_HIGHEST = np.iinfo(np.uint64).max


@numba.njit(nogil=True, cache=True)
def _count(keyed: Any, stratum: Any, shift: Any, held: Any) -> Any:
    for i in range(len(keyed)):
        held[stratum[i], keyed[i] >> shift] += 1


@numba.njit(nogil=True, cache=True)
def _pick(keyed: Any, stratum: Any, shift: Any, wanted: Any, near: Any, near_stratum: Any) -> Any:
    taken = 0
    for i in range(len(keyed)):
        if wanted[stratum[i], keyed[i] >> shift]:
            near[taken] = keyed[i]
            near_stratum[taken] = stratum[i]
            taken += 1


@numba.njit(nogil=True, cache=True)
def _compare(keyed: Any, stratum: Any, cut: Any, order: Any, arm: Any) -> Any:
    for i in range(len(keyed)):
        j = stratum[i]
        run = 0
        for r in range(cut.shape[1]):
            run += keyed[i] >= cut[j, r]
        arm[i] = order[j, run]


def assign_by_cuts(
    keyed: NDArray[np.uint64], stratum: NDArray[np.int32], ends: NDArray[np.int64], order: NDArray[np.int8]
) -> tuple[NDArray[np.int8], list[int]]:
    """The arm of every unit, and the strata where equal keys straddle a cut, so that the ids must decide.

    Args:
        keyed: n keys.
        stratum: n codes, 0 to J - 1.
        ends: J × K, where each run of keys ends in its stratum's order.
        order: J × K, the arm that takes each run.
    """
    cut, unsettled = _cuts(keyed, stratum, ends)
    arm = np.empty(len(keyed), np.int8)
    _compare(keyed, stratum, cut, order, arm)
    return arm, unsettled


def _cuts(
    keyed: NDArray[np.uint64], stratum: NDArray[np.int32], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], list[int]]:
    """The first key of each later run (J × K - 1). A run after the last unit begins at the highest key there is."""
    strata, runs = ends.shape
    buckets = 1 << min(14, max(1, (_MOST_BUCKETS // strata).bit_length() - 1))
    shift = np.uint64(64 - (buckets.bit_length() - 1))
    held = np.zeros((strata, buckets), np.int64)
    _count(keyed, stratum, shift, held)
    upto = np.cumsum(held, axis=1)
    bucket = np.stack([np.searchsorted(upto[j], ends[j, :-1], side="right") for j in range(strata)])
    after_all = bucket == buckets
    wanted = np.zeros((strata, buckets), np.bool_)
    wanted[np.nonzero(~after_all)[0], bucket[~after_all]] = True
    wanted[after_all.any(axis=1), -1] = True
    near = np.empty(held[wanted].sum(), np.uint64)
    near_stratum = np.empty(len(near), np.int32)
    _pick(keyed, stratum, shift, wanted, near, near_stratum)
    cut = np.full((strata, runs - 1), _HIGHEST, np.uint64)
    unsettled = []
    for j in range(strata):
        mine = np.sort(near[near_stratum == j])
        mine_bucket = (mine >> shift).astype(np.int64)
        straddled = bool(after_all[j].any() and len(mine) and mine[-1] == _HIGHEST)
        for r in np.flatnonzero(~after_all[j]).tolist():
            first = int(np.searchsorted(mine_bucket, bucket[j, r]))
            at = first + int(ends[j, r] - (upto[j, bucket[j, r]] - held[j, bucket[j, r]]))
            cut[j, r] = mine[at]
            straddled |= at > first and bool(mine[at - 1] == mine[at])
        if straddled:
            unsettled.append(j)
    return cut, unsettled
