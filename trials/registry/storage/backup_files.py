"""The files of a backup: their names, and how they are written, listed and told from what is none."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trials.errors import TrialRefused
from trials.registry.storage.folder import CHAIN_HEAD, DRAFTS, KEY, SNAPSHOTS

ROWS = "registry.json"
MANIFEST = "manifest.json"
PARTS = {ROWS, KEY, CHAIN_HEAD, MANIFEST, SNAPSHOTS, DRAFTS}


def hold(lock: int, folder: Path, problem: str) -> None:
    """Take the lock of an open folder for as long as it stays open.

    Raises:
        TrialRefused: Another process has it, which the problem says in words.
    """
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise TrialRefused(problem, where=str(folder), remedy="wait until it has ended") from error


def manifest_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file, by its path."""
    paths = sorted(path for path in folder.rglob("*") if not is_folder(path) and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in paths}


def is_folder(path: Path) -> bool:
    """Whether a part of a backup is a folder; else it is a file.

    Raises:
        TrialRefused: It is neither. A pipe would be waited for without end, a device has none, a link leads elsewhere.
    """
    kind = path.lstat().st_mode
    if stat.S_ISDIR(kind):
        return True
    if not stat.S_ISREG(kind):
        raise TrialRefused(
            "this is no file",
            where=str(path),
            rule="a backup is of files and folders alone",
            remedy="use another backup",
        )
    return False


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_file(path: Path, text: str) -> None:
    """Write a new file durably and privately."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def copy_file(source: Path, destination: Path) -> None:
    """Copy a file durably and privately; never over another."""
    with source.open("rb") as read:
        descriptor = os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            shutil.copyfileobj(read, written)
            written.flush()
            os.fsync(written.fileno())


@contextmanager
def storing(where: Path) -> Iterator[None]:
    """Name what the disk refused, and where."""
    try:
        yield
    except OSError as error:
        raise TrialRefused(
            f"the disk refused ({error.strerror or error})", where=str(error.filename or where)
        ) from error
