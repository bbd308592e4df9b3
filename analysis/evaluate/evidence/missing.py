"""Who lacks an outcome that the verdict rests on, and what each of them would move."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import narwhals as nw

from analysis.deciding.tipping_points import IN_PAIRS, NOBODY_HAS_IT, At, Missing
from analysis.estimators.as_designed import regress_as_designed
from analysis.evaluate.evidence.rules import harm_of
from analysis.evaluate.families import find
from analysis.evaluate.fits import Fits
from analysis.frame import ARM_COLUMN, AnalysisFrame, strata_of
from analysis.results import Segment
from analysis.specification import Response, Specification
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol

_ROUNDING = 1e-12  # below it a share is nothing

Stratum = tuple[Any, ...]
Counted = tuple[int, int, float]  # customers, those with the outcome, its sum over them


def missing_of(
    frame: AnalysisFrame, protocol: Protocol, specification: Specification, fits: Fits, outcomes: Iterable[Outcome]
) -> list[Missing]:
    """Every arm and outcome that somebody lacks, of the outcomes that the verdict rests on and regression estimates.

    Args:
        specification: of the declared regression.
        outcomes: those that somebody lacks; what the verdict does not rest on is passed over.
    """
    lacked = [outcome for outcome in outcomes if outcome in protocol.judged and outcome.kind != "time_to_event"]
    if not lacked:
        return []
    counted, least = _counted(frame, protocol, lacked)
    rows = [
        _missing(protocol, outcome, arm.id, counted[outcome.id].get(arm.id, {}), least[outcome.id])
        for outcome in lacked
        for arm in [protocol.comparison, *protocol.otm_arms]
    ]
    rows = [row for row in rows if row.missing]
    weights = _weights(frame, protocol, specification, fits, rows)
    return [replace(row, weight=weight) for row, weight in zip(rows, weights, strict=True)]


def _counted(
    frame: AnalysisFrame, protocol: Protocol, outcomes: Sequence[Outcome]
) -> tuple[dict[str, dict[str, dict[Stratum, Counted]]], dict[str, float]]:
    """Outcome -> arm -> stratum -> counts; and the least value of every outcome."""
    strata = strata_of(frame, protocol)
    keys = [nw.col(ARM_COLUMN), *(nw.col(name).alias(f"_s{k}") for k, name in enumerate(strata))]
    names = [ARM_COLUMN, *(f"_s{k}" for k in range(len(strata)))]
    values = [nw.col(column_of(outcome)).cast(nw.Float64).alias(f"y:{outcome.id}") for outcome in outcomes]
    aggregates = {"n": nw.len()}
    for outcome in outcomes:
        y = nw.col(f"y:{outcome.id}")
        aggregates |= {f"known:{outcome.id}": y.count(), f"sum:{outcome.id}": y.sum(), f"min:{outcome.id}": y.min()}
    table = frame.engine.collect(frame.rows.select(*keys, *values).group_by(names).agg(**aggregates))
    counted: dict[str, dict[str, dict[Stratum, Counted]]] = {outcome.id: {} for outcome in outcomes}
    least = {outcome.id: math.inf for outcome in outcomes}
    for row in table.to_pylist():
        stratum = tuple(row[f"_s{k}"] for k in range(len(strata)))
        for outcome in outcomes:
            total = float(row[f"sum:{outcome.id}"] or 0.0)
            by_arm = counted[outcome.id].setdefault(row[ARM_COLUMN], {})
            by_arm[stratum] = (int(row["n"]), int(row[f"known:{outcome.id}"]), total)
            if row[f"min:{outcome.id}"] is not None:
                least[outcome.id] = min(least[outcome.id], float(row[f"min:{outcome.id}"]))
    return counted, least


def _missing(
    protocol: Protocol,
    outcome: Outcome,
    arm: str,
    everyone: Mapping[Stratum, Counted],
    least: float,
) -> Missing:
    missing = sum(n - known for n, known, _ in everyone.values())
    in_pairs = protocol.randomisation.pairs is not None
    lowest, highest = (0.0, 1.0) if outcome.kind == "binary" else (0.0 if least >= 0.0 else -math.inf, math.inf)
    better = -1.0 if outcome.direction == "decrease" else 1.0
    benefits, costs = _values(protocol, outcome)
    return Missing(
        outcome=outcome.id,
        arm=arm,
        missing=missing,
        allocated=sum(n for n, _, _ in everyone.values()),
        assumed=None if in_pairs else _assumed(everyone),
        lowest=lowest,
        highest=highest,
        weight={},
        effect=better if outcome.role == "primary" else 0.0,
        money=benefits - costs,
        cost=costs,
        harm=(1.0 if harm_of(outcome) == "increase" else -1.0) if outcome.role == "guardrail" else 0.0,
        unassumed=IN_PAIRS if in_pairs else NOBODY_HAS_IT,
    )


def _assumed(strata: Mapping[Stratum, Counted]) -> float | None:
    """The mean that the missing are taken to have: in each stratum, that of its customers who have the outcome."""
    known, total = sum(k for _, k, _ in strata.values()), sum(s for _, _, s in strata.values())
    if known == 0:
        return None
    lacking = sum(n - k for n, k, _ in strata.values())
    taken = sum((n - k) * (s / k if k else total / known) for n, k, s in strata.values())
    return taken / lacking if lacking else total / known


def _weights(
    frame: AnalysisFrame, protocol: Protocol, specification: Specification, fits: Fits, rows: Sequence[Missing]
) -> list[dict[At, float]]:
    """How far each contrast moves for each unit of the missing's mean.

    An estimate is linear in the outcome, so that is the same estimate of who is missing: 1 for them, 0 for the others.
    """
    if not rows:
        return []
    columns = {number: f"_lacks_{number}" for number in range(len(rows))}
    marks = []
    for number, row in enumerate(rows):
        lacks = nw.col(column_of(protocol.outcome(row.outcome))).is_null() & (nw.col(ARM_COLUMN) == row.arm)
        marks.append(lacks.cast(nw.Float64).alias(columns[number]))
    marked = replace(frame, rows=frame.rows.with_columns(*marks))
    responses = [Response(column, ((column, 1.0),)) for column in columns.values()]
    whole = regress_as_designed(marked, protocol, specification, responses)
    levels = [
        (of.by, regress_as_designed(marked, protocol, specification, responses, by=of.by)) for of in fits.subgroups
    ]
    weights: list[dict[At, float]] = []
    for column in columns.values():
        moved: dict[At, float] = {}
        for arm in protocol.otm_arms:
            pair = arm.id, protocol.comparison.id
            moved[arm.id, None] = find(whole.fits[column, None], *pair).estimate or 0.0
            for by, regression in levels:
                for level in by.names:
                    estimate = find(regression.fits[column, level], *pair).estimate
                    moved[arm.id, Segment(by.column, level)] = estimate or 0.0
        weights.append({at: 0.0 if abs(weight) < _ROUNDING else weight for at, weight in moved.items()})
    return weights


def _values(protocol: Protocol, outcome: Outcome) -> tuple[float, float]:
    """(benefit, cost) of one unit at central values."""
    decision = protocol.decision
    if decision is None:
        return 0.0, 0.0
    sides = (decision.benefits, decision.costs)
    benefit, cost = (
        sum(valuation.value.central for valuation in side if valuation.outcome == outcome.id) for side in sides
    )
    return float(benefit), float(cost)
