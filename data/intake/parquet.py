"""Parquet: columns that carry their own types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DataRefused
from data.intake.headers import check_header, named
from data.intake.result import Reading
from data.intake.source import Source
from data.schema import FileContract

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
        raise DataRefused("the file has columns and no rows", where=where, remedy="export it again")
    names, warnings = named(table.column_names)
    return Reading(table.rename_columns(names), table.num_rows, warnings=warnings)


def _damaged_or(step: Callable[[], Any], where: str) -> Any:
    try:
        return step()
    except DataRefused:
        raise
    except Exception as error:
        # Damaged bytes surface as whatever the parser trips over first; all of it means the same.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataRefused(f"the Parquet file is damaged ({reason})", where=where, remedy="export it again") from error


def _check_size(metadata: pq.FileMetaData, where: str) -> None:
    """A few bytes can claim billions of rows; what is claimed is looked at before it is unpacked."""
    unpacked = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if metadata.num_rows > MAXIMUM_ROWS or unpacked > MAXIMUM_BYTES:
        raise DataRefused(
            f"the file claims {metadata.num_rows:,} rows and {unpacked:,} bytes",
            where=where,
            rule=f"at most {MAXIMUM_ROWS:,} rows and {MAXIMUM_BYTES:,} bytes",
        )
