"""P5 and P6: redraws of a binary outcome from its counts, and of a continuous one from its customers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.randomisation.randomisation_inference import RandomisationTest, randomisation_test
from tests.benchmarks.row import Goal, Row

STRATA = 50
DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Counts:
    """One row for each stratum, arm and outcome."""

    y: NDArray[np.float64]
    treated: NDArray[np.bool_]
    stratum: NDArray[np.int64]
    count: NDArray[np.int64]


def counts_of(customers: int, _folder: Path) -> Counts:
    per_cell = customers // (4 * STRATA)  # four arms; the contrast has two of them
    stratum, treated, y = (grid.ravel() for grid in np.meshgrid(np.arange(STRATA), [0, 1], [0, 1], indexing="ij"))
    share = 0.30 + 0.01 * treated + 0.002 * stratum
    events = np.round(per_cell * share).astype(np.int64)
    return Counts(y.astype(float), treated == 1, stratum, np.where(y == 1, events, per_cell - events))


def redraw_counts(counts: Counts) -> RandomisationTest:
    rng = np.random.default_rng(1)
    return randomisation_test(
        counts.y, counts.treated, counts.stratum, count=counts.count, draws=DRAWS, rng=rng, interval=False
    )


@dataclass(frozen=True, slots=True)
class Customers:
    y: NDArray[np.float64]
    treated: NDArray[np.bool_]
    stratum: NDArray[np.int64]


def customers_of(_folder: Path) -> Customers:
    rng = np.random.default_rng(2)
    size = 1_000_000
    stratum = np.sort(rng.integers(0, STRATA, size))
    treated = np.concatenate([rng.permutation(np.arange(n) < n // 2) for n in np.bincount(stratum)])
    return Customers(rng.lognormal(3.0, 1.0, size), treated, stratum)


def redraw_customers(customers: Customers) -> RandomisationTest:
    rng = np.random.default_rng(1)
    return randomisation_test(customers.y, customers.treated, customers.stratum, draws=DRAWS, rng=rng, interval=False)


def numpy_loop(customers: Customers) -> NDArray[np.float64]:
    """A permutation within each block, draw by draw, as it is commonly written; the plain difference only."""
    rng = np.random.default_rng(1)
    size = np.bincount(customers.stratum)
    take = np.bincount(customers.stratum, customers.treated).astype(int)
    ends = np.cumsum(size)
    blocks = [customers.y[end - n : end] for end, n in zip(ends, size, strict=True)]
    weight = size / size.sum()
    out = np.empty(DRAWS)
    for draw in range(DRAWS):
        total = 0.0
        for values, m, w in zip(blocks, take, weight, strict=True):
            mixed = rng.permutation(values)
            total += w * (mixed[:m].mean() - mixed[m:].mean())
        out[draw] = total
    return out


def at_smallest(_inputs: Counts) -> RandomisationTest:
    return redraw_counts(counts_of(100_000, Path()))


ROWS = (
    Row(
        id="P5-100k",
        what="10,000 exact redraws, binary, 50 strata, 100 thousand customers",
        goal=Goal(seconds=1.0),
        load=partial(counts_of, 100_000),
        work=redraw_counts,
    ),
    Row(
        id="P5-1m",
        what="10,000 exact redraws, binary, 50 strata, 1 million customers; limit: 100 thousand",
        goal=Goal(ratio=1.5, seconds=1.0),
        load=partial(counts_of, 1_000_000),
        work=redraw_counts,
        limit=at_smallest,
    ),
    Row(
        id="P5-10m",
        what="10,000 exact redraws, binary, 50 strata, 10 million customers; limit: 100 thousand",
        goal=Goal(ratio=1.5, seconds=1.0),
        load=partial(counts_of, 10_000_000),
        work=redraw_counts,
        limit=at_smallest,
    ),
    Row(
        id="P6",
        what="10,000 redraws, continuous, 1 million customers in 50 blocks",
        goal=Goal(times_faster={"numpy loop": 15.0}),
        load=customers_of,
        work=redraw_customers,
        peers={"numpy loop": numpy_loop},
        repeats=3,
    ),
)
