"""The variance of an arm's curve where customers were assigned in clusters.

What each cluster adds to the curve, by the infinitesimal jackknife, is summed before it is squared, as Lin and Wei
(1989, JASA 84:1074) do for a hazard ratio. Clusters of one customer give Greenwood's formula to the digit, times
G/(G − 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.survival.exits import ExitCells
from analysis.survival.kaplan_meier import LifeTable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_HELD = 1_000_000  # numbers held at once


def variance_by_cluster(
    cells: ExitCells, tables: Sequence[LifeTable], strata: Ints, shares: Floats, times: Floats
) -> Floats | None:
    """Variance of the weighted average of the curves after each of ``times``; None where a stratum has one cluster.

    Args:
        cells: of the arm.
        tables: its life tables, one for each of ``strata``.
        strata: shape (J,), their codes, ascending.
        shares: shape (J,), their weights.
        times: shape (T,), ascending; no later than where the curves are known.
    """
    inside = np.isin(cells.stratum, strata)
    clusters, member = np.unique(cells.cluster[inside], return_inverse=True)
    stratum = np.searchsorted(strata, cells.stratum[inside])
    pairs = np.unique(np.stack([stratum, member]), axis=1)
    number = np.bincount(pairs[0], minlength=len(strata)).astype(np.float64)
    if (number < 2).any():
        return None
    scale = shares * np.sqrt(number / (number - 1.0))
    order = np.argsort(member, kind="stable")
    of_cell = (member[order], stratum[order], cells.time[inside][order], cells.code[inside][order])
    count = cells.count[inside][order]
    steps = [_Steps(table) for table in tables]
    after = [np.searchsorted(table.times, times, side="right") for table in tables]
    longest = max(table.times.size for table in tables)
    variance = np.zeros(times.size)
    for rows, ends in _chunks(of_cell[0], clusters.size, max(1, _HELD // longest)):
        total = np.zeros((ends[1] - ends[0], times.size))
        for j, step in enumerate(steps):
            of_stratum = of_cell[1][rows] == j
            if of_stratum.any():
                present, place = np.unique(of_cell[0][rows][of_stratum] - ends[0], return_inverse=True)
                when, code = of_cell[2][rows][of_stratum], of_cell[3][rows][of_stratum]
                pulls = step.influences(present.size, place, when, code, count[rows][of_stratum])
                total[present] += scale[j] * pulls[:, after[j]]
        variance += np.einsum("gt,gt->t", total, total)
    return variance


def _chunks(member: Ints, clusters: int, at_once: int) -> Iterator[tuple[slice, tuple[int, int]]]:
    """Rows of so many clusters at a time, and which clusters; ``member`` ascends."""
    for begin in range(0, clusters, at_once):
        end = min(begin + at_once, clusters)
        first, last = np.searchsorted(member, [begin, end])
        yield slice(int(first), int(last)), (begin, end)


class _Steps:
    """One stratum's curve as a function of its customers' weights, differentiated by those of a cluster."""

    def __init__(self, table: LifeTable) -> None:
        leaving = table.events + table.competing
        with np.errstate(divide="ignore"):
            self.per_left = np.where(table.at_risk > leaving, 1.0 / (table.at_risk - leaving), 0.0)
        self.hazard, self.of_event = leaving / table.at_risk, table.events / table.at_risk
        self.before = np.concatenate([[1.0], np.cumprod(1.0 - self.hazard)[:-1]])
        self.table = table

    def influences(self, clusters: int, place: Ints, when: Floats, code: Ints, count: Floats) -> Floats:
        """Shape (clusters, times + 1): on the curve before the first time, and after each."""
        size = self.table.times.size
        at = np.searchsorted(self.table.times, when)
        left = np.zeros((3, clusters, size))
        np.add.at(left, (code, place, at), count)
        at_risk = left.sum(axis=0)[:, ::-1].cumsum(axis=1)[:, ::-1]
        # minus the logarithm of the share whom neither kind of event has met, up to and before each time
        lost = np.cumsum((left[1] + left[2] - at_risk * self.hazard) * self.per_left, axis=1)
        lost_before = np.concatenate([np.zeros((clusters, 1)), lost[:, :-1]], axis=1)
        own = (left[1] - at_risk * self.of_event) / self.table.at_risk
        jumps = self.before * (own - lost_before * self.of_event)
        return np.concatenate([np.zeros((clusters, 1)), -np.cumsum(jumps, axis=1)], axis=1)
