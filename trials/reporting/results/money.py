"""Net benefit and amounts: the tables of what was gained, from what, and for whom."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import ArmMoney, DecidingRange, Evaluation, Money, Segment
from analysis.wording.naming import variant_words
from analysis.wording.numbers import gain_or_loss, pounds
from analysis.wording.phrases import capitalised
from trials.reporting.results.effects import effect_words
from trials.reporting.results.table import Table
from trials.reporting.words.names import Names
from trials.reporting.words.segments import segment_words


def money_words(money: Money, span: DecidingRange | None = None) -> str:
    """Net benefit per 1,000 customers with its range, or the range that decided, and what must be known of that."""
    if money.estimate is None:
        return money.reason or "not estimated"
    lower, upper = span or (money.ci_lower, money.ci_upper)
    if lower is None or upper is None:
        return gain_or_loss(money.estimate * 1000)
    words = gain_or_loss(money.estimate * 1000, lower * 1000, upper * 1000)
    words += ", range by redraws" if money.by_redraws else ""
    return f"{words}; {money.note}" if money.note else words


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
    """Net benefit per 1,000 under each set of values, and the effect at which it is zero."""
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
    if row.break_even_effect is None:
        return "not defined"
    return names.effect(names.primary, row.break_even_effect)


def _segment(segment: Segment, names: Names) -> str:
    """A segment as a cell begins with it: in the plan's words, else as evaluations of before have it."""
    said = names.segment(segment)
    return said if said == segment_words(segment) else capitalised(said)


def segment_money(rows: Sequence[ArmMoney], names: Names) -> Table:
    """Net benefit by segment, per 1,000 customers of that segment."""
    body = tuple(
        (
            _segment(row.segment, names) if row.segment else "Everyone",
            names.arm(row.arm),
            money_words(row.central),
        )
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
    in_pounds = all(names.measure(outcome) == "pounds" for outcome, _ in capped)
    caption = f"Amounts with and without a cap, {'pounds ' if in_pounds else ''}a customer"
    return Table(caption, columns, tuple(body), frozenset({2, 3}))
