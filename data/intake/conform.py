"""A table read, made into the table that the contract promises, and the rows and cells that cannot be in it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataRefused
from data.intake.bad_cells import BadCells, emptied, no_bad_cells
from data.intake.codes import as_coded, without_missing
from data.intake.columns import (
    NUMBER_PATTERN,
    as_boolean,
    as_number,
    as_text,
    error_codes,
    invisible_cells,
    is_text,
    without_blanks,
)
from data.intake.dates import as_date, as_instant
from data.intake.ids import id_faults, refuse_repeated, repeated_faults, repeated_ids
from data.intake.inference import as_found, says_not_known
from data.intake.levels import check_levels
from data.intake.look_alikes import look_alikes
from data.intake.not_customers import header_again, sums_of_the_rest
from data.intake.other_styles import refuse_two_styles
from data.intake.result import Fault, Reading, Rejection, Rows, UnreadableCells, refuse_too_many, shown
from data.pieces import rows_of
from data.schema import ColumnContract, FileContract

_THREADS = 2
_CODE = r"^\d{1,3}$"


@dataclass(frozen=True, slots=True)
class Conformed:
    """What became of a table: the rows taken, every rejection by row, cells missing with a reason, and warnings."""

    table: pa.Table
    rejections: tuple[Rejection, ...]
    unreadable: tuple[UnreadableCells, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    """``faults`` cost their rows; ``bad`` cells are missing from ``values``, and their rows stay."""

    values: pa.ChunkedArray
    faults: Sequence[Fault]
    bad: BadCells
    warnings: tuple[str | None, ...] = ()


def conform(reading: Reading, contract: FileContract, where: str) -> Conformed:
    """The table as promised.

    Raises:
        DataRefused: A column is of another kind altogether, ids repeat where the contract refuses that, or not one
            cell of a column can be read.
    """
    rows = reading.rows if reading.rows is not None else np.arange(1, reading.table.num_rows + 1, dtype=np.int64)
    again = header_again(reading) if reading.untyped else []
    if again:
        reading, rows = _without(reading, rows, again)
    declared = {column.name: column for column in contract.columns if column.source is None}
    derived = [column for column in contract.columns if column.source in reading.table.column_names]
    names = reading.table.column_names
    marked: dict[str | None, list[Fault]] = {}
    for fault in reading.faults:
        marked.setdefault(fault.field, []).append(fault)

    def conformed(column: ColumnContract) -> _Column:
        values, of_format = reading.table.column(column.header), marked.get(column.header, [])
        if column.name == contract.id_column:
            return _ids(values, contract, rows, reading, of_format, where)
        asked_for = column.name in declared or column.source is not None
        return _column(values, column, asked_for, contract, reading, of_format, rows, where)

    asked = [*(declared.get(name, ColumnContract(name)) for name in names), *derived]
    # The checks are Arrow's own loops, which leave the interpreter free: columns go side by side.
    with ThreadPoolExecutor(_THREADS) as pool:
        columns = list(pool.map(conformed, asked))
    table = pa.table({column.name: made.values for column, made in zip(asked, columns, strict=True)})
    lost = len(reading.rejections) + sum(len(column.faults) for column in columns)
    refuse_too_many(lost, "their cells are of many kinds", where)
    costly = [fault for column in columns for fault in column.faults]
    keep = np.ones(table.num_rows, bool)
    keep[[fault.position for fault in costly]] = False
    if costly:
        table = table.filter(pa.array(keep))
    unreadable = tuple(_in_rows_taken(column.bad, keep, rows) for column in columns if len(column.bad))
    # A row that is lost says everything that is wrong with it.
    also = [column.bad.where(~keep) for column in columns] if costly else []
    refuse_too_many(len(costly) + sum(map(len, also)), "several of their cells cannot be read", where)
    costly += [fault for cells in also for fault in cells]
    rejections = [Rejection(int(rows[fault.position]), fault.field, fault.reason) for fault in costly]
    total = sums_of_the_rest(table, contract.id_column, rows[keep]) if reading.untyped else None
    warnings = (*(warning for column in columns for warning in column.warnings), total)
    return Conformed(
        table,
        tuple(sorted([*reading.rejections, *rejections], key=lambda rejection: rejection.row)),
        tuple(cells for cells in unreadable if len(cells.rows)),
        tuple(warning for warning in warnings if warning is not None),
    )


def _without(reading: Reading, rows: Rows, faults: Sequence[Fault]) -> tuple[Reading, Rows]:
    """The reading without some rows, which are rejected: no column is judged by what stands in them."""
    keep = np.ones(len(rows), bool)
    keep[[fault.position for fault in faults]] = False
    place = np.cumsum(keep) - 1
    turned_away = [Rejection(int(rows[fault.position]), fault.field, fault.reason) for fault in faults]
    left = replace(
        reading,
        table=reading.table.filter(pa.array(keep)),
        rows=rows[keep],
        rejections=(*reading.rejections, *turned_away),
        faults=tuple(
            replace(fault, position=int(place[fault.position])) for fault in reading.faults if keep[fault.position]
        ),
    )
    return left, rows[keep]


def _in_rows_taken(bad: BadCells, keep: npt.NDArray[np.bool_], rows: Rows) -> UnreadableCells:
    order = np.argsort(bad.positions, kind="stable")
    order = order[keep[bad.positions[order]]]
    at = bad.positions[order]
    return UnreadableCells(bad.field, (np.cumsum(keep) - 1)[at], rows[at], bad.reasons.take(pa.array(order)))


def _column(
    written: pa.ChunkedArray,
    column: ColumnContract,
    declared: bool,
    contract: FileContract,
    reading: Reading,
    of_format: Sequence[Fault],
    rows: Rows,
    where: str,
) -> _Column:
    name = column.name
    if declared and (pa.types.is_string(written.type) or pa.types.is_large_string(written.type)):
        written = without_blanks(written)
    if column.codes is not None:
        written = without_missing(written, column.codes)
    values, bad, warning = _of_its_kind(written, column, declared, reading, where)
    costs_rows = (column.bad_cells or contract.bad_cells) == "reject_row"
    if costs_rows and len(bad):
        refuse_too_many(len(bad), bad.reasons[0].as_py(), f"{where}, {name}")
    warnings: tuple[str | None, ...] = (warning,)
    if column.numeric and warning is not None and pa.types.is_string(values.type):
        _refuse_undeclared_quantity(values, name, where)
    if len(bad) and is_text(written.type) and (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        refuse_two_styles(written, bad.positions, rows, name, where)
    if column.levels is not None:
        warnings = (*warnings, check_levels(values, column.levels, rows, name, where))
    if of_format:
        bad = _as_bad_cells(name, of_format).and_also(bad)
    if column.kind == "boolean" and len(bad):
        _refuse_half_read(written, emptied(values, bad.positions), bad, where)
    if costs_rows:
        return _Column(values, list(bad), no_bad_cells(name), warnings)
    if not declared:
        return _Column(values, (), no_bad_cells(name), warnings)
    values = emptied(values, bad.positions)
    if len(bad) and values.null_count == len(values):
        _refuse_unreadable(written, bad, column.kind, where)
    return _Column(values, (), bad, warnings)


def _of_its_kind(
    values: pa.ChunkedArray, column: ColumnContract, declared: bool, reading: Reading, where: str
) -> tuple[pa.ChunkedArray, BadCells, str | None]:
    if column.kind == "text":
        text = as_text(values, column.name, where, may_be_empty=not reading.untyped)
        if column.missing_marks:
            text = pc.if_else(pc.is_in(text, pa.array(sorted(column.missing_marks))), None, text)
        return text, _no_words(text, column.name) if declared else no_bad_cells(column.name), None
    if column.kind == "number":
        return *as_number(values, column, where), None
    if column.codes is not None and column.codes.true:
        return *as_coded(values, column.codes, column.name), None
    if column.kind == "boolean":
        return *as_boolean(values, column.name, where), None
    if column.kind == "date":
        return *as_date(values, column.name, where), None
    if column.kind == "instant":
        return *as_instant(values, column.name, where), None
    if not declared:
        return values, no_bad_cells(column.name), None
    found, bad, warning = as_found(values, column, untyped=reading.untyped)
    if pa.types.is_string(found.type):
        bad = bad.and_also(_no_words(found, column.name))
    return found, bad, warning


def _no_words(texts: pa.ChunkedArray, name: str) -> BadCells:
    """Cells of text that are none: with a character that nobody sees, or a spreadsheet's error."""
    return invisible_cells(texts, name).and_also(error_codes(texts, name))


def _refuse_undeclared_quantity(values: pa.ChunkedArray, name: str, where: str) -> None:
    """Turn away a column that is mostly numbers, and no list of codes, and has words among them: a guess would change
    the model.
    """
    words = pc.unique(values).drop_null()
    number = pc.match_substring_regex(words, NUMBER_PATTERN)
    if pc.all(pc.match_substring_regex(words.filter(number), _CODE)).as_py():
        return
    word = words.filter(pc.invert(number))[0].as_py()
    raise DataRefused(
        f"most values of {name} are numbers, and some are none, such as {shown(word)}",
        where=f"{where}, {name}",
        rule="a covariate that is mostly numbers and has words among them is declared as the one or the other",
        remedy=f"write {{column: {name}, as: number}} in the protocol, where words are missing values, or as: category",
    )


def _as_bad_cells(field: str, faults: Sequence[Fault]) -> BadCells:
    positions = np.array([fault.position for fault in faults], np.int64)
    return BadCells(field, positions, pa.array([fault.reason for fault in faults], pa.string()).dictionary_encode())


def _refuse_unreadable(written: pa.ChunkedArray, bad: BadCells, kind: str | None, where: str) -> None:
    """Turn away a file of which a column cannot be read at all: what it says would be lost without a word."""
    reason = bad.reasons[int(np.argmin(bad.positions))].as_py()
    cells = f"all {len(bad):,} cells" if len(bad) == len(written) else f"{len(bad):,} cells, the others blank"
    raise DataRefused(
        f"no cell of {bad.field} can be read ({cells}): {reason}",
        where=f"{where}, {bad.field}",
        rule="a cell that cannot be read is a missing value, and a column without any value says nothing",
        remedy="export the column again, and write days as 2026-02-02"
        if kind in ("date", "instant")
        else "export the column again: a number as 1234.50, true and false as 1 and 0; or declare what its codes "
        "mean (true, false and missing)",
    )


def _refuse_half_read(written: pa.ChunkedArray, values: pa.ChunkedArray, bad: BadCells, where: str) -> None:
    """Turn away yes and no of which only one can be read: whoever has the other would silently be nobody."""
    cells = rows_of(written, pa.array(bad.positions), where)
    other = [word for word in pc.unique(cells).to_pylist() if not says_not_known(str(word))]
    if other and len(pc.unique(values).drop_null()) == 1:
        why = bad.reasons[pc.index(cells, pa.scalar(other[0], cells.type)).as_py()].as_py()
        raise DataRefused(
            f"of the two values of {bad.field} only one can be read: {why}",
            where=f"{where}, {bad.field}",
            rule="true and false are written 1 and 0, or true and false, or in the codes that the plan declares",
            remedy="export the column again in that form, or declare what its codes mean (true, false and missing)",
        )


def _ids(
    values: pa.ChunkedArray,
    contract: FileContract,
    rows: Rows,
    reading: Reading,
    of_format: Sequence[Fault],
    where: str,
) -> _Column:
    field = contract.id_column or ""
    at = f"{where}, {field}"
    if not (pa.types.is_integer(values.type) or is_text(values.type)):
        raise DataRefused(
            f"the id column is marked as {values.type}",
            where=f"{where}, {field}",
            rule="ids are text: a number or a date has lost leading zeros and digits that cannot be brought back",
            remedy="export the column as text",
        )
    ids = as_text(values, field, where, may_be_empty=not reading.untyped)
    marked = {fault.position for fault in of_format}
    faults = [*of_format, *(fault for fault in id_faults(ids, field, at) if fault.position not in marked)]
    repeated = repeated_ids(ids)
    if repeated is not None:
        if contract.duplicates == "refuse":
            refuse_repeated(ids, repeated, rows, field, where)
        faults += repeated_faults(ids, repeated, field, at)
    return _Column(ids, faults, no_bad_cells(field), (look_alikes(ids, rows, field),))
