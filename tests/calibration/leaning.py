"""Verdicts where pounds lean: a small arm, few clusters in one of them, adjustment beside few customers.

Every trial goes through the whole evaluation. Nothing is to be gained, or an effect returns exactly what it costs, and
neither direction may be shown more often than its one-sided level; the range of the gain holds the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.results import Evaluation
from designs.protocol.models import Protocol
from tests.analysis.evaluations import NFA, arm, declared, evaluated
from tests.calibration.rates import ALPHA, at_most, covers, share
from tests.calibration.simulated import stream
from tests.suites import Figure, Suite, monte_carlo_band

Floats = NDArray[np.float64]
Columns = dict[str, Any]

COVERED_AT_LEAST = 0.93
POUNDS = {"id": "pounds", "role": "primary", "kind": "amount", "direction": "increase", "day": 23}
PAID = {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}


@dataclass(frozen=True)
class World:
    """A way of drawing trials in which the gain is ``truth`` pounds a customer, and their protocol."""

    name: str
    draw: Callable[[np.random.Generator], Columns]
    outcomes: tuple[dict[str, Any], ...] = (POUNDS,)
    shares: tuple[float, float] = (1, 19)
    cost: float = 0.0
    clustered: bool = False
    analysis: dict[str, Any] = field(default_factory=dict)
    truth: float = 0.0

    @property
    def protocol(self) -> Protocol:
        errors = {"standard_errors": "CR2"} if self.clustered else {}
        population = {"unit": "customer_id"} | ({"cluster": "office"} if self.clustered else {})
        return declared(
            arms=[{**NFA, "share": self.shares[0]}, arm("letter", share=self.shares[1], cost_per_customer=self.cost)],
            population=population,
            outcomes=list(self.outcomes),
            analysis=errors | self.analysis,
            decision={"benefits": [{"outcome": "pounds", "value": 1}]},
        )

    def evaluations(self, size: int, rng: np.random.Generator) -> Iterator[Evaluation]:
        protocol = self.protocol
        for _ in range(size):
            yield evaluated(protocol, self.draw(rng))


def of_clusters(clusters: int, customers: int, sd: float, *, effect: float = 0.0) -> Callable[..., Columns]:
    """A twentieth of the clusters without contact; what each customer pays follows its cluster.

    ``effect`` points more pay with the letter, whatever their cluster.
    """

    def draw(rng: np.random.Generator) -> Columns:
        office = np.repeat(np.arange(clusters), customers)
        letter = office >= clusters // 20
        level = np.exp(sd * rng.standard_normal(clusters))[office]
        if not effect:
            return _columns(letter, office) | {"pounds": level * rng.lognormal(0.0, 0.5, office.size)}
        paid = rng.random(office.size) < 0.3 + effect * letter
        return _columns(letter, office) | {
            "paid": paid.astype(float), "pounds": paid * level * rng.lognormal(0.0, 0.5, office.size),
        }  # fmt: skip

    return draw


def of_customers(nfa: int, letter: int, sd: float, *, slope: float = 0.0) -> Callable[..., Columns]:
    """Lognormal pounds; ``slope`` on the logarithm of a debt that is lognormal too."""

    def draw(rng: np.random.Generator) -> Columns:
        n = nfa + letter
        log_debt = rng.standard_normal(n)
        pounds = np.exp(slope * log_debt + sd * rng.standard_normal(n))
        return _columns(np.arange(n) >= nfa, None) | {"pounds": pounds, "debt": np.exp(log_debt)}

    return draw


def _columns(letter: NDArray[np.bool_], office: NDArray[np.int64] | None) -> Columns:
    columns: Columns = {"arm": np.where(letter, "letter", "nfa")}
    return columns if office is None else columns | {"office": office.astype(str)}


RETURNED = 0.05 * float(np.exp((1.0 + 0.25) / 2))  # what five points more payers bring, each customer
CLUSTERED = (
    World("400 clusters of 10, 1:19, sd 1.0", of_clusters(400, 10, 1.0), clustered=True),
    World("400 clusters of 10, 1:19, sd 0.7", of_clusters(400, 10, 0.7), clustered=True),
    World("400 clusters of 10, 1:19, sd 1.5", of_clusters(400, 10, 1.5), clustered=True),
    World(
        "600 clusters of 8, 1:19, an effect that costs what it returns", of_clusters(600, 8, 1.0, effect=0.05),
        outcomes=(PAID, {**POUNDS, "role": "secondary"}), cost=RETURNED, clustered=True,
    ),
)  # fmt: skip
LIN = {"adjustment": "lin", "covariates": ["debt"]}
SMALL = (
    World("arm of 300, 5,700 without contact", of_customers(5_700, 300, 1.1), shares=(19, 1)),
    World("300 without contact, arm of 5,700", of_customers(300, 5_700, 1.1), shares=(1, 19)),
    World("200 an arm, Lin on a lognormal debt", of_customers(200, 200, 1.0, slope=0.8), shares=(1, 1), analysis=LIN),
)


def figures_of(worlds: tuple[World, ...], name: str, size: int, seed: int) -> Iterator[Figure]:
    for number, world in enumerate(worlds):
        codes, held, redrawn = [], [], []
        for evaluation in world.evaluations(size, stream(seed, f"{name} {number}")):
            assert evaluation.net_benefit is not None
            money = evaluation.net_benefit.arms[0].central
            codes.append(evaluation.verdict.code)
            held.append(covers(money.ci_lower, money.ci_upper, world.truth))
            redrawn.append(money.by_redraws)
        for code in ("scale", "no_further_action"):
            yield at_most(world.name, code, share([found == code for found in codes]), ALPHA / 2, size)
        low = monte_carlo_band(COVERED_AT_LEAST, size)[0]
        yield Figure(world.name, "coverage of net benefit", share(held), low, None, size)
        yield Figure(world.name, "ranges by redraws", share(redrawn), None, None, size, "told, not promised")


def clustered(size: int, seed: int) -> Iterator[Figure]:
    return figures_of(CLUSTERED, "leaning clusters", size, seed)


def small(size: int, seed: int) -> Iterator[Figure]:
    return figures_of(SMALL, "leaning customers", size, seed)


SUITES = (
    Suite(
        "leaning-clusters", "Verdicts on skewed pounds where few clusters are without contact", clustered, size=2_000
    ),
    Suite("leaning-customers", "Verdicts on skewed pounds with few customers in an arm", small, size=2_000),
)
