"""Where the columns are: the one module that knows which engine runs.

All that is not here is narwhals, so that the same expressions run on either engine.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import duckdb
import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.errors import DataRefused
from data.snapshots import Snapshot

EngineName = Literal["duckdb", "spark"]


class Engine(Protocol):
    """What the rest of the service may ask of an engine. All else is narwhals."""

    name: str
    version: str

    def scan(self, source: Snapshot | Path | pa.Table) -> nw.LazyFrame[Any]:
        """Rows of a snapshot, a Parquet file or an Arrow table, lazily."""
        ...

    def companion(self, table: pa.Table) -> nw.LazyFrame[Any]:
        """A small table on the same connection, so that it can be joined to a scan."""
        ...

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Carry a lazy frame out and bring its (small) result into memory."""
        ...

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Write a lazy frame as one Parquet file, rows in their order."""
        ...

    def numbered(self, frame: nw.LazyFrame[Any], column: str, labels: Sequence[str], *, name: str) -> nw.LazyFrame[Any]:
        """Add ``name``: position of a text column's value in ``labels`` (32-bit), null where it is none of them."""
        ...


def open_engine(
    name: EngineName = "duckdb",
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    scratch: Path | None = None,
) -> Engine:
    """Open an engine of its own; engines share nothing.

    Args:
        name: ``duckdb``, in this process; or ``spark``, which comes as an extra.
        threads: Threads to use; every core when not given.
        memory_limit: For example ``"2GB"``; beyond it the engine works out of core, in ``scratch``.
        scratch: Folder for what does not fit in memory; without one nothing is ever written, and memory may run out.

    Raises:
        DataRefused: The engine is unknown, not installed, or an option is not one it takes.
    """
    if name == "duckdb":
        return DuckDBEngine(threads=threads, memory_limit=memory_limit, scratch=scratch)
    if name == "spark":
        raise DataRefused(
            "the Spark engine is not installed",
            where="OTM_ENGINE",
            rule="Spark comes as the extra `spark`, which this release does not hold yet",
            remedy="set OTM_ENGINE=duckdb, which works out of core on one machine",
        )
    raise DataRefused(
        f"there is no engine {name!r}", where="OTM_ENGINE", rule=f"one of {', '.join(get_args(EngineName))}"
    )


class DuckDBEngine:
    """One private in-memory DuckDB connection. Not for use from two threads at once."""

    name: str = "duckdb"
    version: str = duckdb.__version__

    def __init__(self, *, threads: int | None, memory_limit: str | None, scratch: Path | None) -> None:
        # An engine that fetches code or reads variables of the caller by name would break both the closed
        # network and the promise that a query sees only what it was given.
        options: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": "" if scratch is None else str(scratch),  # what spills holds customers' rows
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
            "preserve_insertion_order": True,
            "threads": threads if threads is not None else len(os.sched_getaffinity(0)),
        }
        if memory_limit is not None:
            options["memory_limit"] = memory_limit
        try:
            self._connection = duckdb.connect(":memory:", config=options)
            # Grouping by one integer cell of up to 2^20 values by position, not by hash, halves the two-pass fit.
            self._connection.execute("SET perfect_ht_threshold = 20")
        except duckdb.Error as error:
            raise DataRefused(f"DuckDB did not take its settings ({_first_line(error)})", where="engine") from error
        self._companions = 0
        self._scanned: dict[str, Snapshot] = {}

    def scan(self, source: Snapshot | Path | pa.Table) -> nw.LazyFrame[Any]:
        """Rows of a snapshot, a Parquet file or an Arrow table, lazily.

        Raises:
            DataRefused: The file is missing or is not Parquet.
        """
        if isinstance(source, pa.Table):
            return nw.from_native(self._connection.from_arrow(source))
        if isinstance(source, Snapshot):
            self._scanned[source.digest] = source
            source = source.path
        if not source.is_file():
            raise DataRefused("there is no such file", where=str(source))
        try:
            return nw.from_native(self._connection.read_parquet(_literal(source)))
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise DataRefused(f"this is not a Parquet file ({_first_line(error)})", where=str(source)) from error

    def companion(self, table: pa.Table) -> nw.LazyFrame[Any]:
        """A small table copied onto this connection: joined three times faster than a registered Arrow table."""
        self._companions += 1
        name = f"companion_{self._companions}"
        self._connection.from_arrow(table).create(name)
        return nw.from_native(self._connection.table(name))

    def collect(self, frame: nw.LazyFrame[Any]) -> pa.Table:
        """Carry a lazy frame out, to its end, and bring the result into memory.

        Raises:
            DataRefused: Memory or scratch space ran out, the file could not be read, or a snapshot was changed
                while it was.
        """
        with _named("engine"):
            rows = nw.to_native(frame).to_arrow_table()
        self._recheck()
        return rows

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> None:
        """Write a lazy frame as one Parquet file (Zstandard), rows in their order.

        Raises:
            DataRefused: The disk is full, the folder is missing, memory ran out, or a snapshot was changed while it
                was read.
        """
        with _named(str(path)):
            nw.to_native(frame).write_parquet(str(path), compression="zstd")
        self._recheck()

    def _recheck(self) -> None:
        """What is lazy is read when it is carried out: by then a snapshot must still be the one that was opened."""
        for snapshot in self._scanned.values():
            snapshot.recheck()

    def numbered(self, frame: nw.LazyFrame[Any], column: str, labels: Sequence[str], *, name: str) -> nw.LazyFrame[Any]:
        """Add ``name``: position of a text column's value in ``labels`` (32-bit), null where it is none of them.

        The engine looks a value up once per dictionary entry of a Parquet column, which no narwhals expression gets.
        """
        relation: duckdb.DuckDBPyRelation = nw.to_native(frame)
        texts = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
        positions = ", ".join(str(i) for i in range(len(labels)))
        position = f"(MAP([{texts}]::VARCHAR[], [{positions}]::INTEGER[])[{_quoted(column)}])"
        numbered: nw.LazyFrame[Any] = nw.from_native(relation.project(f"*, {position} AS {_quoted(name)}"))
        return numbered


def hashes_of(texts: pa.ChunkedArray) -> NDArray[np.uint64]:
    """A 64-bit number for each text, equal where the texts are: for a comparison in this process, never for storage.

    Args:
        texts: n texts without nulls.

    Returns:
        Numbers, shape (n,), in their order.
    """
    with duckdb.connect(":memory:") as connection:
        hashed = connection.from_arrow(pa.table({"text": texts})).project("hash(text) AS hash").to_arrow_table()
    numbers: NDArray[np.uint64] = np.concatenate(
        [np.empty(0, np.uint64), *(c.to_numpy() for c in hashed["hash"].chunks)]
    )
    return numbers


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    """A path that the engine's pattern matching takes as it stands."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in str(path))


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


@contextlib.contextmanager
def _named(where: str) -> Iterator[None]:
    """Turn what a full disk, a damaged file or too little memory raises into a refusal; programming errors pass."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise DataRefused(
            f"memory ran out ({_first_line(error)})",
            where=where,
            remedy="raise the memory limit, or free scratch space",
        ) from error
    except duckdb.IOException as error:
        raise DataRefused(f"the file could not be read or written ({_first_line(error)})", where=where) from error
