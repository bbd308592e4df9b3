"""The arms' curves, each the stratum-weighted average of its strata's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.results import SurvivalCurve
from analysis.survival.exits import ExitCells
from analysis.survival.kaplan_meier import LifeTable, log_log_interval, survival_curve
from designs.protocol.models import Outcome

Floats = NDArray[np.float64]
CURVE_POINTS = 400  # more days than this and a screen shows no more


def curves_of(cells: ExitCells, arms: Sequence[str], outcome: Outcome, alpha: float) -> Iterator[SurvivalCurve]:
    """One curve an arm with customers, over the strata that hold every such arm, weighted by their customers."""
    observed = cells.observed(len(arms))
    present = observed.sum(axis=1) > 0
    everywhere = (observed[present] > 0).all(axis=0) if present.any() else np.zeros(len(cells.names), dtype=bool)
    for number in np.flatnonzero(present):
        strata = np.flatnonzero(everywhere if everywhere.any() else observed[number] > 0)
        tables = [cells.table((cells.arm == number) & (cells.stratum == j)) for j in strata]
        shares = observed[:, strata].sum(axis=0) / observed[:, strata].sum()
        yield _curve(outcome, arms[int(number)], tables, shares, alpha)


def _curve(outcome: Outcome, arm: str, tables: Sequence[LifeTable], shares: Floats, alpha: float) -> SurvivalCurve:
    """An average ends where the first of its curves is no longer known."""
    horizon = float(outcome.horizon or np.inf)
    known_to = [float(table.times[-1]) for table in tables if not table.follows_to(horizon)]
    times = np.unique(np.concatenate([table.times for table in tables]))
    times = times[times <= min([horizon, *known_to])]
    if not known_to and np.isfinite(horizon):
        times = np.union1d(times, [horizon])  # who is at risk there is known, whether or not somebody leaves that day
    if times.size > CURVE_POINTS:
        times = times[np.linspace(0, times.size - 1, CURVE_POINTS).round().astype(int)]
    survival, variance, at_risk = np.zeros(times.size), np.zeros(times.size), np.zeros(times.size)
    for table, share in zip(tables, shares, strict=True):
        of_table, its_variance = survival_curve(table)
        after = np.searchsorted(table.times, times, side="right")
        survival += share * np.concatenate([[1.0], of_table])[after]
        variance += share**2 * np.concatenate([[0.0], its_variance])[after]
        before = np.searchsorted(table.times, times, side="left")
        at_risk += np.concatenate([table.at_risk, [0.0]])[before]
    survival = np.clip(survival, 0.0, 1.0)  # what rounding adds
    lower, upper = log_log_interval(survival, np.sqrt(variance), alpha)

    def of(values: Floats) -> tuple[float, ...]:
        return tuple(float(value) for value in values)

    return SurvivalCurve(
        outcome=outcome.id, arm=arm, days=of(times), surviving=of(survival),
        at_risk=tuple(int(value) for value in at_risk),
        ci_lower=of(lower), ci_upper=of(upper), marks=dict(outcome.marks or {}),
    )  # fmt: skip
