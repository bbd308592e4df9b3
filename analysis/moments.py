"""The first pass: counts and cross-products of every cell of the discrete columns.

Sums are taken about a centre, so large amounts lose no digits. Everything after this is small algebra, but for
residuals that vary within a cell.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.design import CLUSTERED
from analysis.errors import AnalysisRefused
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.plan import (
    Plan,
    centre_for,
    level_number,
    number,
    number_column,
    numbered_rows,
    response_value,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POOR_CENTRE = 100.0  # a mean this many standard deviations from its centre costs four digits


@dataclass(frozen=True, slots=True)
class Coded:
    """A discrete column: ``codes`` (M,) index ``labels``; a null has a label of its own, ``None``, put last.

    Clusters are too many to name: their labels are their numbers.
    """

    name: str
    codes: Ints
    labels: Sequence[str | float | None]


@dataclass(frozen=True, slots=True)
class Cells:
    """M cells with c numeric covariates and R responses, in an order that does not depend on the engine.

    Attributes:
        keys: (name, key column) as grouped by; with nulls where the data has them. For joining back.
        level: (M,) subgroup level, 0 without subgroups.
        arm: (M,) index in ``design.arms``.
        strata: (M,) index of the stratum; ``stratum_names`` in that order.
        categories: The covariates that enter as indicators.
        cluster: Which cluster, when the plan has it in the cell.
        count: (M,) customers.
        weight: (M,) Σw; equals ``count`` without weights.
        missing: (M, c) whether the covariate is missing throughout the cell.
        sums: (M, c) Σw·a, a about its centre and 0 when missing. ``plain_sums``: Σa.
        products: (M, c, c) Σw·a·a'.
        observed: (M, R) whether the response is observed in the cell.
        response_sums: (M, R) Σw·y, y about its centre. ``plain_response_sums``: Σy.
        response_squares: (M, R) Σw·y².
        response_products: (M, R, c) Σw·y·a.
    """

    plan: Plan
    keys: tuple[tuple[str, pa.ChunkedArray], ...]
    level: Ints
    arm: Ints
    strata: Ints
    stratum_names: tuple[str, ...]
    categories: tuple[Coded, ...]
    cluster: Coded | None
    count: Floats
    weight: Floats
    missing: NDArray[np.bool_]
    sums: Floats
    plain_sums: Floats
    products: Floats
    observed: NDArray[np.bool_]
    response_sums: Floats
    plain_response_sums: Floats
    response_squares: Floats
    response_products: Floats


def read_cells(frame: AnalysisFrame, plan: Plan) -> Cells:
    """Read the rows once; once more when the pilot misjudged nulls or a centre.

    Raises:
        AnalysisRefused: A column holds a value that is not finite, a weight that is not positive, or no cluster.
    """
    for _ in range(3):
        table = frame.engine.collect(_first_pass(frame, plan))
        better = _corrected(plan, table)
        if better is None:
            return _to_cells(plan, table)
        plan = better
    return _to_cells(plan, table)


def key_expressions(plan: Plan, schema: nw.Schema) -> dict[str, nw.Expr]:
    """What makes a cell, by key name. Whole numbers stay as they are: engines group by them faster than by text."""
    keys: dict[str, nw.Expr] = {"k_arm": _discrete(ARM_COLUMN, plan, schema)}
    if plan.by is not None:
        keys["k_level"] = level_number(plan, plan.by)
    keys |= {f"k_s{i}": _discrete(name, plan, schema) for i, name in enumerate(plan.design.strata)}
    keys |= {f"k_c{i}": _discrete(name, plan, schema) for i, name in enumerate(plan.categories)}
    keys |= {f"k_n{i}": nw.col(name) for i, name in enumerate(plan.keyed)}
    keys |= {f"k_f{i}": nw.col(name).is_null() for i, name in enumerate(plan.running) if name in plan.flagged}
    keys |= {f"k_m{i}": response_value(plan.responses[i], 0.0).is_null() for i in sorted(plan.masked)}
    if plan.by_cluster and plan.design.cluster is not None:
        keys["k_cluster"] = _discrete(plan.design.cluster, plan, schema)
    return keys


def _discrete(name: str, plan: Plan, schema: nw.Schema) -> nw.Expr:
    if name in plan.numbered:
        return nw.col(number_column(name))
    return nw.col(name) if schema[name].is_integer() else nw.col(name).cast(nw.String)


def _numbered_keys(plan: Plan) -> dict[str, str]:
    """Key and column of what the pilot numbered and the data may hold more labels of."""
    keys = {f"k_s{i}": name for i, name in enumerate(plan.design.strata)}
    keys |= {f"k_c{i}": name for i, name in enumerate(plan.categories)}
    return {key: name for key, name in keys.items() if name in plan.numbered}


def _first_pass(frame: AnalysisFrame, plan: Plan) -> nw.LazyFrame[Any]:
    keys = key_expressions(plan, frame.rows.collect_schema())
    columns = dict(keys)
    for key, name in _numbered_keys(plan).items():
        columns[f"text_{key}"] = nw.col(name)
    for i, name in enumerate(plan.running):
        columns[f"a{i}"] = number(name, plan.centre[name])
    for i, response in enumerate(plan.responses):
        columns[f"y{i}"] = response_value(response, plan.response_centre[i])
    if plan.design.weight is not None:
        columns["w"] = nw.col(plan.design.weight).cast(nw.Float64)
    return numbered_rows(frame, plan).select(**columns).group_by(*keys).agg(*_sums(plan))


def _sums(plan: Plan) -> list[nw.Expr]:
    sums = [nw.len().alias("count")]
    sums += [nw.col(f"text_{key}").count().alias(f"text_{key}") for key in _numbered_keys(plan)]
    a = [nw.col(f"a{i}") for i in range(len(plan.running))]
    y = [nw.col(f"y{i}") for i in range(len(plan.responses))]
    if plan.design.weight is None:
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
    return sums


def _corrected(plan: Plan, table: pa.Table) -> Plan | None:
    """The plan that the whole data ask for, or ``None`` when this one served."""
    count = _floats(table["count"])
    per_row = _safe_ratio(_floats(table["weight"]), count) if plan.design.weight is not None else np.ones_like(count)
    flagged = set(plan.flagged)
    masked = set(plan.masked)
    centre = dict(plan.centre)
    response_centre = list(plan.response_centre)
    for i, name in enumerate(plan.running):
        known = _floats(table[f"na{i}"])
        if name not in flagged and (known < count).any():
            flagged.add(name)
        centre[name] = _recentred(table, f"a{i}", f"a{i}a{i}", known * per_row, centre[name])
    for r in range(len(plan.responses)):
        known = _floats(table[f"ny{r}"])
        if r not in masked and (known < count).any():
            masked.add(r)
        response_centre[r] = _recentred(table, f"y{r}", f"y{r}y", known * per_row, response_centre[r])
    unseen = {
        name
        for key, name in _numbered_keys(plan).items()
        if (_floats(table.filter(pc.is_null(table[key]))[f"text_{key}"]) > 0).any()
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
    mean = float(_floats(table[total]).sum()) / n
    square = float(_floats(table[squares]).sum()) / n
    deviation = max(square - mean * mean, 0.0) ** 0.5
    if not np.isfinite(mean) or abs(mean) <= POOR_CENTRE * deviation or abs(mean) <= 1e-9 * abs(centre):
        return centre
    return centre_for(centre + mean, max(deviation, abs(mean) * 1e-9))


def select(cells: Cells, rows: NDArray[np.bool_]) -> Cells:
    """The cells that a mask (M,) picks, without their keys."""
    return dataclasses.replace(
        cells,
        keys=(),
        categories=tuple(Coded(c.name, c.codes[rows], c.labels) for c in cells.categories),
        cluster=None
        if cells.cluster is None
        else Coded(cells.cluster.name, cells.cluster.codes[rows], cells.cluster.labels),
        **{name: getattr(cells, name)[rows] for name in _BY_CELL},
    )


_BY_CELL = (
    "level", "arm", "strata", "count", "weight", "missing", "sums", "plain_sums", "products", "observed",
    "response_sums", "plain_response_sums", "response_squares", "response_products",
)  # fmt: skip


def _to_cells(plan: Plan, table: pa.Table) -> Cells:
    _refuse_bad_figures(plan, table)
    arms = pa.array(plan.design.arms, pa.string())
    if ARM_COLUMN in plan.numbered:
        table = table.filter(pc.is_valid(table["k_arm"]))
    else:
        table = table.filter(pc.is_in(table["k_arm"], value_set=arms))
    if plan.by is not None:
        table = table.filter(pc.is_valid(table["k_level"]))
    names = [name for name in table.column_names if name.startswith("k_")]
    coded = {name: _coded(name, table[name]) for name in names}
    for key, column in _numbered_keys(plan).items():
        coded[key] = _with_labels(coded[key], plan.numbered[column])
    order = np.lexsort([coded[name].codes for name in reversed(names)]) if names else np.arange(0)
    table = table.take(pa.array(order))
    coded = {name: Coded(name, c.codes[order], c.labels) for name, c in coded.items()}

    if ARM_COLUMN in plan.numbered:
        arm = _floats(table["k_arm"]).astype(np.int64)
    else:
        arm = pc.index_in(table["k_arm"], value_set=arms).to_numpy().astype(np.int64)
    level = np.zeros(table.num_rows, dtype=np.int64) if plan.by is None else _floats(table["k_level"]).astype(np.int64)
    strata, stratum_names = _combined([coded[f"k_s{i}"] for i in range(len(plan.design.strata))], table.num_rows)
    count = _floats(table["count"])
    weighted = plan.design.weight is not None
    weight = _floats(table["weight"]) if weighted else count
    missing, sums, plain_sums, products = _covariate_sums(plan, table, coded, count, weight)
    R, c = len(plan.responses), len(plan.numbers)
    observed = np.column_stack([_floats(table[f"ny{r}"]) > 0 for r in range(R)]) if R else np.empty((len(arm), 0), bool)
    response_sums = _stack(table, [f"y{r}" for r in range(R)])
    return Cells(
        plan=plan,
        keys=tuple((name, table[name]) for name in names),
        level=level,
        arm=arm,
        strata=strata,
        stratum_names=stratum_names,
        categories=tuple(
            Coded(name, coded[f"k_c{i}"].codes, coded[f"k_c{i}"].labels) for i, name in enumerate(plan.categories)
        ),
        cluster=coded.get("k_cluster"),
        count=count,
        weight=weight,
        missing=missing,
        sums=sums,
        plain_sums=plain_sums,
        products=products,
        observed=observed,
        response_sums=response_sums,
        plain_response_sums=_stack(table, [f"py{r}" for r in range(R)]) if weighted else response_sums,
        response_squares=_stack(table, [f"y{r}y" for r in range(R)]),
        response_products=_response_products(plan, table, sums, response_sums, weight, R, c),
    )


def _covariate_sums(
    plan: Plan, table: pa.Table, coded: dict[str, Coded], count: Floats, weight: Floats
) -> tuple[NDArray[np.bool_], Floats, Floats, Floats]:
    """Keyed covariates are constant in a cell, so their sums need no pass of their own."""
    M, k, c = table.num_rows, len(plan.keyed), len(plan.numbers)
    missing = np.zeros((M, c), dtype=bool)
    sums, plain, products = np.zeros((M, c)), np.zeros((M, c)), np.zeros((M, c, c))
    for i, name in enumerate(plan.keyed):
        key = coded[f"k_n{i}"]
        value = np.array([np.nan if label is None else float(label) for label in key.labels])[key.codes]
        missing[:, i] = np.isnan(value)
        value = np.where(missing[:, i], 0.0, value - plan.centre[name])
        sums[:, i], plain[:, i] = weight * value, count * value
        for j in range(i + 1):
            products[:, i, j] = products[:, j, i] = sums[:, j] * value
    for i, name in enumerate(plan.running):
        at = k + i
        if name in plan.flagged:
            missing[:, at] = _floats(table[f"na{i}"]) == 0
        sums[:, at] = _floats(table[f"a{i}"])
        plain[:, at] = _floats(table[f"pa{i}"]) if plan.design.weight is not None else sums[:, at]
        for j in range(i + 1):
            products[:, at, k + j] = products[:, k + j, at] = _floats(table[f"a{i}a{j}"])
        for j in range(k):
            products[:, at, j] = products[:, j, at] = sums[:, at] * _safe_ratio(sums[:, j], weight)
    return missing, sums, plain, products


def _response_products(
    plan: Plan, table: pa.Table, sums: Floats, response_sums: Floats, weight: Floats, R: int, c: int
) -> Floats:
    k = len(plan.keyed)
    products = np.zeros((table.num_rows, R, c))
    for r in range(R):
        for j in range(k):
            products[:, r, j] = response_sums[:, r] * _safe_ratio(sums[:, j], weight)
        for i in range(len(plan.running)):
            products[:, r, k + i] = _floats(table[f"y{r}a{i}"])
    return products


def _safe_ratio(total: Floats, weight: Floats) -> Floats:
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)


def _refuse_bad_figures(plan: Plan, table: pa.Table) -> None:
    figures = {f"a{i}": name for i, name in enumerate(plan.running)}
    figures |= {f"y{r}y": ", ".join(response.columns) for r, response in enumerate(plan.responses)}
    figures |= {f"k_n{i}": name for i, name in enumerate(plan.keyed)}
    for alias, name in figures.items():
        if not np.isfinite(_floats(table[alias])).all():
            raise AnalysisRefused(
                "it holds NaN or an infinite value",
                where=f"column {name}",
                rule="a missing value is a null, and every other value is finite",
                remedy="mark what is missing as missing",
            )
    if plan.design.weight is not None:
        least = _floats(table["least_weight"])
        if (_floats(table["weighted"]) < _floats(table["count"])).any() or not (least > 0).all():
            raise AnalysisRefused(
                "a weight is missing or not above zero",
                where=f"column {plan.design.weight}",
                rule="weights are 1 ÷ probability",
            )
    if plan.by_cluster and "k_cluster" in table.column_names and table["k_cluster"].null_count:
        refuse_missing_cluster(plan)


def refuse_missing_cluster(plan: Plan) -> None:
    """A customer without a cluster was not dealt with anyone, so no clustered error holds."""
    raise AnalysisRefused(
        "a customer has no cluster",
        where=f"column {plan.design.cluster}",
        rule=f"{' and '.join(sorted(CLUSTERED))} need the cluster of every customer",
        remedy="give every customer the unit that was dealt whole",
    )


def _combined(columns: Sequence[Coded], rows: int) -> tuple[Ints, tuple[str, ...]]:
    """One index over the combinations that occur, and their names ("band = low, phone = yes")."""
    if not columns:
        return np.zeros(rows, dtype=np.int64), ("",)
    stacked = np.column_stack([c.codes for c in columns])
    unique, codes = np.unique(stacked, axis=0, return_inverse=True)
    names = tuple(", ".join(_text(c.labels[code]) for c, code in zip(columns, row, strict=True)) for row in unique)
    return codes.reshape(-1).astype(np.int64), names


def _text(label: str | float | None) -> str:
    return "missing" if label is None else str(label)


def _coded(name: str, column: pa.ChunkedArray) -> Coded:
    """Codes in the order of the labels, so that they do not depend on the order of the rows."""
    column = column.combine_chunks()
    encoded = pc.dictionary_encode(pc.cast(column, pa.int8()) if pa.types.is_boolean(column.type) else column)
    labels = encoded.dictionary
    rank = pc.sort_indices(labels).to_numpy()
    position = np.empty(len(rank) + 1, dtype=np.int64)
    position[rank] = np.arange(len(rank))
    position[len(rank)] = len(rank)
    raw = pc.fill_null(encoded.indices, len(rank)).to_numpy(zero_copy_only=False).astype(np.int64)
    if name == "k_cluster":
        return Coded(name, position[raw], range(len(rank) + (encoded.null_count > 0)))
    ordered = labels.take(pa.array(rank)).to_pylist()
    if encoded.null_count:
        ordered.append(None)
    return Coded(name, position[raw], tuple(x if x is None or isinstance(x, float) else str(x) for x in ordered))


def _with_labels(coded: Coded, labels: Sequence[str]) -> Coded:
    """The text behind the numbers, and None for a null."""
    return Coded(coded.name, coded.codes, tuple(None if x is None else labels[int(x)] for x in coded.labels))


def _floats(column: pa.ChunkedArray) -> Floats:
    """An engine's figures as doubles: integer sums may come as decimals, empty ones as null."""
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64()), 0.0).to_numpy(), dtype=np.float64)


def _stack(table: pa.Table, names: Sequence[str]) -> Floats:
    return np.column_stack([_floats(table[n]) for n in names]) if names else np.empty((table.num_rows, 0))
