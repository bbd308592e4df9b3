"""Who lacks an outcome that the verdict rests on, and what each of them would move."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals as nw

from analysis.deciding.tipping_points import At, Missing
from analysis.evaluate.evidence.rules import harm_of
from analysis.evaluate.fits import Fits
from analysis.frame import ARM_COLUMN, AnalysisFrame, strata_of
from analysis.results import Segment
from analysis.specification import Levels, level_position
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol

_LEVEL = "_level"

Stratum = tuple[Any, ...]
Counted = tuple[int, int, float]  # customers, those with the outcome, its sum over them
ByArm = Mapping[str, Mapping[Stratum, Counted]]


def missing_of(frame: AnalysisFrame, protocol: Protocol, fits: Fits, outcomes: Iterable[Outcome]) -> list[Missing]:
    """Every arm and outcome that somebody lacks, of the outcomes that the verdict rests on and regression estimates.

    Args:
        outcomes: those that somebody lacks; what the verdict does not rest on is passed over.
    """
    lacked = [outcome for outcome in outcomes if outcome in protocol.judged and outcome.kind != "time_to_event"]
    if not lacked:
        return []
    whole, least = _counted(frame, protocol, lacked, None)
    levels = [(subgroup.by, _counted(frame, protocol, lacked, subgroup.by)[0]) for subgroup in fits.subgroups]
    rows: list[Missing] = []
    for outcome in lacked:
        for arm in [protocol.comparison, *protocol.otm_arms]:
            among: dict[tuple[str | None, str | None], ByArm] = {(None, None): whole[outcome.id, None]}
            among |= {(by.column, level): of[outcome.id, level] for by, of in levels for level in by.names
                      if (outcome.id, level) in of}  # fmt: skip
            row = _missing(protocol, outcome, arm.id, among, least[outcome.id])
            rows += [row] if row.missing else []
    return rows


def _counted(
    frame: AnalysisFrame, protocol: Protocol, outcomes: Sequence[Outcome], by: Levels | None
) -> tuple[dict[tuple[str, str | None], dict[str, dict[Stratum, Counted]]], dict[str, float]]:
    """(outcome, level) -> arm -> stratum -> counts; and the least value of every outcome."""
    strata = strata_of(frame, protocol)
    keys = [nw.col(ARM_COLUMN), *(nw.col(name).alias(f"_s{k}") for k, name in enumerate(strata))]
    names = [ARM_COLUMN, *(f"_s{k}" for k in range(len(strata)))]
    if by is not None:
        keys.append(level_position(by).alias(_LEVEL))
        names.append(_LEVEL)
    values = [nw.col(column_of(outcome)).cast(nw.Float64).alias(f"y:{outcome.id}") for outcome in outcomes]
    aggregates = {"n": nw.len()}
    for outcome in outcomes:
        y = nw.col(f"y:{outcome.id}")
        aggregates |= {f"known:{outcome.id}": y.count(), f"sum:{outcome.id}": y.sum(), f"min:{outcome.id}": y.min()}
    table = frame.engine.collect(frame.rows.select(*keys, *values).group_by(names).agg(**aggregates))
    counted: dict[tuple[str, str | None], dict[str, dict[Stratum, Counted]]] = {}
    least = {outcome.id: math.inf for outcome in outcomes}
    for row in table.to_pylist():
        if by is not None and row[_LEVEL] is None:
            continue
        level = by.names[int(row[_LEVEL])] if by is not None else None
        stratum = tuple(row[f"_s{k}"] for k in range(len(strata)))
        for outcome in outcomes:
            by_arm = counted.setdefault((outcome.id, level), {}).setdefault(row[ARM_COLUMN], {})
            total = float(row[f"sum:{outcome.id}"] or 0.0)
            by_arm[stratum] = (int(row["n"]), int(row[f"known:{outcome.id}"]), total)
            if row[f"min:{outcome.id}"] is not None:
                least[outcome.id] = min(least[outcome.id], float(row[f"min:{outcome.id}"]))
    return counted, least


def _missing(
    protocol: Protocol,
    outcome: Outcome,
    arm: str,
    among: Mapping[tuple[str | None, str | None], ByArm],
    least: float,
) -> Missing:
    everyone = among[None, None].get(arm, {})
    missing = sum(n - known for n, known, _ in everyone.values())
    assumed = _assumed(everyone)
    lowest, highest = (0.0, 1.0) if outcome.kind == "binary" else (0.0 if least >= 0.0 else -math.inf, math.inf)
    better = -1.0 if outcome.direction == "decrease" else 1.0
    benefits, costs = _values(protocol, outcome)
    return Missing(
        outcome=outcome.id,
        arm=arm,
        missing=missing,
        allocated=sum(n for n, _, _ in everyone.values()),
        assumed=assumed,
        lowest=lowest,
        highest=highest,
        weight=_weights(protocol, arm, among),
        effect=better if outcome.role == "primary" else 0.0,
        money=benefits - costs,
        cost=costs,
        harm=(1.0 if harm_of(outcome) == "increase" else -1.0) if outcome.role == "guardrail" else 0.0,
    )


def _assumed(strata: Mapping[Stratum, Counted]) -> float | None:
    """The mean that the missing are taken to have: in each stratum, that of its customers who have the outcome."""
    known, total = sum(k for _, k, _ in strata.values()), sum(s for _, _, s in strata.values())
    if known == 0:
        return None
    lacking = sum(n - k for n, k, _ in strata.values())
    taken = sum((n - k) * (s / k if k else total / known) for n, k, s in strata.values())
    return taken / lacking if lacking else total / known


def _weights(protocol: Protocol, arm: str, among: Mapping[tuple[str | None, str | None], ByArm]) -> dict[At, float]:
    """How far each contrast moves for each unit of the missing's mean: the arm's missing share, stratum-weighted."""
    weights: dict[At, float] = {}
    for (column, level), by_arm in among.items():
        segment = None if column is None or level is None else Segment(column, level)
        for other in protocol.otm_arms:
            if arm not in (other.id, protocol.comparison.id):
                continue
            share = _missing_share(by_arm, arm, (other.id, protocol.comparison.id))
            weights[other.id, segment] = share if arm == other.id else -share
    return weights


def _missing_share(by_arm: ByArm, arm: str, pair: tuple[str, str]) -> float:
    both = [stratum for stratum in by_arm.get(pair[0], {}) if stratum in by_arm.get(pair[1], {})]
    customers = {stratum: sum(by_arm[name][stratum][0] for name in pair) for stratum in both}
    total = sum(customers.values())
    if not total:
        return 0.0
    shares = {stratum: 1.0 - by_arm[arm][stratum][1] / by_arm[arm][stratum][0] for stratum in both}
    return sum(customers[stratum] * shares[stratum] for stratum in both) / total


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
