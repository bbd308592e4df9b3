"""The three figures of the manager's page, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.results import ArmFinding, ArmMoney, Estimate, Evaluation, Segment, SegmentFinding
from analysis.wording.numbers import count, gain_or_loss, gain_range
from analysis.wording.phrases import capitalised, uncapitalised
from trials.reporting.results.effects import as_judged
from trials.reporting.words.names import Names


@dataclass(frozen=True, slots=True)
class HeadlineFigure:
    """One figure: what it is, the figure, its range."""

    label: str
    value: str
    span: str


@dataclass(frozen=True, slots=True)
class Headline:
    """``about`` says which approach the figures belong to, where the verdict does not name it."""

    arm: str
    about: str | None
    figures: tuple[HeadlineFigure, ...]


def headline(evaluation: Evaluation, names: Names) -> Headline | None:
    """The figures of the arm that the verdict is about; of the best one where the verdict names none.

    ``None`` for an invalid trial, and while outcomes are not due: no effect is shown as a finding.
    """
    verdict = evaluation.verdict
    if not evaluation.shows_effects:
        return None
    arm = verdict.arm or _best_arm(evaluation, names)
    if arm is None:
        return None
    segment = verdict.segment if verdict.code == "scale_segment" else None
    effect, money = _effect(evaluation, arm, segment), _money(evaluation, arm, segment)
    decided = _finding(evaluation, arm, segment)
    figures = (_people(effect, decided, names), *_pounds(money, decided, evaluation, names))
    return Headline(arm, _about(evaluation, arm, names), figures)


def why_no_figures(evaluation: Evaluation) -> str:
    """What stands in place of the figures where there are none."""
    verdict = evaluation.verdict
    if verdict.code == "not_due":
        return "No effect is shown before every outcome is due. What the field sent back so far is below."
    if verdict.code == "invalid":
        return "No effect is shown, because a trial that fails a check cannot support one. The checks are below."
    if verdict.barred_by is not None:
        return f"No effect is shown that a decision could rest on. {verdict.reasons[0]}"
    return "No approach's effect could be estimated. The reasons are below."


def why_no_net_benefit(evaluation: Evaluation) -> str:
    """What stands in place of the net benefit where there is none."""
    return f"Net benefit was not estimated: {evaluation.net_benefit_reason or 'no reason was recorded'}."


def _best_arm(evaluation: Evaluation, names: Names) -> str | None:
    rows = evaluation.net_benefit.arms if evaluation.net_benefit else ()
    worth = [(row.central.estimate, row.arm) for row in rows if row.central.estimate is not None]
    if worth:
        return max(worth)[1]
    effects = [
        (row.estimate, row.arm)
        for row in as_judged(evaluation.estimates)
        if row.role == "primary" and row.declared and row.estimate is not None
    ]
    if not effects:
        return None
    return (min if names.plan.primary.better_below_zero else max)(effects)[1]


def _about(evaluation: Evaluation, arm: str, names: Names) -> str | None:
    """Whose figures they are, where the verdict does not say; and at a look that ended the trial, which estimates."""
    whose = "" if evaluation.verdict.arm is not None else f"For {names.approach(arm)}, the approach that did best"
    look = evaluation.look
    if look is None or look.action not in ("stop_for_benefit", "stop_for_harm"):
        return f"{whose}:" if whose else None
    observed = f"as observed at look {look.number} of {look.looks}, which ended the trial:"
    return f"{whose}, {observed}" if whose else capitalised(observed)


def _effect(evaluation: Evaluation, arm: str, segment: Segment | None) -> Estimate | None:
    return next(
        (
            row
            for row in as_judged(evaluation.estimates)
            if (row.role, row.arm, row.variant) == ("primary", arm, None) and row.decides and row.segment == segment
        ),
        None,
    )


def _money(evaluation: Evaluation, arm: str, segment: Segment | None) -> ArmMoney | None:
    if evaluation.net_benefit is None:
        return None
    rows = evaluation.net_benefit.arms if segment is None else evaluation.net_benefit.segments
    return next((row for row in rows if row.arm == arm and row.segment == segment), None)


def _finding(evaluation: Evaluation, arm: str, segment: Segment | None) -> ArmFinding | SegmentFinding | None:
    """What holds the ranges that decided, of everyone or of a segment."""
    verdict = evaluation.verdict
    if segment is None:
        return next((finding for finding in verdict.arms if finding.arm == arm), None)
    return next((finding for finding in verdict.segments if (finding.arm, finding.segment) == (arm, segment)), None)


def _people(effect: Estimate | None, decided: ArmFinding | SegmentFinding | None, names: Names) -> HeadlineFigure:
    outcome = uncapitalised(names.outcome(effect.outcome)) if effect else "the primary outcome"
    label = f"Per 1,000 customers, {outcome}"
    if effect is None or effect.estimate is None:
        return HeadlineFigure(label, "Not estimated", (effect and effect.reason) or "no estimate was recorded")
    value = names.per_thousand(effect.outcome, effect.estimate)
    lower, upper = (decided and decided.effect_range) or (effect.ci_lower, effect.ci_upper)
    if lower is None or upper is None:
        return HeadlineFigure(label, value, "no range could be estimated")
    span = names.per_thousand_range(effect.outcome, lower, upper)
    return HeadlineFigure(label, value, f"{names.confidence} range: {span}")


def _pounds(
    money: ArmMoney | None, decided: ArmFinding | SegmentFinding | None, evaluation: Evaluation, names: Names
) -> tuple[HeadlineFigure, ...]:
    per_thousand, at_roll_out = "Per 1,000 customers, after all costs", "At roll-out"
    if money is None or money.central.estimate is None:
        reason = (money and money.central.reason) or evaluation.net_benefit_reason or "no net benefit was recorded"
        return (HeadlineFigure(per_thousand, "Not estimated", reason),)
    central = money.central
    lower, upper = (decided and decided.net_benefit_range) or (central.ci_lower, central.ci_upper)
    first = HeadlineFigure(
        per_thousand, gain_or_loss(_thousand(central.estimate)), _span(_thousand(lower), _thousand(upper), names)
    )
    if money.roll_out_estimate is None:
        return (first, HeadlineFigure(at_roll_out, "Not declared", "the plan names no roll-out"))
    label = f"{at_roll_out} to {count(money.roll_out_customers)} customers"
    value = gain_or_loss(money.roll_out_estimate)
    return (first, HeadlineFigure(label, value, _span(money.roll_out_lower, money.roll_out_upper, names)))


def _thousand(amount: float | None) -> float | None:
    return None if amount is None else amount * 1000


def _span(lower: float | None, upper: float | None, names: Names) -> str:
    if lower is None or upper is None:
        return "no range could be estimated"
    return f"{names.confidence} range: {gain_range(lower, upper)}"
