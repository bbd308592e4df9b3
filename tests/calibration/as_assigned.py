"""From the draw to the error rate: customers assigned by the randomiser, analysed as they were assigned.

Each trial has a draw of its own, by its own seed, and the approach does nothing to anyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.fit import Contrast
from designs.assignment import Units, conduct, declare
from tests.analysis.evaluations import declared
from tests.calibration.rates import digits, effects_of, error_rates
from tests.calibration.simulated import (
    Customers,
    Floats,
    contrasts_of,
    digits_of_agreement,
    specification_of,
    stream,
)
from tests.suites import Figure, Suite

Ints = NDArray[np.int64]

DRAWS = 100  # of one population


@dataclass(frozen=True, eq=False)
class Population:
    """Customers as they were frozen: ids, strata or clusters, and what they would do untreated."""

    name: str
    ids: Any
    outcome: Floats
    shares: tuple[int, int]
    stratum: Ints | None = None
    cluster: Ints | None = None

    @property
    def randomisation(self) -> dict[str, Any]:
        return (
            {"method": "complete"}
            | ({"strata": ["stratum"]} if self.stratum is not None else {})
            | ({"cluster": "cluster"} if self.cluster is not None else {})
        )

    @property
    def units(self) -> Units:
        strata, cluster = (
            None if codes is None else pa.array([f"{code:03d}" for code in codes])
            for codes in (self.stratum, self.cluster)
        )
        return Units(self.ids, strata, cluster)


def populations(rng: np.random.Generator) -> tuple[Population, ...]:
    ids = pa.array([f"{at:06d}" for at in range(240)])
    stratum = np.repeat(np.arange(4), (30, 50, 70, 90))
    cluster = np.repeat(np.arange(60), np.tile((2, 3, 5, 6), 15))
    y = rng.normal(size=240)
    return (
        Population("complete, 1:1, n = 240", ids, y, (1, 1)),
        Population("complete, 1:3, n = 240", ids, y, (1, 3)),
        Population("four strata, 1:1, n = 240", ids, y + np.array([-2.0, 0.0, 1.0, 3.0])[stratum], (1, 1), stratum),
        Population("60 clusters, 1:1, n = 240", ids, y + rng.normal(size=60)[cluster], (1, 1), cluster=cluster),
    )


def as_assigned(population: Population, arm: Ints) -> tuple[Customers, Floats]:
    """The cells of one draw and the outcomes in their order: arms, arms × strata, or whole clusters."""
    design = specification_of(
        kind="HC2" if population.cluster is None else "CR2",
        strata=population.stratum is not None,
        cluster=population.cluster is not None,
    )
    group = population.cluster if population.cluster is not None else population.stratum
    key = arm if group is None else group * 2 + arm
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    of_cell = None if group is None else group[first]
    customers = Customers(
        design,
        arm[first],
        count,
        stratum=of_cell if population.stratum is not None else None,
        cluster=of_cell if population.cluster is not None else None,
    )
    return customers, population.outcome[np.argsort(key, kind="stable")]


def analysed(customers: Customers, y: Floats) -> Contrast:
    """The project's contrast of one trial."""
    sums, squares = (np.add.reduceat(values, np.cumsum(customers.count) - customers.count) for values in (y, y * y))
    ((contrast,),) = contrasts_of(customers, sums[:, None], squares[:, None])
    return contrast


def figures(size: int, seed: int) -> Iterator[Figure]:
    agree = []
    for number in range(len(populations(np.random.default_rng(0)))):
        null: list[Contrast] = []
        while len(null) < size:
            population = populations(stream(seed, f"as dealt {number} {len(null)}"))[number]
            trials = list(draws_of(population, min(DRAWS, size - len(null)), f"{seed} {len(null)}"))
            null += [analysed(customers, y) for customers, y in trials]
        yield from error_rates(population.name, effects_of(null))
        agree.append(digits_of_agreement(*trials[0]))
    yield digits("every population", agree)


def draws_of(population: Population, draws: int, label: str) -> Iterator[tuple[Customers, Floats]]:
    """So many draws of one population, ready to be analysed."""
    arms = [{"id": "nfa", "kind": "nfa", "label": "NFA", "share": population.shares[0]}]
    arms.append({"id": "letter", "kind": "otm", "label": "Letter", "share": population.shares[1]})
    scheme = declare(declared(arms=arms, randomisation=population.randomisation))
    units = population.units
    for draw in range(draws):
        seed = sha256(f"{label} {population.name} {draw}".encode()).hexdigest()
        yield as_assigned(population, conduct(scheme, units, seed, "calibration").arm.astype(np.int64))


SUITES = (Suite("as-dealt", "Customers dealt by the randomiser and analysed as dealt", figures),)
