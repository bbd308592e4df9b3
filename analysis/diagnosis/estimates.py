"""Estimates of a trial drawn without its customers: each arm's means, and what they tell of their own errors.

Every arm is drawn by itself, so that contrasts share their comparison as they do in a trial. Shares of customers are
binomial; other means, and all means of whole clusters, are normal with the covariance that the design gives them, their
spreads as a sample of that size finds them (Wishart, by Bartlett's decomposition).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.diagnosis.doings import Doing

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ArmDraws:
    """One arm among everyone or in one segment, over D draws of K outcomes.

    Attributes:
        n: Customers.
        units: What was assigned: customers, or clusters of them.
        means: Shape (D, K).
        spreads: Shape (D, K, K): n times the covariance of the means, as each draw's own data estimate it.
        events: Shape (D, K): how many customers have the outcome, where it is a share of single customers; else nil.
    """

    n: float
    units: float
    means: Floats
    spreads: Floats
    events: Floats


@dataclass(frozen=True, slots=True)
class Clusters:
    """Of customers who are assigned together: how many on average, and how much that varies between clusters."""

    size: float
    size_variation: float = 0.0

    @property
    def weight(self) -> float:
        """Of how many customers the mean of a cluster counts: (1 + CV²) m, by which its design effect goes."""
        return (1.0 + self.size_variation**2) * self.size


def drawn_arm(
    doings: Sequence[Doing], effect: float, n: Sequence[float], groups: Sequence[Sequence[int]],
    clusters: Clusters | None, draws: int, rng: np.random.Generator,
) -> list[ArmDraws]:  # fmt: skip
    """An arm's draws among everyone, and then in each group.

    Args:
        doings: What its customers do, the primary first.
        effect: On the primary.
        n: Customers of each part, of which groups are made.
        groups: Which parts each group has.
        clusters: Assigned whole, or None.
        draws: How many.
        rng: Of this arm.
    """
    parts = [
        _part_of_clusters(doings, effect, size, clusters, draws, rng)
        if clusters
        else _part_of_customers(doings, effect, size, draws, rng)
        for size in n
    ]
    return [_together(doings, [parts[part] for part in group], clusters) for group in (range(len(n)), *groups)]


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    n: float
    units: float
    sums: Floats
    squares: Floats  # (D, K, K) sums of squares of units about their mean, each scaled to customers


def _part_of_customers(doings: Sequence[Doing], effect: float, n: float, draws: int, rng: np.random.Generator) -> _Part:
    """Customers who are assigned one by one."""
    whole, K = round(n), len(doings)
    sums, squares = np.zeros((draws, K)), np.zeros((draws, K, K))
    place = {doing.outcome.id: k for k, doing in enumerate(doings)}
    for k, doing in enumerate(doings):
        if doing.follows is not None:
            of = place[doing.follows]
            events = sums[:, of]
            paid = doing.baseline * (events + 0.5 * np.sqrt(events) * rng.standard_normal(draws))
            sums[:, k] = np.maximum(paid, 0.0)
            continue
        mean, spread = doing.with_effect(effect)
        if doing.is_share:
            sums[:, k] = rng.binomial(whole, mean, draws)
            continue
        sums[:, k] = whole * mean + math.sqrt(whole) * spread * rng.standard_normal(draws)
        squares[:, k, k] = spread**2 * rng.chisquare(max(whole - 1, 1), draws)
    return _Part(whole, whole, sums, squares)


def _part_of_clusters(
    doings: Sequence[Doing], effect: float, n: float, clusters: Clusters, draws: int, rng: np.random.Generator
) -> _Part:
    """Whole clusters, whose means vary by what their customers have alike."""
    units = math.floor(n / clusters.size + 1e-9)
    within, between = _covariances(doings, effect)
    total = within + (clusters.weight - 1.0) * between
    root = np.linalg.cholesky(total + 1e-12 * np.diag(np.maximum(np.diag(total), 1e-300)))
    customers, K = units * clusters.size, len(doings)
    means = np.array([_mean(doings, k, effect) for k in range(K)])
    lots = rng.standard_normal((draws, K)) @ root.T
    sums = customers * means + math.sqrt(customers) * lots
    squares = np.zeros((draws, K, K))
    if units > 1:
        lower = np.zeros((draws, K, K))
        for k in range(K):
            lower[:, k, :k] = rng.standard_normal((draws, k))
            lower[:, k, k] = np.sqrt(rng.chisquare(max(units - 1 - k, 0.5), draws))
        scaled = root @ lower
        squares = scaled @ scaled.transpose(0, 2, 1)
    return _Part(customers, units, sums, squares)


def _mean(doings: Sequence[Doing], k: int, effect: float) -> float:
    """The mean of an outcome with an effect on the primary."""
    doing = doings[k]
    if doing.follows is None:
        return doing.with_effect(effect)[0]
    return doing.baseline * next(each for each in doings if each.outcome.id == doing.follows).with_effect(effect)[0]


def _covariances(doings: Sequence[Doing], effect: float) -> tuple[Floats, Floats]:
    """Of one customer's outcomes, shape (K, K), and between those of two customers of one cluster.

    Outcomes go their own ways, except money of those with the primary.
    """
    K = len(doings)
    within, between = np.zeros((K, K)), np.zeros((K, K))
    place: Mapping[str, int] = {doing.outcome.id: k for k, doing in enumerate(doings)}
    for k, doing in enumerate(doings):
        if doing.follows is None:
            variance = doing.with_effect(effect)[1] ** 2
            within[k, k], between[k, k] = variance, doing.correlation * variance
            continue
        of, money = place[doing.follows], doing.baseline
        share, spread = doings[of].with_effect(effect)
        within[k, k] = money**2 * (1.25 * share - share**2)
        within[k, of] = within[of, k] = money * spread**2
        between[k, k] = doings[of].correlation * (money * spread) ** 2
        between[k, of] = between[of, k] = doings[of].correlation * money * spread**2
    return within, between


def _together(doings: Sequence[Doing], parts: Sequence[_Part], clusters: Clusters | None) -> ArmDraws:
    n, units = sum(part.n for part in parts), sum(part.units for part in parts)
    sums = sum((part.sums for part in parts), np.zeros_like(parts[0].sums))
    squares = sum((part.squares for part in parts), np.zeros_like(parts[0].squares))
    means = sums / max(n, 1.0)
    left = sum(max(part.units - 1.0, 0.0) for part in parts)
    spreads = squares / max(left, 1.0)
    if clusters is not None:
        return ArmDraws(n, units, means, spreads, np.zeros_like(sums))
    events = np.zeros_like(sums)
    place = {doing.outcome.id: k for k, doing in enumerate(doings)}
    for k, doing in enumerate(doings):
        if doing.follows is not None:
            of, money = place[doing.follows], doing.baseline
            spreads[:, k, k] = money**2 * 1.25 * means[:, of] - means[:, k] ** 2
            spreads[:, k, of] = spreads[:, of, k] = means[:, k] * (1.0 - means[:, of])
        elif doing.is_share:
            events[:, k] = sums[:, k]
            spreads[:, k, k] = means[:, k] * (1.0 - means[:, k]) * n / max(n - 1.0, 1.0)
    return ArmDraws(n, units, means, spreads, events)
