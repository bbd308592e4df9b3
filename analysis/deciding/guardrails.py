"""Guardrails: showing that an approach did no harm beyond a declared margin.

"Not significant" is not "safe": a guardrail passes only when the bound of the harm lies below its margin. Binary
guardrails use the stratified score bound of Miettinen & Nurminen with the estimate's own weights, which holds its size
for rare events, and in matched pairs of customers Tango's of paired shares; others use the interval of their own
estimate, and where that leans too much for its bound, redraws of y less the margin too. Where nothing happened in
either arm there is still a score bound, z²/(n + z²), and it judges: "not passed" there would let one complaint with
the letter turn ``not_shown`` into ``scale``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.inference.intervals import Effect, critical_value
from analysis.inference.paired_shares import PairedEvents, paired_score_bounds
from analysis.inference.score_bounds import EventCounts, score_bounds, score_statistics
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
class JudgedEffect:
    """An effect signed so that above zero is harm, and the two-sided levels whose halves judge its bounds."""

    effect: Effect
    level: float
    level_established: float

    def against(self, margin: float) -> tuple[bool, bool, bool]:
        """Whether it stays below a margin, goes above it, and leans too much for what its own bound shows of that."""
        below, above = self.effect.upper(self.level), self.effect.lower(self.level_established)
        if below is None or above is None:
            return False, False, False
        p_safe = p_below(self.effect, self.level, margin)
        p_harm = p_above(self.effect, self.level_established, margin)
        passed = below < margin and p_safe is not None and p_safe <= self.level / 2.0
        established = above > margin and p_harm is not None and p_harm <= self.level_established / 2.0
        return passed, established, (below < margin and not passed) or (above > margin and not established)


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
        of: what it was judged by, where that is an effect.
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
    of: JudgedEffect | None = None

    def with_more(self, amount: float) -> Harm:
        """The same guardrail, judged again, had the arm so much more of the harm."""
        if self.estimate is None or self.upper is None or self.lower is None:
            return self
        upper, lower = self.upper + amount, self.lower + amount
        passed, established, held, of = upper < self.margin, lower > self.margin, False, self.of
        if of is not None:
            of = replace(of, effect=of.effect.with_more(amount))
            passed, established, held = of.against(self.margin)
        return replace(
            self, estimate=self.estimate + amount, upper=upper, lower=lower, passed=passed, established=established,
            held_by_skewness=held, of=of,
        )  # fmt: skip


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


def judge_many(
    outcome: str, margin: float, trials: EventCounts, *, harm_is: Direction, level: float, level_established: float
) -> list[Harm]:
    """Judge one binary guardrail in many trials without strata, as :func:`judge` does each; its bounds are left out.

    Args:
        outcome, margin, harm_is, level, level_established: as for :func:`judge`.
        trials: each entry a trial.

    Examples:
        >>> safe = EventCounts.of(arm=(20, 20_000), comparison=(20, 20_000))
        >>> [harm.passed for harm in judge_many("complaint", 0.002, safe, harm_is="increase", level=0.05,
        ...                                     level_established=0.05)]
        [True]
    """
    signed = trials if harm_is == "increase" else trials.reversed()
    found = signed.events_arm / signed.n_arm - signed.events_comparison / signed.n_comparison
    away = score_statistics(signed, margin)
    passed, established = away < -critical_value(level, None), away > critical_value(level_established, None)
    return [
        Harm(outcome, margin, estimate, None, None, below, above)
        for estimate, below, above in zip(found.tolist(), passed.tolist(), established.tolist(), strict=True)
    ]


def _of_counts(counts: EventCounts, level: float, level_established: float) -> tuple[float, float, float] | str:
    if not counts.n_arm.size or np.any(counts.n_arm <= 0) or np.any(counts.n_comparison <= 0):
        return "a stratum has no customers in one of the arms"
    return counts.difference, score_bounds(counts, level)[1], score_bounds(counts, level_established)[0]


def _of_effect(outcome: str, margin: float, effect: Effect, level: float, level_established: float) -> Harm:
    """By the effect's own bounds and, where it leans too much for them, by redraws less the margin as well."""
    shown, shown_established = interval(effect, level), interval(effect, level_established)
    if effect.estimate is None or shown is None or shown_established is None:
        return _not_estimable(outcome, margin, effect.reason or "its standard error is zero")
    of = JudgedEffect(effect, level, level_established)
    passed, established, held = of.against(margin)
    bounds = shown.upper, shown_established.lower
    return Harm(
        outcome, margin, effect.estimate, *bounds, passed, established, held_by_skewness=held, of=of
    )  # fmt: skip


def _not_estimable(outcome: str, margin: float, reason: str) -> Harm:
    return Harm(outcome, margin, None, None, None, passed=False, established=False, reason=reason)
