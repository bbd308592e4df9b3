"""The declared time-to-event outcomes: curves by arm, and three estimands for each contrast.

The engine counts customers by arm, stratum, time and event code; everything after that works on counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.frame import ARM_COLUMN, AnalysisFrame, strata_of
from analysis.inference.cautions import few_clusters
from analysis.inference.estimates import row_of, with_effect
from analysis.inference.intervals import Effect
from analysis.results import Estimand, Estimate, SurvivalCurve
from analysis.survival.cluster_bootstrap import horizon_variances
from analysis.survival.cox import CoxFit, RiskSets, cox, score_residuals
from analysis.survival.kaplan_meier import AtHorizon, LifeTable, kaplan_meier, life_table, restricted_mean, survival_at
from designs.protocol.models import Outcome, Protocol

Floats = NDArray[np.float64]
_AT_HORIZON: tuple[Estimand, ...] = ("survival_difference", "rmst_difference")
ENOUGH_FOR_NORMAL = 80  # clusters, where no degrees of freedom make up for few of them
CURVE_POINTS = 400  # more days than this and a screen shows no more


@dataclass(frozen=True, slots=True)
class TimeToEvent:
    """Rows before any adjustment for multiplicity, and one curve an arm."""

    estimates: tuple[Estimate, ...]
    curves: tuple[SurvivalCurve, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ExitCells:
    """Customers counted by arm, stratum, cluster, time and event code; one entry a cell."""

    arm: NDArray[np.int64]
    stratum: NDArray[np.int64]
    cluster: NDArray[np.int64]
    time: Floats
    code: NDArray[np.int64]
    count: Floats

    def table(self, where: NDArray[np.bool_]) -> LifeTable:
        return life_table(self.time[where], self.code[where], self.count[where])


def time_to_event(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome, *, seed: int) -> TimeToEvent:
    """Estimate a time-to-event outcome for every planned contrast.

    ``log_hazard_ratio`` comes from one Cox model with all arms, stratified by the declared strata: Efron's ties,
    model errors where the protocol declares ``classical``, else Lin-Wei, clustered where customers were assigned in
    clusters. ``survival_difference`` and ``rmst_difference`` at the horizon come from each arm's Kaplan-Meier curve
    with Greenwood's variance, or a cluster bootstrap. All use the normal distribution.

    Args:
        frame: one row per allocated customer.
        protocol: the locked protocol.
        outcome: one of its outcomes of kind ``time_to_event``.
        seed: of the cluster bootstrap.
    """
    cells = _cells(frame, protocol, outcome)
    if cells.time.size and float(cells.time.min()) < 0:
        raise AnalysisRefused(
            "a time to the event is negative", where=str(outcome.time), rule="days from the index date"
        )
    alpha = protocol.analysis.alpha
    curves = (_curve(outcome, arm, table, alpha) for arm, table in _tables(cells, protocol).items() if table.times.size)
    return TimeToEvent(estimates_of(cells, protocol, outcome, seed=seed), tuple(curves))


def estimates_of(cells: ExitCells, protocol: Protocol, outcome: Outcome, *, seed: int) -> tuple[Estimate, ...]:
    """The rows of :func:`time_to_event`, from customers already counted."""
    tables = _tables(cells, protocol)
    rows = [
        *_hazard_ratios(cells, protocol, outcome, tables),
        *_at_horizon(cells, protocol, outcome, tables, seed),
    ]
    if not protocol.cluster:
        return tuple(rows)
    return tuple(replace(row, note=_few_clusters(cells, protocol, row)) if row.std_error else row for row in rows)


def _tables(cells: ExitCells, protocol: Protocol) -> dict[str, LifeTable]:
    return {arm.id: cells.table(cells.arm == number) for number, arm in enumerate(protocol.arms)}


def _few_clusters(cells: ExitCells, protocol: Protocol, row: Estimate) -> str | None:
    """What a row must say where its normal distribution rests on few clusters."""
    order = {arm.id: number for number, arm in enumerate(protocol.arms)}
    sizes = [np.bincount(cells.cluster, cells.count * (cells.arm == order[arm])) for arm in (row.arm, row.comparison)]
    clusters = [float((size > 0).sum()) for size in sizes]
    effective = [float(size.sum() ** 2 / (size @ size)) for size in sizes]
    return few_clusters((clusters[0], clusters[1]), (effective[0], effective[1]), enough=ENOUGH_FOR_NORMAL)


def _cells(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome) -> ExitCells:
    strata = list(strata_of(frame, protocol))
    keys = [ARM_COLUMN, *strata]
    if protocol.cluster:
        keys.append(protocol.cluster)
    time, event = str(outcome.time), str(outcome.event)
    columns = list(dict.fromkeys([*keys, time, event]))
    counted = frame.engine.collect(
        frame.rows.filter(~nw.col(time).is_null(), ~nw.col(event).is_null())
        .select(*(nw.col(name) for name in columns))
        .group_by(columns)
        .agg(nw.len().alias("_customers"))
    )
    order = {arm.id: number for number, arm in enumerate(protocol.arms)}

    def codes(names: list[str]) -> NDArray[np.int64]:
        if not names:
            return np.zeros(counted.num_rows, dtype=np.int64)
        labels = [
            "\x1f".join(map(str, row)) for row in zip(*(counted[name].to_pylist() for name in names), strict=True)
        ]
        return np.unique(labels, return_inverse=True)[1].astype(np.int64)

    return ExitCells(
        arm=np.array([order[arm] for arm in counted[ARM_COLUMN].to_pylist()], dtype=np.int64),
        stratum=codes(strata),
        cluster=codes([protocol.cluster] if protocol.cluster else []),
        time=np.array(counted[time].to_pylist(), dtype=np.float64),
        code=np.array([int(value) for value in counted[event].to_pylist()], dtype=np.int64),
        count=np.array(counted["_customers"].to_pylist(), dtype=np.float64),
    )


def _hazard_ratios(
    cells: ExitCells, protocol: Protocol, outcome: Outcome, tables: Mapping[str, LifeTable]
) -> list[Estimate]:
    arms = [arm.id for arm in protocol.arms]
    base = arms.index(protocol.comparison.id)
    treated = [number for number in range(len(arms)) if number != base]
    design = np.array([[float(number == other) for other in treated] for number in range(len(arms))])
    label = "classical" if protocol.analysis.standard_errors == "classical" else "Lin-Wei"
    if label == "Lin-Wei" and protocol.cluster:
        label = "Lin-Wei, clustered"
    strata = [_risk_sets(cells, number, len(arms)) for number in np.unique(cells.stratum)]
    rows = [
        row_of(
            outcome,
            pair,
            estimand="log_hazard_ratio",
            method="cox",
            standard_errors=label,
            customers=(tables[pair[0]].customers, tables[pair[1]].customers),
        )
        for pair in protocol.contrasts
    ]
    try:
        fit = cox(strata, design)
    except AnalysisRefused as refusal:
        return [replace(row, reason=str(refusal)) for row in rows]
    covariance = (
        fit.covariance if label == "classical" else _lin_wei(cells, strata, design, fit, bool(protocol.cluster))
    )
    out = []
    for row in rows:
        weights = design[arms.index(row.arm)] - design[arms.index(row.comparison)]
        effect = Effect.normal(float(weights @ fit.coefficients), float(weights @ covariance @ weights))
        out.append(with_effect(row, effect, protocol.analysis.alpha))
    return out


def _risk_sets(cells: ExitCells, stratum: int, arms: int) -> RiskSets:
    in_stratum = cells.stratum == stratum
    times, place = np.unique(cells.time[in_stratum], return_inverse=True)

    def grid(count: Floats) -> Floats:
        flat = np.bincount(place * arms + cells.arm[in_stratum], count, times.size * arms)
        return np.asarray(flat, dtype=np.float64).reshape(times.size, arms)

    leaving = grid(cells.count[in_stratum])
    at_risk = leaving.sum(axis=0) - np.cumsum(leaving, axis=0) + leaving
    return RiskSets(times, at_risk, grid(cells.count[in_stratum] * (cells.code[in_stratum] == 1)))


def _lin_wei(cells: ExitCells, strata: list[RiskSets], design: Floats, fit: CoxFit, clustered: bool) -> Floats:
    """Sandwich of score residuals, summed within clusters where there are any."""
    scores = np.empty((cells.time.size, design.shape[1]))
    for number, sets in zip(np.unique(cells.stratum), strata, strict=True):
        in_stratum = cells.stratum == number
        censored, died = score_residuals(sets, design, fit)
        place = np.searchsorted(sets.times, cells.time[in_stratum])
        is_event = (cells.code[in_stratum] == 1)[:, None]
        scores[in_stratum] = np.where(
            is_event, died[place, cells.arm[in_stratum]], censored[place, cells.arm[in_stratum]]
        )
    if clustered:
        weighted = cells.count[:, None] * scores
        summed = np.stack([np.bincount(cells.cluster, weighted[:, j]) for j in range(scores.shape[1])], axis=1)
        meat: Floats = np.asarray(summed.T @ summed, dtype=np.float64)
    else:
        meat = np.asarray((cells.count[:, None] * scores).T @ scores, dtype=np.float64)
    covariance: Floats = fit.covariance @ meat @ fit.covariance
    return covariance


def _at_horizon(
    cells: ExitCells, protocol: Protocol, outcome: Outcome, tables: Mapping[str, LifeTable], seed: int
) -> list[Estimate]:
    horizon = float(outcome.horizon or 0.0)
    short = [arm for arm, table in tables.items() if not table.follows_to(horizon)]
    label = "cluster bootstrap" if protocol.cluster else "Greenwood"
    reason = f"follow-up ends before day {horizon:g} in: {', '.join(short)}" if short else None
    values: dict[str, tuple[AtHorizon, AtHorizon]] = {}
    if reason is None:
        values = {arm: (survival_at(table, horizon), restricted_mean(table, horizon)) for arm, table in tables.items()}
        if protocol.cluster:
            values = _bootstrapped(cells, protocol, values, horizon, seed)
    rows = []
    for pair in protocol.contrasts:
        for place, estimand in enumerate(_AT_HORIZON):
            effect = Effect(None, None, reason=reason)
            if reason is None:
                of_arm, of_comparison = (values[arm][place] for arm in pair)
                variance = of_arm.variance + of_comparison.variance
                effect = Effect.normal(of_arm.estimate - of_comparison.estimate, variance)
            row = row_of(
                outcome,
                pair,
                estimand=estimand,
                method="kaplan_meier",
                standard_errors=label,
                customers=(tables[pair[0]].customers, tables[pair[1]].customers),
            )
            rows.append(with_effect(row, effect, protocol.analysis.alpha))
    return rows


def _bootstrapped(
    cells: ExitCells, protocol: Protocol, values: Mapping[str, tuple[AtHorizon, AtHorizon]], horizon: float, seed: int
) -> dict[str, tuple[AtHorizon, AtHorizon]]:
    with_variances = {}
    for number, arm in enumerate(protocol.arms):
        in_arm = cells.arm == number
        survival, mean = horizon_variances(
            cells.cluster[in_arm], cells.stratum[in_arm], cells.time[in_arm], cells.code[in_arm], cells.count[in_arm],
            horizon, np.random.default_rng([seed, number]),
        )  # fmt: skip
        at, restricted = values[arm.id]
        with_variances[arm.id] = (AtHorizon(at.estimate, survival), AtHorizon(restricted.estimate, mean))
    return with_variances


def _curve(outcome: Outcome, arm: str, table: LifeTable, alpha: float) -> SurvivalCurve:
    upto = table.times <= float(outcome.horizon or np.inf)
    curve = kaplan_meier(table, alpha)
    places = np.flatnonzero(upto)
    if places.size > CURVE_POINTS:
        places = places[np.linspace(0, places.size - 1, CURVE_POINTS).round().astype(int)]

    def of(values: Floats) -> tuple[float, ...]:
        return tuple(float(value) for value in values[places])

    return SurvivalCurve(
        outcome=outcome.id, arm=arm, days=of(curve.times), surviving=of(curve.survival),
        at_risk=tuple(int(value) for value in table.at_risk[places]),
        ci_lower=of(curve.ci_lower), ci_upper=of(curve.ci_upper), marks=dict(outcome.marks or {}),
    )  # fmt: skip
