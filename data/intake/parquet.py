"""Parquet: columns that carry their own types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DataRefused
from data.intake.archives import UNDAMAGED
from data.intake.columns import is_text, not_a
from data.intake.headers import check_header, named
from data.intake.result import SOME_ROWS, Reading
from data.intake.source import Source
from data.schema import FileContract, Kind

MAXIMUM_ROWS = 200_000_000
MAXIMUM_BYTES = 64 << 30


def read_parquet(source: Source, contract: FileContract) -> Reading:
    """All rows of a Parquet file.

    Raises:
        DataRefused: Damaged, empty, larger than the caps once unpacked, or with a header that cannot be used.
    """
    where = source.name
    file = _damaged_or(lambda: pq.ParquetFile(pa.BufferReader(source.contents())), where)
    _check_size(file.metadata, where)
    check_header(file.schema_arrow.names, contract, where)
    table = _damaged_or(file.read, where)
    _damaged_or(lambda: table.validate(full=True), where)  # damaged pages can decode into text that is none
    if table.num_rows == 0:
        raise DataRefused("the file has columns and no rows", where=where, rule=SOME_ROWS, remedy="export it again")
    rows = table.num_rows
    names, warnings = named(table.column_names)
    table, left_out = _plain(table.rename_columns(names), contract, where)
    return Reading(table, rows, warnings=warnings + left_out)


_WANTED: dict[Kind, str] = {
    "text": "text",
    "number": "number",
    "boolean": "boolean",
    "date": "a date",
    "instant": "a time with its offset from UTC",
    "any": "text, numbers, truth values or dates",
}


def _plain(table: pa.Table, contract: FileContract, where: str) -> tuple[pa.Table, tuple[str, ...]]:
    """The table with columns of plain kinds only, and what to say of those that have none.

    Categories are unpacked, half floats become doubles and a column without any value is empty text, as it is in a
    CSV file. What no cell of a table holds (a list, binary data) is left out where nobody asks for it.

    Raises:
        DataRefused: A column that the contract names holds no plain values.
    """
    declared = contract.names
    columns, warnings = {}, []
    for name, values in zip(table.column_names, table.columns, strict=True):
        unpacked = _unpacked(values)
        if name != contract.id_column and pa.types.is_null(unpacked.type):
            unpacked = unpacked.cast(pa.string())
        if not _is_cell(unpacked.type, contract.kind_of(name)):
            if name in declared:
                raise not_a(values.type, name, where, _WANTED[contract.kind_of(name)])
            warnings.append(f"{name}: left out, because the file marks it as {values.type}, no value of a table")
            continue
        columns[name] = unpacked
    return pa.table(columns), tuple(warnings)


def _unpacked(values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        return _unpacked(pa.chunked_array([chunk.storage for chunk in values.chunks], kind.storage_type))
    if pa.types.is_dictionary(kind):
        return _unpacked(values.cast(kind.value_type))
    if pa.types.is_float16(kind):
        return values.cast(pa.float32()).cast(pa.float64())
    if pa.types.is_string_view(kind):
        return values.cast(pa.large_string())
    if pa.types.is_decimal(kind) and not pa.types.is_decimal128(kind):
        return _decimal(values)
    return values


def _decimal(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decimals in 128 bits where they fit, else the nearest doubles."""
    try:
        return values.cast(pa.decimal128(38, values.type.scale))
    except pa.ArrowException:
        return values.cast(pa.float64())


def _is_cell(kind: pa.DataType, wanted: str) -> bool:
    """Whether a column's values are such as a table holds; a time of day is only where text is asked for."""
    if pa.types.is_time(kind):
        return wanted == "text"
    plain = pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
    dated = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
    return bool(plain or dated or pa.types.is_decimal(kind) or pa.types.is_null(kind) or is_text(kind))


def _damaged_or(step: Callable[[], Any], where: str) -> Any:
    try:
        return step()
    except DataRefused:
        raise
    except Exception as error:
        # Damaged bytes surface as whatever the parser trips over first; all of it means the same.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataRefused(
            f"the Parquet file is damaged ({reason})", where=where, rule=UNDAMAGED, remedy="copy it or export it again"
        ) from error


def _check_size(metadata: pq.FileMetaData, where: str) -> None:
    """A few bytes can claim billions of rows; what is claimed is looked at before it is unpacked."""
    unpacked = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if metadata.num_rows > MAXIMUM_ROWS or unpacked > MAXIMUM_BYTES:
        raise DataRefused(
            f"the file claims {metadata.num_rows:,} rows and {unpacked:,} bytes",
            where=where,
            rule=f"at most {MAXIMUM_ROWS:,} rows and {MAXIMUM_BYTES:,} bytes",
        )
