"""What stands beside the declared analysis: other choices, missing outcomes, probabilities for deciding."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import Estimate, OutcomeBounds, Posterior
from analysis.wording.naming import variant_words
from analysis.wording.numbers import gain_or_loss, p_value, percentage
from analysis.wording.phrases import listed
from trials.reporting.results.effects import effect_words
from trials.reporting.results.table import Table
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import METHODS, estimand


def sensitivity(rows: Sequence[Estimate], names: Names) -> Table:
    """What else was tried, in one table: a row for each outcome and change, a column for each approach."""
    arms = list(dict.fromkeys(row.arm for row in rows))
    tried: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        changed = METHODS.get(row.method, row.method) if row.variant is None else variant_words(row.variant)
        change = listed([changed, *_qualifiers(row, names)])
        tried.setdefault((row.outcome, change), {})[row.arm] = _with_p(row, names)
    body = tuple(
        (names.outcome(outcome), change, *(by_arm.get(arm, "not tried") for arm in arms))
        for (outcome, change), by_arm in tried.items()
    )
    columns = ("Outcome", "What was changed", *(names.arm(arm) for arm in arms))
    return Table(f"What else was tried: difference, {names.confidence} interval, p", columns, body)


def _with_p(row: Estimate, names: Names) -> str:
    words = effect_words(row, names, row.ci_lower, row.ci_upper)
    return words if row.p_value is None or row.estimate is None else f"{words}, p {p_value(row.p_value)}"


def _qualifiers(row: Estimate, names: Names) -> list[str]:
    qualifiers = [] if row.decides else [estimand(row, names)]
    if row.segment:
        qualifiers.append(names.segment(row.segment))
    if row.phase == "exploratory":
        qualifiers.append("exploratory")
    return qualifiers


def bounds(rows: Sequence[OutcomeBounds], names: Names) -> Table:
    """What the missing outcomes could hide: an interval that covers the effect whoever is missing."""
    body = tuple(
        (
            names.outcome(row.outcome),
            names.arm(row.arm),
            {"worst_case": "Worst case", "lee": "Lee: missing customers ranked"}[row.assumption],
            _between(names, row.outcome, row.lower, row.upper, row.reason),
            _between(names, row.outcome, row.ci_lower, row.ci_upper, row.reason),
        )
        for row in rows
    )
    columns = ("Outcome", "Approach", "Assumption", "Effect between", f"With {names.confidence} certainty between")
    return Table("What missing outcomes could hide", columns, body, frozenset({3, 4}))


def _between(names: Names, outcome: str, lower: float | None, upper: float | None, reason: str | None) -> str:
    if lower is None or upper is None:
        return reason or "not estimated"
    return names.range(outcome, lower, upper)


def posterior(row: Posterior, names: Names) -> Table:
    """Probabilities for deciding. Effects in points or pounds per 1,000 customers."""
    is_money = row.quantity == "net_benefit"

    def said(value: float, lower: float | None = None, upper: float | None = None) -> str:
        if is_money:
            return gain_or_loss(*(None if figure is None else figure * 1000 for figure in (value, lower, upper)))
        return names.effect(names.primary, value, lower, upper)

    body = [
        (
            names.arm(arm.arm),
            said(arm.mean, arm.ci_lower, arm.ci_upper) if arm.ci_lower < arm.ci_upper else said(arm.mean),
            "none" if arm.probability_beats_nfa is None else percentage(arm.probability_beats_nfa),
            percentage(arm.probability_best),
            said(-arm.expected_loss),
        )
        for arm in row.arms
    ]
    what = "Net benefit per 1,000" if is_money else "Effect"
    columns = ("Choice", what, f"Beats {names.comparison_label}", "Is the best", "Expected loss if chosen")
    return Table(f"Probabilities beside the verdict; prior: {row.prior}", columns, tuple(body), frozenset({2, 3, 4}))
