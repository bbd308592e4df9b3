"""What the first pass asks of the engine: which rows share a cell, what is summed in it, and whether that served."""

from __future__ import annotations

import dataclasses
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.regression.plan import (
    Plan,
    centre_for,
    cluster_text,
    level_number,
    number,
    number_column,
    numbered_rows,
)
from analysis.specification import response_value

Floats = NDArray[np.float64]

POOR_CENTRE = 100.0  # a mean this many standard deviations from its centre costs four digits


def key_expressions(plan: Plan, schema: nw.Schema) -> dict[str, nw.Expr]:
    """What makes a cell, by key name. Whole numbers stay as they are: engines group by them faster than by text."""
    keys: dict[str, nw.Expr] = {"k_arm": _discrete(ARM_COLUMN, plan, schema)}
    if plan.by is not None:
        keys["k_level"] = level_number(plan, plan.by)
    keys |= {f"k_s{i}": _discrete(name, plan, schema) for i, name in enumerate(plan.specification.strata)}
    keys |= {f"k_c{i}": _discrete(name, plan, schema) for i, name in enumerate(plan.categories)}
    keys |= {f"k_n{i}": nw.col(name) for i, name in enumerate(plan.keyed)}
    keys |= {f"k_f{i}": nw.col(name).is_null() for i, name in enumerate(plan.running) if name in plan.flagged}
    keys |= {f"k_m{i}": response_value(plan.responses[i], 0.0).is_null() for i in sorted(plan.masked)}
    if plan.by_cluster and plan.specification.cluster is not None:
        cluster, assigned = plan.specification.cluster, plan.specification.cluster_assigned
        keys["k_cluster"] = _discrete(cluster, plan, schema) if assigned else cluster_text(plan.specification)
    return keys


def _discrete(name: str, plan: Plan, schema: nw.Schema) -> nw.Expr:
    if name in plan.numbered:
        return nw.col(number_column(name))
    return nw.col(name) if schema[name].is_integer() else nw.col(name).cast(nw.String)


def numbered_keys(plan: Plan) -> dict[str, str]:
    """Key and column of what the pilot numbered and the data may hold more labels of."""
    keys = {f"k_s{i}": name for i, name in enumerate(plan.specification.strata)}
    keys |= {f"k_c{i}": name for i, name in enumerate(plan.categories)}
    return {key: name for key, name in keys.items() if name in plan.numbered}


def first_pass(frame: AnalysisFrame, plan: Plan) -> nw.LazyFrame[Any]:
    keys = key_expressions(plan, frame.rows.collect_schema())
    columns = dict(keys)
    for key, name in numbered_keys(plan).items():
        columns[f"text_{key}"] = nw.col(name)
    for i, name in enumerate(plan.running):
        columns[f"a{i}"] = number(name, plan.centre[name])
    for i, response in enumerate(plan.responses):
        columns[f"y{i}"] = response_value(response, plan.response_centre[i])
    if plan.specification.weight is not None:
        columns["w"] = nw.col(plan.specification.weight).cast(nw.Float64)
    return numbered_rows(frame, plan).select(**columns).group_by(*keys).agg(*_sums(plan))


def _sums(plan: Plan) -> list[nw.Expr]:
    sums = [nw.len().alias("count")]
    sums += [nw.col(f"text_{key}").count().alias(f"text_{key}") for key in numbered_keys(plan)]
    a = [nw.col(f"a{i}") for i in range(len(plan.running))]
    y = [nw.col(f"y{i}") for i in range(len(plan.responses))]
    if plan.specification.weight is None:
        wa, wy = a, y
    else:
        w = nw.col("w")
        wa, wy = [w * x for x in a], [w * x for x in y]
        sums += [w.sum().alias("weight"), w.min().alias("least_weight"), w.count().alias("weighted")]
        sums += [x.sum().alias(f"pa{i}") for i, x in enumerate(a)]
        sums += [x.sum().alias(f"py{i}") for i, x in enumerate(y)]
    for i, x in enumerate(a):
        sums += [wa[i].sum().alias(f"a{i}"), x.count().alias(f"na{i}")]
        sums += [(wa[i] * a[j]).sum().alias(f"a{i}a{j}") for j in range(i + 1)]
    for r, v in enumerate(y):
        sums += [wy[r].sum().alias(f"y{r}"), (wy[r] * v).sum().alias(f"y{r}y"), v.count().alias(f"ny{r}")]
        sums += [(wy[r] * x).sum().alias(f"y{r}a{i}") for i, x in enumerate(a)]
        sums += [(v * v * v).sum().alias(f"y{r}yy")] if plan.cubes else []
    return sums


def corrected(plan: Plan, table: pa.Table) -> Plan | None:
    """The plan that the whole data ask for, or ``None`` when this one served."""
    count = floats(table["count"])
    per_row = ratio_of(floats(table["weight"]), count) if plan.specification.weight is not None else np.ones_like(count)
    flagged = set(plan.flagged)
    masked = set(plan.masked)
    centre = dict(plan.centre)
    response_centre = list(plan.response_centre)
    for i, name in enumerate(plan.running):
        known = floats(table[f"na{i}"])
        if name not in flagged and (known < count).any():
            flagged.add(name)
        centre[name] = _recentred(table, f"a{i}", f"a{i}a{i}", known * per_row, centre[name])
    for r in range(len(plan.responses)):
        known = floats(table[f"ny{r}"])
        if r not in masked and (known < count).any():
            masked.add(r)
        response_centre[r] = _recentred(table, f"y{r}", f"y{r}y", known * per_row, response_centre[r])
    unseen = {
        name
        for key, name in numbered_keys(plan).items()
        if (floats(table.filter(pc.is_null(table[key]))[f"text_{key}"]) > 0).any()
    }
    after = dataclasses.replace(
        plan,
        flagged=frozenset(flagged),
        masked=frozenset(masked),
        centre=centre,
        response_centre=tuple(response_centre),
        numbered={name: labels for name, labels in plan.numbered.items() if name not in unseen},
    )
    return None if after == plan else after


def _recentred(table: pa.Table, total: str, squares: str, known: Floats, centre: float) -> float:
    n = float(known.sum())
    if n <= 0:
        return centre
    mean = float(floats(table[total]).sum()) / n
    square = float(floats(table[squares]).sum()) / n
    deviation = max(square - mean * mean, 0.0) ** 0.5
    if not np.isfinite(mean) or abs(mean) <= POOR_CENTRE * deviation or abs(mean) <= 1e-9 * abs(centre):
        return centre
    return centre_for(centre + mean, max(deviation, abs(mean) * 1e-9))


def floats(column: pa.ChunkedArray) -> Floats:
    """An engine's figures as doubles: integer sums may come as decimals, empty ones as null."""
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64()), 0.0).to_numpy(), dtype=np.float64)


def ratio_of(total: Floats, weight: Floats) -> Floats:
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
