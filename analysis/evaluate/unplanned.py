"""What an amended plan says beside the planned one: the rows that differ, every one of them exploratory."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from analysis.results import Estimate, Evaluation, Interaction, NetBenefit, Unplanned

LATER = "what was amended after the draw is shown once the planned effects are"
NOT_DUE = "not all that was amended after the draw is due yet"
NOT_ESTIMATED = "what was amended after the draw cannot be estimated from what was loaded"
AT_THE_END = "what was amended after the draw is shown at the end, and at no look before it"


def unplanned(planned: Evaluation, amended: Evaluation) -> Unplanned:
    """The part of an amended plan's evaluation that was not planned.

    A row of the same quantity and with the same figures was planned: that another one beside it makes a family larger
    changes nothing of it. Nothing is shown before the planned effects are, nor at a look.

    Args:
        planned: the evaluation by the plan of the draw, which the verdict is of.
        amended: of the same data, by the plan as amended.
    """
    digest = amended.protocol_digest
    if planned.look is not None and not planned.look.final:
        return Unplanned(digest, reason=AT_THE_END)
    if not planned.shows_effects:
        return Unplanned(digest, reason=LATER)
    if not amended.shows_effects:
        return Unplanned(digest, reason=NOT_DUE if amended.verdict.code == "not_due" else NOT_ESTIMATED)
    had = {_quantity(row): _figures(row) for row in planned.estimates}
    rows = tuple(
        replace(row, phase="exploratory", p_adjusted=None, ci_lower_simultaneous=None, ci_upper_simultaneous=None)
        for row in amended.estimates
        if had.get(_quantity(row)) != _figures(row)
    )
    tested = {_test(row): (row.statistic, row.p_value) for row in planned.interactions}
    tests = tuple(row for row in amended.interactions if tested.get(_test(row)) != (row.statistic, row.p_value))
    other_money = amended.net_benefit != planned.net_benefit
    return Unplanned(digest, rows, tests, _without_verdicts(amended.net_benefit) if other_money else None)


def _without_verdicts(money: NetBenefit | None) -> NetBenefit | None:
    return None if money is None else replace(money, scenario_verdicts={})


def _quantity(row: Estimate) -> Hashable:
    return (
        row.outcome, row.arm, row.comparison, row.estimand, row.method, row.standard_errors, row.subgroup, row.level,
        row.variant, row.saturation, row.factors,
    )  # fmt: skip


def _figures(row: Estimate) -> Hashable:
    return row.estimate, row.std_error, row.p_value, row.ci_lower, row.ci_upper, row.n_arm, row.n_comparison, row.reason


def _test(row: Interaction) -> Hashable:
    return row.outcome, row.subgroup, row.arm, row.comparison
