"""How much a file may unfold into: a few bytes must never become all of the memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataRefused
from data.intake.columns import is_text

MAXIMUM_CELL = 1 << 20  # bytes, as a row of CSV
MAXIMUM_COLUMNS = 4_096
MAXIMUM_NAME = 4_096
RATIO_COUNTS_FROM = 64 << 20  # a small table may be packed as well as it likes
ROWS_OF_ANY = 4_000_000  # a row of a few equal bytes takes some hundred once it is a customer's
ROWS_OF_A_BYTE = 8  # ids alone take a byte or more a row, however they are packed


class Unfolding:
    """Counts what comes out of one file, batch by batch.

    Args:
        size: Of the file, in bytes.
        ratio: Bytes that a byte of it may become.
        where: The file.
    """

    def __init__(self, size: int, ratio: int, where: str) -> None:
        self._size, self._ratio, self._where = size, ratio, where
        self._rows = self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch.

        Raises:
            DataRefused: A cell is too long, or the file has become too much.
        """
        self._bytes += batch.nbytes
        if self._bytes > max(RATIO_COUNTS_FROM, self._ratio * self._size):
            raise DataRefused(
                f"the file of {self._size:,} bytes unfolds into more than {self._bytes:,} "
                f"(in its first {self._rows + batch.num_rows:,} rows)",
                where=self._where,
                rule=f"at most {self._ratio} times its size, where that is more than {RATIO_COUNTS_FROM >> 20} MiB",
                remedy="bring the table as CSV",
            )
        refuse_long_cells(batch, lambda place: self._rows + place + 1, self._where)
        self._rows += batch.num_rows


def refuse_many_rows(rows: int, size: int, where: str) -> None:
    """Refuse a packed file of more rows than customers could be told apart in.

    Args:
        rows: That it has, or claims.
        size: Of the file, in bytes.
        where: The file.

    Raises:
        DataRefused: There are more.

    Examples:
        >>> refuse_many_rows(4_800_000, 100_000, "outcomes.parquet")
        >>> refuse_many_rows(10_800_000, 131_125, "outcomes.parquet")
        Traceback (most recent call last):
            ...
        data.errors.DataRefused: outcomes.parquet: the file of 131,125 bytes holds 10,800,000 rows. Rule: ...
    """
    if rows > ROWS_OF_ANY + ROWS_OF_A_BYTE * size:
        raise DataRefused(
            f"the file of {size:,} bytes holds {rows:,} rows",
            where=where,
            rule=f"a packed file has at most {ROWS_OF_ANY:,} rows, and {ROWS_OF_A_BYTE} more for each byte: more in so "
            "little are not of different customers",
            remedy="see that it is the table of customers; if it is, bring it as CSV",
        )


def refuse_long_cells(batch: pa.RecordBatch, row_at: Callable[[int], int], where: str) -> None:
    """Refuse a text that no cell holds.

    Args:
        batch: Some rows of the file.
        row_at: The number of the row at a place among them.
        where: The file.

    Raises:
        DataRefused: A cell is longer than a row of CSV may be.
    """
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if not is_text(column.type) or column.nbytes <= MAXIMUM_CELL:
            continue
        sizes = pc.binary_length(column)
        longest = pc.max(sizes).as_py() or 0
        if longest > MAXIMUM_CELL:
            raise DataRefused(
                f"row {row_at(pc.index(sizes, longest).as_py()):,} of {name} holds {longest:,} bytes",
                where=f"{where}, {name}",
                rule=f"a cell holds at most {MAXIMUM_CELL:,} bytes",
                remedy="leave the column out, or shorten the value",
            )


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse a header that no table of customers has.

    Raises:
        DataRefused: More columns than a table may have, or a name that is a text.
    """
    longest = max(map(len, names), default=0)
    if longest > MAXIMUM_NAME:
        raise DataRefused(
            f"the name of a column has {longest:,} characters",
            where=where,
            rule=f"a name has at most {MAXIMUM_NAME:,} characters",
            remedy="see that the first row holds the names, and shorten this one",
        )
    if len(names) > MAXIMUM_COLUMNS:
        raise DataRefused(
            f"the file has {len(names):,} columns",
            where=where,
            rule=f"a table has at most {MAXIMUM_COLUMNS:,} columns",
            remedy="export the columns that the protocol names, and no others",
        )
