"""The first pass: counts and cross-products of every cell of the discrete columns.

Sums are taken about a centre, so large amounts lose no digits. Everything after this is small algebra, but for
residuals that vary within a cell.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.regression.first_pass import corrected, first_pass, floats, key_expressions, numbered_keys, ratio_of
from analysis.regression.plan import Plan, numbered_rows
from analysis.regression.size import MOST_SUMS, refuse_many_sums, sums_of
from data.pieces import coded
from designs.literals import CLUSTERED

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
        response_cubes: (M, R) Σy³, where the plan asks for them.
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
    response_cubes: Floats | None = None


def read_cells(frame: AnalysisFrame, plan: Plan) -> Cells:
    """Read the rows once; once more when the pilot misjudged nulls or a centre.

    Raises:
        AnalysisRefused: A column holds a value that is not finite, a weight that is not positive, or no cluster; or
            there are more cells than can be held.
    """
    _refuse_many_cells(frame, plan)
    for _ in range(3):
        table = frame.engine.collect(first_pass(frame, plan))
        better = corrected(plan, table)
        if better is None:
            return _to_cells(plan, table)
        plan = better
    return _to_cells(plan, table)


def _refuse_many_cells(frame: AnalysisFrame, plan: Plan) -> None:
    """Count the cells where there may be too many, before anything is summed in them."""
    of_what = len(plan.numbers), len(plan.responses)
    if plan.many_cells and sums_of(frame.flow.allocated, *of_what) > MOST_SUMS:
        keys = key_expressions(plan, frame.rows.collect_schema())
        counted = numbered_rows(frame, plan).select(**keys).unique().select(nw.len().alias("cells"))
        refuse_many_sums(int(frame.engine.collect(counted)["cells"][0].as_py()), *of_what)


def select(cells: Cells, rows: NDArray[np.bool_]) -> Cells:
    """The cells that a mask (M,) picks, without their keys."""
    return dataclasses.replace(
        cells,
        keys=(),
        categories=tuple(Coded(c.name, c.codes[rows], c.labels) for c in cells.categories),
        cluster=None
        if cells.cluster is None
        else Coded(cells.cluster.name, cells.cluster.codes[rows], cells.cluster.labels),
        response_cubes=None if cells.response_cubes is None else cells.response_cubes[rows],
        **{name: getattr(cells, name)[rows] for name in _BY_CELL},
    )


_BY_CELL = (
    "level", "arm", "strata", "count", "weight", "missing", "sums", "plain_sums", "products", "observed",
    "response_sums", "plain_response_sums", "response_squares", "response_products",
)  # fmt: skip


def _to_cells(plan: Plan, table: pa.Table) -> Cells:
    _refuse_bad_figures(plan, table)
    arms = pa.array(plan.specification.arms, pa.string())
    if ARM_COLUMN in plan.numbered:
        table = table.filter(pc.is_valid(table["k_arm"]))
    else:
        table = table.filter(pc.is_in(table["k_arm"], value_set=arms))
    if plan.by is not None:
        table = table.filter(pc.is_valid(table["k_level"]))
    names = [name for name in table.column_names if name.startswith("k_")]
    coded = {name: _coded(name, table[name]) for name in names}
    for key, column in numbered_keys(plan).items():
        coded[key] = _with_labels(coded[key], plan.numbered[column])
    order = np.lexsort([coded[name].codes for name in reversed(names)]) if names else np.arange(0)
    table = table.take(pa.array(order))
    coded = {name: Coded(name, c.codes[order], c.labels) for name, c in coded.items()}

    if ARM_COLUMN in plan.numbered:
        arm = floats(table["k_arm"]).astype(np.int64)
    else:
        arm = pc.index_in(table["k_arm"], value_set=arms).to_numpy().astype(np.int64)
    level = np.zeros(table.num_rows, dtype=np.int64) if plan.by is None else floats(table["k_level"]).astype(np.int64)
    strata, stratum_names = _combined([coded[f"k_s{i}"] for i in range(len(plan.specification.strata))], table.num_rows)
    count = floats(table["count"])
    weighted = plan.specification.weight is not None
    weight = floats(table["weight"]) if weighted else count
    missing, sums, plain_sums, products = _covariate_sums(plan, table, coded, count, weight)
    R, c = len(plan.responses), len(plan.numbers)
    observed = np.column_stack([floats(table[f"ny{r}"]) > 0 for r in range(R)]) if R else np.empty((len(arm), 0), bool)
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
        response_cubes=_stack(table, [f"y{r}yy" for r in range(R)]) if plan.cubes else None,
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
            missing[:, at] = floats(table[f"na{i}"]) == 0
        sums[:, at] = floats(table[f"a{i}"])
        plain[:, at] = floats(table[f"pa{i}"]) if plan.specification.weight is not None else sums[:, at]
        for j in range(i + 1):
            products[:, at, k + j] = products[:, k + j, at] = floats(table[f"a{i}a{j}"])
        for j in range(k):
            products[:, at, j] = products[:, j, at] = sums[:, at] * ratio_of(sums[:, j], weight)
    return missing, sums, plain, products


def _response_products(
    plan: Plan, table: pa.Table, sums: Floats, response_sums: Floats, weight: Floats, R: int, c: int
) -> Floats:
    k = len(plan.keyed)
    products = np.zeros((table.num_rows, R, c))
    for r in range(R):
        for j in range(k):
            products[:, r, j] = response_sums[:, r] * ratio_of(sums[:, j], weight)
        for i in range(len(plan.running)):
            products[:, r, k + i] = floats(table[f"y{r}a{i}"])
    return products


def _refuse_bad_figures(plan: Plan, table: pa.Table) -> None:
    figures = {f"a{i}": name for i, name in enumerate(plan.running)}
    figures |= {f"y{r}y": ", ".join(response.columns) for r, response in enumerate(plan.responses)}
    figures |= {f"k_n{i}": name for i, name in enumerate(plan.keyed)}
    for alias, name in figures.items():
        if not np.isfinite(floats(table[alias])).all():
            raise AnalysisRefused(
                "it holds NaN or an infinite value",
                where=f"column {name}",
                rule="a missing value is a null, and every other value is finite",
                remedy="mark what is missing as missing",
            )
    if plan.specification.weight is not None:
        least = floats(table["least_weight"])
        if (floats(table["weighted"]) < floats(table["count"])).any() or not (least > 0).all():
            raise AnalysisRefused(
                "a weight is missing or not above zero",
                where=f"column {plan.specification.weight}",
                rule="weights are 1 ÷ probability",
            )
    if plan.by_cluster and "k_cluster" in table.column_names and table["k_cluster"].null_count:
        refuse_missing_cluster(plan)


def refuse_missing_cluster(plan: Plan) -> None:
    """A customer without a cluster was not assigned with anyone, so no clustered error holds."""
    raise AnalysisRefused(
        "a customer has no cluster",
        where=f"column {plan.specification.cluster}",
        rule=f"{' and '.join(sorted(CLUSTERED))} need the cluster of every customer",
        remedy="give every customer the unit that was assigned whole",
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
    encoded = coded(pc.cast(column, pa.int8()) if pa.types.is_boolean(column.type) else column)
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


def _stack(table: pa.Table, names: Sequence[str]) -> Floats:
    return np.column_stack([floats(table[n]) for n in names]) if names else np.empty((table.num_rows, 0))
