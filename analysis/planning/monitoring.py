"""Looking before the end: alpha spending, anytime-valid guardrails, and when to stop for harm.

Group-sequential boundaries follow Armitage, McPherson & Rowe (1969) with the spending functions of Lan & DeMets
(1983). A guardrail may be watched at any time with a confidence sequence (Robbins 1970; Howard et al. 2021).
Boundaries are symmetric; a one-sided test uses one of their sides, and does not count on stopping at the other: a path
that crosses one side and later the other has a probability below 1e-6 at the levels in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr

from analysis.errors import AnalysisRefused
from analysis.inference.intervals import above_zero
from designs.literals import Spending

Floats = NDArray[np.float64]
_GRID = 801  # points across the continuation region; boundaries are then right to about 1e-6
_FAR = 8.0
_FINE_GRID = 1601
_DEEP = 24.0  # how far down a side without a boundary is followed, for effects far below it
_FURTHEST = 38.0  # beyond this a normal tail is no longer a number


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
    """The statistic that a look must exceed, in absolute value, and what has been spent by then (two-sided)."""

    fraction: float
    critical: float
    spent: float

    @property
    def nominal(self) -> float:
        """One-sided p-value that a look must reach: how a t, a score or a redrawn test is held to the boundary.

        Source: the significance-level approach (Jennison & Turnbull 2000, Group Sequential Methods, section 3.3).
        """
        return float(ndtr(-self.critical))


def boundaries(fractions: Sequence[float], spending: Spending, alpha: float = 0.05) -> tuple[Boundary, ...]:
    """Symmetric two-sided boundaries at the given looks.

    Args:
        fractions: information fractions of the looks, ascending, each above 0 and at most 1.
        spending: how the error is spent.
        alpha: two-sided error over all looks.
    """
    return boundaries_spending(fractions, [spent(spending, fraction, alpha) for fraction in fractions])


def boundaries_spending(information: Sequence[float], spent_by: Sequence[float]) -> tuple[Boundary, ...]:
    """Symmetric two-sided boundaries that spend so much by each look.

    Args:
        information: at each look, ascending; on any scale, for boundaries depend on ratios alone. What was spent at a
            look stays as it was, also where the information at the end turns out to be another than was planned.
        spent_by: two-sided error spent by each look, the looks before included; what a look adds may be nothing.
    """
    _ascending(information)
    out: list[Boundary] = []
    walk, before = _Walk(), 0.0
    for at, total in zip(information, spent_by, strict=True):
        critical = walk.critical(at, total - before)
        walk.step(at, critical)
        out.append(Boundary(at, critical, total))
        before = max(before, total)
    return tuple(out)


def boundary_of_the_rest(looks: Sequence[tuple[float, float]], information: float, alpha: float) -> Boundary:
    """The boundary of a last look that spends what the looks before have left of ``alpha``.

    Args:
        looks: information and critical value of every look before, ascending.
        information: at the last look, on the same scale.
        alpha: two-sided error over all looks.
    """
    _ascending([*(at for at, _ in looks), information])
    walk, before = _Walk(), 0.0
    for at, critical in looks:
        before += walk.beyond(at, critical)
        walk.step(at, critical)
    return Boundary(information, walk.critical(information, alpha - before), alpha)


def _ascending(fractions: Sequence[float]) -> None:
    if not fractions or any(later <= earlier for earlier, later in pairwise(fractions)):
        raise AnalysisRefused("looks must come in ascending order of information", where=str(list(fractions)))


class _Walk:
    """The score process B(t) ~ N(0, t), its density kept on a grid of the region where the trial goes on."""

    def __init__(self) -> None:
        self.at = 0.0
        self.points: Floats = np.zeros(1)
        self.mass: Floats = np.ones(1)  # density × quadrature weight; all at zero before the first look

    def above(self, fraction: float, edge: float, drift: float = 0.0) -> float:
        """Probability of going on to here and then being above ``edge`` on the score scale, at a drift.

        The density at a drift is the one without it times exp(θb − θ²t/2), the likelihood ratio of the score.
        """
        step = fraction - self.at
        mass = self.mass if drift == 0.0 else self.mass * np.exp(drift * self.points - 0.5 * drift**2 * self.at)
        return float(mass @ ndtr((self.points + drift * step - edge) / np.sqrt(step)))

    def beyond(self, fraction: float, critical: float) -> float:
        """Probability of going on to here and then crossing either side of a boundary."""
        edge = min(critical, _FURTHEST) * np.sqrt(fraction)
        return 2.0 * self.above(fraction, edge)

    def critical(self, fraction: float, error: float) -> float:
        """The symmetric boundary that spends ``error`` at this look."""
        from scipy.optimize import brentq  # not by everybody who imports this module: it is slow to load

        if error <= 0 or self.beyond(fraction, _FAR + 2) > error:
            return float("inf")
        return float(brentq(lambda z: self.beyond(fraction, z) - error, 0.0, _FAR + 2, xtol=1e-10))

    def step(self, fraction: float, critical: float, *, one_sided: bool = False) -> None:
        """Move to this look and keep what lies inside its boundary; all that lies below, where it has one side only."""
        high = min(critical, _FAR)
        low, size = (-_DEEP, _FINE_GRID) if one_sided else (-high, _GRID)
        points = np.linspace(low, high, size) * np.sqrt(fraction)
        weights = np.full(size, points[1] - points[0]) * np.where(np.arange(size) % 2, 4.0, 2.0) / 3.0
        weights[[0, -1]] /= 2.0  # Simpson
        step = fraction - self.at
        gap = (points[:, None] - self.points[None, :]) / np.sqrt(step)
        density = np.exp(-0.5 * gap**2) @ self.mass / np.sqrt(2 * np.pi * step)
        self.points, self.mass, self.at = points, density * weights, fraction


class StagewiseTest:
    """What was found at the last of some looks, in the stage-wise order (Fairbanks & Madsen 1982).

    A crossing at an earlier look lies further out than anything at a later one, and at one look the larger statistic
    lies further out. With a single look it is the ordinary test. A statistic that is not normal stands for the normal
    one with its p-value, so that with a single look a t stays a t.

    Args:
        looks: boundaries of every look up to the one where the result is.
        one_sided: only crossing upwards ends the trial. Otherwise crossing downwards does too, and lies furthest down.
    """

    def __init__(self, looks: Sequence[Boundary], *, one_sided: bool = False) -> None:
        if not looks:
            raise AnalysisRefused("no look has been taken", rule="inference after looks needs the looks")
        _ascending([look.fraction for look in looks])
        self.looks = tuple(looks)
        self._walks: list[_Walk] = []
        walk = _Walk()
        for look in looks:
            before = _Walk()
            before.points, before.mass, before.at = walk.points, walk.mass, walk.at
            self._walks.append(before)
            walk.step(look.fraction, look.critical, one_sided=one_sided)

    def p_above(self, nominal: float) -> float:
        """One-sided p-value in the stage-wise order, from the one that the last look has by itself."""
        return nominal if len(self.looks) == 1 else above_zero(self._tail(-float(ndtri(nominal)), 0.0))

    def lower(self, estimate: float, std_error: float, df: float | None, level: float) -> float:
        """Lower end of the two-sided ``1 - level`` interval."""
        return self._effect_at(estimate, std_error, df, level / 2.0)

    def median(self, estimate: float, std_error: float, df: float | None) -> float:
        """Median-unbiased estimate."""
        return self._effect_at(estimate, std_error, df, 0.5)

    def _effect_at(self, estimate: float, std_error: float, df: float | None, tail: float) -> float:
        """The effect at which what was found, or more, has this probability."""
        from scipy.optimize import brentq  # not by everybody who imports this module: it is slow to load

        root = np.sqrt(self.looks[-1].fraction)

        def excess(shift: float) -> float:  # in standard errors from the estimate
            drift = (estimate / std_error + shift) / root
            return self._tail(_normal(-shift, df) + drift * root, drift) - tail

        shift = brentq(excess, -_FURTHEST, _FURTHEST, xtol=1e-10)
        return float(estimate + shift * std_error)

    def _tail(self, statistic: float, drift: float) -> float:
        """Probability of a result at least as far up, at this drift."""
        earlier = zip(self._walks[:-1], self.looks[:-1], strict=True)
        crossed = sum(
            walk.above(look.fraction, min(look.critical, _FURTHEST) * np.sqrt(look.fraction), drift)
            for walk, look in earlier
        )
        here = self.looks[-1].fraction
        return float(crossed + self._walks[-1].above(here, statistic * np.sqrt(here), drift))


def _normal(statistic: float, df: float | None) -> float:
    """The normal statistic with the p-value of a t."""
    if df is None:
        return statistic
    size = min(-float(ndtri(stdtr(df, -abs(statistic)))), _FURTHEST)
    return float(np.copysign(size, statistic))


@dataclass(frozen=True, slots=True)
class FinalInference:
    """What the verdict uses when there were looks: stage-wise ordering (Fairbanks & Madsen 1982)."""

    p_value: float  # two-sided
    estimate: float  # median-unbiased
    ci_lower: float
    ci_upper: float


def final_inference(
    estimate: float, std_error: float, looks: Sequence[Boundary], alpha: float = 0.05, *, df: float | None = None
) -> FinalInference:
    """p-value, median-unbiased estimate and interval of a trial that stopped at the last of ``looks``.

    Args:
        estimate: the effect at that look.
        std_error: its standard error there.
        looks: boundaries of every look up to and including that one.
        alpha: one minus the coverage.
        df: degrees of freedom of Student's t; ``None`` means the normal distribution.
    """
    if not std_error > 0:
        raise AnalysisRefused("the effect has no standard error", rule="an interim look needs one")
    test = StagewiseTest(looks)
    one_sided = test.p_above(float(ndtr(-_normal(estimate / std_error, df))))
    return FinalInference(
        p_value=2 * min(one_sided, 1 - one_sided),
        estimate=test.median(estimate, std_error, df),
        ci_lower=test.lower(estimate, std_error, df, alpha),
        ci_upper=test.lower(estimate, std_error, df, 2.0 - alpha),
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
    half = std_error * sequence_critical(customers / tuned_for, alpha)  # std_error² stands for σ²/n
    return ConfidenceSequence(float(estimate - half), float(estimate + half))


def sequence_critical(fraction: float, alpha: float = 0.05) -> float:
    """How many standard errors the confidence sequence reaches, at a share of the customers that it is tuned for.

    Examples:
        >>> round(sequence_critical(0.25), 3), round(sequence_critical(1.0), 3)
        (3.264, 3.035)
    """
    log_term = np.log(1 / alpha**2)
    spread = fraction * (log_term + np.log(1 + log_term))  # near-optimal tuning, their appendix B.2
    return float(np.sqrt((1 + 1 / spread) * np.log((spread + 1) / alpha**2)))


def is_not_inferior(ci_upper_of_harm: float | None, margin: float) -> bool:
    """Whether harm is shown to stay below its margin. Nothing estimable is never a pass."""
    return ci_upper_of_harm is not None and ci_upper_of_harm < margin


def must_stop_for_harm(sequence: ConfidenceSequence, margin: float) -> bool:
    """Whether harm is established beyond its margin, at whatever moment one looks."""
    return sequence.ci_lower > margin
