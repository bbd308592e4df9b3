"""The second pass: sums over customers of what needs each one's residual and leverage.

The coefficients of every cell are a small table, joined back to the rows; the engine evaluates residual, weight and
leverage of each customer and returns sums by block or by cluster. All responses and levels come from the one pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis.frame import AnalysisFrame
from analysis.regression.coefficients import Fitted, coefficient_table
from analysis.regression.first_pass import floats, key_expressions
from analysis.regression.heteroskedastic import LEVERAGE_ONE, BlockVariances
from analysis.regression.join_keys import join_keys
from analysis.regression.moments import Cells
from analysis.regression.plan import Plan, cluster_text, number, numbered_rows
from analysis.specification import response_value
from data.pieces import coded

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def block_variances(
    frame: AnalysisFrame, cells: Cells, fits: Sequence[Fitted], power: int
) -> dict[tuple[int, int], BlockVariances]:
    """By (level, response): the sums of HC errors with leverage to the ``power``, every residual taken row by row."""
    plan = cells.plan
    B = max(len(fit.model.functionals) for fit in fits)
    F = max(fit.model.functionals.shape[1] for fit in fits)
    table, samples = coefficient_table(cells, fits, contrasts=False)
    rows = joined(frame, cells, table)
    wanted = _Wanted(
        samples,
        # Only an arm too small for its regression leaves observed customers outside the fit.
        frozenset(fit.sample for fit in fits if (fit.model.block < 0).any()),
        F,
        power,
        # Classical errors and Welch's degrees of freedom are all that ask for squared residuals by themselves.
        plan.specification.adjustment == "none" or plan.specification.standard_errors == "classical",
    )
    result = frame.engine.collect(_summed(plan, rows, wanted, guarded=False))
    least = [pc.min(result[f"least{sample}"]).as_py() for sample in samples]
    if power and min(least) <= LEVERAGE_ONE:
        # Looking at every row's leverage before dividing by it costs half as much again, and hardly ever matters.
        result = frame.engine.collect(_summed(plan, rows, wanted, guarded=True))
    return _unpack(result, fits, B)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Responses by sample, the samples that leave rows out, functionals of a block, d, and whether Σe² is needed."""

    samples: Mapping[int, tuple[int, ...]]
    partial: frozenset[int]
    functionals: int
    power: int
    squares: bool


def _summed(plan: Plan, rows: nw.LazyFrame[Any], wanted: _Wanted, *, guarded: bool) -> nw.LazyFrame[Any]:
    """Sums by block. ``guarded`` leaves out, and counts, rows of leverage one instead of dividing by zero."""
    weighted = plan.specification.weight is not None
    parts: dict[str, nw.Expr] = {"block": nw.col("block")} | ({"w": nw.col("w")} if weighted else {})
    sums: list[nw.Expr] = []
    for sample, responses in wanted.samples.items():
        left = nw.col(f"left{sample}")
        parts[f"left{sample}"] = _left(plan, sample)
        parts |= {f"in{sample}": nw.col(f"in{sample}")} if sample in wanted.partial else {}
        sums.append(left.min().alias(f"least{sample}"))
        if guarded:
            sums.append(nw.when(left > LEVERAGE_ONE).then(0).otherwise(1).sum().alias(f"leverage_one{sample}"))
        for r in responses:
            error = nw.col(f"y{r}") - _line(plan, f"b{r}")
            if wanted.squares:
                parts[f"e{r}"] = error
                sums.append(_squares(plan, wanted, sample, r).sum().alias(f"e{r}"))
            if plan.third_moments and wanted.functionals == 1:
                sums.append(_cubed(wanted, left, f"u{r}_0", guarded).sum().alias(f"t{r}"))
            for f in range(wanted.functionals):
                influence = _line(plan, f"w{sample}_{f}") * error
                parts[f"u{r}_{f}"] = nw.col("w") * influence if weighted else influence
                for g in range(f + 1):
                    term = _meat(wanted, left, f"u{r}_{f}", f"u{r}_{g}", guarded)
                    sums.append(term.sum().alias(f"v{r}_{f}_{g}"))
    return rows.select(**parts).group_by("block").agg(*sums)


def _squares(plan: Plan, wanted: _Wanted, sample: int, r: int) -> nw.Expr:
    squared = nw.col(f"e{r}") * nw.col(f"e{r}")
    squared = squared * nw.col(f"in{sample}") if sample in wanted.partial else squared
    return squared if plan.specification.weight is None else nw.col("w") * squared


def _meat(wanted: _Wanted, left: nw.Expr, first: str, second: str, guarded: bool) -> nw.Expr:
    term = nw.col(first) * nw.col(second)
    for _ in range(wanted.power):
        term = term / left
    return nw.when(left > LEVERAGE_ONE).then(term).otherwise(0.0) if guarded else term


def _cubed(wanted: _Wanted, left: nw.Expr, name: str, guarded: bool) -> nw.Expr:
    """The cube of an influence, divided by leverage as the variance divides its square."""
    term = nw.col(name) * nw.col(name) * nw.col(name)
    for _ in range(wanted.power):
        term = term / (left * left.sqrt())
    return nw.when(left > LEVERAGE_ONE).then(term).otherwise(0.0) if guarded else term


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
    table, samples = coefficient_table(cells, fits, contrasts=True)
    rows = joined(frame, cells, table, cluster=cluster_text(plan.specification))
    T = len(plan.specification.contrasts)
    sums: list[nw.Expr] = []
    for sample, responses in samples.items():
        sums.append(nw.col(f"in{sample}").sum().alias(f"in{sample}"))
        for r in responses:
            error = nw.col(f"y{r}") - _line(plan, f"b{r}")
            error = error if plan.specification.weight is None else nw.col("w") * error
            sums += [(_line(plan, f"w{sample}_{t}") * error).sum().alias(f"u{r}_{t}") for t in range(T)]
    result = frame.engine.collect(rows.group_by("cluster", "level", "arm").agg(*sums))
    encoded = coded(result["cluster"])
    return ClusterScores(
        pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64),
        len(encoded.dictionary),
        floats(result["level"]).astype(np.int64),
        floats(result["arm"]).astype(np.int64),
        {
            r: np.column_stack([floats(result[f"u{r}_{t}"]) for t in range(T)])
            for responses in samples.values()
            for r in responses
        },
        {sample: floats(result[f"in{sample}"]) for sample in samples},
    )


def influence_cubes(
    frame: AnalysisFrame, cells: Cells, fits: Sequence[Fitted], *, leverage: bool
) -> dict[tuple[int, int], Floats]:
    """By (level, response): (T, K) Σ u³ over the customers of each arm, u their influence on each contrast.

    Args:
        leverage: whether residuals are divided by √(1 − h), as the variance does with their squares.
    """
    plan = cells.plan
    table, samples = coefficient_table(cells, fits, contrasts=True, leverage=leverage)
    T, K = len(plan.specification.contrasts), len(plan.specification.arms)
    parts: dict[str, nw.Expr] = {"level": nw.col("level"), "arm": nw.col("arm")}
    for sample, responses in samples.items():
        for r in responses:
            error = nw.col(f"y{r}") - _line(plan, f"b{r}")
            error = error if plan.specification.weight is None else nw.col("w") * error
            for t in range(T):
                influence = _line(plan, f"w{sample}_{t}") * error
                cube = influence * influence * influence
                if leverage:
                    left = _left(plan, sample)
                    cube = nw.when(left > LEVERAGE_ONE).then(cube / (left * left.sqrt())).otherwise(0.0)
                parts[f"u{r}_{t}"] = cube
    sums = [nw.col(name).sum().alias(name) for name in parts if name.startswith("u")]
    rows = joined(frame, cells, table).select(**parts).group_by("level", "arm").agg(*sums)
    result = frame.engine.collect(rows)
    level, arm = (floats(result[name]).astype(np.int64) for name in ("level", "arm"))
    out: dict[tuple[int, int], Floats] = {}
    for fit in fits:
        of_level = level == fit.level
        for r in fit.responses:
            out[fit.level, r] = np.zeros((T, K))
            for t in range(T):
                out[fit.level, r][t, arm[of_level]] = floats(result[f"u{r}_{t}"])[of_level]
    return out


def joined(frame: AnalysisFrame, cells: Cells, table: pa.Table, *, cluster: nw.Expr | None = None) -> nw.LazyFrame[Any]:
    """The rows, with their numbers ``a0``…, responses ``y0``… and weight ``w``, joined to a table of the cells."""
    plan = cells.plan
    keys = key_expressions(plan, frame.rows.collect_schema())
    columns, of_cells = join_keys(cells.keys, keys)
    for name, column in of_cells.items():
        table = table.append_column(name, column)
    names = list(of_cells)
    for i, name in enumerate(plan.running):
        value = number(name, plan.centre[name])
        columns[f"a{i}"] = value.fill_null(0.0) if name in plan.flagged else value
    for r, response in enumerate(plan.responses):
        y = response_value(response, plan.response_centre[r])
        columns[f"y{r}"] = y.fill_null(0.0) if r in plan.masked else y
    if plan.specification.weight is not None:
        columns["w"] = nw.col(plan.specification.weight).cast(nw.Float64)
    if cluster is not None:
        columns["cluster"] = cluster
    return numbered_rows(frame, plan).select(**columns).join(frame.engine.companion(table), on=names, how="inner")


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
    return 1.0 - h if plan.specification.weight is None else 1.0 - nw.col("w") * h


def _unpack(result: pa.Table, fits: Sequence[Fitted], B: int) -> dict[tuple[int, int], BlockVariances]:
    position = floats(result["block"]).astype(np.int64)
    levels = int(position.max()) // B + 1
    sums = {}
    for name in result.column_names:
        sums[name] = np.zeros(levels * B)
        sums[name][position] = floats(result[name])
    out: dict[tuple[int, int], BlockVariances] = {}
    for fit in fits:
        blocks, F = fit.model.functionals.shape[:2]  # a level may hold fewer strata than another
        of_level = slice(fit.level * B, fit.level * B + blocks)
        leverage_one = sums.get(f"leverage_one{fit.sample}", np.zeros(levels * B))[of_level]
        for r in fit.responses:
            meat = np.zeros((blocks, F, F))
            for f in range(F):
                for g in range(f + 1):
                    meat[:, f, g] = meat[:, g, f] = sums[f"v{r}_{f}_{g}"][of_level]
            residual = sums.get(f"e{r}", np.full(levels * B, np.nan))[of_level]
            cubes = sums[f"t{r}"][of_level] if f"t{r}" in sums else None
            out[fit.level, r] = BlockVariances(meat, residual, leverage_one, cubes)
    return out
