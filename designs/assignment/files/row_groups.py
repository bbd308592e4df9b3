"""A Parquet file of a population, read a row group at a time on a few threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.hashing import MANY
from data.threads import each
from designs.assignment.declare import refuse_absent
from designs.errors import DesignRefused

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Which rows each row group holds, and how to read them.

    Args:
        path: The file.
        unit: Name of the id column.
        columns: The other columns that are needed; of text, they are read as codes.
        schema: The file's, with those codes.
        starts: The first row of each row group, then the number of rows.
        threads: How many to use.
    """

    path: Path
    unit: str
    columns: tuple[str, ...]
    schema: pa.Schema = field(repr=False)
    starts: tuple[int, ...] = field(repr=False)
    threads: int
    _metadata: pq.FileMetaData = field(repr=False)

    @property
    def groups(self) -> range:
        """The row groups."""
        return range(len(self.starts) - 1)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.starts[-1]

    @property
    def many(self) -> bool:
        """Whether the rows are so many that the fast hash pays."""
        return self.rows >= MANY

    def of(self, group: int) -> slice:
        """The rows of a group."""
        return slice(self.starts[group], self.starts[group + 1])

    def read(self, group: int, names: Sequence[str]) -> pa.Table:
        """Columns of a row group."""
        # A reader of its own each time: one reader does not serve two threads.
        with pq.ParquetFile(self.path, metadata=self._metadata, read_dictionary=list(self.columns)) as file:
            return file.read_row_group(group, columns=list(names), use_threads=False)

    def each(self, work: Callable[[int], _Result]) -> Iterator[_Result]:
        """Every row group's result, in order, a few at a time on the threads."""
        return each(work, self.groups, self.threads)


def open_row_groups(path: Path, unit: str, columns: Sequence[str], threads: int | None = None) -> RowGroups:
    """Open a population's file.

    Raises:
        DesignRefused: It is empty, or lacks a column.
    """
    with pq.ParquetFile(path, read_dictionary=list(columns)) as file:
        metadata, schema = file.metadata, file.schema_arrow
    refuse_absent((unit, *columns), schema.names, path.name)
    starts = np.cumsum([0, *(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))])
    if starts[-1] == 0:
        raise DesignRefused("the population is empty", where=path.name, rule="a draw needs at least one customer")
    return RowGroups(
        path, unit, tuple(columns), schema, tuple(starts.tolist()), threads or os.cpu_count() or 1, metadata
    )
