"""What a manager reads about the grounds of a verdict: checks, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.results import Check, Evaluation
from analysis.wording.phrases import day, listed, uncapitalised
from designs.protocol.models import Valuation
from trials.reporting.results.missing_outcomes import tipping_lines
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import CHECKS, SCENARIOS, check_result, check_title, verdict

_TOLERATING = ("dispatch", "letters")  # what passes although some were sent what is not theirs


def check_lines(checks: Sequence[Check], names: Names) -> tuple[str, ...]:
    """One line a check, its result in a word first: what failed at the top, in full; what passed in plain words."""
    troubled = [row for row in checks if row.passed is False]
    untested = [row for row in checks if row.passed is None]
    passed = [row for row in checks if row.passed]
    lines = [f"{check_result(row)}: {check_title(row, names)}. {row.detail}" for row in troubled]
    kinds = sorted(dict.fromkeys(row.kind for row in passed), key=lambda kind: kind == "missing_outcomes")
    within = {row.kind: row.detail for row in passed if row.kind in _TOLERATING and row.figures.get("share")}
    lines += [f"Passed: {CHECKS[kind][0]}. {within.get(kind, CHECKS[kind][1])}" for kind in kinds]
    return (*lines, *(f"Not tested: {check_title(row, names)}. {row.detail}" for row in untested))


def reason_lines(evaluation: Evaluation) -> tuple[str, ...]:
    """The reasons of the verdict, but for those that :func:`check_lines` says: of a check that failed."""
    said = {row.detail for row in evaluation.checks if row.passed is False}
    return tuple(reason for reason in evaluation.verdict.reasons if reason not in said)


def change_lines(evaluation: Evaluation, names: Names) -> tuple[str, ...]:
    """Costs, values and sample sizes at which the verdict would be another."""
    lines = [*evaluation.verdict.flips, *_scenarios(evaluation, names)]
    lines += tipping_lines(evaluation.tipping_points, names)
    if evaluation.verdict.code == "not_due" and evaluation.maturity is not None:
        return (f"Time: there can be a verdict on data as at {day(evaluation.maturity.due_on)} or later.",)
    if evaluation.verdict.code == "invalid":
        return evaluation.verdict.flips or ("Data that pass the checks: mend what failed, then evaluate again.",)
    if evaluation.thresholds is None:  # as it was told then: a break-even effect is not where the verdict changes
        lines += _break_even(evaluation, names)
    return tuple(lines) or ("Nothing was recorded that would change it.",)


def _scenarios(evaluation: Evaluation, names: Names) -> list[str]:
    """The verdict under other values, where it was not already said in a sentence."""
    central, money = evaluation.verdict, evaluation.net_benefit
    if money is None or central.flips:
        return []
    arm = names.approach(central.arm) if central.arm else None
    codes = [(SCENARIOS[scenario], code) for scenario, code in money.scenario_verdicts.items() if scenario != "central"]
    return [
        f"{label}: the verdict is the same."
        if code == central.code
        else f"{label}: the verdict becomes “{verdict(code, arm, nothing=names.nothing)}”."
        for label, code in codes
    ]


def _break_even(evaluation: Evaluation, names: Names) -> list[str]:
    if evaluation.net_benefit is None:
        return []
    points = [
        f"{names.approach(row.arm)} {names.effect(names.primary, row.break_even_effect)}"
        for row in evaluation.net_benefit.arms
        if row.break_even_effect is not None
    ]
    return [f"Effect at which each approach would pay for itself: {'; '.join(points)}."] if points else []


def value_lines(names: Names) -> tuple[str, ...]:
    """What the money stands for, and what the plan does not say of it."""
    decision = names.plan.decision
    if decision is None:
        return ()

    def named(valuations: Iterable[Valuation]) -> str:
        return listed([uncapitalised(names.outcome(valuation.outcome)) for valuation in valuations])

    everything = (*decision.benefits, *decision.costs)
    earlier = named(value for value in decision.benefits if value.money == "earlier")
    unsaid = named(value for value in decision.benefits if value.money is None)
    unexplained = named(value for value in everything if value.because is None)
    lines = []
    if earlier:
        lines.append(f"Money that only comes earlier, and is not extra, is counted for: {earlier}.")
    if unsaid:
        lines.append(f"The plan does not say whether money is extra or only comes earlier, for: {unsaid}.")
    if unexplained:
        lines.append(f"The plan does not say why so many pounds, for: {unexplained}.")
    return tuple(lines)
