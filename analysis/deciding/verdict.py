"""From evidence to a verdict. Contact carries the burden of proof; doing nothing needs none.

An arm passes when it changed behaviour *and* gained money, both shown at one-sided alpha / 2 with Holm over the arms on
the larger of an arm's two p-values (and each by the declared method where that is stricter), with every guardrail
passed and capacity for the extra contact. An arm that is shown to be worse by any route never passes. A trial says
``scale`` when some arm passes, ``no_further_action`` only when every arm is shown to be worse, and otherwise that
nothing was shown. Everything is signed so that better is above zero.

This module decides in codes and numbers; :mod:`analysis.deciding.explanation` puts them into words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.deciding.choice_of_arm import gain, which_arm
from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, Floats, Lack, Route, TrialEvidence
from analysis.deciding.skewness import bounds_unsafe
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import adjust, bonferroni, holm
from analysis.results import FindingCode, VerdictCode


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
        return Decided("scale", which_arm(trial, rules, passing), None, judged, passing, cells)
    if cells and not exploratory:
        best = max(cells, key=lambda cell: gain(cell.evidence) * cell.customers)
        return Decided("scale_segment", best.evidence.arm, best, judged, passing, cells)
    if judged and all(judgement.worse_by for judgement in judged):
        return Decided("no_further_action", None, None, judged)
    return Decided("not_shown", None, None, judged, passing, cells, barred)


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


def _unjudged(arm: str) -> Judgement:
    return Judgement(arm, "not_estimable", False, False, None, False, missing=("integrity",))


_NOTHING = Effect(None, None)
