"""A table read, made into the table that the contract promises, and the rows that cannot be in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa

from data.errors import DataRefused
from data.intake.columns import as_boolean, as_number, as_text, is_text
from data.intake.dates import as_date, as_instant
from data.intake.ids import id_faults, refuse_repeated, repeated_faults, repeated_ids
from data.intake.inference import as_found
from data.intake.result import Fault, Reading, Rejection, Rows
from data.schema import ColumnContract, FileContract

_THREADS = 2


def conform(reading: Reading, contract: FileContract, where: str) -> tuple[pa.Table, list[Rejection], list[str]]:
    """The rows taken, every rejection by row, and warnings.

    Raises:
        DataRefused: A column is of another kind altogether, or ids repeat where the contract refuses that.
    """
    rows = reading.rows if reading.rows is not None else np.arange(1, reading.table.num_rows + 1, dtype=np.int64)
    declared = {column.name: column for column in contract.columns}
    names = reading.table.column_names

    def conformed(name: str) -> tuple[pa.ChunkedArray, list[Fault], str | None]:
        column = reading.table.column(name)
        if name == contract.id_column:
            return _ids(column, contract, rows, reading, where)
        return _column(column, declared.get(name, ColumnContract(name)), name in declared, reading, where)

    # The checks are Arrow's own loops, which leave the interpreter free: columns go side by side.
    with ThreadPoolExecutor(_THREADS) as pool:
        columns = list(pool.map(conformed, names))
    table = pa.table(dict(zip(names, (column for column, _, _ in columns), strict=True)))
    faults = [fault for _, faults_of_column, _ in columns for fault in faults_of_column]
    warnings = [warning for _, _, warning in columns if warning is not None]
    rejections = [Rejection(int(rows[fault.position]), fault.field, fault.reason) for fault in faults]
    if faults:
        keep = np.ones(table.num_rows, bool)
        keep[[fault.position for fault in faults]] = False
        table = table.filter(pa.array(keep))
    rejections = sorted([*reading.rejections, *rejections], key=lambda rejection: rejection.row)
    return table, rejections, warnings


def _column(
    column: pa.ChunkedArray, contract: ColumnContract, declared: bool, reading: Reading, where: str
) -> tuple[pa.ChunkedArray, list[Fault], str | None]:
    if contract.kind == "text":
        return as_text(column, contract.name, where, may_be_empty=not reading.untyped), [], None
    if contract.kind == "number":
        return *as_number(column, contract, where), None
    if contract.kind == "boolean":
        return *as_boolean(column, contract.name, where), None
    if contract.kind == "date":
        return *as_date(column, contract.name, where), None
    if contract.kind == "instant":
        return *as_instant(column, contract.name, where), None
    if not declared:
        return column, [], None
    inferred, warning = as_found(column, contract.name, untyped=reading.untyped)
    return inferred, [], warning


def _ids(
    column: pa.ChunkedArray, contract: FileContract, rows: Rows, reading: Reading, where: str
) -> tuple[pa.ChunkedArray, list[Fault], str | None]:
    field = contract.id_column or ""
    if not (pa.types.is_integer(column.type) or is_text(column.type)):
        raise DataRefused(
            f"the id column is marked as {column.type}",
            where=f"{where}, {field}",
            rule="ids are text: a number or a date has lost leading zeros and digits that cannot be brought back",
            remedy="export the column as text",
        )
    ids = as_text(column, field, where, may_be_empty=not reading.untyped)
    faults = id_faults(ids, field)
    repeated = repeated_ids(ids)
    if repeated is not None:
        if contract.duplicates == "refuse":
            refuse_repeated(ids, repeated, rows, field, where)
        faults += repeated_faults(ids, repeated, field)
    return ids, faults, None
