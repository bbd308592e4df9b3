"""Parquet: columns that carry their own types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DataRefused
from data.intake.apart.wire import Opened
from data.intake.columns import is_text, not_a
from data.intake.headers import check_header, named
from data.intake.result import SOME_ROWS, UNDAMAGED
from data.intake.source import Source
from data.intake.unfolding import Unfolding, check_names, refuse_many_rows
from data.schema import FileContract, Kind

MAXIMUM_ROWS = 200_000_000
MAXIMUM_BYTES = 64 << 30
_RATIO = 100  # columns of few values pack 50 times; a run of one value, of which bombs are made, packs thousands
_BATCH = 16 << 20
_MOST_ROWS, _LEAST_ROWS = 65_536, 64
_DECIMAL_DIGITS = 38


def open_parquet(source: Source, contract: FileContract) -> Opened:
    """A Parquet file, batch by batch.

    Categories are unpacked, half floats become doubles and a column without any value is empty text, as it is in a
    CSV file. What no cell of a table holds (a list, binary data) is left out where nobody asks for it.

    Raises:
        DataRefused: Damaged, empty, larger than the caps once unpacked, with a header that cannot be used, or a column
            that the contract names holds no plain values. Also while its batches are read.
    """
    where = source.name
    data = source.contents()
    file = _damaged_or(lambda: pq.ParquetFile(pa.BufferReader(data)), where)
    _check_size(file.metadata, len(data), where)
    check_names(file.schema_arrow.names, where)
    check_header(file.schema_arrow.names, contract, where)
    if file.metadata.num_rows == 0:
        raise DataRefused("the file has columns and no rows", where=where, rule=SOME_ROWS, remedy="export it again")
    names, warnings = named(file.schema_arrow.names)
    kinds, left_out = _plain_kinds(dict(zip(names, file.schema_arrow.types, strict=True)), contract, where)
    schema = pa.schema(list(kinds.items()))
    return Opened(
        schema, _batches(file, names, schema, Unfolding(len(data), _RATIO, where), where), warnings + left_out
    )


def _batches(
    file: pq.ParquetFile, names: Sequence[str], schema: pa.Schema, unfolding: Unfolding, where: str
) -> Iterator[pa.RecordBatch]:
    """The rows, with columns of plain kinds only."""
    places = [names.index(name) for name in schema.names]
    rows = 0
    batches = file.iter_batches(_rows_at_once(file.metadata))
    while (batch := _damaged_or(lambda: next(batches, None), where)) is not None:
        _damaged_or(lambda: batch.validate(full=True), where)  # damaged pages can decode into text that is none
        columns = [_unpacked(batch.column(place), kind) for place, kind in zip(places, schema.types, strict=True)]
        plain = pa.record_batch(columns, schema=schema)
        unfolding.add(plain)
        rows += batch.num_rows
        yield plain
    if rows != file.metadata.num_rows:
        raise DataRefused(
            f"the file claims {file.metadata.num_rows:,} rows and holds {rows:,}",
            where=where,
            rule=UNDAMAGED,
            remedy="copy it or export it again",
        )


def _rows_at_once(metadata: pq.FileMetaData) -> int:
    """Rows a batch, so that one is some mebibytes, by what the file says of itself."""
    claimed = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    each = max(1, claimed // max(1, metadata.num_rows))
    return int(min(_MOST_ROWS, max(_LEAST_ROWS, _BATCH // each)))


_WANTED: dict[Kind, str] = {
    "text": "text",
    "number": "number",
    "boolean": "boolean",
    "date": "a date",
    "instant": "a time with its offset from UTC",
    "any": "text, numbers, truth values or dates",
}


def _plain_kinds(
    kinds: Mapping[str, pa.DataType], contract: FileContract, where: str
) -> tuple[dict[str, pa.DataType], tuple[str, ...]]:
    """The kind that each column that can be in a table becomes, and what to say of those that cannot.

    Raises:
        DataRefused: A column that the contract names holds no plain values.
    """
    plain, warnings = {}, []
    for name, kind in kinds.items():
        becomes = _plain_kind(kind)
        if name != contract.id_column and pa.types.is_null(becomes):
            becomes = pa.string()
        if _is_cell(becomes, contract.kind_of(name)):
            plain[name] = becomes
        elif name in contract.names:
            raise not_a(kind, name, where, _WANTED[contract.kind_of(name)])
        else:
            warnings.append(f"{name}: left out, because the file marks it as {kind}, no value of a table")
    return plain, tuple(warnings)


def _plain_kind(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _plain_kind(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return _plain_kind(kind.value_type)
    if pa.types.is_float16(kind):
        return pa.float64()
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_decimal(kind) and not pa.types.is_decimal128(kind) and kind.precision <= _DECIMAL_DIGITS:
        return pa.decimal128(_DECIMAL_DIGITS, kind.scale)
    return kind


def _unpacked(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if isinstance(values.type, pa.BaseExtensionType):
        return _unpacked(values.storage, kind)
    if pa.types.is_float16(values.type):
        values = values.cast(pa.float32())
    return values if values.type == kind else values.cast(kind)


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
    except (DataRefused, MemoryError):
        raise
    except Exception as error:
        # Damaged bytes surface as whatever the parser trips over first; all of it means the same.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataRefused(
            f"the Parquet file is damaged ({reason})", where=where, rule=UNDAMAGED, remedy="copy it or export it again"
        ) from error


def _check_size(metadata: pq.FileMetaData, size: int, where: str) -> None:
    """A few bytes can claim billions of rows; what is claimed is looked at before it is unpacked."""
    unpacked = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if metadata.num_rows > MAXIMUM_ROWS or unpacked > MAXIMUM_BYTES:
        raise DataRefused(
            f"the file claims {metadata.num_rows:,} rows and {unpacked:,} bytes",
            where=where,
            rule=f"at most {MAXIMUM_ROWS:,} rows and {MAXIMUM_BYTES:,} bytes",
        )
    refuse_many_rows(metadata.num_rows, size, where)
