"""Unit-level data at rest: Parquet files named by the SHA-256 of their own bytes.

A snapshot is written to a temporary name, fsynced, renamed, and its folder fsynced, before anybody records its
digest. So a record never names a file that is missing or half written; a file that no record names is harmless.

Nothing is read unhashed: a file's bytes are hashed before any of them is used, by the one function that leads to it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DataRefused
from data.private import fsync_folder
from data.row_bytes import HashingSink, write_parquet

ROW_GROUP_ROWS = 262_144
ORPHAN_SECONDS = 24 * 3600
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 1 << 20


# Within so many nanoseconds of a file's last change another may leave no mark on it: clocks of file systems tick.
_TICK = 100_000_000

_Identity = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot whose bytes have been hashed. Made by :meth:`SnapshotStore.opened` alone.

    Args:
        digest: Its name.
        path: Its file.
    """

    digest: str
    path: Path
    _store: SnapshotStore = field(repr=False)

    def recheck(self) -> None:
        """Show that what has been read since is of the bytes that were hashed.

        Raises:
            DataRefused: The file was changed or taken away while it was read.
        """
        self._store.opened(self.digest)  # hashes it again where it was touched


@dataclass(frozen=True, slots=True)
class RowGroupsAsFound:
    """The rows of a file whatever its bytes give, a row group at a time.

    Args:
        schema: Of the rows.
        sizes: How many rows each row group has.
    """

    schema: pa.Schema
    sizes: tuple[int, ...]
    _path: Path = field(repr=False)
    _metadata: pq.FileMetaData = field(repr=False)

    def read(self, group: int, columns: Sequence[str], codes: Sequence[str] = ()) -> pa.Table:
        """Columns of a row group; some of text as codes into their values. On any thread.

        Raises:
            DataRefused: The disk failed, or the file is no snapshot any more.
        """
        with (
            _reading(self._path),
            pq.ParquetFile(self._path, metadata=self._metadata, read_dictionary=list(codes)) as file,
        ):
            return file.read_row_group(group, columns=list(columns), use_threads=False)


class SnapshotStore:
    """A folder of snapshots. Safe for many processes at once.

    Args:
        root: The folder; made, readable by its owner only, when it is missing.
        named: What a digest is called in the records, for whoever reads why a file was refused.
    """

    def __init__(self, root: Path, *, named: Callable[[str], str | None] = lambda _: None) -> None:
        self.root = root
        self._named = named
        self._verified: dict[str, _Identity] = {}

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

    def opened(self, digest: str) -> Snapshot:
        """The file of a digest, once its bytes are known to give it: the one way to a snapshot.

        A file is hashed once, and again when it is another file, or was touched, since it was.

        Raises:
            DataRefused: The digest is malformed, the store does not hold it, or its bytes no longer give it.
        """
        path = self._path(digest)
        with self._file(digest, path) as file:
            if self._verified.get(digest) != _identity_of(file.fileno()):
                self._hash(digest, file)
        return Snapshot(digest, path, self)

    def read(self, digest: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a digest, in their order; every column where none are named.

        Raises:
            DataRefused: The digest is malformed, or the store does not hold it, or its bytes no longer give it.
        """
        return read_rows(self.opened(digest), columns)

    def read_changed(self, digest: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a file whatever its bytes give, to tell what in it was changed. For ``otm verify`` alone.

        Raises:
            DataRefused: The digest is malformed, or there is no such file, or it is no Parquet any more.
        """
        path = self._path(digest)
        with self._file(digest, path):
            return read_rows(path, columns)

    def groups_changed(self, digest: str) -> RowGroupsAsFound:
        """The same, a row group at a time.

        Raises:
            DataRefused: As for :meth:`read_changed`.
        """
        path = self._path(digest)
        with self._file(digest, path), _reading(path), pq.ParquetFile(path) as file:
            metadata = file.metadata
            sizes = tuple(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
            return RowGroupsAsFound(file.schema_arrow, sizes, path, metadata)

    def names(self, digest: str) -> tuple[str, ...]:
        """The names of a snapshot's columns.

        Raises:
            DataRefused: As for :meth:`read`.
        """
        return tuple(pq.read_schema(self.opened(digest).path).names)

    def verify(self, digest: str) -> None:
        """Hash the file again, whatever is known of it.

        Raises:
            DataRefused: It is missing, or its bytes are no longer those that gave it its name.
        """
        path = self._path(digest)
        with self._file(digest, path) as file:
            self._hash(digest, file)

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
                fsync_folder(self.root)
        return tuple(removed)

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise DataRefused(f"{digest!r} is not a digest", rule="64 lower-case hexadecimal characters")
        return self.root / f"{digest}.parquet"

    @contextlib.contextmanager
    def _file(self, digest: str, path: Path) -> Iterator[BufferedReader]:
        """The file, to be hashed; a link or a pipe in its place is no snapshot."""
        with _storing(path):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except (FileNotFoundError, NotADirectoryError):
                raise self._refused(digest, "is missing from the store") from None
            except OSError as error:
                if error.errno != errno.ELOOP:
                    raise
                raise self._refused(digest, "is a link to another file") from None
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise self._refused(digest, "is no file")
            with os.fdopen(descriptor, "rb") as file:
                yield file

    def _hash(self, digest: str, file: BufferedReader) -> None:
        """Hash an open file, and remember it by its identity; one that might yet change unmarked is not remembered."""
        before = _identity_of(file.fileno())
        file.seek(0)
        actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != digest:
            self._verified.pop(digest, None)
            raise self._refused(digest, "has been changed", f": its bytes now give {actual}")
        if _identity_of(file.fileno()) == before and time.time_ns() - before[-1] > _TICK:
            self._verified[digest] = before

    def _refused(self, digest: str, problem: str, detail: str = "") -> DataRefused:
        name = self._named(digest)
        return DataRefused(
            f"the snapshot {problem}{'' if name is None else f' ({name})'}{detail}",
            where=f"{digest}.parquet",
            rule="a snapshot is kept as it was stored, named by the SHA-256 of its bytes; nothing of this one was used",
            remedy=f"put {digest}.parquet back from the last backup, then do the same again; run otm verify for what "
            "else was changed, and find out who wrote to the store",
        )

    def _make_root(self) -> None:
        if not self.root.is_dir():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            fsync_folder(self.root.parent)

    def _write_held(
        self, source: pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch], schema: pa.Schema | None
    ) -> str:
        partial = self.root / f"{secrets.token_hex(16)}.partial"
        try:
            # Exclusive and private: customers' rows are never readable by others, not even for a moment.
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                sink = HashingSink(file.fileno())
                write_parquet(source, schema, sink, ROW_GROUP_ROWS)
                os.fsync(file.fileno())
            digest = sink.hexdigest()
            partial.rename(self._path(digest))
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
        fsync_folder(self.root)
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


def _identity_of(descriptor: int) -> _Identity:
    """What no change of a file leaves as it was: which file it is, its size, and its times to the nanosecond."""
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def read_rows(source: Snapshot | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a snapshot, or of a file of our own making, in their order; every column where none are named.

    Raises:
        DataRefused: The disk failed, the file is no snapshot any more, or was changed while it was read.
    """
    path = source.path if isinstance(source, Snapshot) else source
    with _reading(path):
        # A folder called year=2026 must not become a column.
        rows = pq.read_table(path, columns=None if columns is None else list(columns), partitioning=None)
    if isinstance(source, Snapshot):
        source.recheck()
    return rows


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name what keeps a file from being read as a snapshot."""
    try:
        with _storing(path):
            yield
    except pa.ArrowException as error:
        raise DataRefused(
            f"the snapshot cannot be read ({str(error).splitlines()[0]})",
            where=path.name,
            rule="a snapshot is never written over",
            remedy="restore it from the last backup, and find out who wrote to the store",
        ) from error


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
