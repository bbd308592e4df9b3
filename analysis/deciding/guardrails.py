"""Guardrails: showing that an approach did no harm beyond a declared margin.

"Not significant" is not "safe": a guardrail passes only when the bound of the harm lies below its margin. Binary
guardrails use the stratified score bound of Miettinen & Nurminen, which holds its size for rare events, and in matched
pairs of customers Tango's of paired shares; others use the interval of their own estimate, and where that leans too
much for its bound, redraws of y less the margin too. Where nothing happened in either arm there is still a score bound,
z²/(n + z²), and it judges: "not passed" there would let one complaint with the letter turn ``not_shown`` into
``scale``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.inference.intervals import Effect, critical_value
from analysis.inference.paired_shares import PairedEvents, paired_score_bounds
from analysis.inference.root_finding import rising_root
from analysis.inference.skewness import interval, p_above, p_below
from designs.literals import Direction

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class EventCounts:
    """Events and customers by stratum, for one arm against its comparison; each of shape (J,)."""

    events_arm: Floats
    n_arm: Floats
    events_comparison: Floats
    n_comparison: Floats

    @classmethod
    def of(cls, *, arm: tuple[int, int], comparison: tuple[int, int]) -> EventCounts:
        """One stratum, from (events, customers) of each."""
        return cls(*(np.array([float(value)]) for value in (*arm, *comparison)))

    def reversed(self) -> EventCounts:
        """The comparison against the arm."""
        return EventCounts(self.events_comparison, self.n_comparison, self.events_arm, self.n_arm)

    @property
    def difference(self) -> float:
        """Weighted difference in shares; weights as in :func:`score_bounds`."""
        weight = _weights(self)
        return float(weight @ (self.events_arm / self.n_arm - self.events_comparison / self.n_comparison))


@dataclass(frozen=True, slots=True)
class InvertedTest:
    """A difference, and the (lower, upper) ends of what a test does not reject, at both levels of a guardrail."""

    estimate: float
    at_level: tuple[float, float]
    at_level_established: tuple[float, float]

    def reversed(self) -> InvertedTest:
        """The comparison against the arm."""
        (lower, upper), (lower_established, upper_established) = self.at_level, self.at_level_established
        return InvertedTest(-self.estimate, (-upper, -lower), (-upper_established, -lower_established))


@dataclass(frozen=True, slots=True)
class Harm:
    """One guardrail of one arm. Differences are signed so that above zero is harm.

    Attributes:
        outcome: the guardrail's id.
        margin: the largest harm that is acceptable, in the outcome's unit.
        estimate, upper: the harm found, and its bound at one-sided alpha / 2.
        lower: the other bound, at the level that establishes harm.
        passed: the upper bound lies below the margin.
        established: the lower bound lies above the margin.
        reason: why the guardrail could not be estimated; it has then not passed.
        held_by_skewness: its bound alone would have passed it, or established harm, and it leans too much for that.
    """

    outcome: str
    margin: float
    estimate: float | None
    upper: float | None
    lower: float | None
    passed: bool
    established: bool
    reason: str | None = None
    held_by_skewness: bool = False


def judge(
    outcome: str,
    margin: float | None,
    evidence: EventCounts | PairedEvents | Effect | InvertedTest | str,
    *,
    harm_is: Direction,
    level: float,
    level_established: float,
) -> Harm:
    """Judge one guardrail of one arm.

    Args:
        outcome: its id.
        margin: declared margin; without one nothing can pass.
        evidence: counts by stratum (binary), or of pairs of customers, an estimate (other kinds), a test inverted at
            both levels (binary, where whole clusters were assigned), or the reason why there is none of these.
        harm_is: the direction in which the outcome does harm.
        level: two-sided level whose half judges the upper bound.
        level_established: two-sided level whose half judges the lower bound.

    Examples:
        >>> safe = EventCounts.of(arm=(20, 20_000), comparison=(60, 60_000))
        >>> judge("complaint", 0.002, safe, harm_is="increase", level=0.05, level_established=0.05).passed
        True
    """
    if margin is None:
        return _not_estimable(outcome, 0.0, "no margin is declared")
    if isinstance(evidence, str):
        return _not_estimable(outcome, margin, evidence)
    signed = evidence if harm_is == "increase" else evidence.reversed()
    if isinstance(signed, Effect):
        return _of_effect(outcome, margin, signed, level, level_established)
    bounded: tuple[float, float, float] | str
    if isinstance(signed, EventCounts):
        bounded = _of_counts(signed, level, level_established)
    elif isinstance(signed, PairedEvents):
        upper, lower = paired_score_bounds(signed, level)[1], paired_score_bounds(signed, level_established)[0]
        bounded = signed.difference, upper, lower
    else:
        bounded = signed.estimate, signed.at_level[1], signed.at_level_established[0]
    if isinstance(bounded, str):
        return _not_estimable(outcome, margin, bounded)
    estimate, upper, lower = bounded
    return Harm(outcome, margin, estimate, upper, lower, upper < margin, lower > margin)


def score_bounds(counts: EventCounts, level: float) -> tuple[float, float]:
    """Bounds of the difference in shares at two-sided ``level``, by inverting the stratified score test.

    Strata weigh n_arm n_comparison / (n_arm + n_comparison) (Mantel & Haenszel), which is proportional to their
    customers where shares are the same in every stratum. Each stratum's variance uses its own shares under the
    difference tested (Farrington & Manning 1990, Statistics in Medicine 9:1447), times N / (N - 1).

    Args:
        counts: every stratum with customers in both arms.
        level: two-sided, between 0 and 1.

    Returns:
        (lower, upper), within [-1, 1].

    Source: Miettinen & Nurminen (1985), Statistics in Medicine 4:213.

    Examples:
        >>> lower, upper = score_bounds(EventCounts.of(arm=(56, 70), comparison=(48, 80)), 0.05)
        >>> round(lower, 4), round(upper, 4)
        (0.0528, 0.3382)
    """
    critical = critical_value(level, None)
    return _bound(counts, critical, -1.0), _bound(counts, critical, 1.0)


def _bound(counts: EventCounts, critical: float, side: float) -> float:
    """The difference on one side of the estimate at which the score statistic reaches ``critical``."""

    def excess(distance: float) -> float:
        return abs(_score(counts, estimate + side * distance)) - critical

    estimate = counts.difference
    furthest = 1.0 - side * estimate
    near, far = 0.0, min(furthest, critical / float(np.sqrt(counts.n_arm.sum())))
    while excess(far) < 0.0:
        if far == furthest:
            return side
        near, far = far, min(furthest, 2.0 * far)
    return estimate + side * rising_root(excess, near, far, tolerance=1e-11)


def _score(counts: EventCounts, difference: float) -> float:
    n1, n0 = counts.n_arm, counts.n_comparison
    p1, p0 = _shares_given(counts, difference)
    total = n1 + n0
    variance = (p1 * (1.0 - p1) / n1 + p0 * (1.0 - p0) / n0) * total / np.maximum(total - 1.0, 1.0)
    weight = _weights(counts)
    spread = float(np.sqrt(weight**2 @ variance))
    distance = counts.difference - difference
    if spread == 0.0:
        return float(np.copysign(np.inf, distance)) if distance else 0.0
    return distance / spread


def _shares_given(counts: EventCounts, difference: float) -> tuple[Floats, Floats]:
    """Most likely shares in each stratum when they differ by ``difference``: the root of a cubic, polished."""
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
    arm = np.clip(root, max(0.0, difference), min(1.0, 1.0 + difference))
    return arm, np.clip(arm - difference, 0.0, 1.0)


def _weights(counts: EventCounts) -> Floats:
    weight = counts.n_arm * counts.n_comparison / (counts.n_arm + counts.n_comparison)
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def _of_counts(counts: EventCounts, level: float, level_established: float) -> tuple[float, float, float] | str:
    if not counts.n_arm.size or np.any(counts.n_arm <= 0) or np.any(counts.n_comparison <= 0):
        return "a stratum has no customers in one of the arms"
    return counts.difference, score_bounds(counts, level)[1], score_bounds(counts, level_established)[0]


def _of_effect(outcome: str, margin: float, effect: Effect, level: float, level_established: float) -> Harm:
    """By the effect's own bounds and, where it leans too much for them, by redraws less the margin as well."""
    below, above = effect.upper(level), effect.lower(level_established)
    shown, shown_established = interval(effect, level), interval(effect, level_established)
    if effect.estimate is None or below is None or above is None or shown is None or shown_established is None:
        return _not_estimable(outcome, margin, effect.reason or "its standard error is zero")
    p_safe, p_harm = p_below(effect, level, margin), p_above(effect, level_established, margin)
    passed = below < margin and p_safe is not None and p_safe <= level / 2.0
    established = above > margin and p_harm is not None and p_harm <= level_established / 2.0
    held = (below < margin and not passed) or (above > margin and not established)
    return Harm(
        outcome,
        margin,
        effect.estimate,
        shown.upper,
        shown_established.lower,
        passed,
        established,
        held_by_skewness=held,
    )


def _not_estimable(outcome: str, margin: float, reason: str) -> Harm:
    return Harm(outcome, margin, None, None, None, passed=False, established=False, reason=reason)
