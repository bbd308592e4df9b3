"""Guardrails: showing that an approach did no harm beyond a declared margin.

"Not significant" is not "safe": a guardrail passes only when the bound of the harm lies below its margin. Binary
guardrails use the stratified score bound of Miettinen & Nurminen with the estimate's own weights, which holds its size
for rare events, and in matched pairs of customers Tango's of paired shares; others use the interval of their own
estimate, and where that leans too much for its bound, redraws of y less the margin too. Where nothing happened in
either arm there is still a score bound, z²/(n + z²), and it judges: "not passed" there would let one complaint with
the letter turn ``not_shown`` into ``scale``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.inference.intervals import Effect
from analysis.inference.paired_shares import PairedEvents, paired_score_bounds
from analysis.inference.score_bounds import EventCounts, score_bounds
from analysis.inference.skewness import interval, p_above, p_below
from designs.literals import Direction


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
