"""Excel workbooks: one sheet, one table.

A cell carries a type of its own, so what a spreadsheet has done to an id can still be seen here, and nowhere
later: a number cell keeps 15 digits and no leading zero.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, islice

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from data.errors import DataRefused
from data.intake.columns import AN_ERROR
from data.intake.headers import LOOKED_AT, check_header, named
from data.intake.not_customers import EMPTY
from data.intake.result import CLIFFS, SOME_ROWS, UNDAMAGED, Fault, Reading, Rejection, shown
from data.intake.sheet_events import Part
from data.intake.sheet_layout import refuse_hidden
from data.intake.sheets import checked_sheets
from data.intake.source import Source
from data.intake.unfolding import check_names, refuse_long_cells
from data.schema import FileContract

EXCEL_DIGITS = 1e15
_ROWS_AT_ONCE = 8_192
_NAMED = 4


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
    parts = checked_sheets(data, where)
    sheet = _filled_sheet(data, where)
    start = sheet.start if sheet is not None else None
    if sheet is None or start is None:
        raise DataRefused("the workbook is empty", where=where, rule=SOME_ROWS, remedy="export it again")
    part = parts.get(sheet.name)
    if part is None:
        raise DataRefused(
            f"{shown(sheet.name)} is no sheet of cells",
            where=where,
            rule="one table in one sheet",
            remedy="save it again",
        )
    rows = _Rows(sheet, start, part)
    first = list(islice(rows, LOOKED_AT + 1))
    if not first:
        raise DataRefused("the workbook is empty", where=where, rule=SOME_ROWS, remedy="export it again")
    header = [cell if isinstance(cell, str) else _written(cell) for cell in first[0]]
    check_names(header, where)
    check_header(header, contract, where, [[_written(cell) for cell in row] for row in first[1:]])
    names, warnings = named(header)
    reading = _reading(chain(first[1:], rows), names, contract, where, warnings)
    if len(rows.filled) in CLIFFS:
        raise DataRefused(
            f"the sheet ends exactly at row {len(rows.filled):,}, where Excel cuts a table off",
            where=where,
            rule="rows beyond a sheet's last row are lost without a word",
            remedy="export the table as CSV or Parquet",
        )
    refuse_hidden(part, rows.filled, names, contract.names, start, where)
    return reading


def _filled_sheet(data: bytes, where: str) -> CalamineSheet | None:
    """The one sheet that holds any rows."""
    filled: list[CalamineSheet] = []
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for place in range(len(workbook.sheet_names)):
            sheet = workbook.get_sheet_by_index(place)
            if sheet.height:
                filled.append(sheet)
            if len(filled) > _NAMED:
                break
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise DataRefused(
            f"the workbook cannot be read ({error})", where=where, rule=UNDAMAGED, remedy="save it again"
        ) from error
    if len(filled) > 1:
        raise DataRefused(
            f"several sheets hold something: {', '.join(shown(sheet.name) for sheet in filled)}",
            where=where,
            rule="one table in one sheet",
            remedy="save the sheet that is meant as a workbook of its own",
        )
    return filled[0] if filled else None


class _Rows:
    """The rows of a sheet, one after the other, up to the last that holds anything.

    Cells that are errors stand where they are; the reader leaves them blank. ``filled`` says of each row that has
    passed whether it holds anything.
    """

    def __init__(self, sheet: CalamineSheet, start: tuple[int, int], part: Part) -> None:
        self.filled: list[bool] = []
        self._rows = islice(sheet.iter_rows(), start[0], None)
        self._errors: dict[int, list[tuple[int, str]]] = {}
        for row, column, code in part.errors:
            self._errors.setdefault(row - start[0], []).append((column - start[1], code))
        self._given = self._give()

    def __iter__(self) -> Iterator[list[Cell]]:
        return self._given

    def _give(self) -> Iterator[list[Cell]]:
        empty: list[list[Cell]] = []
        for at, values in enumerate(self._rows):
            row: list[Cell] = list(values)
            for column, code in self._errors.get(at, ()):
                if 0 <= column < len(row):
                    row[column] = ErrorCell(code)
            if all(cell == "" for cell in row):
                empty.append(row)
                continue
            self.filled += [False] * len(empty) + [True]
            yield from empty
            empty.clear()
            yield row


def _reading(
    rows: Iterator[Sequence[Cell]], names: list[str], contract: FileContract, where: str, warnings: tuple[str, ...]
) -> Reading:
    place = names.index(contract.id_column) if contract.id_column is not None else None
    rows_taken: list[int] = []
    rejections: list[Rejection] = []
    faults: list[Fault] = []
    batches: list[pa.RecordBatch] = []
    read = 0
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        taken: list[Sequence[Cell]] = []
        for values in some:
            read += 1
            of_row = _row_rejections(read, values, names, place)
            rejections += of_row
            if not of_row:
                rows_taken.append(read)
                taken.append(values)
        before = len(rows_taken) - len(taken)
        faults += _faults(taken, names, contract, before)
        columns = [pa.array([_written(values[i]) or None for values in taken], pa.string()) for i in range(len(names))]
        batches.append(pa.record_batch(columns, names=names))
        refuse_long_cells(batches[-1], rows_taken[before:].__getitem__, where)
    if not read:
        raise DataRefused("the sheet has a header and no rows", where=where, rule=SOME_ROWS, remedy="export it again")
    numbers = np.array(rows_taken, np.int64)
    table = pa.Table.from_batches(batches)
    return Reading(table, read, numbers, tuple(rejections), warnings, untyped=True, faults=tuple(faults))


def _faults(rows: Sequence[Sequence[Cell]], names: Sequence[str], contract: FileContract, before: int) -> list[Fault]:
    """Cells that are none by themselves: errors of a formula, and numbers of which Excel has lost the last digits.

    What a column holds that nobody declared is nobody's concern.
    """
    declared = contract.names
    faults = []
    for place, name in enumerate(names):
        for position, values in enumerate(rows, start=before):
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
    return faults


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
