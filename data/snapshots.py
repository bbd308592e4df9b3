"""Unit-level data at rest: Parquet files named by the SHA-256 of their own bytes.

A snapshot is written to a temporary name, fsynced, renamed, and its folder fsynced, before anybody records its
digest. So a record never names a file that is missing or half written; a file that no record names is harmless.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DataRefused

ROW_GROUP_ROWS = 262_144
ORPHAN_SECONDS = 24 * 3600
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 1 << 20


class SnapshotStore:
    """A folder of snapshots. Safe for many processes at once.

    Args:
        root: The folder; made, readable by its owner only, when it is missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(
        self, source: pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch], *, schema: pa.Schema | None = None
    ) -> str:
        """Store rows and return their digest, once they would survive a power cut.

        The same rows give the same bytes, however they are cut into batches. Memory holds one row group
        (262,144 rows) of what is streamed.

        Args:
            source: A table, a reader, or batches.
            schema: Needed only for a plain iterable that may be empty.

        Raises:
            DataRefused: The disk is full or failing, or the folder may not be written. Nothing is left behind.
        """
        with _storing(self.root), self.holding():
            return self._write_held(source, schema)

    def path(self, digest: str) -> Path:
        """The file of a digest.

        Raises:
            DataRefused: The digest is malformed, or the store does not hold it.
        """
        path = self._path(digest)
        if not path.is_file():
            raise DataRefused(
                "the snapshot is missing from the store",
                where=path.name,
                rule="every snapshot that the registry names is kept",
                remedy="restore it from the last backup",
            )
        return path

    def read(self, digest: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a digest, in their order; every column where none are named.

        Raises:
            DataRefused: The digest is malformed, or the store does not hold it, or the file is no snapshot any more.
        """
        return read_rows(self.path(digest), columns)

    def verify(self, digest: str) -> None:
        """Hash the file again.

        Raises:
            DataRefused: It is missing, or its bytes are no longer those that gave it its name.
        """
        path = self.path(digest)
        with _storing(path), path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != digest:
            raise DataRefused(
                f"the snapshot has been changed: its bytes now give {actual}",
                where=path.name,
                rule="a snapshot is named by the SHA-256 of its bytes",
                remedy="restore it from the last backup, and find out who wrote to the store",
            )

    def digests(self) -> frozenset[str]:
        """Every digest that the store holds."""
        return frozenset(path.stem for path in self.root.glob("*.parquet") if _DIGEST.fullmatch(path.stem))

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """While this is held (by a writer, or by a backup), nothing is collected. Shared by any number of holders."""
        self._make_root()  # a registry of drafts alone has no snapshot yet, and can be backed up
        with self._lock(fcntl.LOCK_SH):
            yield

    def collect_orphans(
        self, named: set[str] | frozenset[str], *, older_than: float = ORPHAN_SECONDS, now: float | None = None
    ) -> tuple[str, ...]:
        """Remove files that no record names and that are old enough to belong to no work in progress.

        Args:
            named: Every digest that the registry names.
            older_than: Seconds since the file was written.
            now: Seconds since the epoch; the clock's when not given.

        Returns:
            The names of the files removed, sorted.

        Raises:
            DataRefused: A writer or a backup holds the store.
        """
        if not self.root.is_dir():
            return ()
        limit = (time.time() if now is None else now) - older_than
        removed = []
        with _storing(self.root), self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB):
            for path in sorted(self.root.iterdir()):
                orphan = path.suffix == ".partial" or (
                    path.suffix == ".parquet" and _DIGEST.fullmatch(path.stem) is not None and path.stem not in named
                )
                if orphan and path.stat().st_mtime < limit:
                    path.unlink()
                    removed.append(path.name)
            if removed:
                _fsync_folder(self.root)
        return tuple(removed)

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise DataRefused(f"{digest!r} is not a digest", rule="64 lower-case hexadecimal characters")
        return self.root / f"{digest}.parquet"

    def _make_root(self) -> None:
        if not self.root.is_dir():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            _fsync_folder(self.root.parent)

    def _write_held(
        self, source: pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch], schema: pa.Schema | None
    ) -> str:
        partial = self.root / f"{secrets.token_hex(16)}.partial"
        try:
            # Exclusive and private: customers' rows are never readable by others, not even for a moment.
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                sink = _HashingSink(file.fileno())
                _write_parquet(source, schema, sink)
                os.fsync(file.fileno())
            digest = sink.hexdigest()
            partial.rename(self._path(digest))
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
        _fsync_folder(self.root)
        return digest

    @contextlib.contextmanager
    def _lock(self, operation: int) -> Iterator[None]:
        descriptor = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, operation)
            except BlockingIOError as error:
                raise DataRefused(
                    "the store is in use",
                    where=str(self.root),
                    rule="orphans are collected only while nobody writes or copies snapshots",
                    remedy="try again when the other work has ended",
                ) from error
            yield
        finally:
            os.close(descriptor)


def read_rows(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a snapshot's file, in their order; every column where none are named.

    Raises:
        DataRefused: The disk failed, or the file is no snapshot any more.
    """
    try:
        with _storing(path):
            # A folder called year=2026 must not become a column.
            return pq.read_table(path, columns=None if columns is None else list(columns), partitioning=None)
    except pa.ArrowException as error:
        raise DataRefused(
            f"the snapshot cannot be read ({str(error).splitlines()[0]})",
            where=path.name,
            rule="a snapshot is never written over",
            remedy="restore it from the last backup, and find out who wrote to the store",
        ) from error


class _HashingSink:
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


def _write_parquet(
    source: pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch], schema: pa.Schema | None, sink: _HashingSink
) -> None:
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
        for group in _row_groups(_chain(first, batches), plain):
            writer.write_table(group, row_group_size=ROW_GROUP_ROWS)


def _chain(first: list[pa.RecordBatch], rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from first
    yield from rest


def _row_groups(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Tables of exactly ``ROW_GROUP_ROWS`` rows (the last may be shorter), each in one piece.

    Page boundaries follow the pieces an array is in, so equal rows give equal bytes only from equal pieces.
    """
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= ROW_GROUP_ROWS:
            table = pa.Table.from_batches(waiting)
            yield _in_one_piece(table.slice(0, ROW_GROUP_ROWS), schema)
            rest = table.slice(ROW_GROUP_ROWS)
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


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_REMEDIES = {
    errno.ENOSPC: ("the disk is full", "free space in the store, then do the same again"),
    errno.EDQUOT: ("the disk quota is used up", "free space in the store, then do the same again"),
    errno.EIO: ("the disk failed to write or read", "check the disk before anything else is stored"),
    errno.EROFS: ("the disk is read-only", "check the disk, or set OTM_HOME to another"),
    errno.EACCES: ("the folder may not be written", "give this account the right to write there, or set OTM_HOME"),
    errno.EPERM: ("the folder may not be written", "give this account the right to write there, or set OTM_HOME"),
}


@contextlib.contextmanager
def _storing(where: Path) -> Iterator[None]:
    """Name what the operating system refused; nothing was acknowledged, so nothing is lost."""
    try:
        yield
    except OSError as error:
        problem, remedy = _REMEDIES.get(
            error.errno or 0, (f"the store could not be used ({error.strerror or error})", "check the folder and disk")
        )
        raise DataRefused(
            problem, where=str(where), rule="nothing was stored and nothing was changed", remedy=remedy
        ) from error
