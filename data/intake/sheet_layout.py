"""What a workbook's reader does not tell: the rows and columns that are hidden, and the cells that are merged."""

from __future__ import annotations

from collections.abc import Sequence

from data.errors import DataRefused
from data.intake.sheet_events import Part

_NAMED = 5


def refuse_hidden(
    found: Part,
    filled: Sequence[bool],
    names: Sequence[str],
    used: frozenset[str],
    start: tuple[int, int],
    where: str,
) -> None:
    """Turn away a sheet of which a person sees less than is in the file, or whose merged cells leave others blank.

    Args:
        found: The sheet's part.
        filled: Whether each row from the header on holds anything, shape (rows,).
        names: The columns.
        used: The columns that the contract names.
        start: Row and column of the sheet, from 0, at which the header begins.

    Raises:
        DataRefused: Hidden rows with values, or hidden columns or merged cells that are used.
    """
    top, left = start
    hidden = sorted({row + 1 for row in found.hidden_rows if 1 <= row - top < len(filled) and filled[row - top]})
    if hidden:
        raise DataRefused(
            f"{len(hidden):,} of the {sum(filled[1:]):,} rows of the sheet are hidden (in Excel row "
            f"{_listed([str(row) for row in hidden])})",
            where=where,
            rule="whoever looks at the sheet sees every row that is read",
            remedy="show all rows (clear the filter), or copy the visible rows to a new workbook",
        )
    spans = [range(max(first - left, 0), min(last - left + 1, len(names))) for first, last in found.hidden_columns]
    unseen = [names[place] for span in spans for place in span if names[place] in used]
    if unseen:
        raise DataRefused(
            f"{len(unseen):,} {'column that is used is' if len(unseen) == 1 else 'columns that are used are'} hidden: "
            f"{_listed([repr(name) for name in unseen])}",
            where=where,
            rule="whoever looks at the sheet sees every column that is used",
            remedy="show all columns, or copy the visible ones to a new workbook",
        )
    ranges = [
        written
        for written, first, begin, last, end in found.merged
        if (first, begin) != (last, end)
        and last - top >= 1
        and first - top < len(filled)
        and any(name in used for name in names[max(begin - left, 0) : max(end - left + 1, 0)])
    ]
    if ranges:
        raise DataRefused(
            f"cells are merged among the rows ({len(ranges):,}: {_listed(ranges)})",
            where=where,
            rule="every cell holds its own value: of merged cells all but the first are blank",
            remedy="unmerge them and fill the value into every cell",
        )


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items[:_NAMED]) + (", …" if len(items) > _NAMED else "")
