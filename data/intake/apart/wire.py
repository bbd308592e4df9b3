"""How the process that opens a file tells what it found: Arrow's batches, and an account of them as JSON.

Neither can make the one that reads them do anything: whatever a file does to its reader, it is values that come back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO, Any

import pyarrow as pa

from data.apart import messages
from data.errors import DataRefused
from data.intake.result import Fault, Reading, Rejection

_SCHEMA, _BATCH, _ACCOUNT = b"S", b"B", b"A"  # kinds of messages
_AT_ONCE = 100_000  # rows, faults or rejections of one
_REJECTIONS = pa.schema([("row", pa.int64()), ("field", pa.string()), ("reason", pa.string())])
_FAULTS = pa.schema([("position", pa.int64()), ("field", pa.string()), ("reason", pa.string())])
_ROWS = pa.schema([("row", pa.int64())])


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as its reader opened it.

    Args:
        schema: Of every batch.
        batches: The rows, as they are unpacked.
        warnings: What is known before the rows are.
        account: What a reader says that has read all of them already; without its table.
    """

    schema: pa.Schema
    batches: Iterable[pa.RecordBatch]
    warnings: tuple[str, ...] = ()
    account: Reading | None = None

    @classmethod
    def of(cls, reading: Reading) -> Opened:
        """A file that was read as a whole."""
        labelled = any(pa.types.is_dictionary(kind) for kind in reading.table.schema.types)
        # A batch takes its labels with it, so those of labels go in one.
        batches = reading.table.to_batches(None if labelled else _AT_ONCE)
        return cls(reading.table.schema, batches, reading.warnings, reading)


class Failed(Exception):
    """The reader met a fault of its own, which is none of the file's. Holds its traceback."""


def send(pipe: IO[bytes], opened: Opened) -> None:
    """Send a file: four tables, of which the first is its rows. Its account follows."""
    account = opened.account
    rejections, faults = (account.rejections, account.faults) if account is not None else ((), ())
    rows = None if account is None else account.rows
    _send(pipe, opened.schema, opened.batches)
    _send(pipe, _REJECTIONS, _batches(_REJECTIONS, [(r.row, r.field, r.reason) for r in rejections]))
    _send(pipe, _FAULTS, _batches(_FAULTS, [(f.position, f.field, f.reason) for f in faults]))
    _send(pipe, _ROWS, () if rows is None else pa.table([pa.array(rows)], schema=_ROWS).to_batches(_AT_ONCE))


def send_account(pipe: IO[bytes], opened: Opened, digest: str) -> None:
    """End with what is no row, and the digest of the file's bytes."""
    account = opened.account
    said = {
        "digest": digest,
        "read": None if account is None else account.read,
        "all_rows": account is None or account.rows is None,
        "warnings": opened.warnings,
        "untyped": account is not None and account.untyped,
    }
    messages.send(pipe, _ACCOUNT, json.dumps(said).encode())


def send_refusal(pipe: IO[bytes], refused: DataRefused) -> None:
    """End with why the file is not taken. Some of its batches may have been sent."""
    said = {"problem": refused.problem, "where": refused.where, "rule": refused.rule, "remedy": refused.remedy}
    messages.send(pipe, _ACCOUNT, json.dumps({"refused": said}).encode())


def send_failure(pipe: IO[bytes], trace: str) -> None:
    """End with what went wrong in the reader itself. Some batches may have been sent."""
    messages.send(pipe, _ACCOUNT, json.dumps({"failed": trace}).encode())


def receive(pipe: IO[bytes]) -> tuple[Reading, str]:
    """What was sent: the file, and the digest of its bytes.

    Raises:
        DataRefused: The file was refused.
        Failed: The reader failed.
        Broken: The sender ended before it had said all.
    """
    tables: list[_Table] = []
    while True:
        kind, content = messages.receive(pipe)
        if kind == _ACCOUNT:
            break
        if kind == _SCHEMA:
            tables.append(_Table(pa.ipc.read_schema(pa.py_buffer(content))))
        else:
            tables[-1].batches.append(pa.ipc.open_stream(content).read_next_batch())
    said: dict[str, Any] = json.loads(content)
    if "refused" in said:
        why = said["refused"]
        raise DataRefused(why["problem"], where=why["where"], rule=why["rule"], remedy=why["remedy"])
    if "failed" in said:
        raise Failed(said["failed"])
    table, rejections, faults, rows = (pa.Table.from_batches(each.batches, each.schema) for each in tables)
    reading = Reading(
        table,
        table.num_rows if said["read"] is None else said["read"],
        None if said["all_rows"] else rows.column("row").to_numpy(),
        tuple(Rejection(**row) for row in rejections.to_pylist()),
        tuple(said["warnings"]),
        untyped=said["untyped"],
        faults=tuple(Fault(**row) for row in faults.to_pylist()),
    )
    return reading, said["digest"]


@dataclass(frozen=True, slots=True)
class _Table:
    schema: pa.Schema
    batches: list[pa.RecordBatch] = field(default_factory=list)


def _send(pipe: IO[bytes], schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    messages.send(pipe, _SCHEMA, memoryview(schema.serialize()))
    for batch in batches:
        content = pa.BufferOutputStream()
        with pa.ipc.new_stream(content, schema) as stream:  # which takes labels along
            stream.write_batch(batch)
        messages.send(pipe, _BATCH, memoryview(content.getvalue()))


def _batches(schema: pa.Schema, rows: list[tuple[Any, ...]]) -> Iterable[pa.RecordBatch]:
    for start in range(0, len(rows), _AT_ONCE):
        columns = zip(*rows[start : start + _AT_ONCE], strict=True)
        yield pa.record_batch([pa.array(c, s.type) for c, s in zip(columns, schema, strict=True)], schema=schema)
