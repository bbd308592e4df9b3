"""The declared time-to-event outcomes: curves by arm, and three estimands for each contrast.

The engine counts customers by arm, stratum, time and event code; everything after that works on counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.frame import AnalysisFrame
from analysis.inference.cautions import FEW_EQUAL_CLUSTERS, few_clusters
from analysis.inference.estimates import row_of, with_effect, with_notes
from analysis.results import Estimand, Estimate, SurvivalCurve
from analysis.specification import Levels
from analysis.survival.curves import curves_of
from analysis.survival.exits import ExitCells, exits_by_level, exits_of
from analysis.survival.hazards import log_hazard_ratios
from analysis.survival.horizons import QUANTITIES, Differences, Quantity, differences
from designs.protocol.models import Outcome, Protocol

AT_HORIZON: dict[Quantity, Estimand] = {"survival": "survival_difference", "mean": "rmst_difference"}
CAUSE_SPECIFIC = "cause-specific: follow-up ends at a competing event"
ENOUGH_FOR_NORMAL = 80  # clusters, where no degrees of freedom make up for few of them


@dataclass(frozen=True, slots=True)
class TimeToEvent:
    """Rows before any adjustment for multiplicity, and one curve an arm."""

    estimates: tuple[Estimate, ...]
    curves: tuple[SurvivalCurve, ...]
    survival: Differences


def time_to_event(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome, *, seed: int) -> TimeToEvent:
    """Estimate a time-to-event outcome for every planned contrast.

    ``log_hazard_ratio`` comes from one Cox model with all arms, stratified by the strata of the assignment: Efron's
    ties, model errors where the protocol declares ``classical``, else Lin-Wei, clustered where customers were assigned
    in clusters. ``survival_difference`` and ``rmst_difference`` at the horizon are stratum-weighted differences of
    Kaplan-Meier curves with Greenwood's variance, or a cluster bootstrap. All use the normal distribution.

    Args:
        frame: one row per allocated customer.
        protocol: the locked protocol.
        outcome: one of its outcomes of kind ``time_to_event``.
        seed: of the cluster bootstrap.
    """
    cells = exits_of(frame, protocol, outcome)
    arms = [arm.id for arm in protocol.arms]
    curves = curves_of(cells, arms, outcome, protocol.analysis.alpha, clustered=protocol.cluster is not None)
    found = at_horizon(cells, protocol, outcome, seed=seed)
    return TimeToEvent(_estimates(cells, protocol, outcome, found), tuple(curves), found["survival"])


def survival_by_level(
    frame: AnalysisFrame, protocol: Protocol, outcome: Outcome, by: Levels, *, seed: int
) -> dict[str, tuple[tuple[Estimate, ...], Differences]]:
    """The difference in survival of every planned contrast in each level of a subgroup, with its covariance."""
    found = {}
    for level, cells in exits_by_level(frame, protocol, outcome, by).items():
        of_level = at_horizon(cells, protocol, outcome, seed=seed)
        rows = _with_cautions(cells, protocol, _at_horizon(cells, protocol, outcome, of_level, ("survival",)))
        found[level] = tuple(replace(row, subgroup=by.column, level=level) for row in rows), of_level["survival"]
    return found


def estimates_of(cells: ExitCells, protocol: Protocol, outcome: Outcome, *, seed: int) -> tuple[Estimate, ...]:
    """The rows of :func:`time_to_event`, from customers already counted."""
    return _estimates(cells, protocol, outcome, at_horizon(cells, protocol, outcome, seed=seed))


def _estimates(
    cells: ExitCells, protocol: Protocol, outcome: Outcome, found: Mapping[Quantity, Differences]
) -> tuple[Estimate, ...]:
    rows = [*_hazard_ratios(cells, protocol, outcome), *_at_horizon(cells, protocol, outcome, found, QUANTITIES)]
    return _with_cautions(cells, protocol, rows)


def _with_cautions(cells: ExitCells, protocol: Protocol, rows: Sequence[Estimate]) -> tuple[Estimate, ...]:
    if not protocol.cluster:
        return tuple(rows)
    return tuple(with_notes(row, [_few_clusters(cells, protocol, row)]) if row.std_error else row for row in rows)


def _few_clusters(cells: ExitCells, protocol: Protocol, row: Estimate) -> str | None:
    """What a row must say that rests on few clusters; sooner where it has no degrees of freedom of theirs."""
    order = {arm.id: number for number, arm in enumerate(protocol.arms)}
    sizes = [np.bincount(cells.cluster, cells.count * (cells.arm == order[arm])) for arm in (row.arm, row.comparison)]
    clusters = [float((size > 0).sum()) for size in sizes]
    effective = [float(size.sum() ** 2 / (size @ size)) for size in sizes]
    together = float(np.any([size > 0 for size in sizes], axis=0).sum())
    return few_clusters(
        (clusters[0], clusters[1]),
        (effective[0], effective[1]),
        together=together,
        enough=ENOUGH_FOR_NORMAL if row.df is None else FEW_EQUAL_CLUSTERS,
    )


def _customers(cells: ExitCells, protocol: Protocol, pair: tuple[str, str]) -> tuple[int, int]:
    observed = cells.observed(len(protocol.arms)).sum(axis=1)
    order = [arm.id for arm in protocol.arms]
    return int(observed[order.index(pair[0])]), int(observed[order.index(pair[1])])


def _competing(cells: ExitCells, protocol: Protocol, pair: tuple[str, str]) -> str:
    order = [arm.id for arm in protocol.arms]
    counts = np.bincount(cells.arm, cells.count * (cells.code == 2), len(order))
    arm, comparison = (f"{counts[order.index(name)]:,.0f}" for name in pair)
    return f"competing events in {arm} and {comparison} customers"


def _hazard_ratios(cells: ExitCells, protocol: Protocol, outcome: Outcome) -> list[Estimate]:
    classical, clustered = protocol.analysis.standard_errors == "classical", protocol.cluster is not None
    label = "classical" if classical else "Lin-Wei, clustered" if clustered else "Lin-Wei"
    effects = log_hazard_ratios(
        cells,
        [arm.id for arm in protocol.arms],
        protocol.comparison.id,
        protocol.contrasts,
        classical=classical,
        clustered=clustered,
    )
    rows = []
    for pair, effect in zip(protocol.contrasts, effects, strict=True):
        customers = _customers(cells, protocol, pair)
        row = row_of(
            outcome, pair, estimand="log_hazard_ratio", method="cox", standard_errors=label, customers=customers
        )
        note = CAUSE_SPECIFIC if outcome.competing else None
        rows.append(with_effect(row, effect, protocol.analysis.alpha, notes=[note]))
    return rows


def at_horizon(cells: ExitCells, protocol: Protocol, outcome: Outcome, *, seed: int) -> dict[Quantity, Differences]:
    """Differences at the horizon for every planned contrast, with their covariance."""
    return differences(
        cells,
        [arm.id for arm in protocol.arms],
        protocol.contrasts,
        float(outcome.horizon or 0.0),
        clustered=protocol.cluster is not None,
        seed=seed,
    )


def _at_horizon(
    cells: ExitCells,
    protocol: Protocol,
    outcome: Outcome,
    found: Mapping[Quantity, Differences],
    quantities: Sequence[Quantity],
) -> list[Estimate]:
    label = "cluster bootstrap" if protocol.cluster else "delta method" if outcome.competing else "Greenwood"
    rows = []
    for t, pair in enumerate(protocol.contrasts):
        for quantity in quantities:
            row = row_of(
                outcome,
                pair,
                estimand=AT_HORIZON[quantity],
                method="aalen_johansen" if outcome.competing else "kaplan_meier",
                standard_errors=label,
                customers=_customers(cells, protocol, pair),
            )
            effect, note = found[quantity].effects[t], found[quantity].notes[t]
            notes = [note, _competing(cells, protocol, pair) if outcome.competing else None]
            rows.append(with_effect(row, effect, protocol.analysis.alpha, notes=notes))
    return rows
