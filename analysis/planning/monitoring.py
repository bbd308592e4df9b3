"""Looking before the end: alpha spending, anytime-valid guardrails, and when to stop for harm.

Group-sequential boundaries follow Armitage, McPherson & Rowe (1969) with the spending functions of Lan & DeMets
(1983). A guardrail may be watched at any time with a confidence sequence (Robbins 1970; Howard et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from analysis.errors import AnalysisRefused

Floats = NDArray[np.float64]
Spending = Literal["obrien_fleming", "pocock"]
_GRID = 801  # points across the continuation region; boundaries are then right to about 1e-6
_FAR = 8.0


def information_fraction(matured: int, planned: int) -> float:
    """Share of the planned customers whose outcome window has closed: what a look may count as information."""
    if planned <= 0 or matured < 0:
        raise AnalysisRefused("the information fraction needs a planned number", where=f"{matured}/{planned}")
    return min(1.0, matured / planned)


def spent(spending: Spending, fraction: float, alpha: float) -> float:
    """Two-sided type I error that may be spent by an information fraction.

    Examples:
        >>> round(spent("obrien_fleming", 0.5, 0.05), 5), round(spent("pocock", 0.5, 0.05), 4)
        (0.00305, 0.031)
    """
    if not 0 < fraction <= 1:
        raise AnalysisRefused("an information fraction lies above 0 and at most at 1", where=f"{fraction:g}")
    if spending == "obrien_fleming":
        # two one-sided functions of Lan & DeMets, each at α/2
        return float(4 * (1 - ndtr(ndtri(1 - alpha / 4) / np.sqrt(fraction))))
    return float(alpha * np.log1p((np.e - 1) * fraction))


@dataclass(frozen=True, slots=True)
class Boundary:
    """The statistic that a look must exceed, in absolute value, and what has been spent by then."""

    fraction: float
    critical: float
    spent: float


def boundaries(fractions: Sequence[float], spending: Spending, alpha: float = 0.05) -> tuple[Boundary, ...]:
    """Symmetric two-sided boundaries at the given looks.

    Args:
        fractions: information fractions of the looks, ascending, each above 0 and at most 1.
        spending: how the error is spent.
        alpha: two-sided error over all looks.
    """
    _ascending(fractions)
    out: list[Boundary] = []
    walk = _Walk()
    before = 0.0
    for fraction in fractions:
        total = spent(spending, fraction, alpha)
        critical = walk.critical(fraction, total - before)
        walk.step(fraction, critical)
        out.append(Boundary(fraction, critical, total))
        before = total
    return tuple(out)


def _ascending(fractions: Sequence[float]) -> None:
    if not fractions or any(later <= earlier for earlier, later in pairwise(fractions)):
        raise AnalysisRefused("looks must come in ascending order of information", where=str(list(fractions)))


class _Walk:
    """The score process B(t) ~ N(θt, t), its density kept on a grid of the region where the trial goes on."""

    def __init__(self, drift: float = 0.0) -> None:
        self.drift = drift
        self.at = 0.0
        self.points: Floats = np.zeros(1)
        self.mass: Floats = np.ones(1)  # density × quadrature weight; all at zero before the first look

    def _above(self, fraction: float, edge: float) -> float:
        """Probability of going on to here and then being above ``edge`` on the score scale."""
        step = fraction - self.at
        return float(self.mass @ ndtr((self.points + self.drift * step - edge) / np.sqrt(step)))

    def _below(self, fraction: float, edge: float) -> float:
        step = fraction - self.at
        return float(self.mass @ ndtr((edge - self.points - self.drift * step) / np.sqrt(step)))

    def critical(self, fraction: float, error: float) -> float:
        """The symmetric boundary that spends ``error`` at this look."""
        if error <= 0:
            return float("inf")
        root = np.sqrt(fraction)

        def excess(z: float) -> float:
            return self._above(fraction, z * root) + self._below(fraction, -z * root) - error

        if excess(_FAR + 2) > 0:
            return float("inf")
        return float(brentq(excess, 0.0, _FAR + 2, xtol=1e-10))

    def step(self, fraction: float, critical: float) -> None:
        """Move to this look and keep what lies inside its boundary."""
        half = min(critical, _FAR) * np.sqrt(fraction)
        points = np.linspace(-half, half, _GRID)
        weights = np.full(_GRID, points[1] - points[0]) * np.where(np.arange(_GRID) % 2, 4.0, 2.0) / 3.0
        weights[[0, -1]] /= 2.0  # Simpson
        step = fraction - self.at
        gap = (points[:, None] - self.points[None, :] - self.drift * step) / np.sqrt(step)
        density = np.exp(-0.5 * gap**2) @ self.mass / np.sqrt(2 * np.pi * step)
        self.points, self.mass, self.at = points, density * weights, fraction


@dataclass(frozen=True, slots=True)
class FinalInference:
    """What the verdict uses when there were looks: stage-wise ordering (Fairbanks & Madsen 1982)."""

    p_value: float  # two-sided
    estimate: float  # median-unbiased
    ci_lower: float
    ci_upper: float


def final_inference(
    estimate: float, std_error: float, looks: Sequence[Boundary], alpha: float = 0.05
) -> FinalInference:
    """p-value, median-unbiased estimate and interval of a trial that stopped at the last of ``looks``.

    Args:
        estimate: the effect at that look.
        std_error: its standard error there.
        looks: boundaries of every look up to and including that one.
        alpha: one minus the coverage.
    """
    if not std_error > 0:
        raise AnalysisRefused("the effect has no standard error", rule="an interim look needs one")
    fraction = looks[-1].fraction
    statistic = estimate / std_error

    def upper_tail(drift: float) -> float:
        """Probability of a result at least as far up in the stage-wise order, at this drift."""
        walk = _Walk(drift)
        crossed = 0.0
        for look in looks[:-1]:
            crossed += walk._above(look.fraction, min(look.critical, _FAR + 2) * np.sqrt(look.fraction))
            walk.step(look.fraction, look.critical)
        return crossed + walk._above(fraction, statistic * np.sqrt(fraction))

    def drift_at(tail: float) -> float:
        centre, reach = statistic / np.sqrt(fraction), 12.0 / np.sqrt(fraction)
        return float(brentq(lambda drift: upper_tail(drift) - tail, centre - reach, centre + reach, xtol=1e-9))

    one_sided = upper_tail(0.0)
    # B(t)/t estimates the drift, so an effect is drift × √t × standard error
    scale = std_error * np.sqrt(fraction)
    return FinalInference(
        p_value=2 * min(one_sided, 1 - one_sided),
        estimate=drift_at(0.5) * scale,
        ci_lower=drift_at(alpha / 2) * scale,
        ci_upper=drift_at(1 - alpha / 2) * scale,
    )


@dataclass(frozen=True, slots=True)
class ConfidenceSequence:
    """An interval that holds at every moment at once."""

    ci_lower: float
    ci_upper: float


def confidence_sequence(
    estimate: float, std_error: float, customers: int, tuned_for: int, alpha: float = 0.05
) -> ConfidenceSequence:
    """Two-sided asymptotic confidence sequence for a difference in means (normal mixture; Waudby-Smith et al. 2024).

    Args:
        estimate: the difference among the customers whose outcome has matured.
        std_error: its standard error.
        customers: how many those are.
        tuned_for: the number of customers at which the sequence is to be narrowest; declared, not chosen later.
        alpha: one minus the confidence over all time.
    """
    if customers <= 0 or tuned_for <= 0 or not std_error > 0:
        raise AnalysisRefused("a confidence sequence needs customers and a standard error above zero")
    log_term = np.log(1 / alpha**2)
    rho_squared = (log_term + np.log(1 + log_term)) / tuned_for  # near-optimal tuning, their appendix B.2
    spread = customers * rho_squared
    # std_error² stands for σ²/n
    half = std_error * np.sqrt((1 + 1 / spread) * np.log((spread + 1) / alpha**2))
    return ConfidenceSequence(float(estimate - half), float(estimate + half))


def is_not_inferior(ci_upper_of_harm: float | None, margin: float) -> bool:
    """Whether harm is shown to stay below its margin. Nothing estimable is never a pass."""
    return ci_upper_of_harm is not None and ci_upper_of_harm < margin


def must_stop_for_harm(sequence: ConfidenceSequence, margin: float) -> bool:
    """Whether harm is established beyond its margin, at whatever moment one looks."""
    return sequence.ci_lower > margin
