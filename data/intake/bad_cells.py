"""Cells that cannot be read: where they stand in their column, and why.

Thousands of cells share a few spellings, so a reason is worked out once for each spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.intake.result import Fault, Rows, shown
from data.pieces import in_one_piece, rows_of

Why = str | Callable[[Any], str]
_NOWHERE = np.empty(0, np.int64)
_VALUE = re.compile(r"""^(?:(['"]).*\1|\S+) """)


@dataclass(frozen=True, slots=True)
class BadCells:
    """Cells of one column that its contract forbids.

    Args:
        field: The column.
        positions: Where they are, shape (k,), no position twice.
        reasons: Why, k texts that begin with the value, each kept once: millions may be one.
    """

    field: str
    positions: Rows
    reasons: pa.DictionaryArray

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[Fault]:
        """One fault a cell."""
        for position, reason in zip(self.positions.tolist(), self.reasons.to_pylist(), strict=True):
            yield Fault(position, self.field, reason)

    def where(self, rows: npt.NDArray[np.bool_]) -> BadCells:
        """Those of some rows of the column, ``rows`` of shape (n,)."""
        chosen = np.flatnonzero(rows[self.positions])
        return BadCells(self.field, self.positions[chosen], self.reasons.take(pa.array(chosen)))

    def and_also(self, other: BadCells) -> BadCells:
        """These, and those of another look at the same column that are not among them."""
        if not len(other) or not len(self):
            return other if len(other) else self
        new = np.flatnonzero(~np.isin(other.positions, self.positions))
        reasons = pa.concat_arrays([self.reasons, other.reasons.take(pa.array(new))])
        return BadCells(self.field, np.concatenate([self.positions, other.positions[new]]), reasons)


def no_bad_cells(field: str) -> BadCells:
    """The usual case."""
    return BadCells(field, _NOWHERE, pa.array([], pa.string()).dictionary_encode())


def bad_cells(values: pa.ChunkedArray, positions: Sequence[int] | Rows, field: str, why: Why) -> BadCells:
    """Cells at some positions, each reason the value and what is wrong with it.

    Args:
        values: The column as it was read, shape (n,).
        positions: Where the cells are.
        field: The column's name.
        why: What is wrong with a value, or what says so of each.

    Examples:
        >>> column = pa.chunked_array([["12.50", "n.k.", "n.k."]])
        >>> bad_cells(column, [1, 2], "amount", "is not a number").reasons.to_pylist()
        ["'n.k.' is not a number", "'n.k.' is not a number"]
    """
    if not len(positions):
        return no_bad_cells(field)
    places = np.asarray(positions, np.int64)
    chosen = in_one_piece(rows_of(values, pa.array(places), field), field)
    if pa.types.is_dictionary(chosen.type):
        chosen = chosen.cast(chosen.type.value_type)
    coded = pc.dictionary_encode(chosen)
    reasons = [
        f"{_written(value)} {why if isinstance(why, str) else why(value)}" for value in coded.dictionary.to_pylist()
    ]
    # A reason of two values may be the same, and then has one place.
    told = pa.array(reasons, pa.string()).dictionary_encode()
    return BadCells(field, places, pa.DictionaryArray.from_arrays(told.indices.take(coded.indices), told.dictionary))


def without_value(reason: str) -> str:
    """A reason without the value that it begins with: for counting, and for what is stored.

    Examples:
        >>> without_value("'n.k.' is not a number"), without_value("-3 is below 0")
        ('is not a number', 'is below 0')
    """
    return _VALUE.sub("", reason)


def _written(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else shown(value)


def emptied(values: pa.ChunkedArray, positions: Rows) -> pa.ChunkedArray:
    """The column with a missing value at some positions."""
    if not len(positions):
        return values
    mask = np.zeros(len(values), bool)
    mask[positions] = True
    return pc.if_else(pa.array(mask), pa.scalar(None, values.type), values)
