"""Issue lists: one arm's customers under export ids, in a file that is safe to open and cannot be taken for another."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.identifiers import ledger_ids
from data.private import make_private, write_private
from data.spreadsheet_safety import write_table
from trials.errors import TrialRefused
from trials.registry.identities.pseudonyms import EXPORT_ID, LEDGER_ID


def export_ids(key: bytes, ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Each customer's id in one trial's exports; ``key`` is the trial's own.

    Every id begins with ``x``: of a million that do not, one reads as a number like ``12e34`` and a spreadsheet
    would change it.
    """
    return pc.binary_join_element_wise(pa.scalar("x"), ledger_ids(key, ids), "")


def issue_list(allocation: pa.Table, population: pa.Table, key: bytes, columns: Sequence[str]) -> pa.Table:
    """The rows of one arm's list, in order of export id, so that their order tells nothing.

    Args:
        allocation: Ledger ids of the arm's customers.
        population: Ledger id and ``columns``.
        key: The trial's export key.
        columns: What the supplier needs beside the id.
    """
    rows = allocation.select([LEDGER_ID]).join(population.select([LEDGER_ID, *columns]), LEDGER_ID)
    table = rows.select(columns).append_column(EXPORT_ID, export_ids(key, rows.column(LEDGER_ID)))
    return table.select([EXPORT_ID, *columns]).sort_by(EXPORT_ID)


def write_list(table: pa.Table, path: Path) -> str:
    """Write a list durably, under its name only once it is whole; its SHA-256.

    Raises:
        TrialRefused: A file of that name is there already, or the disk refused.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        make_private(path.parent)
        if path.exists():
            raise TrialRefused(
                "a file of that name is there already",
                where=str(path),
                rule="a list never replaces another: a stale file must not be taken for the new one",
                remedy="choose another folder",
            )
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            write_table(table, file)
            file.flush()
            os.fsync(file.fileno())
        with partial.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        partial.rename(path)
    except OSError as error:
        raise TrialRefused(
            f"the list cannot be written ({error.strerror or error})", where=str(path), rule="nothing was issued"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return digest


def write_manifest(manifest: dict[str, Any], path: Path) -> None:
    """Write what a list should hold beside it, so that whoever receives it can count and hash.

    Raises:
        TrialRefused: The disk refused.
    """
    try:
        write_private(path, (json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise TrialRefused(f"the manifest cannot be written ({error.strerror or error})", where=str(path)) from error
