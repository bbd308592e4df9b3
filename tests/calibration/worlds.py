"""What customers do in simulated trials: three kinds of outcome, with the truth known.

Each world draws the sums that an analysis needs, from their exact distribution, or single customers. ``lift`` moves a
cell's level, in the same way in every arm; ``effect`` is what being treated adds, to everyone alike on average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tests.calibration.simulated import Customers

Floats = NDArray[np.float64]


class World(Protocol):
    """A kind of outcome."""

    @property
    def name(self) -> str: ...

    @property
    def effect(self) -> float:
        """The true difference between treated and untreated customers."""
        ...

    def sums(self, rng: np.random.Generator, customers: Customers, lift: Floats, R: int) -> tuple[Floats, Floats]:
        """(M, R) sums and sums of squares of R trials."""
        ...

    def rows(self, rng: np.random.Generator, customers: Customers, lift: Floats) -> Floats:
        """(n,) outcomes of one trial, cell by cell."""
        ...


@dataclass(frozen=True)
class Normal:
    """Normal with spread 1, or ``spread`` among the treated."""

    effect: float = 0.0
    spread: float = 1.0
    name: str = "normal"

    def _parameters(self, customers: Customers, lift: Floats) -> tuple[Floats, Floats]:
        return lift + self.effect * customers.treated, np.where(customers.treated, self.spread, 1.0)

    def sums(self, rng: np.random.Generator, customers: Customers, lift: Floats, R: int) -> tuple[Floats, Floats]:
        mean, sd = self._parameters(customers, lift)
        n = customers.count.astype(float)[:, None]
        means = mean[:, None] + sd[:, None] * rng.normal(size=(len(n), R)) / np.sqrt(n)
        within = sd[:, None] ** 2 * np.where(n > 1, rng.chisquare(np.maximum(n - 1, 1), size=(len(n), R)), 0.0)
        return n * means, within + n * means**2

    def rows(self, rng: np.random.Generator, customers: Customers, lift: Floats) -> Floats:
        mean, sd = (np.repeat(values, customers.count) for values in self._parameters(customers, lift))
        return np.asarray(mean + sd * rng.normal(size=len(mean)))


@dataclass(frozen=True)
class Binary:
    """A rare event."""

    share: float = 0.015
    effect: float = 0.0
    name: str = "rare binary"

    def _chance(self, customers: Customers, lift: Floats) -> Floats:
        return np.asarray(self.share * (1 + 0.3 * lift) + self.effect * customers.treated)

    def sums(self, rng: np.random.Generator, customers: Customers, lift: Floats, R: int) -> tuple[Floats, Floats]:
        chance = self._chance(customers, lift)[:, None]
        events = rng.binomial(customers.count[:, None], chance, size=(len(chance), R)).astype(float)
        return events, events

    def rows(self, rng: np.random.Generator, customers: Customers, lift: Floats) -> Floats:
        chance = np.repeat(self._chance(customers, lift), customers.count)
        return (rng.random(len(chance)) < chance).astype(float)


@dataclass(frozen=True)
class Pounds:
    """Pounds paid: most customers pay nothing, the others lognormal amounts (median £500, sd of the logarithm 1.1)."""

    paying: float = 0.28
    more_paying: float = 0.0
    name: str = "skewed pounds"

    median = 500.0
    sd = 1.1

    @property
    def effect(self) -> float:
        return self.more_paying * self.median * math.exp(self.sd**2 / 2)

    def _chance(self, customers: Customers, lift: Floats) -> Floats:
        return np.asarray(self.paying * (1 + 0.3 * lift) + self.more_paying * customers.treated)

    def amounts(self, rng: np.random.Generator, size: int) -> Floats:
        return np.asarray(self.median * np.exp(self.sd * rng.standard_normal(size)))

    def sums(self, rng: np.random.Generator, customers: Customers, lift: Floats, R: int) -> tuple[Floats, Floats]:
        chance = self._chance(customers, lift)[:, None]
        payers = rng.binomial(customers.count[:, None], chance, size=(len(chance), R))
        amounts = self.amounts(rng, int(payers.sum()))
        of = np.repeat(np.arange(payers.size), payers.ravel())
        sums, squares = (np.bincount(of, values, payers.size) for values in (amounts, amounts * amounts))
        return sums.reshape(payers.shape), squares.reshape(payers.shape)

    def rows(self, rng: np.random.Generator, customers: Customers, lift: Floats) -> Floats:
        chance = np.repeat(self._chance(customers, lift), customers.count)
        return np.where(rng.random(len(chance)) < chance, self.amounts(rng, len(chance)), 0.0)
