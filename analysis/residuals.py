"""The second pass: sums over customers of what needs each one's residual and leverage.

The coefficients of every cell are a small table, joined back to the rows; the engine evaluates residual, weight and
leverage of each customer and returns sums by block or by cluster. All responses and levels come from the one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.frame import AnalysisFrame
from analysis.gram import inner, quadratic
from analysis.heteroskedastic import LONE, BlockVariances
from analysis.model import Model
from analysis.moments import Cells, key_expressions
from analysis.plan import Plan, number, response_value

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model fitted to some responses in one level.

    Attributes:
        level: Subgroup level.
        sample: Which set of observed rows; responses of the same sample share rows, models and leverages.
        responses: Positions of the responses.
        index: (m,) which cells of the first pass the model's rows are.
        model: The model of those cells.
        coefficients: (len(responses), B, q).
    """

    level: int
    sample: int
    responses: tuple[int, ...]
    index: Ints
    model: Model
    coefficients: Floats


def block_variances(
    frame: AnalysisFrame, cells: Cells, fits: Sequence[Fitted], power: int
) -> dict[tuple[int, int], BlockVariances]:
    """By (level, response): the sums of HC errors with leverage to the ``power``, every residual taken row by row."""
    plan = cells.plan
    B = max(len(fit.model.functionals) for fit in fits)
    table, samples = _coefficient_table(cells, fits, contrasts=False)
    rows = joined(frame, cells, table)
    w = nw.col("w") if plan.design.weight is not None else None
    F = max(fit.model.functionals.shape[1] for fit in fits)
    sums: list[nw.Expr] = []
    for sample, responses in samples.items():
        left = _left(plan, sample, w)
        sums.append(nw.when(left > LONE).then(0).otherwise(1).sum().alias(f"lone{sample}"))
        for r in responses:
            error = _error(plan, r)
            squared = error * error if w is None else w * error * error
            sums.append((squared * nw.col(f"in{sample}")).sum().alias(f"e{r}"))
            meat = squared if w is None else w * squared
            if power:
                divisor = left if power == 1 else left * left
                meat = nw.when(left > LONE).then(meat / divisor).otherwise(0.0)
            for f in range(F):
                for g in range(f + 1):
                    weight = _direction(plan, sample, f) * _direction(plan, sample, g)
                    sums.append((weight * meat).sum().alias(f"v{r}_{f}_{g}"))
    result = frame.engine.collect(rows.group_by("block").agg(*sums))
    return _unpack(result, fits, B, F)


@dataclass(frozen=True, slots=True)
class ClusterScores:
    """Sums of influence by cluster, level and arm, m of them.

    Attributes:
        cluster: (m,) code, 0 to ``clusters`` - 1; -1 where a customer has none. ``level`` and ``arm``: (m,).
        scores: By response (m, T), the contrasts' influence, unadjusted.
        present: By sample (m,) customers that take part.
    """

    cluster: Ints
    clusters: int
    level: Ints
    arm: Ints
    scores: dict[int, Floats]
    present: dict[int, Floats]


def cluster_scores(frame: AnalysisFrame, cells: Cells, fits: Sequence[Fitted]) -> ClusterScores:
    """What CR0 and CR1 need, from one pass in the engine."""
    plan = cells.plan
    table, samples = _coefficient_table(cells, fits, contrasts=True)
    cluster = nw.col(str(plan.design.cluster)).cast(nw.String)
    rows = joined(frame, cells, table, cluster=cluster)
    w = nw.col("w") if plan.design.weight is not None else None
    T = len(plan.design.contrasts)
    sums: list[nw.Expr] = []
    for sample, responses in samples.items():
        sums.append(nw.col(f"in{sample}").sum().alias(f"in{sample}"))
        for r in responses:
            error = _error(plan, r) if w is None else w * _error(plan, r)
            sums += [(_direction(plan, sample, t) * error).sum().alias(f"u{r}_{t}") for t in range(T)]
    result = frame.engine.collect(rows.group_by("cluster", "level", "arm").agg(*sums))
    encoded = pc.dictionary_encode(result["cluster"].combine_chunks())
    return ClusterScores(
        pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64),
        len(encoded.dictionary),
        _floats(result["level"]).astype(np.int64),
        _floats(result["arm"]).astype(np.int64),
        {
            r: np.column_stack([_floats(result[f"u{r}_{t}"]) for t in range(T)])
            for responses in samples.values()
            for r in responses
        },
        {sample: _floats(result[f"in{sample}"]) for sample in samples},
    )


def joined(frame: AnalysisFrame, cells: Cells, table: pa.Table, *, cluster: nw.Expr | None = None) -> nw.LazyFrame[Any]:
    """The rows, with their numbers ``a0``…, responses ``y0``… and weight ``w``, joined to a table of the cells."""
    plan = cells.plan
    keys = key_expressions(plan, frame.rows.collect_schema())
    columns: dict[str, nw.Expr] = {}
    for name, column in cells.keys:
        columns[name], filled = _without_nulls(keys[name], column)
        table = table.append_column(name, filled)
    for i, name in enumerate(plan.running):
        value = number(name, plan.centre[name])
        columns[f"a{i}"] = value.fill_null(0.0) if name in plan.flagged else value
    for r, response in enumerate(plan.responses):
        y = response_value(response, plan.response_centre[r])
        columns[f"y{r}"] = y.fill_null(0.0) if r in plan.masked else y
    if plan.design.weight is not None:
        columns["w"] = nw.col(plan.design.weight).cast(nw.Float64)
    if cluster is not None:
        columns["cluster"] = cluster
    names = [name for name, _ in cells.keys]
    return frame.rows.select(**columns).join(frame.engine.companion(table), on=names, how="inner")


def _without_nulls(key: nw.Expr, column: pa.ChunkedArray) -> tuple[nw.Expr, pa.ChunkedArray]:
    """Joins do not match nulls, so where a key has any they become a value that it does not hold."""
    if not column.null_count:
        return key, column
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        stand_in: str | float = "\ue000" + max(
            (str(x) for x in column.to_pylist() if x is not None), key=len, default=""
        )
        return key.fill_null(stand_in), pc.fill_null(column, stand_in)
    least = pc.min(column).as_py()
    wide = pc.cast(column, pa.float64())
    stand_in = -1.0 if least is None else float(least) - 1.0
    return key.cast(nw.Float64).fill_null(stand_in), pc.fill_null(wide, stand_in)


def _coefficient_table(
    cells: Cells, fits: Sequence[Fitted], *, contrasts: bool
) -> tuple[pa.Table, dict[int, tuple[int, ...]]]:
    """Everything a row needs of its cell, as columns; cells outside a sample get zeros there."""
    plan = cells.plan
    M, c = len(cells.count), len(plan.running)
    B = max(len(fit.model.functionals) for fit in fits)
    k = len(plan.keyed)
    block = cells.level * B
    columns: dict[str, Floats] = {}
    samples: dict[int, tuple[int, ...]] = {}
    for fit in fits:
        model, s = fit.model, fit.sample
        samples[s] = fit.responses
        taking_part = model.block >= 0
        at = fit.index[taking_part]
        own = model.block[taking_part]
        block[at] = fit.level * B + own
        rows = model.rows.take(taking_part)
        constant = _constant_part(cells, model, at, rows.values)
        steps = np.where(model.rows.value_columns[k:] >= 0, 1.0 / model.scale[k:], 0.0)
        where = np.where(model.rows.value_columns[k:] >= 0, model.rows.value_columns[k:], 0)
        rows = type(rows)(rows.indicators, constant, rows.value_columns, rows.width)

        def put(name: str, values: Floats, at: Ints = at) -> None:
            columns.setdefault(name, np.zeros(M))[at] = values

        def put_line(
            name: str, vectors: Floats, own: Ints = own, rows: Any = rows, where: Ints = where, steps: Floats = steps
        ) -> None:
            put(name, inner(rows, own, vectors))
            for i in range(c):
                put(f"{name}_{i}", vectors[own, where[i]] * steps[i])

        put(f"in{s}", np.ones(len(at)))
        directions = np.einsum("bfq,bqp->bfp", model.functionals, model.inverse)
        if contrasts:
            directions = np.einsum("tbf,bfp->btp", model.combine, directions)
        for f in range(directions.shape[1]):
            put_line(f"w{s}_{f}", directions[:, f])
        if not contrasts:
            _put_leverage(put, s, rows, own, model, where, steps, c)
        for i, r in enumerate(fit.responses):
            put_line(f"b{r}", fit.coefficients[i])
    table = pa.table({"block": block, "level": cells.level, "arm": cells.arm, **columns})
    return table, samples


def _constant_part(cells: Cells, model: Model, at: Ints, values: Floats) -> Floats:
    """The numbers of a cell as far as they are constant in it: keyed ones whole, running ones only where filled."""
    k = len(cells.plan.keyed)
    constant = values.copy()
    constant[:, k:] = cells.missing[at][:, k:] * (model.fill / model.scale)[k:]
    return constant


def _put_leverage(put: Any, s: int, rows: Any, own: Ints, model: Model, where: Ints, steps: Floats, c: int) -> None:
    put(f"h{s}", quadratic(rows, own, model.inverse))
    for i in range(c):
        line = model.inverse[:, :, where[i]] * steps[i]
        put(f"h{s}_{i}", 2.0 * inner(rows, own, line))
        for j in range(i + 1):
            factor = 1.0 if i == j else 2.0
            put(f"h{s}_{i}_{j}", factor * steps[i] * steps[j] * model.inverse[own, where[i], where[j]])


def _line(plan: Plan, name: str) -> nw.Expr:
    total = nw.col(name)
    for i in range(len(plan.running)):
        total = total + nw.col(f"{name}_{i}") * nw.col(f"a{i}")
    return total


def _direction(plan: Plan, sample: int, f: int) -> nw.Expr:
    return _line(plan, f"w{sample}_{f}")


def _error(plan: Plan, r: int) -> nw.Expr:
    return nw.col(f"y{r}") - _line(plan, f"b{r}")


def _left(plan: Plan, sample: int, w: nw.Expr | None) -> nw.Expr:
    """1 - h of a row."""
    h = nw.col(f"h{sample}")
    for i in range(len(plan.running)):
        inside = nw.col(f"h{sample}_{i}")
        for j in range(i + 1):
            inside = inside + nw.col(f"h{sample}_{i}_{j}") * nw.col(f"a{j}")
        h = h + inside * nw.col(f"a{i}")
    return 1.0 - h if w is None else 1.0 - w * h


def _unpack(result: pa.Table, fits: Sequence[Fitted], B: int, F: int) -> dict[tuple[int, int], BlockVariances]:
    position = _floats(result["block"]).astype(np.int64)
    out: dict[tuple[int, int], BlockVariances] = {}
    for fit in fits:
        row = np.full(B, -1)
        mine = (position // B) == fit.level
        row[position[mine] % B] = np.flatnonzero(mine)
        found = row >= 0

        def gather(name: str, row: Any = row, found: Any = found) -> Floats:
            values = np.zeros(B)
            values[found] = _floats(result[name])[row[found]]
            return values

        for r in fit.responses:
            meat = np.zeros((B, F, F))
            for f in range(F):
                for g in range(f + 1):
                    meat[:, f, g] = meat[:, g, f] = gather(f"v{r}_{f}_{g}")
            out[fit.level, r] = BlockVariances(meat, gather(f"e{r}"), gather(f"lone{fit.sample}"))
    return out


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(pc.fill_null(pc.cast(column, pa.float64()), 0.0).to_numpy(), dtype=np.float64)
