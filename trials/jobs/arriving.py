"""Files that were sent for a job: each lies in a folder of its own until the job has read it."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Final

from data.plain_files import own_name
from data.private import make_private, write_private
from trials.errors import RegistryRefused

_PLACE: Final = re.compile(r"([0-9a-f]{32})/([^/]+)")
_LEFT_BEHIND: Final = 24 * 3600  # seconds after which a file is nobody's any more


def receive(home: Path, name: str, content: bytes) -> str:
    """Lay a file down for a job; what the job finds it by. What killed processes left behind long ago is removed.

    Args:
        home: The registry's folder.
        name: What the file is called; the last part of it is its name, for its ending says its format.
        content: Its bytes.

    Raises:
        OSError: The disk does not take it.
    """
    _clear(home)
    place = secrets.token_hex(16)
    folder = _room(home) / place
    make_private(folder)
    called = own_name(name)
    write_private(folder / called, content)
    return f"{place}/{called}"


def arrived(home: Path, place: str, digest: str) -> Path:
    """The file itself, which is as it was sent.

    Args:
        home: The registry's folder.
        place: What :func:`receive` gave.
        digest: SHA-256 of the bytes that were sent.

    Raises:
        RegistryRefused: It is no place of a file that was sent, the file is gone, or it was edited.
    """
    folder, name = _parts(place)
    file = _room(home) / folder / name
    try:
        sent = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise _not_as_sent(f"the file that was sent is gone ({error.strerror or 'unreadable'})") from error
    if sent != digest:
        raise _not_as_sent("the file is not the one that was sent")
    return file


def remove_arrived(home: Path, place: str) -> None:
    """Remove it with its folder; nothing of what is no place of a file that was sent.

    Raises:
        RegistryRefused: It is none.
    """
    shutil.rmtree(_room(home) / _parts(place)[0], ignore_errors=True)


def _parts(place: str) -> tuple[str, str]:
    found = _PLACE.fullmatch(place)
    if found is None or found[2] != own_name(found[2]):
        raise _not_as_sent("what names the file that was sent was edited")
    return found[1], found[2]


def _not_as_sent(problem: str) -> RegistryRefused:
    return RegistryRefused(
        problem,
        rule="what is loaded is what was sent, byte for byte",
        remedy="ask who else may write to the registry's folder or database, then send it again; nothing was loaded",
    )


def _room(home: Path) -> Path:
    return home / "arriving"


def _clear(home: Path) -> None:
    room = _room(home)
    for folder in room.iterdir() if room.is_dir() else ():
        if time.time() - folder.stat().st_mtime > _LEFT_BEHIND:
            shutil.rmtree(folder, ignore_errors=True)
