"""Bounds of a difference in shares by inverting score tests, for events that may be rare or absent.

The difference is the estimate's own: strata weigh by their customers, so that a guardrail and the row beside it are
about one quantity. What is taken for the shares under the difference tested matters where the arms' shares of the
customers differ by stratum and harm does too: a test that takes every stratum to have the same difference then passes
harm at its margin in 4 to 6% of trials instead of 2.5%. So a second one lets strata of unlike shares have differences
of their own, and the bound further off is given. Where shares are alike in all strata they are one test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.inference.intervals import critical_value
from analysis.inference.root_finding import rising_root

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ALIKE = 1.25  # ratio of the odds of being in one arm, for strata whose shares count as the same
ENOUGH = 20.0  # customers of each arm for strata of unlike shares to have a difference of their own


@dataclass(frozen=True, slots=True, eq=False)
class EventCounts:
    """Events and customers by stratum, for one arm against its comparison; each of shape (J,).

    Attributes:
        events_arm, n_arm, events_comparison, n_comparison: of the two arms, with the outcome observed.
        weight: what a stratum weighs in the estimate, above zero: its customers, of every arm. ``None`` where an
            additive regression weighs it by n_arm n_comparison / (n_arm + n_comparison).
    """

    events_arm: Floats
    n_arm: Floats
    events_comparison: Floats
    n_comparison: Floats
    weight: Floats | None = None

    @classmethod
    def of(cls, *, arm: tuple[int, int], comparison: tuple[int, int]) -> EventCounts:
        """One stratum, from (events, customers) of each."""
        return cls(*(np.array([float(value)]) for value in (*arm, *comparison)))

    def reversed(self) -> EventCounts:
        """The comparison against the arm."""
        return EventCounts(self.events_comparison, self.n_comparison, self.events_arm, self.n_arm, self.weight)

    @property
    def shares_of_strata(self) -> Floats:
        """What each stratum weighs, shape (J,), summing to one."""
        weight = self.weight
        if weight is None:
            weight = self.n_arm * self.n_comparison / (self.n_arm + self.n_comparison)
        return np.asarray(weight / weight.sum(), dtype=np.float64)

    @property
    def difference(self) -> float:
        """Weighted difference in shares."""
        apart = self.events_arm / self.n_arm - self.events_comparison / self.n_comparison
        return float(self.shares_of_strata @ apart)


def score_bounds(counts: EventCounts, level: float) -> tuple[float, float]:
    """Bounds of the weighted difference in shares at two-sided ``level``, by inverting stratified score tests.

    Args:
        counts: every stratum with customers in both arms.
        level: two-sided, between 0 and 1.

    Returns:
        (lower, upper), within [-1, 1].

    Source: Miettinen & Nurminen (1985), Statistics in Medicine 4:213, with the strata's weights (Yan & Su 2010,
    Statistics in Biopharmaceutical Research 2:475, on why these must be the estimate's).

    Examples:
        >>> lower, upper = score_bounds(EventCounts.of(arm=(56, 70), comparison=(48, 80)), 0.05)
        >>> round(lower, 4), round(upper, 4)
        (0.0528, 0.3382)
    """
    critical = critical_value(level, None)
    lower, upper = _common(counts, critical, -1.0), _common(counts, critical, 1.0)
    groups = groups_of_like_shares(counts)
    if groups.max() == 0:
        return lower, upper
    return min(lower, _by_group(counts, groups, critical, -1.0)), max(upper, _by_group(counts, groups, critical, 1.0))


def score_statistics(counts: EventCounts, difference: float) -> Floats:
    """The score statistic of one difference in each of J trials, as each of them alone would have it: shape (J,).

    Above ``critical`` the bound of :func:`score_bounds` lies above the difference; below ``-critical``, below it.

    Args:
        counts: each entry a trial without strata, with customers in both arms; weights count for nothing.
        difference: tested.

    Examples:
        >>> counts = EventCounts.of(arm=(56, 70), comparison=(48, 80))
        >>> upper = score_bounds(counts, 0.05)[1]
        >>> np.round(score_statistics(counts, upper), 4).tolist()
        [-1.96]
    """
    away = counts.events_arm / counts.n_arm - counts.events_comparison / counts.n_comparison - difference
    spread = np.sqrt(_variances(counts, difference))
    nowhere = np.where(away == 0.0, 0.0, np.copysign(np.inf, away))
    return np.asarray(np.divide(away, spread, out=nowhere, where=spread > 0.0))


def groups_of_like_shares(counts: EventCounts) -> Integers:
    """Codes from zero, shape (J,): strata in which the arms have about the same shares of the customers.

    Within a group it matters little how harm differs between strata, for they weigh as their arms' customers do. One
    without enough customers of either arm to tell a difference of its own joins the group most like it.
    """
    odds = counts.n_arm / counts.n_comparison
    steps = np.round(np.log(odds * counts.n_comparison.sum() / counts.n_arm.sum()) / np.log(ALIKE))
    groups = {step: np.flatnonzero(steps == step) for step in np.unique(steps).tolist()}
    weight = counts.shares_of_strata

    def worth(step: float) -> float:
        strata = groups[step]
        return min(_worth(n[strata], weight[strata]) for n in (counts.n_arm, counts.n_comparison))

    while len(groups) > 1:
        least = min(groups, key=lambda step: (worth(step), abs(step)))
        if worth(least) >= ENOUGH:
            break
        strata = groups.pop(least)
        nearest = min(groups, key=lambda step: (abs(step - least), abs(step)))
        groups[nearest] = np.concatenate([groups[nearest], strata])
    codes = np.zeros(odds.size, dtype=np.int64)
    for code, strata in enumerate(groups.values()):
        codes[strata] = code
    return codes


def _worth(n: Floats, weight: Floats) -> float:
    """How many customers would give a weighted mean of shares its error."""
    return float(weight.sum() ** 2 / (weight**2 / n).sum())


def _common(counts: EventCounts, critical: float, side: float) -> float:
    """The difference on one side that the test of one difference in all strata just rejects."""
    return _bound(counts, lambda difference: _spread(counts, difference), critical, side)


def _by_group(counts: EventCounts, groups: Integers, critical: float, side: float) -> float:
    """The same where each group keeps the difference seen in it, moved as its part of the variance asks.

    That is the first step towards the most likely shares of which only the weighted difference is given: what is
    tested moves each group's difference by w V / Σ w² V for each unit that it lies off the estimate.
    """
    weight = counts.shares_of_strata
    of_group = np.bincount(groups, weight)
    apart = counts.events_arm / counts.n_arm - counts.events_comparison / counts.n_comparison
    seen = np.bincount(groups, weight * apart) / of_group

    def spread(difference: float) -> float:
        squares = np.bincount(groups, weight**2 * _variances(counts, difference))
        if not squares.sum():
            return 0.0
        moved = (difference - counts.difference) * squares / of_group / squares.sum()
        given = np.clip(seen + moved, -1.0, 1.0)
        return float(np.sqrt(weight**2 @ _variances(counts, given[groups])))

    return _bound(counts, spread, critical, side)


def _bound(counts: EventCounts, spread: Callable[[float], float], critical: float, side: float) -> float:
    """The difference on one side of the estimate at which the score statistic reaches ``critical``."""

    def excess(distance: float) -> float:
        return abs(_ratio(-side * distance, spread(estimate + side * distance))) - critical

    estimate = counts.difference
    furthest = 1.0 - side * estimate
    near, far = 0.0, min(furthest, critical / float(np.sqrt(counts.n_arm.sum())))
    while excess(far) < 0.0:
        if far == furthest:
            return side
        near, far = far, min(furthest, 2.0 * far)
    return estimate + side * rising_root(excess, near, far, tolerance=1e-11)


def _spread(counts: EventCounts, difference: float) -> float:
    return float(np.sqrt(counts.shares_of_strata**2 @ _variances(counts, difference)))


def _variances(counts: EventCounts, difference: float | Floats) -> Floats:
    """Of each stratum's difference in shares, by its most likely shares given the difference, times N / (N - 1)."""
    p1, p0 = _shares_given(counts, difference)
    total = counts.n_arm + counts.n_comparison
    variance = p1 * (1.0 - p1) / counts.n_arm + p0 * (1.0 - p0) / counts.n_comparison
    return variance * total / np.maximum(total - 1.0, 1.0)


def _ratio(distance: float, spread: float) -> float:
    if spread == 0.0:
        return float(np.copysign(np.inf, distance)) if distance else 0.0
    return distance / spread


def _shares_given(counts: EventCounts, difference: float | Floats) -> tuple[Floats, Floats]:
    """Most likely shares in each stratum when they differ by ``difference``: the root of a cubic, polished.

    Source: Farrington & Manning (1990), Statistics in Medicine 9:1447.
    """
    n1, n0 = counts.n_arm, counts.n_comparison
    p1, p0, ratio = counts.events_arm / n1, counts.events_comparison / n0, n0 / n1
    a = 1.0 + ratio
    b = -(1.0 + ratio + p1 + ratio * p0 + difference * (ratio + 2.0))
    c = difference**2 + difference * (2.0 * p1 + ratio + 1.0) + p1 + ratio * p0
    d = -p1 * difference * (1.0 + difference)
    v = (b / (3.0 * a)) ** 3 - b * c / (6.0 * a**2) + d / (2.0 * a)
    u = np.copysign(np.sqrt(np.maximum((b / (3.0 * a)) ** 2 - c / (3.0 * a), 0.0)), v)
    cosine = np.clip(np.divide(v, u**3, out=np.zeros_like(v), where=u != 0.0), -1.0, 1.0)
    root = 2.0 * u * np.cos((np.pi + np.arccos(cosine)) / 3.0) - b / (3.0 * a)
    for _ in range(3):  # the arc cosine loses half its digits near its ends, where rare events put it
        slope = (3.0 * a * root + 2.0 * b) * root + c
        step = np.divide(((a * root + b) * root + c) * root + d, slope, out=np.zeros_like(root), where=slope != 0.0)
        root = np.where(np.abs(step) < 1e-4, root - step, root)
    arm = np.clip(root, np.maximum(0.0, difference), np.minimum(1.0, 1.0 + difference))
    return arm, np.clip(arm - difference, 0.0, 1.0)
