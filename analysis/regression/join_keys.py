"""One whole number for a row's cell, so that a small table can be joined to many rows by position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

LARGEST = 2**31 - 1


def join_keys(
    cells: Sequence[tuple[str, pa.ChunkedArray]], keys: Mapping[str, nw.Expr]
) -> tuple[dict[str, nw.Expr], dict[str, pa.Array]]:
    """What rows and cells are joined on, by the same names.

    Whole numbers share one 32-bit key, when their ranges allow it; text and the rest are keys of their own. Joins do
    not match nulls, so a null becomes a value that the column does not hold.

    Args:
        cells: (name, column) of what the cells were grouped by.
        keys: The expressions that they were grouped by.

    Returns:
        Expressions on the rows, and columns of the cells.
    """
    rows: dict[str, nw.Expr] = {}
    of_cells: dict[str, pa.Array] = {}
    key: nw.Expr | None = None
    codes = np.zeros(len(cells[0][1]), dtype=np.int64)
    reach = 1
    for name, column in cells:
        whole = _whole_numbers(column)
        # No larger than it must be: an engine joins by position only where nearly every position is taken.
        size = 0 if whole is None else int(whole.max() - whole.min()) + 1 + (column.null_count > 0)
        if whole is None or reach * size > LARGEST or abs(whole).max() > LARGEST:
            rows[name], of_cells[name] = _without_nulls(keys[name], column)
            continue
        reach *= size
        least = int(whole.min())
        digit = keys[name].cast(nw.Int32) - least if least else keys[name].cast(nw.Int32)
        position = whole - least
        if column.null_count:
            digit = (digit + 1).fill_null(0)
            position = np.where(pc.is_null(column).to_numpy(), 0, position + 1)
        key = digit if key is None else key * size + digit
        codes = codes * size + position
    if key is not None:
        rows["k"], of_cells["k"] = key.cast(nw.Int32), pa.array(codes.astype(np.int32))
    return rows, of_cells


def _whole_numbers(column: pa.ChunkedArray) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]] | None:
    """The column as whole numbers, nulls as its least, or ``None`` when it holds anything else."""
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_floating(kind)):
        return None
    if column.null_count == len(column):
        return None
    numbers = pc.cast(column, pa.float64())
    values = np.asarray(pc.fill_null(numbers, pc.min(numbers)).to_numpy())
    if not (np.isfinite(values).all() and (values == np.floor(values)).all() and (abs(values) < 2**53).all()):
        return None
    return values.astype(np.int64)


def _without_nulls(key: nw.Expr, column: pa.ChunkedArray) -> tuple[nw.Expr, pa.Array]:
    if not column.null_count:
        return key, column
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        longest = max((str(x) for x in column.to_pylist() if x is not None), key=len, default="")
        stand_in = longest + "\ue000"
        return key.fill_null(stand_in), pc.fill_null(column, stand_in)
    least = pc.min(column).as_py()
    below = -1.0 if least is None else float(least) - 1.0
    return key.cast(nw.Float64).fill_null(below), pc.fill_null(pc.cast(column, pa.float64()), below)
