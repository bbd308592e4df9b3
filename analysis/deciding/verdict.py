"""From evidence to a verdict. Contact carries the burden of proof; doing nothing needs none.

An arm passes when it changed behaviour *and* gained money, both shown at one-sided alpha / 2 with Holm over the arms on
the larger of an arm's two p-values (and each by the declared method where that is stricter), with every guardrail
passed and capacity for the extra contact. An arm that is shown to be worse by any route never passes. A trial says
``scale`` when some arm passes, ``no_further_action`` only when every arm is shown to be worse, and otherwise that
nothing was shown. Everything is signed so that better is above zero.

This module decides in codes and numbers; :mod:`analysis.deciding.explanation` puts them into words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.deciding.guardrails import Harm
from analysis.inference.intervals import Effect, critical_value
from analysis.inference.multiplicity import adjust, bonferroni, holm
from analysis.results import FindingCode, Segment, VerdictCode
from designs.literals import Multiplicity

Floats = NDArray[np.float64]

SKEWNESS_LIMIT = 0.005

Route = Literal["net_benefit", "break_even", "harm"]
Lack = Literal["effect", "net_benefit", "skewness", "together", "capacity", "guardrail", "worse", "integrity"]


@dataclass(frozen=True, slots=True, eq=False)
class DecisionRules:
    """What the protocol declared about deciding.

    Attributes:
        alpha: two-sided.
        multiplicity: the declared method.
        break_even: effect on the primary, signed so that better is above zero; only where it is declared and no
            amount is among the benefits.
        valued: whether outcomes have values, so that net benefit is a route to "worse".
        guardrails: how many are declared; established harm by any of them is a route of its own.
        capacity: whether the extra contact can be handled; ``None`` where it was not declared.
    """

    alpha: float
    multiplicity: Multiplicity
    break_even: float | None
    valued: bool
    guardrails: int
    capacity: bool | None

    @property
    def routes(self) -> int:
        """In how many ways an arm may be shown to be worse; the error rate is shared between them."""
        return max(1, int(self.valued) + int(self.break_even is not None) + self.guardrails)

    @property
    def level_worse(self) -> float:
        """Two-sided level at which each of these routes is judged."""
        return self.alpha / self.routes


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of one arm against its comparison, among everyone or in one segment cell.

    Attributes:
        arm: its id.
        effect: on the primary outcome.
        net_benefit: pounds per customer; ``None`` where nothing is valued.
        harms: every declared guardrail, judged.
        cost: pounds that one customer of the arm costs in all: contact, set-up, and what was seen of everything that
            is valued as a cost, against the comparison; to find the cheapest.
        skewness: as :func:`skewness` gives it, for the net benefit; ``None`` where it was not needed.
        randomisation_p: one-sided studentised p-value of the net benefit; ``None`` where it was not computed.
        randomisation_reason: why it was not computed.
    """

    arm: str
    effect: Effect
    net_benefit: Effect | None
    harms: tuple[Harm, ...] = ()
    cost: float = 0.0
    skewness: float | None = None
    randomisation_p: float | None = None
    randomisation_reason: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CellEvidence:
    """One arm in one level of one declared subgroup column, with that arm's interaction test."""

    column: str
    level: str
    evidence: Evidence
    interaction_p: float | None
    customers: int

    @property
    def segment(self) -> Segment:
        return Segment(self.column, self.level)


@dataclass(frozen=True, slots=True, eq=False)
class TrialEvidence:
    """Everything that one verdict is decided from.

    Attributes:
        failed: names of the checks that block.
        arms: every OTM arm against the comparison.
        cells: arm × level × declared column, every one, estimable or not.
        effect_covariance, net_benefit_covariance: shape (arms, arms); ``None`` where unknown.
    """

    failed: tuple[str, ...]
    arms: tuple[Evidence, ...]
    cells: tuple[CellEvidence, ...] = ()
    effect_covariance: Floats | None = None
    net_benefit_covariance: Floats | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """One arm, or one cell, judged.

    ``effect_shown`` and ``net_benefit_shown`` say whether each is shown above zero at its level; ``worse_by`` names
    the routes by which the arm is shown to be worse than its comparison; ``missing`` is what keeps it from passing.
    """

    arm: str
    code: FindingCode
    effect_shown: bool
    net_benefit_shown: bool
    guardrails_passed: bool | None
    passes: bool
    worse_by: tuple[Route, ...] = ()
    missing: tuple[Lack, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """A verdict without its words."""

    code: VerdictCode
    arm: str | None
    cell: CellEvidence | None
    arms: tuple[Judgement, ...]
    passing: tuple[str, ...] = ()
    passing_cells: tuple[CellEvidence, ...] = ()
    barred_by_multiplicity: bool = False


def decide(trial: TrialEvidence, rules: DecisionRules) -> Decided:
    """Apply the rules once.

    Examples:
        >>> rules = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=None)
        >>> letter = Evidence("letter", Effect(0.02, 0.004), Effect(-0.49, 0.3))
        >>> decided = decide(TrialEvidence((), (letter,)), rules)
        >>> decided.code, decided.arms[0].code
        ('not_shown', 'works_not_worth_sending')
    """
    if trial.failed:
        return Decided("invalid", None, None, tuple(_unjudged(evidence.arm) for evidence in trial.arms))
    judged = _judge_arms(trial, rules)
    passing = tuple(judgement.arm for judgement in judged if judgement.passes)
    cells = _passing_cells(trial, rules, judged)
    exploratory = rules.multiplicity in ("none", "benjamini_hochberg") and len(trial.arms) > 1
    barred = exploratory and bool(passing or cells)
    if passing and not exploratory:
        return Decided("scale", _which_arm(trial, rules, passing), None, judged, passing, cells)
    if cells and not exploratory:
        best = max(cells, key=lambda cell: _gain(cell.evidence) * cell.customers)
        return Decided("scale_segment", best.evidence.arm, best, judged, passing, cells)
    if judged and all(judgement.worse_by for judgement in judged):
        return Decided("no_further_action", None, None, judged)
    return Decided("not_shown", None, None, judged, passing, cells, barred)


def skewness(
    third_moment_arm: float, n_arm: int, third_moment_comparison: float, n_comparison: int, std_error: float
) -> float:
    """g = (μ₃ₐ/nₐ² − μ₃c/n_c²) / V^1.5: how far the difference in means leans to one side.

    Args:
        third_moment_arm, third_moment_comparison: third central moments of the net benefit in each arm.
        n_arm, n_comparison: customers with it observed.
        std_error: of the difference; V is its square.

    Source: the one-term Edgeworth expansion (Hall 1992, The Bootstrap and Edgeworth Expansion, section 2.6).
    """
    return (third_moment_arm / n_arm**2 - third_moment_comparison / n_comparison**2) / std_error**3


def bounds_unsafe(g: float, alpha: float) -> bool:
    """Whether skewness moves the size of a one-sided test at ``alpha / 2`` by more than half a percentage point.

    Examples:
        >>> bounds_unsafe(0.05, 0.05), bounds_unsafe(0.06, 0.05)
        (False, True)
    """
    z = critical_value(alpha, None)
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return abs(g) * (2.0 * z * z + 1.0) * density / 6.0 > SKEWNESS_LIMIT


def _judge_arms(trial: TrialEvidence, rules: DecisionRules) -> tuple[Judgement, ...]:
    effects = [evidence.effect for evidence in trial.arms]
    net_benefits = [evidence.net_benefit or _NOTHING for evidence in trial.arms]
    effect_shown = _shown(effects, [effect.p_above() for effect in effects], rules, trial.effect_covariance)
    plain = _shown(net_benefits, [n.p_above() for n in net_benefits], rules, trial.net_benefit_covariance)
    net_shown = _shown(
        net_benefits, [_net_benefit_p(evidence, rules) for evidence in trial.arms], rules, trial.net_benefit_covariance
    )
    together = _shown_together(trial, rules)
    return tuple(
        _judgement(evidence, rules, effect, net, both, unskewed and not net)
        for evidence, effect, net, both, unskewed in zip(
            trial.arms, effect_shown, net_shown, together, plain, strict=True
        )
    )


def _shown_together(trial: TrialEvidence, rules: DecisionRules) -> tuple[bool, ...]:
    """Effect *and* net benefit of an arm above zero, by the larger of their p-values with Holm over the arms.

    An arm passes on both, so its own test is an intersection-union test and its p-value the larger one (Berger 1982,
    Technometrics 24:295). Holm over effects and over money apart lets two arms with one half of the evidence each
    share one step: with nothing to find it scaled 5.8% of such trials instead of 2.5%.
    """
    larger = [_larger(evidence.effect.p_above(), _net_benefit_p(evidence, rules)) for evidence in trial.arms]
    adjusted = bonferroni(larger) if rules.multiplicity == "bonferroni" else holm(larger)
    return tuple(p is not None and p <= rules.alpha / 2.0 for p in adjusted)


def _larger(effect_p: float | None, net_benefit_p: float | None) -> float | None:
    return None if effect_p is None or net_benefit_p is None else max(effect_p, net_benefit_p)


def _shown(
    effects: Sequence[Effect], p_values: Sequence[float | None], rules: DecisionRules, covariance: Floats | None
) -> tuple[bool, ...]:
    """Above zero at one-sided alpha / 2 with Holm over the arms, and by the declared method where that is stricter."""
    sure = [p is not None and p <= rules.alpha / 2.0 for p in holm(p_values)]
    if rules.multiplicity == "bonferroni":
        stricter = [p is not None and p <= rules.alpha / 2.0 for p in bonferroni(p_values)]
    elif rules.multiplicity == "dunnett" and covariance is not None:
        adjusted = adjust(effects, "dunnett", rules.alpha, covariance=covariance)
        stricter = [a.p_adjusted is not None and a.p_adjusted <= rules.alpha for a in adjusted]
    else:
        stricter = [True] * len(sure)
    return tuple(by_holm and by_declared for by_holm, by_declared in zip(sure, stricter, strict=True))


def _net_benefit_p(evidence: Evidence, rules: DecisionRules) -> float | None:
    """One-sided p-value of the net benefit; the larger of two where skewness makes the first unsafe."""
    if evidence.net_benefit is None:
        return None
    p_value = evidence.net_benefit.p_above()
    if p_value is None or evidence.skewness is None or not bounds_unsafe(evidence.skewness, rules.alpha):
        return p_value
    return max(p_value, 1.0 if evidence.randomisation_p is None else evidence.randomisation_p)


def _judgement(
    evidence: Evidence, rules: DecisionRules, effect: bool, net: bool, together: bool, held_by_skewness: bool
) -> Judgement:
    passed = all(harm.passed for harm in evidence.harms) if evidence.harms else None
    worse_by = _worse_by(evidence, rules)
    lacks: tuple[tuple[Lack, bool], ...] = (
        ("effect", not effect),
        ("net_benefit", not net and not held_by_skewness),
        ("skewness", held_by_skewness),
        ("together", effect and net and not together),
        ("capacity", rules.capacity is False),
        ("guardrail", passed is False),
        ("worse", bool(worse_by)),
    )
    missing = tuple(lack for lack, absent in lacks if absent)
    return Judgement(
        evidence.arm,
        _code(evidence, effect, net, held_by_skewness, not missing, worse_by),
        effect,
        net,
        passed,
        not missing,
        worse_by,
        missing,
    )


def _worse_by(evidence: Evidence, rules: DecisionRules) -> tuple[Route, ...]:
    level = rules.level_worse
    routes: list[Route] = []
    net_upper = evidence.net_benefit.upper(level) if evidence.net_benefit else None
    if net_upper is not None and net_upper < 0.0:
        routes.append("net_benefit")
    effect_upper = evidence.effect.upper(level)
    if rules.break_even is not None and effect_upper is not None and effect_upper < rules.break_even:
        routes.append("break_even")
    if any(harm.established for harm in evidence.harms):
        routes.append("harm")
    return tuple(routes)


def _code(
    evidence: Evidence, effect: bool, net: bool, held_by_skewness: bool, passes: bool, worse_by: tuple[Route, ...]
) -> FindingCode:
    if "harm" in worse_by:
        return "harmful"
    if passes:
        return "passes"
    if effect and evidence.net_benefit is not None and evidence.net_benefit.estimable and not (net or held_by_skewness):
        return "works_not_worth_sending"
    if worse_by:
        return "worse_than_nfa"
    return "not_shown" if evidence.effect.estimable else "not_estimable"


def _passing_cells(trial: TrialEvidence, rules: DecisionRules, judged: Sequence[Judgement]) -> tuple[CellEvidence, ...]:
    """Cells that pass under Bonferroni over every cell, each with its interaction test, no arm shown to do harm."""
    if not trial.cells:
        return ()
    harmful = {judgement.arm for judgement in judged if "harm" in judgement.worse_by}
    return tuple(
        cell for cell in trial.cells if cell.evidence.arm not in harmful and cell_passes(cell, rules, len(trial.cells))
    )


def cell_passes(cell: CellEvidence, rules: DecisionRules, cells: int) -> bool:
    """Whether one of ``cells`` arm × level × column cells passes: Bonferroni over all, and its interaction test."""
    evidence, strict = cell.evidence, rules.alpha / 2.0 / cells
    effect_p, net_p = evidence.effect.p_above(), _net_benefit_p(evidence, rules)
    return (
        cell.interaction_p is not None
        and cell.interaction_p <= rules.alpha
        and effect_p is not None
        and effect_p <= strict
        and net_p is not None
        and net_p <= strict
        and all(harm.passed for harm in evidence.harms)
        and not _worse_by(evidence, rules)
        and rules.capacity is not False
    )


def _which_arm(trial: TrialEvidence, rules: DecisionRules, passing: Sequence[str]) -> str:
    """The cheapest passing arm, unless the best one is shown to gain more (Holm over the dearer passing arms)."""
    index = {evidence.arm: i for i, evidence in enumerate(trial.arms)}
    candidates = [trial.arms[index[arm]] for arm in passing]
    cheapest = min(candidates, key=lambda evidence: (evidence.cost, -_gain(evidence)))
    dearer = [evidence for evidence in candidates if evidence.arm != cheapest.arm]
    if not dearer:
        return cheapest.arm
    best = max(candidates, key=_gain)
    adjusted = holm([_difference(trial, index, evidence, cheapest).p_value for evidence in dearer])
    for evidence, p in zip(dearer, adjusted, strict=True):
        if evidence.arm == best.arm and p is not None and p <= rules.alpha:
            return best.arm
    return cheapest.arm


def _difference(trial: TrialEvidence, index: dict[str, int], dearer: Evidence, cheaper: Evidence) -> Effect:
    """How much more one arm gains than another, with the covariance that their shared comparison gives."""
    a, b, covariance = dearer.net_benefit, cheaper.net_benefit, trial.net_benefit_covariance
    if a is None or b is None or a.estimate is None or b.estimate is None or covariance is None:
        return _NOTHING
    i, j = index[dearer.arm], index[cheaper.arm]
    variance = float(covariance[i, i] + covariance[j, j] - 2.0 * covariance[i, j])
    if not variance > 0.0:
        return _NOTHING
    known = [df for df in (a.df, b.df) if df is not None]
    return Effect(a.estimate - b.estimate, math.sqrt(variance), min(known) if known else None)


def _gain(evidence: Evidence) -> float:
    return evidence.net_benefit.estimate if evidence.net_benefit and evidence.net_benefit.estimate is not None else 0.0


def _unjudged(arm: str) -> Judgement:
    return Judgement(arm, "not_estimable", False, False, None, False, missing=("integrity",))


_NOTHING = Effect(None, None)
