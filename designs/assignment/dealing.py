"""Deal arms along the keyed order, stratum by stratum.

In each stratum the units, in order of (key, id), are cut into K runs of the lengths that the rounded table gives;
which arm takes which run is the stratum's own permutation. Small populations are sorted. Large ones never are: a
histogram of the keys' leading bits finds the few units near each cut, only those are sorted, and one pass compares
every key with its stratum's cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from designs.assignment.stream import Uniform, permutation
from designs.assignment.units import Codes

_BITS = 14
_BLOCK = 1 << 18  # rows at a time, so that what is worked on stays in the processor's cache
_WORTH_CUTTING = 1 << 12  # units per stratum below which a sort is no dearer

IdsOf = Callable[[NDArray[np.int64]], Sequence[str]]


def permuted_arms(strata: int, arms: int, source: Uniform) -> NDArray[np.int8]:
    """Which arm takes which run of keys: J × K codes, each row a permutation drawn from the stream."""
    return np.array([permutation(source, arms) for _ in range(strata)], np.int8).reshape(strata, arms)


def deal(
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
    if len(keyed) < _WORTH_CUTTING * max(1, len(counts)):
        return _by_sorting(keyed, stratum, ends, order, ids_of)
    cut, unsettled = _cuts(keyed, stratum, ends)
    arm = _by_comparing(keyed, stratum, cut, order)
    for j in np.flatnonzero(unsettled).tolist():
        rows = np.flatnonzero(stratum == j)
        arm[rows] = _by_sorting(keyed[rows], np.zeros(len(rows), np.int64), ends[[j]], order[[j]], _among(rows, ids_of))
    return arm


def _among(rows: NDArray[np.int64], ids_of: IdsOf) -> IdsOf:
    """The ids of a part of the rows, asked by place within the part."""
    return lambda places: ids_of(rows[places])


def _by_sorting(
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


def _cuts(
    keyed: NDArray[np.uint64], stratum: Codes, ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """The first key of each later run (J × K - 1), and the strata where equal keys straddle a cut."""
    strata, arms = ends.shape
    buckets = 1 << _BITS
    shift = np.uint64(64 - _BITS)
    held = np.zeros(strata * buckets, np.int64)
    for start in range(0, len(keyed), _BLOCK):
        block = slice(start, start + _BLOCK)
        place = stratum[block].astype(np.int64) * buckets + (keyed[block] >> shift).astype(np.int64)
        held += np.bincount(place, minlength=strata * buckets)
    upto = np.cumsum(held.reshape(strata, buckets), axis=1)
    # A cut after the stratum's last unit has no key: the highest one stands for it, and equal keys are settled below.
    bucket = np.stack([np.searchsorted(upto[j], ends[j, :-1], side="right") for j in range(strata)])
    wanted = np.zeros((strata, buckets), np.bool_)
    inside = bucket < buckets
    wanted[np.nonzero(inside)[0], bucket[inside]] = True
    wanted[~inside.all(axis=1), -1] = True
    near, near_stratum = _near(keyed, stratum, wanted, shift)
    cut = np.full((strata, arms - 1), np.iinfo(np.uint64).max, np.uint64)
    unsettled = np.zeros(strata, np.bool_)
    for j in range(strata):
        mine = np.sort(near[near_stratum == j])
        mine_bucket = (mine >> shift).astype(np.int64)
        for r in range(arms - 1):
            if bucket[j, r] == buckets:
                unsettled[j] |= bool(len(mine)) and mine[-1] == cut[j, r]
                continue
            first = int(np.searchsorted(mine_bucket, bucket[j, r]))
            before = int(upto[j, bucket[j, r]]) - int(held[j * buckets + bucket[j, r]])
            at = first + int(ends[j, r]) - before
            cut[j, r] = mine[at]
            unsettled[j] |= at > first and mine[at - 1] == mine[at]
    return cut, unsettled


def _near(
    keyed: NDArray[np.uint64], stratum: Codes, wanted: NDArray[np.bool_], shift: np.uint64
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The keys, with their strata, that lie in the wanted buckets."""
    flat = wanted.ravel()
    found: list[NDArray[np.uint64]] = []
    found_stratum: list[NDArray[np.int64]] = []
    for start in range(0, len(keyed), _BLOCK):
        part, strata = keyed[start : start + _BLOCK], stratum[start : start + _BLOCK].astype(np.int64)
        rows = np.flatnonzero(flat[strata * wanted.shape[1] + (part >> shift).astype(np.int64)])
        found.append(part[rows])
        found_stratum.append(strata[rows])
    return np.concatenate(found), np.concatenate(found_stratum)


def _by_comparing(
    keyed: NDArray[np.uint64], stratum: Codes, cut: NDArray[np.uint64], order: NDArray[np.int8]
) -> NDArray[np.int8]:
    arm = np.empty(len(keyed), np.int8)
    flat = order.ravel()
    for start in range(0, len(keyed), _BLOCK):
        block = slice(start, start + _BLOCK)
        place = stratum[block].astype(np.int64) * order.shape[1]
        for r in range(cut.shape[1]):
            place = place + (keyed[block] >= cut[stratum[block], r])
        arm[block] = flat[place]
    return arm
