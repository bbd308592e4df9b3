"""From evidence to a verdict. Contact carries the burden of proof; doing nothing needs none.

An arm passes when it changed behaviour *and* gained money, both shown at one-sided alpha / 2 with Holm over the arms on
the larger of an arm's two p-values (and each by the declared method where that is stricter), with every guardrail
passed and capacity for the extra contact. An arm that is shown to be worse by any route never passes. A trial says
``scale`` when some arm passes, ``no_further_action`` only when every arm is shown to be worse, and otherwise that
nothing was shown. At a look before the end only a crossed boundary gives one of these two: no segment is judged, and
without a crossing nothing is due yet. Everything is signed so that better is above zero.

This module decides in codes and numbers; :mod:`analysis.deciding.explanation` puts them into words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.deciding.choice_of_arm import gain, which_arm
from analysis.deciding.evidence import CellEvidence, Claim, DecisionRules, Evidence, Floats, Route, TrialEvidence
from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import adjust, bonferroni, holm
from analysis.inference.skewness import p_above, p_below
from analysis.results import Condition, FindingCode, VerdictCode


@dataclass(frozen=True, slots=True)
class Judgement:
    """One arm, or one cell, judged.

    ``effect_shown`` and ``net_benefit_shown`` say whether each is shown above zero at its level; ``worse_by`` names
    the routes by which the arm is shown to be worse than its comparison; ``failed`` is what keeps it from passing.
    ``held_by_skewness`` names what a bound alone would have shown, of an outcome that leans too much for it.
    """

    arm: str
    code: FindingCode
    effect_shown: bool
    net_benefit_shown: bool
    guardrails_passed: bool | None
    passes: bool
    worse_by: tuple[Route, ...] = ()
    failed: tuple[Condition, ...] = ()
    held_by_skewness: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CellJudgement:
    """One arm in one segment, judged; ``failed`` is empty where it passes."""

    cell: CellEvidence
    effect_shown: bool
    net_benefit_shown: bool
    failed: tuple[Condition, ...]

    @property
    def passes(self) -> bool:
        return not self.failed


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """A verdict without its words.

    Attributes:
        arm, cell: what to scale, and where; the segment that gains most where there are several.
        passing: ids of the arms that pass among everyone.
        cells: every arm in every planned segment.
        to_segments: where ``scale_segment`` scales, the largest gain first: one arm for each segment.
        barred_by_multiplicity: something passed, and the declared method keeps false alarms too frequent.
    """

    code: VerdictCode
    arm: str | None
    cell: CellEvidence | None
    arms: tuple[Judgement, ...]
    passing: tuple[str, ...] = ()
    cells: tuple[CellJudgement, ...] = ()
    to_segments: tuple[CellEvidence, ...] = ()
    barred_by_multiplicity: bool = False

    @property
    def passing_cells(self) -> tuple[CellEvidence, ...]:
        """Every arm in every segment where it passes."""
        return tuple(judged.cell for judged in self.cells if judged.passes)


def decide(trial: TrialEvidence, rules: DecisionRules) -> Decided:
    """Apply the rules once.

    Examples:
        >>> rules = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=None)
        >>> letter = Evidence("letter", Effect(0.02, 0.004), Effect(-0.49, 0.3))
        >>> decided = decide(TrialEvidence((), (letter,)), rules)
        >>> decided.code, decided.arms[0].code
        ('not_shown', 'works_worth_unknown')
    """
    if trial.failed:
        return Decided("invalid", None, None, tuple(_unjudged(evidence.arm) for evidence in trial.arms))
    judged = _judge_arms(trial, rules)
    passing = tuple(judgement.arm for judgement in judged if judgement.passes)
    cells = () if rules.interim else _judge_cells(trial, rules, judged)
    to_segments = _to_segments(rules, cells)
    exploratory = rules.multiplicity in ("none", "benjamini_hochberg") and len(trial.arms) > 1
    barred = exploratory and bool(passing or to_segments)
    if passing and not exploratory:
        return Decided(
            "scale", which_arm(trial.arms, trial.net_benefit_covariance, rules, passing), None, judged, passing, cells
        )
    if to_segments and not exploratory:
        best = to_segments[0]
        return Decided("scale_segment", best.evidence.arm, best, judged, passing, cells, to_segments)
    if judged and all(judgement.worse_by for judgement in judged):
        return Decided("no_further_action", None, None, judged, (), cells)
    if rules.interim:
        return Decided("not_due", None, None, judged)
    return Decided("not_shown", None, None, judged, passing, cells, barred_by_multiplicity=barred)


def _judge_arms(trial: TrialEvidence, rules: DecisionRules) -> tuple[Judgement, ...]:
    level = rules.level_of_arms(len(trial.arms))
    effects = [evidence.effect for evidence in trial.arms]
    net_benefits = [evidence.net_benefit or _NOTHING for evidence in trial.arms]

    def shown(of: Sequence[Effect], covariance: Floats | None) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
        """Whether each is above zero, and whether it would be if it did not lean."""
        plain = _shown(of, [effect.p_above() for effect in of], rules, covariance)
        return _shown(of, [p_above(effect, level) for effect in of], rules, covariance), plain

    effect_shown, effect_plain = shown(effects, trial.effect_covariance)
    net_shown, net_plain = shown(net_benefits, trial.net_benefit_covariance)
    together = _shown_together(trial, rules)
    return tuple(
        _judgement(
            evidence, rules, effect_shown[i], net_shown[i], together[i],
            effect_held=effect_plain[i] and not effect_shown[i], net_held=net_plain[i] and not net_shown[i],
        )
        for i, evidence in enumerate(trial.arms)
    )  # fmt: skip


def _shown_together(trial: TrialEvidence, rules: DecisionRules) -> tuple[bool, ...]:
    """Effect *and* net benefit of an arm above zero, by the larger of their p-values with Holm over the arms.

    An arm passes on both, so its own test is an intersection-union test and its p-value the larger one (Berger 1982,
    Technometrics 24:295). Holm over effects and over money apart lets two arms with one half of the evidence each
    share one step: with nothing to find it scaled 5.8% of such trials instead of 2.5%.
    """
    level = rules.level_of_arms(len(trial.arms))
    larger = [
        _larger(p_above(evidence.effect, level), p_above(evidence.net_benefit or _NOTHING, level))
        for evidence in trial.arms
    ]
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


def _judgement(
    evidence: Evidence, rules: DecisionRules, effect: bool, net: bool, together: bool, *, effect_held: bool,
    net_held: bool,
) -> Judgement:  # fmt: skip
    """``effect_held`` and ``net_held``: it is above zero by its bound, and leans too much for that."""
    passed = all(harm.passed for harm in evidence.harms) if evidence.harms else None
    worse_by, worse_held = _worse_by(evidence, rules)
    held: tuple[tuple[Claim, bool], ...] = (("effect", effect_held), ("net_benefit", net_held), ("worse", worse_held))
    conditions: tuple[tuple[Condition, bool], ...] = (
        ("effect", not effect and not effect_held),
        ("net_benefit", not net and not net_held),
        ("skewness", effect_held or net_held),
        ("together", effect and net and not together),
        ("capacity", rules.capacity is False),
        ("guardrail", passed is False),
        ("worse", bool(worse_by)),
        ("design", rules.bar is not None),
    )
    failed = tuple(condition for condition, absent in conditions if absent)
    return Judgement(
        evidence.arm,
        _code(evidence, effect, net, not failed, worse_by),
        effect,
        net,
        passed,
        not failed,
        worse_by,
        failed,
        tuple(claim for claim, by_skewness in held if by_skewness),
    )


def _worse_by(evidence: Evidence, rules: DecisionRules) -> tuple[tuple[Route, ...], bool]:
    """The routes by which an arm is shown to be worse; and whether its own bound shows a loss that redraws do not."""
    level = rules.level_worse

    def below(effect: Effect | None, null: float) -> tuple[bool, bool]:
        if effect is None or not effect.shown_below(null, level):
            return False, False
        p_value = p_below(effect, level, null)
        shown = p_value is not None and p_value <= level / 2.0
        return shown, not shown

    loses, loses_held = below(evidence.net_benefit, 0.0)
    short, short_held = (False, False) if rules.break_even is None else below(evidence.effect, rules.break_even)
    harms = any(harm.established for harm in evidence.harms) or evidence.arm in rules.barred
    routes: tuple[tuple[Route, bool], ...] = (("net_benefit", loses), ("break_even", short), ("harm", harms))
    return tuple(route for route, taken in routes if taken), loses_held or short_held


def _code(evidence: Evidence, effect: bool, net: bool, passes: bool, worse_by: tuple[Route, ...]) -> FindingCode:
    """A letter that works is not worth sending only where its loss is shown; a gain that is not shown is no loss."""
    if "harm" in worse_by:
        return "harmful"
    if passes:
        return "passes"
    if effect and "net_benefit" in worse_by:
        return "works_not_worth_sending"
    if worse_by:
        return "worse_than_nfa"
    if effect and not net and evidence.net_benefit is not None:
        return "works_worth_unknown"
    return "not_shown" if evidence.effect.estimable else "not_estimable"


def _judge_cells(trial: TrialEvidence, rules: DecisionRules, judged: Sequence[Judgement]) -> tuple[CellJudgement, ...]:
    """Every cell under Bonferroni over all of them, each with its interaction test, no arm shown to do harm."""
    harmful = {judgement.arm for judgement in judged if "harm" in judgement.worse_by}
    return tuple(
        judge_cell(cell, rules, len(trial.cells), harmful=cell.evidence.arm in harmful) for cell in trial.cells
    )


def judge_cell(cell: CellEvidence, rules: DecisionRules, cells: int, *, harmful: bool = False) -> CellJudgement:
    """One of ``cells`` arm × level × column cells: Bonferroni over all, and its interaction test.

    Args:
        harmful: whether the arm is shown to do harm among everyone, which bars it in every segment.
    """
    evidence, level = cell.evidence, rules.level_of_cells(cells)
    money = evidence.net_benefit or _NOTHING

    def shown(of: Effect) -> tuple[bool, bool]:
        """Above zero; and whether its bound says so, if it did not lean."""
        return _at_most(p_above(of, level), level / 2.0), _at_most(of.p_above(), level / 2.0)

    (effect, effect_plain), (net, net_plain) = shown(evidence.effect), shown(money)
    conditions: tuple[tuple[Condition, bool], ...] = (
        ("effect", not effect_plain),
        ("net_benefit", not net_plain),
        ("skewness", (effect_plain and not effect) or (net_plain and not net)),
        ("interaction", not _at_most(cell.interaction_p, rules.alpha)),
        ("capacity", rules.capacity is False),
        ("guardrail", not all(harm.passed for harm in evidence.harms)),
        ("worse", bool(_worse_by(evidence, rules)[0])),
        ("harm", harmful),
        ("design", rules.bar is not None),
    )
    return CellJudgement(cell, effect, net, tuple(condition for condition, absent in conditions if absent))


def _to_segments(rules: DecisionRules, cells: Sequence[CellJudgement]) -> tuple[CellEvidence, ...]:
    """One arm for each segment in which some arm passes, the segment with the largest gain in all first."""
    chosen = []
    for segment in dict.fromkeys(judgement.cell.segment for judgement in cells if judgement.passes):
        of_segment = [judgement for judgement in cells if judgement.cell.segment == segment]
        arms = [judgement.cell.evidence for judgement in of_segment]
        passing = [judgement.cell.evidence.arm for judgement in of_segment if judgement.passes]
        arm = which_arm(arms, of_segment[0].cell.net_benefit_covariance, rules, passing)
        chosen.append(next(judgement.cell for judgement in of_segment if judgement.cell.evidence.arm == arm))
    return tuple(sorted(chosen, key=lambda cell: gain(cell.evidence) * cell.customers, reverse=True))


def _at_most(p_value: float | None, level: float) -> bool:
    return p_value is not None and p_value <= level


def _unjudged(arm: str) -> Judgement:
    return Judgement(arm, "not_estimable", False, False, None, False, failed=("integrity",))


_NOTHING = Effect(None, None)
