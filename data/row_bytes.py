"""Rows as bytes that depend on nothing but the rows: equal rows give an equal Parquet file, hashed as it is written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DataRefused


class HashingSink:
    """A file that hashes what passes through it, so that the digest needs no second reading."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._hash = hashlib.sha256()
        self._position = 0
        self.closed = False

    def write(self, data: bytes | memoryview) -> int:
        view = memoryview(data).cast("B")
        self._hash.update(view)
        rest = view
        while len(rest):
            rest = rest[os.write(self._descriptor, rest) :]
        self._position += len(view)
        return len(view)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def write_parquet(
    source: pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch],
    schema: pa.Schema | None,
    sink: HashingSink,
    rows: int,
) -> None:
    """Write rows as a Parquet file, in row groups of ``rows``.

    Raises:
        DataRefused: There are neither batches nor a schema.
    """
    batches = iter(source.to_batches() if isinstance(source, pa.Table) else source)
    if isinstance(source, pa.Table | pa.RecordBatchReader):
        schema = source.schema
    first: list[pa.RecordBatch] = []
    if schema is None:
        first = [batch for _, batch in zip(range(1), batches, strict=False)]
        if not first:
            raise DataRefused("there are no batches and no schema to write")
        schema = first[0].schema
    plain = _plain_schema(schema)
    with pq.ParquetWriter(
        pa.PythonFile(sink, mode="w"),
        plain,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=1,
        use_dictionary=True,
        write_statistics=True,
        store_schema=True,
    ) as writer:
        for group in _row_groups(_chain(first, batches), plain, rows):
            writer.write_table(group, row_group_size=rows)


def _chain(first: list[pa.RecordBatch], rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from first
    yield from rest


def _row_groups(batches: Iterator[pa.RecordBatch], schema: pa.Schema, size: int) -> Iterator[pa.Table]:
    """Tables of exactly ``size`` rows (the last may be shorter), each in one piece.

    Page boundaries follow the pieces an array is in, so equal rows give equal bytes only from equal pieces.
    """
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= size:
            table = pa.Table.from_batches(waiting)
            yield _in_one_piece(table.slice(0, size), schema)
            rest = table.slice(size)
            waiting, rows = rest.to_batches(), rest.num_rows
    if rows:
        yield _in_one_piece(pa.Table.from_batches(waiting), schema)


def _in_one_piece(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return table.replace_schema_metadata(None).cast(schema).combine_chunks()


def _plain_schema(schema: pa.Schema) -> pa.Schema:
    """Columns without the encodings that the same values may come in, and without readers' notes."""
    return pa.schema([pa.field(field.name, _plain_type(field.type)) for field in schema])


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind
