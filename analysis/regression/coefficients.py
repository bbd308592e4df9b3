"""The coefficients of fitted models as a table of the cells: what a row must know of its cell for its residual.

Within a cell a regression row is constant but for its running numbers a, so every inner product is a line in a, and
leverage a quadratic form of a.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.regression.gram import SparseRows, inner, quadratic
from analysis.regression.model import Model
from analysis.regression.moments import Cells

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


@dataclass(frozen=True, slots=True)
class _CellRows:
    """The m cells that take part in a fit.

    Attributes:
        at: (m,) which cells of the first pass. ``block``: (m,) of the model.
        constant: The part of their regression rows that is the same throughout a cell.
        columns: Column of each running number, with ``steps``, the change in it per unit (0: left out).
    """

    at: Ints
    block: Ints
    constant: SparseRows
    columns: Ints
    steps: Floats

    def line(self, vectors: Floats) -> list[Floats]:
        """x'v as its constant and its factor of each running number, (m,) each, given a v by block (B, q)."""
        factors = [vectors[self.block, column] * step for column, step in zip(self.columns, self.steps, strict=True)]
        return [inner(self.constant, self.block, vectors), *factors]

    def form(self, matrices: Floats) -> dict[str, Floats]:
        """x'Mx by suffix: "" the constant, "_i" the factor of a_i, "_i_j" that of a_i·a_j, given (B, q, q)."""
        parts = {"": quadratic(self.constant, self.block, matrices)}
        for i, (column, step) in enumerate(zip(self.columns, self.steps, strict=True)):
            parts[f"_{i}"] = 2.0 * inner(self.constant, self.block, matrices[:, :, column] * step)
            for j in range(i + 1):
                product = step * self.steps[j] * matrices[self.block, column, self.columns[j]]
                parts[f"_{i}_{j}"] = product if i == j else 2.0 * product
        return parts


def coefficient_table(
    cells: Cells, fits: Sequence[Fitted], *, contrasts: bool, leverage: bool | None = None
) -> tuple[pa.Table, dict[int, tuple[int, ...]]]:
    """One row per cell, and the responses of each sample s.

    Columns: ``block`` (level by level), ``level``, ``arm``; by sample ``in{s}`` (1 in the fit), ``w{s}_{f}`` (influence
    per unit of residual, of each functional of the block or, with ``contrasts``, of each contrast) and, with
    ``leverage`` (by default without ``contrasts``), ``h{s}`` (leverage); by response ``b{r}`` (fitted value about the
    centre). A cell outside a fit has zeros there.
    """
    M = len(cells.count)
    leverage = not contrasts if leverage is None else leverage
    B = max(len(fit.model.functionals) for fit in fits)
    block = cells.level * B
    columns: dict[str, Floats] = {}
    samples: dict[int, tuple[int, ...]] = {}
    for fit in fits:
        rows = _cell_rows(cells, fit)
        samples[fit.sample] = fit.responses
        block[rows.at] = fit.level * B + rows.block
        for name, values in _parts(fit, rows, contrasts, leverage).items():
            columns.setdefault(name, np.zeros(M))[rows.at] = values
    return pa.table({"block": block, "level": cells.level, "arm": cells.arm, **columns}), samples


def _parts(fit: Fitted, rows: _CellRows, contrasts: bool, leverage: bool) -> dict[str, Floats]:
    model, s = fit.model, fit.sample
    directions = np.einsum("bfq,bqp->bfp", model.functionals, model.inverse)
    if contrasts:
        directions = np.einsum("tbf,bfp->btp", model.combine, directions)
    parts = {f"in{s}": np.ones(len(rows.at))}
    for f in range(directions.shape[1]):
        parts |= _named(f"w{s}_{f}", rows.line(directions[:, f]))
    for i, r in enumerate(fit.responses):
        parts |= _named(f"b{r}", rows.line(fit.coefficients[i]))
    if leverage:
        parts |= {f"h{s}{suffix}": values for suffix, values in rows.form(model.inverse).items()}
    return parts


def _named(name: str, line: list[Floats]) -> dict[str, Floats]:
    return {name: line[0], **{f"{name}_{i}": factor for i, factor in enumerate(line[1:])}}


def _cell_rows(cells: Cells, fit: Fitted) -> _CellRows:
    """Keyed numbers are constant in a cell; running ones only where they are missing, and so filled."""
    model, k = fit.model, len(cells.plan.keyed)
    taking_part = model.block >= 0
    at = fit.index[taking_part]
    rows = model.rows.take(taking_part)
    values = rows.values.copy()
    values[:, k:] = cells.missing[at][:, k:] * (model.fill / model.scale)[k:]
    in_model = rows.value_columns[k:] >= 0
    return _CellRows(
        at,
        model.block[taking_part],
        SparseRows(rows.indicators, values, rows.value_columns, rows.width),
        np.where(in_model, rows.value_columns[k:], 0),
        np.where(in_model, 1.0 / model.scale[k:], 0.0),
    )
