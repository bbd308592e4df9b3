"""Snapshots: equal rows, equal bytes; durable before they are named; a full disk leaves nothing behind."""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import snapshots
from data.errors import DataRefused
from data.snapshots import SnapshotStore

WORDS = st.lists(st.one_of(st.none(), st.text(max_size=5)), min_size=1, max_size=7)
TABLE = pa.table({"ledger_id": [f"{i:032x}" for i in range(1000)], "y": np.linspace(0, 1, 1000)})


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "home" / "snapshots")


def test_a_snapshot_is_named_by_its_bytes_and_reads_back(store: SnapshotStore) -> None:
    digest = store.write(TABLE)
    content = store.opened(digest).path.read_bytes()
    assert digest == hashlib.sha256(content).hexdigest()
    assert pq.read_table(store.opened(digest).path).equals(TABLE)
    assert store.digests() == {digest}
    store.verify(digest)


def test_what_is_stored_is_for_its_owner_only(store: SnapshotStore) -> None:
    path = store.opened(store.write(TABLE)).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 500), max_size=8), group=st.sampled_from([40, 64, 100, 10_000]), words=WORDS)
def test_equal_rows_give_equal_bytes_however_they_are_cut(
    tmp_path: Path, cuts: list[int], group: int, words: list[str | None]
) -> None:
    values = (words * 500)[:500]
    table = pa.table({"text": pa.array(values, pa.string()), "n": np.arange(500)})
    edges = [0, *sorted(cuts), 500]
    pieces = [table.slice(low, high - low) for low, high in itertools.pairwise(edges)]
    batches = [batch for piece in pieces for batch in piece.to_batches()]
    other_form = pa.table({"text": table.column("text").dictionary_encode(), "n": table.column("n")})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "ROW_GROUP_ROWS", group)
        store = SnapshotStore(tmp_path / str(group))
        digests = {
            store.write(table),
            store.write(pa.concat_tables(pieces)),
            store.write(iter(batches), schema=table.schema),
            store.write(pa.RecordBatchReader.from_batches(table.schema, batches)),
            store.write(other_form.replace_schema_metadata({"pandas": "notes"})),
            store.write(table.cast(pa.schema([("text", pa.large_string()), ("n", pa.int64())]))),
        }
    assert len(digests) == 1
    assert pq.read_table(store.opened(digests.pop()).path).equals(table)


def test_other_rows_or_another_order_give_another_digest(store: SnapshotStore) -> None:
    assert (
        len({store.write(TABLE), store.write(TABLE.slice(1)), store.write(TABLE.take(list(range(999, -1, -1))))}) == 3
    )


def test_a_stream_is_never_held_whole(store: SnapshotStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "ROW_GROUP_ROWS", 1000)
    alive: list[int] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for _ in range(20):
            alive.append(pa.total_allocated_bytes())
            yield pa.record_batch({"y": np.random.default_rng(1).random(100_000)})

    before = pa.total_allocated_bytes()
    store.write(batches())
    assert max(alive) - before < 8 * 800_000  # a few batches of 20


def test_empty_sources(store: SnapshotStore) -> None:
    digest = store.write(TABLE.slice(0, 0))
    assert pq.read_table(store.opened(digest).path).schema == TABLE.schema
    assert store.write(iter(()), schema=TABLE.schema) == digest
    with pytest.raises(DataRefused, match="no batches and no schema"):
        store.write(iter(()))


def test_any_changed_byte_is_found(store: SnapshotStore) -> None:
    digest = store.write(TABLE)
    path = store.opened(digest).path
    content = bytearray(path.read_bytes())
    for place in (0, len(content) // 2, len(content) - 1):
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(DataRefused, match="has been changed"):
            store.verify(digest)
    path.write_bytes(content[:-1])
    with pytest.raises(DataRefused, match="has been changed"):
        store.verify(digest)


def test_writing_again_heals_what_was_changed(store: SnapshotStore) -> None:
    digest = store.write(TABLE)
    store.opened(digest).path.write_bytes(b"something else")
    assert store.write(TABLE) == digest
    store.verify(digest)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_digest_names_a_file(store: SnapshotStore, digest: str) -> None:
    with pytest.raises(DataRefused, match="is not a digest"):
        store.opened(digest)


def test_a_missing_snapshot_is_said_so(store: SnapshotStore) -> None:
    with pytest.raises(DataRefused, match="missing from the store"):
        store.verify("0" * 64)


def fails(code: int) -> Callable[..., Any]:
    def call(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    return call


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EIO, "failed to write or read"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync", "open", "rename"])
def test_a_disk_that_fails_anywhere_is_refused_and_nothing_is_left(
    store: SnapshotStore, monkeypatch: pytest.MonkeyPatch, call: str, code: int, message: str
) -> None:
    kept = store.write(TABLE)
    with monkeypatch.context() as patch:
        if call == "rename":
            patch.setattr(Path, "rename", fails(code))
        else:
            patch.setattr(snapshots.os, call, fails(code))
        with pytest.raises(DataRefused, match=message):
            store.write(TABLE.slice(1))
    assert {path.name for path in store.root.iterdir()} == {".lock", f"{kept}.parquet"}
    store.verify(kept)


def test_a_source_that_fails_half_way_leaves_nothing(store: SnapshotStore) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from TABLE.to_batches()
        raise ValueError("the reader broke")

    with pytest.raises(ValueError, match="the reader broke"):
        store.write(batches(), schema=TABLE.schema)
    assert {path.name for path in store.root.iterdir()} == {".lock"}


def test_the_order_of_steps_makes_it_durable(store: SnapshotStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file reaches the disk before it has its name, and the name before anybody hears of it."""
    steps: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def noted_fsync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def noted_rename(self: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(self, target)

    store.write(TABLE)
    monkeypatch.setattr(snapshots.os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    store.write(TABLE.slice(1))
    assert steps == ["file", "rename", "folder"]


def test_rows_come_back_as_they_were_stored(tmp_path: Path) -> None:
    store = SnapshotStore(tmp_path / "year=2026")
    digest = store.write(TABLE)
    assert store.read(digest).equals(TABLE)
    assert store.read(digest, TABLE.column_names[:1]).equals(TABLE.select(TABLE.column_names[:1]))
    with pytest.raises(DataRefused, match="the snapshot is missing"):
        store.read("0" * 64)


@pytest.mark.parametrize("spoil", [lambda content: b"not Parquet", lambda content: content[:-9], lambda content: b""])
def test_a_file_that_is_no_snapshot_any_more_is_refused(store: SnapshotStore, spoil: Callable[[bytes], bytes]) -> None:
    path = store.opened(store.write(TABLE)).path
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataRefused, match="has been changed"):
        store.read(path.stem)


def test_only_old_files_that_nobody_names_are_collected(store: SnapshotStore) -> None:
    named, orphan, young = (store.write(TABLE.slice(i)) for i in range(3))
    half = store.root / "half.partial"
    half.write_bytes(b"x")
    stranger = store.root / "notes.txt"
    stranger.write_bytes(b"x")
    old = time.time() - 2 * 24 * 3600
    for path in (store.opened(named).path, store.opened(orphan).path, half, stranger):
        os.utime(path, (old, old))
    assert store.collect_orphans({named}) == tuple(sorted([f"{orphan}.parquet", "half.partial"]))
    assert store.digests() == {named, young}
    assert stranger.exists()
    assert store.collect_orphans({named}) == ()


def test_nothing_is_collected_while_the_store_is_held(store: SnapshotStore) -> None:
    store.write(TABLE)
    with store.holding(), pytest.raises(DataRefused, match="the store is in use"):
        SnapshotStore(store.root).collect_orphans(set(), older_than=-1)
    with store.holding(), store.holding():
        store.write(TABLE)  # holders do not hinder writers
    assert len(store.collect_orphans(set(), older_than=-1)) == 1


def test_a_store_that_was_never_written_to_has_nothing_to_collect(store: SnapshotStore) -> None:
    assert store.collect_orphans(set()) == ()
    assert store.digests() == frozenset()
