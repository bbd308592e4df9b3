"""The files beside the database: the ledger key is the one recorded, others may read none, and none is a stranger's."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from trials.errors import RegistryRefused
from trials.registry.identities import ledger_key
from trials.registry.storage.folder import (
    ARRIVING,
    CHAIN_HEAD,
    DATABASE,
    DEMONSTRATION,
    DRAFTS,
    ERRORS,
    FOLDERS,
    JOBS,
    KEY,
    LISTS,
    SCRATCH,
    SNAPSHOTS,
    UPLOADS,
)
from trials.registry.tables import Installation

_OTHERS = 0o077
_WRITE = 0o022
_MOST_NAMED = 5
_ROOT = 0
_TOLD_BY_NAMES = (LISTS, ARRIVING)
"""Folders whose files have names and sizes that tell something: which arms have lists, of how many; what was sent."""
_OWN = re.compile(
    "|".join(
        (
            *map(re.escape, FOLDERS),
            rf"{re.escape(KEY)}(\.before-restore|\.\d+\.[0-9a-f]+\.tmp)?",
            rf"{re.escape(CHAIN_HEAD)}(\.before-restore)?",
            rf"{re.escape(DATABASE)}(-wal|-shm|-journal)?(\.before-restore)?",
            rf"{re.escape(ERRORS)}(\.before)?",
            r"lost\+found",  # the file system's, where the folder is a disk
        )
    )
)
_JOB = r"[0-9a-f]{32}"
_OWN_IN = {
    SNAPSHOTS: re.compile(r"[0-9a-f]{64}\.parquet|[0-9a-f]{32}\.partial|\.lock"),
    SCRATCH: re.compile(rf"{_JOB}|\.lock"),
    UPLOADS: re.compile(r"[0-9a-f]{64}|tmp[a-z0-9_]{8}"),
    DRAFTS: re.compile(r"[0-9a-f]{64}\.json"),
    DEMONSTRATION: re.compile(r"[A-Z]"),
    **{room: re.compile(_JOB) for room in (JOBS, ARRIVING, LISTS)},
}
_OWN_OF_LISTS = re.compile(r"[A-Za-z0-9].*\.(csv|manifest\.json)|\.otm-[0-9a-f]{16}\.partial")
"""In a job's folder; whether such a list was issued is asked where lists are hashed."""


def key_faults(session: Session, path: Path) -> Iterator[str]:
    """What is wrong with the ledger key: gone, no key, another one than was recorded, or open to others.

    Args:
        session: Where its fingerprint is recorded.
        path: The key's file.
    """
    if not path.exists():
        yield f"{path}: the ledger key is gone"
        return
    mode = path.stat().st_mode
    if mode & _OTHERS:
        yield f"{path}: others may read the ledger key, its mode is {stat.S_IMODE(mode):04o} (chmod 600)"
    try:
        key = ledger_key.parse_key(path)
    except (RegistryRefused, OSError) as error:
        yield f"{path}: the ledger key cannot be read: {error}"
        return
    installation = session.get(Installation, 1)
    if installation is None:
        yield "row installation/1: deleted, so nothing says which ledger key is this registry's"
    elif ledger_key.fingerprint(key) != installation.key_fingerprint:
        yield f"{path}: the ledger key is not the one that this registry was made with"


def open_to_others(home: Path, also: Iterable[Path] = ()) -> Iterator[str]:
    """Which files and folders that the service makes in a registry's folder are not for its owner alone, in words.

    Files are for their owner to read and write, and folders for their owner to write: whatever is in one, others could
    put another thing in its place. What is refused to others in a folder above is still open when that is moved or its
    mode changes. A folder whose files are private may be looked into, unless their names and sizes tell something, as
    those of issue lists do. Whoever owns the folder owns what is in it.

    Args:
        home: The registry's folder.
        also: Files that are elsewhere.
    """
    owner = home.stat().st_uid
    yield from _named(home, [home], owner)
    for path in sorted({*also, *(path for path in home.iterdir() if _is_made(path.name))}):
        yield from _named(path, [path, *sorted(path.rglob("*"))] if path.is_dir() else [path], owner)


def _is_made(name: str) -> bool:
    """Whether the service makes what has this name: beside a file stand its journals, and what a restore put aside."""
    return name in FOLDERS or name.startswith((KEY, CHAIN_HEAD, DATABASE, ERRORS))


def _named(top: Path, paths: Iterable[Path], owner: int) -> Iterator[str]:
    closed = top.name in _TOLD_BY_NAMES
    said = [words for path in paths for words in _open_to(path, owner, closed=closed)]
    yield from said[:_MOST_NAMED]
    if len(said) > _MOST_NAMED:
        yield f"{top}: {len(said) - _MOST_NAMED} more in it, too"


def _open_to(path: Path, owner: int, *, closed: bool) -> Iterator[str]:
    try:
        found = path.stat()
    except FileNotFoundError:  # somebody is at work, or has a link that leads nowhere
        return
    mode, is_folder = stat.S_IMODE(found.st_mode), stat.S_ISDIR(found.st_mode)
    if is_folder and mode & _WRITE:
        yield f"{path}: others may write to it, its mode is {mode:04o} (chmod go-w)"
    elif is_folder and closed and mode & _OTHERS:
        yield f"{path}: others may see the names and sizes of what is in it, its mode is {mode:04o} (chmod go=)"
    elif not is_folder and mode & _OTHERS:
        yield f"{path}: others may read it or write to it, its mode is {mode:04o} (chmod go=)"
    if found.st_uid not in (owner, _ROOT):
        yield f"{path}: it belongs to user {found.st_uid}, and the registry's folder to user {owner} (chown)"


def not_the_services(home: Path, also: Iterable[Path] = ()) -> Iterator[str]:
    """What lies in a registry's folder and is none of the service's, in words: in no backup, and nobody clears it.

    In the folder of a job's lists the name is not told, which may say that an arm has a list.

    Args:
        home: The registry's folder.
        also: Files of the registry that may have any name.
    """
    own = {path.name for path in also if path.parent == home}
    found = [str(path) for path in home.iterdir() if not _OWN.fullmatch(path.name) and path.name not in own]
    for room, names in _OWN_IN.items():
        found += [str(path) for path in _in(home / room) if not names.fullmatch(path.name)]
    for folder in _in(home / LISTS):
        found += [f"{folder}/…" for path in _in(folder) if not _OWN_OF_LISTS.fullmatch(path.name)]
    said = sorted({f"{place}: not the service's: in no backup, and never cleared; see whose it is" for place in found})
    yield from said[:_MOST_NAMED]
    if len(said) > _MOST_NAMED:
        yield f"{home}: {len(said) - _MOST_NAMED} more that are not the service's"


def _in(folder: Path) -> Iterable[Path]:
    return folder.iterdir() if folder.is_dir() and not folder.is_symlink() else ()
