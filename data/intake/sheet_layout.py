"""What a workbook's reader does not tell: the rows and columns that are hidden, and the cells that are merged."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from data.errors import DataRefused
from data.intake.archives import column_number, worksheets

# No pattern crosses a "<", so that each looks at every byte a bounded number of times, whatever the part holds.
_TAG = re.compile(rb"<(?:\w+:)?(row|col|mergeCell)\b([^<>]*)>")
_HOLDS_VALUES = re.compile(rb"<(?:\w+:)?(?:v|is)[ />]")
_ATTRIBUTE = re.compile(rb"""\b(r|min|max|hidden|ref|ht|width)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Layout:
    """Of the sheet that holds values: hidden rows, spans of hidden columns, merged ranges; all numbered from 0."""

    rows: tuple[int, ...]
    columns: tuple[tuple[int, int], ...]
    merged: tuple[tuple[str, int, int, int, int], ...]  # as written, first row, first column, last row, last column


def layout(data: bytes) -> Layout:
    """The layout of a workbook already checked."""
    rows: list[int] = []
    columns: list[tuple[int, int]] = []
    merged = []
    for part in worksheets(data):
        if _HOLDS_VALUES.search(part) is None:
            continue
        row = -1
        for tag, inside in _TAG.findall(part):
            given = {name: (one or other).decode("ascii", "replace") for name, one, other in _ATTRIBUTE.findall(inside)}
            if tag == b"row":
                row = _number(given.get(b"r")) - 1 if b"r" in given else row + 1
                if _is_hidden(given, b"ht"):
                    rows.append(row)
            elif tag == b"col" and _is_hidden(given, b"width"):
                columns.append((_number(given.get(b"min")) - 1, _number(given.get(b"max")) - 1))
            elif tag == b"mergeCell" and (match := _RANGE.fullmatch(given.get(b"ref", ""))):
                left, top, right, bottom = match.groups()
                first, last = column_number(left.encode()) - 1, column_number(right.encode()) - 1
                merged.append((match.group(), int(top) - 1, first, int(bottom) - 1, last))
    return Layout(tuple(rows), tuple(columns), tuple(merged))


def _is_hidden(given: dict[bytes, str], size: bytes) -> bool:
    return given.get(b"hidden") in ("1", "true") or re.fullmatch(r"0(\.0*)?", given.get(size, "")) is not None


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 8 else 0


def refuse_hidden(
    found: Layout,
    filled: Sequence[bool],
    names: Sequence[str],
    used: frozenset[str],
    start: tuple[int, int],
    where: str,
) -> None:
    """Turn away a sheet of which a person sees less than is in the file, or whose merged cells leave others blank.

    Args:
        found: The sheet's layout.
        filled: Whether each row from the header on holds anything, shape (rows,).
        names: The columns.
        used: The columns that the contract names.
        start: Row and column of the sheet, from 0, at which the header begins.

    Raises:
        DataRefused: Hidden rows with values, or hidden columns or merged cells that are used.
    """
    top, left = start
    hidden = sorted({row + 1 for row in found.rows if 1 <= row - top < len(filled) and filled[row - top]})
    if hidden:
        raise DataRefused(
            f"{len(hidden):,} of the {sum(filled[1:]):,} rows of the sheet are hidden (in Excel row "
            f"{_listed([str(row) for row in hidden])})",
            where=where,
            rule="whoever looks at the sheet sees every row that is read",
            remedy="show all rows (clear the filter), or copy the visible rows to a new workbook",
        )
    spans = [range(max(first - left, 0), min(last - left + 1, len(names))) for first, last in found.columns]
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
