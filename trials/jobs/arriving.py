"""Files that were sent for a job: each lies in a folder of its own until the job has read it."""

from __future__ import annotations

import secrets
import shutil
import time
from pathlib import Path, PurePosixPath
from typing import Final

from data.private import make_private, write_private

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
    called = PurePosixPath(name.replace("\\", "/")).name or "file"
    write_private(folder / called, content)
    return f"{place}/{called}"


def arrived(home: Path, place: str) -> Path:
    """The file itself."""
    return _room(home) / place


def remove_arrived(home: Path, place: str) -> None:
    """Remove it with its folder."""
    shutil.rmtree((_room(home) / place).parent, ignore_errors=True)


def _room(home: Path) -> Path:
    return home / "arriving"


def _clear(home: Path) -> None:
    room = _room(home)
    for folder in room.iterdir() if room.is_dir() else ():
        if time.time() - folder.stat().st_mtime > _LEFT_BEHIND:
            shutil.rmtree(folder, ignore_errors=True)
