"""Issue lists: one arm's customers under export ids, in a file that is safe to open and cannot be taken for another."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.identifiers import ledger_ids
from data.spreadsheet_safety import write_table
from data.whole_files import Unfinished, unfinished
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


@contextmanager
def list_and_manifest(path: Path) -> Iterator[Written]:
    """A new list and its manifest: neither has its name before it is finished, and both are gone if the work fails.

    A manifest without its list is what a killed process may have left, and is no use to anybody: it makes way.

    Raises:
        TrialRefused: A file of that name is there already, or the disk refused; nothing is left there.
    """
    try:
        with unfinished(path) as listed, unfinished(path.with_suffix(".manifest.json")) as manifest:
            refuse_taken(path)
            yield Written(listed, manifest)
    except FileExistsError as error:
        raise _there_already(path) from error
    except OSError as error:
        raise TrialRefused(
            f"the list cannot be written ({error.strerror or error})", where=str(path), rule="nothing was issued"
        ) from error


def refuse_taken(path: Path) -> None:
    """Refuse a list's name that is taken, be it by a link that leads nowhere.

    Raises:
        TrialRefused: It is.
    """
    if os.path.lexists(path):
        raise _there_already(path)


class Written:
    """A list and its manifest in the making."""

    def __init__(self, listed: Unfinished, manifest: Unfinished) -> None:
        self._listed = listed
        self._manifest = manifest

    def write_list(self, table: pa.Table) -> str:
        """Write the list; its SHA-256."""
        write_table(table, self._listed.file)
        self._listed.sync()  # before the writers' turn, which it would keep others from
        with self._listed.partial.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Write what the list should hold, so that whoever receives it can count and hash."""
        text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        self._manifest.file.write(text.encode())

    def require_free(self) -> None:
        """Ask, in the writers' turn, whether the list can have its name.

        Raises:
            FileExistsError: A list has it.
        """
        if os.path.lexists(self._listed.path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self._listed.path))

    def finish(self) -> None:
        """Give both their names, once they are on record: a list that nobody knows of must not reach a supplier.

        Raises:
            TrialRefused: They could not be given; then the files are gone, and the list is on record.
        """
        try:
            if not os.path.lexists(self._listed.path):
                self._manifest.path.unlink(missing_ok=True)
            self._manifest.finish()
            self._listed.finish()
        except OSError as error:
            raise TrialRefused(
                f"the list is on record and could not be put in place ({error.strerror or error})",
                where=str(self._listed.path),
                rule="a list is recorded before it can be found",
                remedy="issue it again, elsewhere or when that is mended; it is then a reissue",
            ) from error


def _there_already(path: Path) -> TrialRefused:
    return TrialRefused(
        "a file of that name is there already",
        where=str(path),
        rule="a list never replaces another: a stale file must not be taken for the new one",
        remedy="choose another folder",
    )
