"""What intake hands on, and what its rooms hand each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.errors import DataRefused

CLIFFS = (65_536, 1_048_576)  # rows that a sheet holds, before and since Excel 2007
SOME_ROWS = "a file has a header and at least one row"
UNDAMAGED = "a file is read as a whole or not at all"
MAXIMUM_REJECTIONS = 2_000_000  # each is told with its row, field and reason, and takes some hundred bytes until then
Rows = npt.NDArray[np.int64]
Told = Literal["rows", "cells"]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one row was not taken. ``row`` counts data rows from 1, the header not counted."""

    row: int
    field: str | None  # None where the whole row is at fault
    reason: str


@dataclass(frozen=True, slots=True)
class RejectedFor:
    """The rows that one column, or the row as a whole, was turned away for, for one reason: its value left out."""

    field: str | None
    reason: str
    rows: int
    first_row: int


@dataclass(frozen=True, slots=True)
class UnreadableCells:
    """Cells of one column that could not be read, in rows that were taken: missing values with a reason.

    Args:
        field: The column.
        positions: Places in the table taken, shape (k,), ascending.
        rows: Data row numbers in the file, shape (k,).
        reasons: Why, shape (k,), each kept once.
    """

    field: str
    positions: Rows
    rows: Rows
    reasons: pa.DictionaryArray


@dataclass(frozen=True, slots=True)
class Intake:
    """A file as taken: ``read == loaded + rejected``, always.

    Args:
        table: The rows taken, in their order, typed by the contract.
        read: Data rows in the file.
        rejections: Every reason for every row not taken, by row. One row may have several.
        digest: SHA-256 of the file's bytes.
        source: The file's name, without its folder.
        warnings: What was taken but deserves a look.
        unreadable: Cells that are missing because they could not be read, where the contract keeps their rows.
    """

    table: pa.Table
    read: int
    rejections: tuple[Rejection, ...]
    digest: str
    source: str
    warnings: tuple[str, ...] = ()
    unreadable: tuple[UnreadableCells, ...] = ()

    @property
    def loaded(self) -> int:
        return int(self.table.num_rows)

    @property
    def rejected(self) -> int:
        """Rows, not reasons."""
        return len({rejection.row for rejection in self.rejections})

    @property
    def file_rows(self) -> Rows:
        """The data row in the file, counted from 1, of each row taken, shape (n,)."""
        rejected = np.array(sorted({rejection.row for rejection in self.rejections}), np.int64)
        return np.setdiff1d(np.arange(1, self.read + 1), rejected, assume_unique=True)

    def without(self, positions: Rows, reasons: Sequence[str], field: str) -> Intake:
        """The intake without some of the rows taken, which are rejected for what one column holds.

        Args:
            positions: Places in the table, shape (k,), ascending.
            reasons: Why, shape (k,), each kept once.
            field: The column.

        Raises:
            DataRefused: More are lost than are told of one file.
        """
        refuse_too_many(len(self.rejections) + len(positions), reasons[-1] if reasons else "", self.source)
        keep = np.ones(self.loaded, bool)
        keep[positions] = False
        place, rows = np.cumsum(keep) - 1, self.file_rows
        lost = [Rejection(int(rows[at]), field, reason) for at, reason in zip(positions, reasons, strict=True)]
        unreadable = [
            UnreadableCells(c.field, place[c.positions[left]], c.rows[left], c.reasons.filter(pa.array(left)))
            for c in self.unreadable
            for left in [keep[c.positions]]
        ]
        return replace(
            self,
            table=self.table.filter(pa.array(keep)),
            rejections=tuple(sorted([*self.rejections, *lost], key=lambda rejection: rejection.row)),
            unreadable=tuple(cells for cells in unreadable if len(cells.rows)),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader of one format found, before the contract is applied.

    Args:
        table: The rows that could be told apart, in their order.
        read: Data rows in the file.
        rows: Data row number of each row of ``table``, shape (n,); ``None`` when they are 1 to n.
        rejections: Rows that never became part of ``table``.
        faults: Cells that the format itself marks as none, null in ``table``.
        untyped: Whether text columns may be numbers that the format could not mark as such.
    """

    table: pa.Table
    read: int
    rows: Rows | None = None
    rejections: tuple[Rejection, ...] = ()
    warnings: tuple[str, ...] = ()
    untyped: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that the contract forbids, at a position of the table read."""

    position: int
    field: str | None
    reason: str


def refuse_too_many(count: int, reason: str, where: str | None, told: Told = "rows") -> None:
    """Turn away a file of which so much cannot be taken that telling of each row or cell would fill the memory.

    Args:
        count: How many there are.
        reason: Why the last of them are not taken.
        where: The file, and the column.
        told: Whether rows are lost, or cells of rows that stay.

    Raises:
        DataRefused: More than are told of one file.
    """
    if count > MAXIMUM_REJECTIONS:
        raise DataRefused(
            f"more than {MAXIMUM_REJECTIONS:,} {told} cannot be {'taken' if told == 'rows' else 'read'}: {reason}",
            where=where,
            rule=f"every one of the {told} that are not is told, up to {MAXIMUM_REJECTIONS:,} of them",
            remedy="export the file again in the form that is asked for, of the customers who are asked for alone",
        )


_QUOTED = re.compile(r"""^((?:the id |the row )?)(?:(['"]).*\2|-?[\d.,]+(?:e[+-]?\d+)?) """)
_COUNTS = re.compile(r": \d+ where the header has \d+$")


def rejected_for(rejections: Iterable[Rejection]) -> tuple[RejectedFor, ...]:
    """Rejections summed by field and reason, the commonest first.

    Examples:
        >>> cells = [Rejection(1, "sum", "'x' is not a number"), Rejection(4, "sum", "'y' is not a number")]
        >>> rejected_for([*cells, Rejection(2, "id", "the id 'NA' is no id")])
        (RejectedFor(field='sum', reason='is not a number', rows=2, first_row=1), \
RejectedFor(field='id', reason='the id is no id', rows=1, first_row=2))
    """
    rows: dict[tuple[str | None, str], set[int]] = {}
    for rejection in rejections:
        rows.setdefault(_cause(rejection), set()).add(rejection.row)
    summed = [RejectedFor(field, reason, len(those), min(those)) for (field, reason), those in rows.items()]
    return tuple(sorted(summed, key=lambda those: (-those.rows, those.first_row)))


def rarest_first(rejections: Iterable[Rejection]) -> list[Rejection]:
    """Rejections with those for a rare reason first: a few errors are not buried under many rows of one kind.

    Examples:
        >>> left_out = [Rejection(row, "id", "this customer was left out") for row in (1, 2)]
        >>> [rejection.row for rejection in rarest_first([*left_out, Rejection(9, "sum", "'x' is not a number")])]
        [9, 1, 2]
    """
    listed = list(rejections)
    rows = Counter(map(_cause, listed))
    return sorted(listed, key=lambda rejection: rows[_cause(rejection)])


def _cause(rejection: Rejection) -> tuple[str | None, str]:
    return rejection.field, _COUNTS.sub("", _QUOTED.sub(r"\1", rejection.reason))


def shown(value: object) -> str:
    """A value as a message quotes it: short, and with nothing invisible."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…" + text[0]
