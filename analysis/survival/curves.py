"""The arms' curves, each the stratum-weighted average of its strata's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.results import SurvivalCurve
from analysis.survival.cluster_influence import variance_by_cluster
from analysis.survival.exits import ExitCells
from analysis.survival.kaplan_meier import LifeTable, log_log_interval, survival_curve
from designs.protocol.models import Outcome

Floats = NDArray[np.float64]
CURVE_POINTS = 400  # more days than this and a screen shows no more


def curves_of(
    cells: ExitCells, arms: Sequence[str], outcome: Outcome, alpha: float, *, clustered: bool = False
) -> Iterator[SurvivalCurve]:
    """One curve an arm with customers, over the strata that hold every such arm, weighted by their customers.

    Its interval is Greenwood's; where ``clustered``, that of whole clusters, and none where a stratum has one of them.
    """
    observed = cells.observed(len(arms))
    present = observed.sum(axis=1) > 0
    everywhere = (observed[present] > 0).all(axis=0) if present.any() else np.zeros(len(cells.names), dtype=bool)
    for number in np.flatnonzero(present):
        strata = np.flatnonzero(everywhere if everywhere.any() else observed[number] > 0)
        tables = [cells.table((cells.arm == number) & (cells.stratum == j)) for j in strata]
        shares = observed[:, strata].sum(axis=0) / observed[:, strata].sum()
        times = _days(tables, float(outcome.horizon or np.inf))
        survival, variance, at_risk = _average(tables, shares, times)
        if clustered:
            of_clusters = variance_by_cluster(cells.of_arm(int(number)), tables, strata, shares, times)
            variance = np.full(times.size, np.nan) if of_clusters is None else of_clusters
        lower, upper = log_log_interval(survival, np.sqrt(variance), alpha)
        yield SurvivalCurve(
            outcome=outcome.id, arm=arms[int(number)], days=_plain(times), surviving=_plain(survival),
            at_risk=tuple(int(value) for value in at_risk),
            ci_lower=_known(lower, variance), ci_upper=_known(upper, variance), marks=dict(outcome.marks or {}),
        )  # fmt: skip


def _days(tables: Sequence[LifeTable], horizon: float) -> Floats:
    """An average ends where the first of its curves is no longer known."""
    known_to = [float(table.times[-1]) for table in tables if not table.follows_to(horizon)]
    times = np.unique(np.concatenate([table.times for table in tables]))
    times = times[times <= min([horizon, *known_to])]
    if not known_to and np.isfinite(horizon):
        times = np.union1d(times, [horizon])  # who is at risk there is known, whether or not somebody leaves that day
    if times.size > CURVE_POINTS:
        times = times[np.linspace(0, times.size - 1, CURVE_POINTS).round().astype(int)]
    return times


def _average(tables: Sequence[LifeTable], shares: Floats, times: Floats) -> tuple[Floats, Floats, Floats]:
    """Survival after each time, its variance for independent customers, and customers at risk."""
    survival, variance, at_risk = np.zeros(times.size), np.zeros(times.size), np.zeros(times.size)
    for table, share in zip(tables, shares, strict=True):
        of_table, its_variance = survival_curve(table)
        after = np.searchsorted(table.times, times, side="right")
        survival += share * np.concatenate([[1.0], of_table])[after]
        variance += share**2 * np.concatenate([[0.0], its_variance])[after]
        before = np.searchsorted(table.times, times, side="left")
        at_risk += np.concatenate([table.at_risk, [0.0]])[before]
    survival = np.clip(survival, 0.0, 1.0)  # what rounding adds
    return survival, variance, at_risk


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _known(limits: Floats, variance: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(v) else float(limit) for limit, v in zip(limits, variance, strict=True))
