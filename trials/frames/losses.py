"""What a file lost on its way into a frame: cells that could not be read, which stay as missing values, and rows.

A row is lost only where nothing says whose it is or in which arm; a total, the header once more
and empty rows at the end are nobody's. More
than one in a thousand of them block: who is not there cannot be asked, and rows that are lost unlike between arms make
a verdict of nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from analysis.results import Check, UnreadableCell
from data.intake import Rejection, UnreadableCells
from data.intake.not_customers import rows_of_nobody

MOST_LISTED = 10_000
TOLERATED = 0.001


def first_unreadable(unreadable: Sequence[UnreadableCells], most: int = MOST_LISTED) -> tuple[UnreadableCell, ...]:
    """The first cells that could not be read, by row."""
    cells = [
        UnreadableCell(row, column.field, reason)
        for column in unreadable
        for row, reason in zip(column.rows[:most].tolist(), column.reasons.slice(0, most).to_pylist(), strict=True)
    ]
    return tuple(sorted(cells, key=lambda cell: (cell.row, cell.field))[:most])


def of_somebody(rejections: pa.Table, read: int) -> pa.Table:
    """Stored reasons, by ``row`` and ``reason``, without the rows that are surely no customer's; of ``read`` rows."""
    nobodys = rows_of_nobody(zip(rejections["row"].to_pylist(), rejections["reason"].to_pylist(), strict=True), read)
    return rejections.filter(pc.invert(pc.is_in(rejections["row"], value_set=pa.array(nobodys, pa.int64()))))


def rows_taken(taking_part: int, read: int, rejections: Sequence[Rejection]) -> Check:
    """Whether rows of the file were lost: with more than one in a thousand nothing can be concluded.

    Args:
        taking_part: rows taken of customers who take part; those of people who do not are no measure of a loss.
        read: rows of the file.
        rejections: why rows were turned away.
    """
    nobodys = rows_of_nobody(((rejection.row, rejection.reason) for rejection in rejections), read)
    of_somebody = [rejection for rejection in rejections if rejection.row not in nobodys]
    lost = len({rejection.row for rejection in of_somebody})
    if lost == 0:
        detail = f"All {read:,} rows of the file were taken"
        if nobodys:
            detail += (
                f", but for {len(nobodys):,} that are empty, lines of a report or the header once more, and nobody"
            )
        return Check("rows_taken", True, f"{detail}.", "warns")
    first = of_somebody[0]
    return rows_lost(taking_part + lost, lost, first.row, first.field, first.reason)


def rows_lost(read: int, lost: int, row: int, field: str | None, reason: str) -> Check:
    """That rows were lost, with the first of them.

    Args:
        read: rows of customers who take part, and those that were lost: they may all be of such customers.
        lost: rows of which nobody knows whose they are, or in which arm.
        row, field, reason: of the first of them.
    """
    where = f"row {row}, {field}" if field else f"row {row}"
    detail = f"{lost:,} of {read:,} rows were turned away; the first: {where}, {reason}."
    blocks = lost > TOLERATED * read
    if blocks:
        detail += f" More than {TOLERATED * 1000:g} in 1,000 is too many: nobody knows how those customers fared."
    figures = {"read": read, "rejected": lost, "tolerated": TOLERATED}
    return Check("rows_taken", False, detail, "blocks" if blocks else "warns", figures)
