"""Where the columns are: the one module that knows which engine runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

import narwhals as nw
import pyarrow as pa

EngineName = Literal["duckdb", "spark"]


class Engine(Protocol):
    """What the rest of the service may ask of an engine. All else is narwhals."""

    name: str

    def scan(self, source: Path | pa.Table) -> nw.LazyFrame:
        """Rows of a Parquet file or an Arrow table, lazily."""
        ...

    def companion(self, table: pa.Table) -> nw.LazyFrame:
        """A small table on the same connection, so that it can be joined to a scan."""
        ...

    def collect(self, frame: nw.LazyFrame) -> pa.Table:
        """Carry a lazy frame out and bring its (small) result into memory."""
        ...

    def write(self, frame: nw.LazyFrame, path: Path) -> None:
        """Write a lazy frame as one Parquet file, rows in their order."""
        ...
