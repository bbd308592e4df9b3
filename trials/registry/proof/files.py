"""The files beside the database: the ledger key is the one that was recorded, and nobody else may read any of them."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from trials.errors import RegistryRefused
from trials.registry.identities import ledger_key
from trials.registry.tables import Installation

_OTHERS = 0o077
_WRITE = 0o022
_MOST_NAMED = 5


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


def open_to_others(paths: Iterable[Path]) -> Iterator[str]:
    """Which files others may read or write, in words; a folder stands for every file in it.

    What is refused to others in a folder above is still open when that is moved or its mode changes. A folder whose
    files are private may be looked into: their names are digests.
    """
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else []
        seen = [file for file in (path, *inside) if file.exists() and _is_open(file)]
        for file in seen[:_MOST_NAMED]:
            mode = stat.S_IMODE(file.stat().st_mode)
            yield f"{file}: others may read it or write to it, its mode is {mode:04o} (chmod go=)"
        if len(seen) > _MOST_NAMED:
            yield f"{path}: {len(seen) - _MOST_NAMED} more files in it, too"


def folders_open_to_others(folders: Iterable[Path]) -> Iterator[str]:
    """Which folders others may write to, in words: whatever is in one, they can put another thing in its place."""
    for folder in folders:
        if folder.is_dir() and _is_open(folder):
            mode = stat.S_IMODE(folder.stat().st_mode)
            yield f"{folder}: others may write to it, its mode is {mode:04o} (chmod go-w)"


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & (_WRITE if path.is_dir() else _OTHERS))
