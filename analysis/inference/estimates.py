"""From an effect to the row of the results that holds it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from analysis.inference.intervals import Effect
from analysis.inference.multiplicity import Adjusted
from analysis.results import Estimand, Estimate, EstimationMethod, Variant
from designs.protocol.models import Outcome


def row_of(
    outcome: Outcome,
    pair: tuple[str, str],
    *,
    estimand: Estimand = "itt",
    method: EstimationMethod,
    standard_errors: str,
    variant: Variant | None = None,
    customers: tuple[int | None, int | None] = (None, None),
) -> Estimate:
    """What a row is about, before its figures.

    Args:
        outcome: whose row it is.
        pair: arm and comparison.
        customers: in each of them, with the outcome observed.
    """
    return Estimate(
        outcome=outcome.id,
        role=outcome.role,
        arm=pair[0],
        comparison=pair[1],
        estimand=estimand,
        method=method,
        standard_errors=standard_errors,
        variant=variant,
        n_arm=customers[0],
        n_comparison=customers[1],
    )


def with_effect(
    row: Estimate, effect: Effect, alpha: float, adjusted: Adjusted | None = None, notes: Iterable[str | None] = ()
) -> Estimate:
    """The row with the figures of an effect, and of the effect within its family where it has one."""
    row = replace(
        row,
        estimate=effect.estimate,
        std_error=effect.std_error,
        statistic=effect.statistic,
        df=effect.df,
        p_value=effect.p_value,
        ci_lower=effect.lower(alpha),
        ci_upper=effect.upper(alpha),
        reason=effect.reason,
    )
    return with_notes(row if adjusted is None else within_family(row, adjusted), notes)


def within_family(row: Estimate, adjusted: Adjusted) -> Estimate:
    """The row with its p-value and interval adjusted within its family."""
    return replace(
        row,
        p_adjusted=adjusted.p_adjusted,
        ci_lower_simultaneous=adjusted.ci_lower_simultaneous,
        ci_upper_simultaneous=adjusted.ci_upper_simultaneous,
    )


def with_notes(row: Estimate, notes: Iterable[str | None]) -> Estimate:
    """The row with warnings that travel with it, after those that it has."""
    return replace(row, note="; ".join(note for note in (row.note, *notes) if note) or None)
