"""The files beside the database: the ledger key is the one that was recorded, and nobody else may read any of them."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from trials.errors import RegistryRefused
from trials.registry.identities import ledger_key
from trials.registry.storage.folder import CHAIN_HEAD, DATABASE, FOLDERS, KEY
from trials.registry.tables import Installation

_OTHERS = 0o077
_WRITE = 0o022
_MOST_NAMED = 5
_ROOT = 0


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
    mode changes. A folder whose files are private may be looked into. Whoever owns the folder owns what is in it.

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
    return name in FOLDERS or name.startswith((KEY, CHAIN_HEAD, DATABASE))


def _named(top: Path, paths: Iterable[Path], owner: int) -> Iterator[str]:
    said = [words for path in paths for words in _open_to(path, owner)]
    yield from said[:_MOST_NAMED]
    if len(said) > _MOST_NAMED:
        yield f"{top}: {len(said) - _MOST_NAMED} more in it, too"


def _open_to(path: Path, owner: int) -> Iterator[str]:
    try:
        found = path.stat()
    except FileNotFoundError:  # somebody is at work, or has a link that leads nowhere
        return
    mode, is_folder = stat.S_IMODE(found.st_mode), stat.S_ISDIR(found.st_mode)
    if is_folder and mode & _WRITE:
        yield f"{path}: others may write to it, its mode is {mode:04o} (chmod go-w)"
    elif not is_folder and mode & _OTHERS:
        yield f"{path}: others may read it or write to it, its mode is {mode:04o} (chmod go=)"
    if found.st_uid not in (owner, _ROOT):
        yield f"{path}: it belongs to user {found.st_uid}, and the registry's folder to user {owner} (chown)"
