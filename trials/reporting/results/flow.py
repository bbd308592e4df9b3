"""The flow of customers, from the file to the analysis, with its sums checked."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.results import ArmFlow, Flow
from analysis.wording.numbers import count
from trials.reporting.results.table import Cell, Table
from trials.reporting.words.names import Names


@dataclass(frozen=True, slots=True)
class FlowStep:
    """Customers who left, and why."""

    customers: str
    words: str


@dataclass(frozen=True, slots=True)
class FlowArm:
    """One arm's customers, in words."""

    arm: str
    label: str
    allocated: str
    observed: str
    missing: str


@dataclass(frozen=True, slots=True)
class FlowDiagram:
    """Everything a flow diagram says. ``sums`` tells how the numbers add up, or that they do not."""

    read: str
    left: tuple[FlowStep, ...]
    allocated: str
    arms: tuple[FlowArm, ...]
    sums: str
    adds_up: bool


def flow_diagram(flow: Flow, names: Names) -> FlowDiagram:
    """Words and sums of the flow: rows read = rejected + excluded + allocated, and allocated = the sum of the arms."""
    left = (
        FlowStep(count(flow.rejected), f"{'row' if flow.rejected == 1 else 'rows'} rejected when the file was loaded"),
        *(FlowStep(count(exclusion.customers), f"left out: {exclusion.reason}") for exclusion in flow.excluded),
    )
    arms = tuple(
        FlowArm(row.arm, names.arm(row.arm), count(row.allocated), count(row.observed), count(row.missing))
        for row in flow.arms
    )
    sums, adds_up = _sums(flow)
    if flow.repeats_unknown:
        sums += " They have no ids (unit: row), so nobody looked whether a customer is among them twice."
    return FlowDiagram(count(flow.rows_read), left, count(flow.allocated), arms, sums, adds_up)


def _sums(flow: Flow) -> tuple[str, bool]:
    parts = [flow.rejected, *(exclusion.customers for exclusion in flow.excluded), flow.allocated]
    in_arms = sum(arm.allocated for arm in flow.arms)
    if sum(parts) != flow.rows_read:
        gap = count(abs(flow.rows_read - sum(parts)))
        return f"These numbers do not add up: {gap} rows of {count(flow.rows_read)} are not accounted for.", False
    if flow.arms and in_arms != flow.allocated:
        gap = count(abs(flow.allocated - in_arms))
        return f"These numbers do not add up: the arms differ from {count(flow.allocated)} by {gap}.", False
    if any(arm.observed + arm.missing != arm.allocated for arm in flow.arms):
        return "These numbers do not add up: an arm's outcomes, present and missing, differ from its customers.", False
    return f"Every row is accounted for: {' + '.join(count(part) for part in parts)} = {count(flow.rows_read)}.", True


def flow_arms(flow: Flow, names: Names) -> Table:
    """Customers of each arm, with and without the primary outcome; the last row is the sum.

    Where counts by arm are withheld it is the only one.
    """
    lines = [(names.arm(row.arm), row) for row in flow.arms]
    if not flow.arms and flow.allocated:
        lines = [("All arms", ArmFlow("", flow.allocated, flow.analysed, flow.allocated - flow.analysed))]
    if flow.arms:
        allocated, observed = sum(row.allocated for row in flow.arms), sum(row.observed for row in flow.arms)
        lines.append(("All arms", ArmFlow("", allocated, observed, sum(row.missing for row in flow.arms))))
    body: tuple[tuple[str | Cell, ...], ...] = tuple(
        (label, *(Cell(customers, "customers") for customers in (row.allocated, row.observed, row.missing)))
        for label, row in lines
    )
    columns = ("Arm", "Allocated", "With the primary outcome", "Outcome missing")
    return Table("Customers by arm", columns, body, frozenset({1, 2, 3}))
