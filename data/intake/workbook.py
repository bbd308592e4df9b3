"""Excel workbooks: one sheet, one table.

A cell carries a type of its own, so what a spreadsheet has done to an id can still be seen here, and nowhere
later: a number cell keeps 15 digits and no leading zero.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from data.errors import DataRefused
from data.intake.archives import UNDAMAGED, check_workbook, error_cells
from data.intake.columns import AN_ERROR
from data.intake.headers import LOOKED_AT, check_header, named
from data.intake.not_customers import EMPTY
from data.intake.result import CLIFFS, SOME_ROWS, Fault, Reading, Rejection, shown
from data.intake.sheet_layout import layout, refuse_hidden
from data.intake.source import Source
from data.schema import FileContract

EXCEL_DIGITS = 1e15


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell whose formula failed, or was never worked out: the reader takes it for a blank one, which says else."""

    code: str


Cell = int | float | str | bool | time | date | datetime | timedelta | ErrorCell


def read_workbook(source: Source, contract: FileContract) -> Reading:
    """Rows of the one sheet that holds any; the first row is the header.

    Raises:
        DataRefused: Damaged, a bomb, several sheets with content, a sheet filled to Excel's last row, or a
            header that cannot be used.
    """
    where = source.name
    data = source.contents()
    check_workbook(data, where)
    cells, start = _cells(data, where)
    if not cells:
        raise DataRefused("the workbook is empty", where=where, rule=SOME_ROWS, remedy="export it again")
    if len(cells) in CLIFFS:
        raise DataRefused(
            f"the sheet ends exactly at row {len(cells):,}, where Excel cuts a table off",
            where=where,
            rule="rows beyond a sheet's last row are lost without a word",
            remedy="export the table as CSV or Parquet",
        )
    header = [cell if isinstance(cell, str) else _written(cell) for cell in cells[0]]
    check_header(header, contract, where, [[_written(cell) for cell in row] for row in cells[1 : LOOKED_AT + 1]])
    names, warnings = named(header)
    filled = [any(cell != "" for cell in row) for row in cells]
    refuse_hidden(layout(data), filled, names, contract.names, start, where)
    return _reading(cells[1:], names, contract, where, warnings)


def _cells(data: bytes, where: str) -> tuple[list[list[Cell]], tuple[int, int]]:
    """The rows of the one sheet that holds any, and the row and column, from 0, at which they begin."""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [workbook.get_sheet_by_index(i) for i in range(len(workbook.sheet_names))]
        filled = [sheet for sheet in sheets if sheet.height]
        if len(filled) > 1:
            raise DataRefused(
                f"several sheets hold something: {', '.join(repr(sheet.name) for sheet in filled)}",
                where=where,
                rule="one table in one sheet",
                remedy="save the sheet that is meant as a workbook of its own",
            )
        rows: list[list[Cell]] = [list(row) for row in filled[0].to_python()] if filled else []
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise DataRefused(
            f"the workbook cannot be read ({error})", where=where, rule=UNDAMAGED, remedy="save it again"
        ) from error
    start = (filled[0].start if filled else None) or (0, 0)
    if filled:
        _mark_errors(rows, start, data)
    while rows and all(cell == "" for cell in rows[-1]):
        rows.pop()
    return rows, start


def _mark_errors(rows: list[list[Cell]], start: tuple[int, int], data: bytes) -> None:
    """Put the cells that are errors where they stand; the reader has left them blank."""
    for row, column, code in error_cells(data):
        at, place = row - start[0], column - start[1]
        if 0 <= at < len(rows) and 0 <= place < len(rows[at]):
            rows[at][place] = ErrorCell(code)


def _reading(
    cells: Sequence[Sequence[Cell]], names: list[str], contract: FileContract, where: str, warnings: tuple[str, ...]
) -> Reading:
    if not cells:
        raise DataRefused("the sheet has a header and no rows", where=where, rule=SOME_ROWS, remedy="export it again")
    place = names.index(contract.id_column) if contract.id_column is not None else None
    rows_taken: list[int] = []
    rejections = []
    for row, values in enumerate(cells, start=1):
        of_row = _row_rejections(row, values, names, place)
        rejections += of_row
        if not of_row:
            rows_taken.append(row)
    columns = [
        pa.array([_written(cells[row - 1][i]) or None for row in rows_taken], pa.string()) for i in range(len(names))
    ]
    table = pa.table(dict(zip(names, columns, strict=True)))
    faults = _faults([cells[row - 1] for row in rows_taken], names, contract)
    taken = np.array(rows_taken, np.int64)
    return Reading(table, len(cells), taken, tuple(rejections), warnings, untyped=True, faults=faults)


def _faults(rows: Sequence[Sequence[Cell]], names: Sequence[str], contract: FileContract) -> tuple[Fault, ...]:
    """Cells that are none by themselves: errors of a formula, and numbers of which Excel has lost the last digits.

    What a column holds that nobody declared is nobody's concern.
    """
    declared = contract.names
    faults = []
    for place, name in enumerate(names):
        for position, values in enumerate(rows):
            value = values[place]
            if isinstance(value, ErrorCell) and name in declared:
                faults.append(Fault(position, name, f"{shown(value.code)} {_why_no_value(value)}"))
            elif (
                isinstance(value, (int, float))
                and name != contract.id_column
                and abs(value) >= EXCEL_DIGITS
                and name in declared
            ):
                reason = f"{_written(value)} has more digits than the 15 that Excel keeps"
                faults.append(Fault(position, name, reason))
    return tuple(faults)


def _why_no_value(cell: ErrorCell) -> str:
    return "is a formula that was never worked out" if cell.code.startswith("=") else AN_ERROR


def _row_rejections(row: int, values: Sequence[Cell], names: Sequence[str], place: int | None) -> list[Rejection]:
    if all(value == "" for value in values):
        return [Rejection(row, None, EMPTY)]
    if place is not None and not isinstance(values[place], (str, ErrorCell)):
        return [Rejection(row, names[place], _why_no_id(values[place]))]
    return []


def _why_no_id(value: Cell) -> str:
    if isinstance(value, bool):
        return f"the id {shown(_written(value))} is a true-or-false cell"
    if isinstance(value, (int, float)):
        return (
            f"the id {shown(_written(value))} is a number cell: leading zeros, and digits after the 15th, may be lost"
        )
    return f"the id {shown(_written(value))} is a date or time cell"


def _written(value: Cell) -> str:
    """A cell as a CSV export would have it, at full precision."""
    if isinstance(value, str):
        return value
    if isinstance(value, ErrorCell):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXCEL_DIGITS else repr(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)
