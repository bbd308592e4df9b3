"""Small counts from the engine that the regression does not give: who is there, who is missing, who had an event.

Each function is one scan that returns a row an arm (or arm and level); what follows is arithmetic elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa

from analysis.balance import ArmMoments
from analysis.design import Levels, Response
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.guardrails import EventCounts

LEVEL = "_level"


@dataclass(frozen=True, slots=True)
class ArmTally:
    """One arm: its customers, those with each outcome observed, and the moments of each numeric covariate."""

    customers: int
    observed: Mapping[str, int]
    moments: Mapping[str, ArmMoments]


def tally_arms(frame: AnalysisFrame, outcomes: Mapping[str, str], numbers: Sequence[str]) -> dict[str, ArmTally]:
    """Count every arm once.

    Args:
        outcomes: outcome id -> its column.
        numbers: numeric columns whose moments are wanted.
    """
    aggregates = {"n": nw.len()}
    aggregates |= {f"observed:{name}": nw.col(column).count() for name, column in outcomes.items()}
    for name in numbers:
        value = nw.col(name).cast(nw.Float64)
        aggregates |= {f"n:{name}": value.count(), f"mean:{name}": value.mean(), f"var:{name}": value.var()}
    table = frame.engine.collect(frame.rows.group_by(ARM_COLUMN).agg(**aggregates))
    return {
        row[ARM_COLUMN]: ArmTally(
            customers=int(row["n"]),
            observed={name: int(row[f"observed:{name}"]) for name in outcomes},
            moments={name: _moments(row, name) for name in numbers if row[f"mean:{name}"] is not None},
        )
        for row in table.to_pylist()
    }


def tally_categories(frame: AnalysisFrame, column: str) -> dict[str, dict[str, int]]:
    """Customers by arm and level of one column, those without a value left out."""
    level = nw.col(column).cast(nw.String).alias(LEVEL)
    counted = frame.rows.select(ARM_COLUMN, level).group_by(ARM_COLUMN, LEVEL).agg(nw.len().alias("n"))
    found: dict[str, dict[str, int]] = {}
    for row in frame.engine.collect(counted).to_pylist():
        if row[LEVEL] is not None:
            found.setdefault(row[ARM_COLUMN], {})[row[LEVEL]] = int(row["n"])
    return found


@dataclass(frozen=True, slots=True)
class ClusterTally:
    """Clusters by arm, and how many lie in more than one."""

    by_arm: Mapping[str, int]
    straddling: int


def tally_clusters(frame: AnalysisFrame, cluster: str) -> ClusterTally:
    """Count the units that were dealt whole."""
    each = frame.rows.select(ARM_COLUMN, cluster).unique([ARM_COLUMN, cluster])
    table = frame.engine.collect(each.group_by(ARM_COLUMN).agg(nw.len().alias("n")))
    by_arm = {row[ARM_COLUMN]: int(row["n"]) for row in table.to_pylist()}
    whole = frame.engine.collect(frame.rows.select(nw.col(cluster).n_unique().alias("n")))["n"][0].as_py()
    return ClusterTally(by_arm, sum(by_arm.values()) - int(whole))


def share_errors_by_cluster(frame: AnalysisFrame, column: str, cluster: str) -> dict[str, float]:
    """Standard error, by arm, of the share with a value: a ratio of cluster totals, linearised.

    Source: Cochran (1977), Sampling Techniques, 3rd edition, equation 3.33.
    """
    counted = frame.rows.group_by(ARM_COLUMN, cluster).agg(nw.len().alias("n"), nw.col(column).count().alias("known"))
    table = frame.engine.collect(counted)
    arm = np.asarray(table[ARM_COLUMN].to_pylist())
    n, known = _floats(table["n"]), _floats(table["known"])
    errors: dict[str, float] = {}
    for name in np.unique(arm):
        here = arm == name
        clusters, customers = int(here.sum()), n[here].sum()
        residual = known[here] - known[here].sum() / customers * n[here]
        scale = clusters / (clusters - 1.0) if clusters > 1 else math.nan
        errors[str(name)] = float(math.sqrt(scale * float(residual @ residual)) / customers)
    return errors


def tally_events(
    frame: AnalysisFrame, columns: Mapping[str, str], strata: Sequence[str], by: Levels | None, level: nw.Expr | None
) -> dict[tuple[str, str | None], dict[str, dict[Any, tuple[float, float]]]]:
    """Events and customers of binary outcomes by arm and stratum.

    Args:
        columns: outcome id -> its column.
        strata: columns whose combinations are the strata.
        by, level: the subgroup and the expression of a row's position in it, or ``None`` for everyone.

    Returns:
        (outcome, level) -> arm -> stratum -> (events, customers with the outcome observed).
    """
    keys = [nw.col(ARM_COLUMN), *(nw.col(name) for name in strata)]
    names = [ARM_COLUMN, *strata]
    values = [nw.col(column).cast(nw.Float64).alias(f"y:{name}") for name, column in columns.items()]
    if level is not None:
        keys.append(level.alias(LEVEL))
        names.append(LEVEL)
    aggregates = {f"n:{name}": nw.col(f"y:{name}").count() for name in columns}
    aggregates |= {f"events:{name}": nw.col(f"y:{name}").sum() for name in columns}
    table = frame.engine.collect(frame.rows.select(*keys, *values).group_by(names).agg(**aggregates))
    found: dict[tuple[str, str | None], dict[str, dict[Any, tuple[float, float]]]] = {}
    for row in table.to_pylist():
        if level is not None and row[LEVEL] is None:
            continue
        where = by.names[int(row[LEVEL])] if by is not None and level is not None else None
        stratum = tuple(row[name] for name in strata)
        for name in columns:
            by_arm = found.setdefault((name, where), {}).setdefault(row[ARM_COLUMN], {})
            by_arm[stratum] = (float(row[f"events:{name}"] or 0.0), float(row[f"n:{name}"]))
    return found


def event_counts(by_arm: Mapping[str, Mapping[Any, tuple[float, float]]], arm: str, comparison: str) -> EventCounts:
    """One arm against its comparison, stratum by stratum; a stratum that either lacks has zero customers there."""
    one, other = by_arm.get(arm, {}), by_arm.get(comparison, {})
    strata = sorted(one.keys() | other.keys(), key=repr)
    nobody = (0.0, 0.0)
    pairs = [(*one.get(stratum, nobody), *other.get(stratum, nobody)) for stratum in strata]
    columns = np.array(pairs, dtype=np.float64).reshape(-1, 4).T
    return EventCounts(*columns)


def third_moments(
    frame: AnalysisFrame, response: Response, by: Levels | None, level: nw.Expr | None
) -> dict[tuple[str, str | None], tuple[float, int]]:
    """Third central moment of a response by arm (and level), with the customers that it rests on."""
    total: nw.Expr | None = None
    for column, weight in response.terms:
        term = nw.col(column).cast(nw.Float64) * weight
        total = term if total is None else total + term
    if total is None:
        return {}
    keys = [nw.col(ARM_COLUMN)] + ([level.alias(LEVEL)] if level is not None else [])
    names = [ARM_COLUMN] + ([LEVEL] if level is not None else [])
    rows = frame.rows.select(*keys, total.alias("y"))
    pilot = frame.engine.collect(rows.select(nw.col("y").mean().alias("mean")))["mean"][0].as_py() or 0.0
    y = nw.col("y") - pilot  # about the overall mean, so that large amounts lose no digits
    sums = rows.group_by(names).agg(
        nw.col("y").count().alias("n"),
        y.sum().alias("s1"),
        (y * y).sum().alias("s2"),
        (y * y * y).sum().alias("s3"),
    )
    found: dict[tuple[str, str | None], tuple[float, int]] = {}
    for row in frame.engine.collect(sums).to_pylist():
        n = int(row["n"])
        if n == 0 or (level is not None and row[LEVEL] is None):
            continue
        mean, square, cube = (float(row[key]) / n for key in ("s1", "s2", "s3"))
        where = by.names[int(row[LEVEL])] if by is not None and level is not None else None
        found[row[ARM_COLUMN], where] = (cube - 3.0 * mean * square + 2.0 * mean**3, n)
    return found


def _moments(row: Mapping[str, Any], name: str) -> ArmMoments:
    variance = row[f"var:{name}"]
    return ArmMoments(int(row[f"n:{name}"]), float(row[f"mean:{name}"]), 0.0 if variance is None else float(variance))


def _floats(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
