"""Redraw an assignment within strata, by the cheapest way that is exact.

Whatever is tested, a redraw enters only through sums over the units drawn, so that is all this module gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Features = Callable[[Floats], Floats]

ENUMERATE_UP_TO = 20_000
FEW_VALUES = 64  # distinct rows a stratum, below which counting beats shuffling
_HELD = 4_000_000  # numbers held at once


@dataclass(frozen=True, slots=True, eq=False)
class Redraws:
    """Batches of shape (draws, J, c): sums of the features over the units drawn. Can be started once more."""

    batches: Callable[[], Iterator[Floats]]
    exact: bool  # every assignment once, each equally likely


def redraws(
    rows: Floats,
    count: Integers,
    features: Features,
    lengths: Integers,
    take: Integers,
    draws: int,
    rng: np.random.Generator,
) -> Redraws:
    """Draw ``take[j]`` of the units of each stratum, without replacement.

    Args:
        rows: shape (n, b), what is known of each unit, sorted by stratum.
        count: shape (n,), how many units are like that row.
        features: from rows (m, b) to what is summed (m, c); works row by row.
        lengths: shape (J,), how many rows each stratum has.
        take: shape (J,), units drawn from each stratum.
        draws: how many redraws, where enumeration is too long.
        rng: the source of the redraws.
    """
    starts = np.concatenate([[0], np.cumsum(lengths)])
    size = np.add.reduceat(count, starts[:-1])
    if _assignments(size, take) <= ENUMERATE_UP_TO:
        units, ends = np.repeat(rows, count, axis=0), np.concatenate([[0], np.cumsum(size)])
        return Redraws(lambda: _enumerated(features(units), ends, take), exact=True)
    if _few_values(rows, take.size):
        counted = [
            _distinct(rows[starts[j] : starts[j + 1]], count[starts[j] : starts[j + 1]]) for j in range(take.size)
        ]
        return Redraws(lambda: _counted(counted, features, take, draws, rng), exact=False)
    units, ends = np.repeat(rows, count, axis=0), np.concatenate([[0], np.cumsum(size)])
    return Redraws(lambda: _shuffled(features(units), ends, size, take, draws, rng), exact=False)


def _assignments(size: Integers, take: Integers) -> float:
    """How many assignments there are, near enough to choose by; whole numbers of millions would take seconds."""
    logarithm = gammaln(size + 1.0) - gammaln(take + 1.0) - gammaln(size - take + 1.0)
    return float(np.exp(min(logarithm.sum(), 700.0)))


def _distinct(rows: Floats, count: Integers) -> tuple[Floats, Integers]:
    values, place = np.unique(rows, axis=0, return_inverse=True)
    return values, np.bincount(place, count).astype(np.int64)


def _few_values(rows: Floats, strata: int) -> bool:
    """Whether counting is cheaper than shuffling, judged on a sample of rows: either way the draws are exact."""
    sample = rows[:: max(1, rows.shape[0] // 2000)]
    return bool(np.unique(sample, axis=0).shape[0] <= FEW_VALUES * min(strata, 8))


def _enumerated(columns: Floats, starts: Integers, take: Integers) -> Iterator[Floats]:
    by_stratum = []
    for j, m in enumerate(take):
        units = range(int(starts[j]), int(starts[j + 1]))
        chosen = np.array(list(combinations(units, int(m))), dtype=np.int64).reshape(-1, int(m))
        by_stratum.append(columns[chosen].sum(axis=1))
    places = np.array(list(product(*(range(sums.shape[0]) for sums in by_stratum))), dtype=np.int64)
    yield np.stack([sums[places[:, j]] for j, sums in enumerate(by_stratum)], axis=1)


def _counted(
    counted: list[tuple[Floats, Integers]], features: Features, take: Integers, draws: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Multivariate hypergeometric counts of each distinct row: the cost does not grow with the number of units."""
    yield np.stack(
        [
            rng.multivariate_hypergeometric(counts, int(m), size=draws, method="marginals") @ features(values)
            for (values, counts), m in zip(counted, take, strict=True)
        ],
        axis=1,
    )


def _shuffled(
    columns: Floats, starts: Integers, size: Integers, take: Integers, draws: int, rng: np.random.Generator
) -> Iterator[Floats]:
    from analysis.randomisation.random_subsets import RUNS, subset_sums

    # Draw the smaller part of each stratum; the other part's sums are what is left of the whole.
    smaller = take <= size - take
    least = np.where(smaller, take, size - take)
    whole = np.add.reduceat(columns, starts[:-1], axis=0)
    by_column = np.ascontiguousarray(columns.T)
    batch = max(RUNS, _HELD // (size.size * columns.shape[1]))
    for begin in range(0, draws, batch):
        drawn = subset_sums(by_column, starts, least, min(batch, draws - begin), rng)
        yield np.where(smaller[:, None], drawn, whole - drawn)
