"""The second pass: sums over customers of what needs each one's residual and leverage.

The coefficients of every cell are a small table, joined back to the rows; the engine evaluates residual, weight and
leverage of each customer and returns sums by block or by cluster. All responses and levels come from the one pass.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
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
from analysis.join_keys import join_keys
from analysis.model import Model
from analysis.moments import Cells, key_expressions
from analysis.plan import Plan, number, numbered_rows, response_value

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
    F = max(fit.model.functionals.shape[1] for fit in fits)
    table, samples = _coefficient_table(cells, fits, contrasts=False)
    rows = joined(frame, cells, table)
    # Only an arm too small for its regression leaves observed customers outside the fit.
    partial = {fit.sample for fit in fits if (fit.model.block < 0).any()}
    # Classical errors and Welch's degrees of freedom are all that ask for squared residuals by themselves.
    squares = plan.design.adjustment == "none" or plan.design.standard_errors == "classical"
    sums = functools.partial(_hc_sums, frame, plan, rows, samples, partial, F, power, squares)
    result = sums(guarded=False)
    least = [pc.min(result[f"least{sample}"]).as_py() for sample in samples]
    if power and min(least) <= LONE:
        # Looking at every row's leverage before dividing by it costs half as much again, and hardly ever matters.
        result = sums(guarded=True)
    return _unpack(result, fits, B, F)


def _hc_sums(
    frame: AnalysisFrame,
    plan: Plan,
    rows: nw.LazyFrame[Any],
    samples: Mapping[int, tuple[int, ...]],
    partial: set[int],
    F: int,
    power: int,
    squares: bool,
    *,
    guarded: bool,
) -> pa.Table:
    weighted = plan.design.weight is not None
    parts: dict[str, nw.Expr] = {"block": nw.col("block")}
    sums: list[nw.Expr] = []
    for sample, responses in samples.items():
        parts[f"left{sample}"] = _left(plan, sample)
        left = nw.col(f"left{sample}")
        sums.append(left.min().alias(f"least{sample}"))
        if guarded:
            sums.append(nw.when(left > LONE).then(0).otherwise(1).sum().alias(f"lone{sample}"))
        for r in responses:
            error = nw.col(f"y{r}") - _line(plan, f"b{r}")
            if squares:
                parts[f"e{r}"] = error
                squared = nw.col(f"e{r}") * nw.col(f"e{r}")
                if sample in partial:
                    parts[f"in{sample}"] = nw.col(f"in{sample}")
                    squared = squared * nw.col(f"in{sample}")
                sums.append((nw.col("w") * squared if weighted else squared).sum().alias(f"e{r}"))
            for f in range(F):
                influence = _line(plan, f"w{sample}_{f}") * error
                parts[f"u{r}_{f}"] = nw.col("w") * influence if weighted else influence
                for g in range(f + 1):
                    term = nw.col(f"u{r}_{f}") * nw.col(f"u{r}_{g}")
                    for _ in range(power):
                        term = term / left
                    term = nw.when(left > LONE).then(term).otherwise(0.0) if guarded else term
                    sums.append(term.sum().alias(f"v{r}_{f}_{g}"))
    parts |= {"w": nw.col("w")} if weighted else {}
    return frame.engine.collect(rows.select(**parts).group_by("block").agg(*sums))


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
    T = len(plan.design.contrasts)
    sums: list[nw.Expr] = []
    for sample, responses in samples.items():
        sums.append(nw.col(f"in{sample}").sum().alias(f"in{sample}"))
        for r in responses:
            error = nw.col(f"y{r}") - _line(plan, f"b{r}")
            error = error if plan.design.weight is None else nw.col("w") * error
            sums += [(_line(plan, f"w{sample}_{t}") * error).sum().alias(f"u{r}_{t}") for t in range(T)]
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
    columns, own = join_keys(cells.keys, keys)
    for name, column in own.items():
        table = table.append_column(name, column)
    names = list(own)
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
    return numbered_rows(frame, plan).select(**columns).join(frame.engine.companion(table), on=names, how="inner")


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


def _left(plan: Plan, sample: int) -> nw.Expr:
    """1 - h of a row."""
    h = nw.col(f"h{sample}")
    for i in range(len(plan.running)):
        inside = nw.col(f"h{sample}_{i}")
        for j in range(i + 1):
            inside = inside + nw.col(f"h{sample}_{i}_{j}") * nw.col(f"a{j}")
        h = h + inside * nw.col(f"a{i}")
    return 1.0 - h if plan.design.weight is None else 1.0 - nw.col("w") * h


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
            if name not in result.column_names:
                return values
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
