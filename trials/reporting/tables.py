"""Results as tables of words: what a screen shows and a document prints.

A table is a caption, its column headings and rows of finished text; whoever shows it decides how it looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analysis.results import (
    ArmMoney,
    Balance,
    Check,
    Estimate,
    Evaluation,
    Flow,
    Interaction,
    Money,
    OutcomeBounds,
    Posterior,
)
from analysis.wording import (
    Unit,
    count,
    decimal,
    difference,
    gain_or_loss,
    interval,
    listed,
    p_value,
    percentage,
    pounds,
    range_of,
    sentence_case,
    variant_words,
)
from trials.reporting.names import Names
from trials.reporting.vocabulary import ESTIMANDS, METHODS, check_result, check_title, finding, segment_words

# Decimals, and the unit behind them, of what is neither a share nor pounds.
_PLACES: Final = {"log_hazard_ratio": (3, ""), "rmst_difference": (1, " days")}


@dataclass(frozen=True, slots=True)
class Table:
    """``numeric`` holds the places of the columns that are figures; the first column names its row."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


def unit_of(row: Estimate, names: Names) -> Unit:
    """The unit of one row: its outcome's, unless the row counts customers."""
    if row.estimand == "survival_difference" or (row.variant is not None and row.variant.kind == "share_with_any"):
        return "share"
    return names.unit(row.outcome) if row.estimand in ("itt", "complier") else "number"


def effect_words(row: Estimate, names: Names, lower: float | None = None, upper: float | None = None) -> str:
    """An estimate in its unit, with a range where both bounds are given; its reason where there is none."""
    if row.estimate is None:
        return row.reason or "not estimated"
    if row.estimand in _PLACES:
        places, days = _PLACES[row.estimand]
        span = "" if lower is None or upper is None else f" ({range_of(lower, upper, places)})"
        return f"{decimal(row.estimate, places, sign=True)}{days}{span}"
    return difference(unit_of(row, names), row.estimate, lower, upper)


def bounds_words(row: Estimate, names: Names, *, simultaneous: bool = False) -> str:
    """The interval of an estimate alone, in its unit; "none" where it was not computed."""
    lower = row.ci_lower_simultaneous if simultaneous else row.ci_lower
    upper = row.ci_upper_simultaneous if simultaneous else row.ci_upper
    if lower is None or upper is None:
        return "none"
    if row.estimand in _PLACES:
        return range_of(lower, upper, _PLACES[row.estimand][0])
    return interval(unit_of(row, names), lower, upper)


def approaches(evaluation: Evaluation, names: Names) -> Table:
    """Each approach for the manager: finding, effect, cost, net, guardrails."""
    money = {row.arm: row for row in evaluation.net_benefit.arms} if evaluation.net_benefit else {}
    primary = {row.arm: row for row in evaluation.estimates if row.declared and row.role == "primary"}
    rows = []
    for own in evaluation.verdict.arms:
        effect, worth = primary.get(own.arm), money.get(own.arm)
        rows.append(
            (
                names.arm(own.arm),
                own.sentence.removesuffix(".") or finding(own.code),
                effect_words(effect, names, effect.ci_lower, effect.ci_upper) if effect else "not estimated",
                f"{pounds(worth.cost_per_customer, pence=True)} a customer" if worth else "not declared",
                money_words(worth.central) if worth else "not declared",
                _guardrails(own.guardrails_passed),
            )
        )
    columns = ("Approach", "Finding", _effect_heading(names), "Cost of contact", "Net, per 1,000", "Guardrails")
    return Table("Each approach against no further action", columns, tuple(rows))


def _effect_heading(names: Names) -> str:
    return names.primary.label if names.primary else "Effect"


def _guardrails(passed: bool | None) -> str:
    return "None declared or tested" if passed is None else "Passed" if passed else "Not passed"


def money_words(money: Money) -> str:
    """Net benefit per 1,000 customers with its range."""
    if money.estimate is None:
        return money.reason or "not estimated"
    lower = None if money.ci_lower is None else money.ci_lower * 1000
    upper = None if money.ci_upper is None else money.ci_upper * 1000
    return gain_or_loss(money.estimate * 1000, lower, upper)


def checks(rows: Sequence[Check]) -> Table:
    """Every integrity check in one line."""
    body = tuple((check_title(row), check_result(row), row.detail) for row in rows)
    return Table("Integrity checks", ("Check", "Result", "What was found"), body)


def flow_arms(flow: Flow, names: Names) -> Table:
    """Customers of each arm, with and without the primary outcome; the last row is the sum."""
    body = [(names.arm(row.arm), count(row.allocated), count(row.observed), count(row.missing)) for row in flow.arms]
    if flow.arms:
        body.append(
            (
                "All arms",
                count(sum(row.allocated for row in flow.arms)),
                count(sum(row.observed for row in flow.arms)),
                count(sum(row.missing for row in flow.arms)),
            )
        )
    columns = ("Arm", "Allocated", "With the primary outcome", "Outcome missing")
    return Table("Customers by arm", columns, tuple(body), frozenset({1, 2, 3}))


def effects(rows: Sequence[Estimate], names: Names, caption: str) -> Table:
    """Everything an analyst reads about one set of estimates."""
    columns = (
        "Approach", f"With {names.comparison_label}", "Difference", f"{names.confidence} interval",
        "Simultaneous interval", "Adjusted p", "Customers, approach", "Customers, comparison", "Method", "Errors", "df",
    )  # fmt: skip
    body = tuple(
        (
            names.arm(row.arm) + ("" if row.estimand == "itt" else f", {ESTIMANDS[row.estimand]}"),
            names.mean(row.outcome, row.mean_comparison) if row.mean_comparison is not None else "none",
            effect_words(row, names),
            bounds_words(row, names),
            bounds_words(row, names, simultaneous=True),
            p_value(row.p_adjusted if row.p_adjusted is not None else row.p_value),
            count(row.n_arm),
            count(row.n_comparison),
            METHODS.get(row.method, row.method),
            row.standard_errors,
            "normal" if row.df is None else f"{row.df:,.1f}",
        )
        for row in rows
    )
    return Table(caption, columns, body, frozenset({1, 2, 3, 4, 5, 6, 7, 10}))


def segments(rows: Sequence[Estimate], names: Names, caption: str) -> Table:
    """The levels of one subgroup column, approach by approach."""
    columns = (
        "Segment", "Approach", "Difference", f"{names.confidence} interval", "Adjusted p",
        "Customers, approach", "Customers, comparison", "Planned or exploratory",
    )  # fmt: skip
    body = tuple(
        (
            sentence_case(row.level or ""),
            names.arm(row.arm),
            effect_words(row, names),
            bounds_words(row, names),
            p_value(row.p_adjusted if row.p_adjusted is not None else row.p_value),
            count(row.n_arm),
            count(row.n_comparison),
            sentence_case(row.phase),
        )
        for row in rows
    )
    return Table(caption, columns, body, frozenset({2, 3, 4, 5, 6}))


def interactions(rows: Iterable[Interaction], names: Names, caption: str) -> Table:
    """Whether the effect differs between the levels of a segment: one test for each approach."""
    body = tuple(
        (
            names.arm(row.arm),
            "not tested" if row.statistic is None else decimal(row.statistic, 2),
            "none" if row.df_numerator is None else f"{row.df_numerator:g} and {row.df_denominator or 0:,.0f}",
            p_value(row.p_value) if row.p_value is not None else row.reason or "not tested",
        )
        for row in rows
    )
    return Table(caption, ("Approach", "F", "df", "p"), body, frozenset({1, 2, 3}))


def components(rows: Sequence[ArmMoney], names: Names) -> Table:
    """The parts of each approach's net benefit, pounds per 1,000 customers; the last row is their sum."""
    outcomes = list(dict.fromkeys(part.outcome for row in rows for part in row.components))
    body = []
    for outcome in outcomes:
        parts = [next((part for part in row.components if part.outcome == outcome), None) for row in rows]
        side = next((part.side for part in parts if part), "benefit")
        label = f"{names.outcome(outcome)}, {side}"
        body.append((label, *(_per_thousand(part.pounds if part else None) for part in parts)))
    body.append(("Contact, cost", *(_per_thousand(-row.cost_per_customer) for row in rows)))
    body.append(("Set-up spread over the roll-out, cost", *(_per_thousand(-row.set_up_per_customer) for row in rows)))
    body.append(("Net benefit", *(_per_thousand(row.central.estimate) for row in rows)))
    columns = ("Part", *(names.arm(row.arm) for row in rows))
    caption = "Parts of the net benefit at central values, pounds per 1,000 customers"
    return Table(caption, columns, tuple(body), frozenset(range(1, len(columns))))


def _per_thousand(amount: float | None) -> str:
    return "not estimated" if amount is None else pounds(amount * 1000, sign=True, pence=False)


def scenarios(rows: Sequence[ArmMoney], names: Names) -> Table:
    """Net benefit per 1,000 under each set of values, and the effect at which it is nil."""
    body = tuple(
        (
            names.arm(row.arm),
            money_words(row.low),
            money_words(row.central),
            money_words(row.high),
            _break_even(row, names),
        )
        for row in rows
    )
    columns = (
        "Approach",
        "Low benefits, high costs",
        "Central values",
        "High benefits, low costs",
        "Break-even effect",
    )
    return Table("Net benefit per 1,000 customers", columns, body)


def _break_even(row: ArmMoney, names: Names) -> str:
    if row.break_even_effect is None or names.primary is None:
        return "not defined"
    return names.effect(names.primary.id, row.break_even_effect, None, None)


def segment_money(rows: Sequence[ArmMoney], names: Names) -> Table:
    """Net benefit by segment, per 1,000 customers of that segment."""
    body = tuple(
        (segment_words(row.segment) if row.segment else "Everyone", names.arm(row.arm), money_words(row.central))
        for row in rows
    )
    return Table("Net benefit per 1,000 customers, by segment", ("Segment", "Approach", "Net, central values"), body)


def amounts(evaluation: Evaluation, names: Names) -> Table:
    """Amounts with and without their cap, side by side."""
    capped = {
        (row.outcome, row.arm): (row, row.variant)
        for row in evaluation.sensitivity
        if row.variant is not None and row.variant.kind == "capped"
    }
    body = []
    for row in evaluation.estimates:
        if not row.declared or (row.outcome, row.arm) not in capped:
            continue
        cut, variant = capped[row.outcome, row.arm]
        body.append(
            (
                f"{names.outcome(row.outcome)}, {variant_words(variant)}",
                names.arm(row.arm),
                effect_words(row, names, row.ci_lower, row.ci_upper),
                effect_words(cut, names, cut.ci_lower, cut.ci_upper),
            )
        )
    columns = ("Amount", "Approach", "Uncapped, as used", "Capped")
    return Table("Amounts with and without a cap, pounds a customer", columns, tuple(body), frozenset({2, 3}))


def sensitivity(rows: Sequence[Estimate], names: Names) -> Table:
    """What else was tried, in one table: a row for each outcome and change, a column for each approach."""
    arms = list(dict.fromkeys(row.arm for row in rows))
    tried: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        changed = METHODS.get(row.method, row.method) if row.variant is None else variant_words(row.variant)
        change = listed([changed, *_qualifiers(row)])
        tried.setdefault((row.outcome, change), {})[row.arm] = _with_p(row, names)
    body = tuple(
        (names.outcome(outcome), change, *(found.get(arm, "not tried") for arm in arms))
        for (outcome, change), found in tried.items()
    )
    columns = ("Outcome", "What was changed", *(names.arm(arm) for arm in arms))
    return Table(f"What else was tried: difference, {names.confidence} interval, p", columns, body)


def _with_p(row: Estimate, names: Names) -> str:
    words = effect_words(row, names, row.ci_lower, row.ci_upper)
    return words if row.p_value is None or row.estimate is None else f"{words}, p {p_value(row.p_value)}"


def _qualifiers(row: Estimate) -> list[str]:
    found = [] if row.estimand == "itt" else [ESTIMANDS[row.estimand]]
    if row.segment:
        found.append(segment_words(row.segment))
    if row.phase == "exploratory":
        found.append("exploratory")
    return found


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
    return interval(names.unit(outcome), lower, upper)


def posterior(row: Posterior, names: Names) -> Table:
    """Probabilities for deciding. Effects in points or pounds per 1,000 customers."""
    is_money = row.quantity == "net_benefit"
    primary = names.primary.id if names.primary else ""

    def said(value: float, lower: float | None = None, upper: float | None = None) -> str:
        if is_money:
            return gain_or_loss(*(None if figure is None else figure * 1000 for figure in (value, lower, upper)))
        return names.effect(primary, value, lower, upper)

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


def balance(rows: Sequence[Balance], names: Names) -> Table:
    """Covariates before allocation, as standardised differences."""
    body = tuple(
        (
            sentence_case(row.covariate) + (f": {row.level}" if row.level else ""),
            names.arm(row.arm),
            decimal(row.mean_arm, 3),
            decimal(row.mean_comparison, 3),
            decimal(row.standardised_difference, 3, sign=True),
        )
        for row in rows
    )
    columns = ("Covariate", "Arm", "Mean, arm", "Mean, comparison", "Standardised difference")
    return Table("Balance before allocation", columns, body, frozenset({2, 3, 4}))
