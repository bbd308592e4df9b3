"""Folders and files for their owner only, whatever the umask; and scratch space that a kill does not leave behind.

What a piece of work lays down on the way holds customers' rows and arms. So it lies in a folder that is locked by the
process at work; the lock goes with the process, however that ends, and whoever comes next removes what nobody holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from data.errors import DataRefused

_NAME = re.compile(r"[0-9a-f]{32}")
_LOCK = ".lock"


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner only; nothing where it is there.

    Raises:
        OSError: It cannot be made.
    """
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, content: bytes, *, new: bool = False) -> None:
    """Write a file for the owner only; one that is there is written over, and is for the owner only from then on.

    Args:
        path: The file.
        content: All of it.
        new: Whether it must not be there; nor a link of its name.

    Raises:
        OSError: It cannot be written.
    """
    how = os.O_EXCL | os.O_NOFOLLOW if new else os.O_TRUNC
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(content)


def settle(half: Path, home: Path) -> bool:
    """Give a folder its name now that it is whole; whether none had it. What is laid down twice at once is one.

    Args:
        half: The folder, whole.
        home: Its name, which says what is in it.

    Raises:
        OSError: It cannot be moved.
    """
    if home.exists():
        return False
    make_private(home.parent)
    try:
        half.rename(home)
    except OSError:
        if home.exists():
            return False
        raise
    return True


@contextlib.contextmanager
def scratch_in(room: Path) -> Iterator[Path]:
    """A private folder in a room for one piece of work, gone when the work is.

    Should the process be killed, the folder is what :func:`clear_scratch` removes.

    Raises:
        DataRefused: The disk is full, or the room may not be written.
    """
    try:
        folder, held = _made(room)
    except OSError as error:
        raise DataRefused(
            f"there is no room to work in ({error.strerror or error})",
            where=str(room),
            rule="rows that are being worked on lie in the registry's own folder, and nowhere else",
            remedy="see that the folder is there, that this account may write in it and that the disk has space",
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def clear_scratch(room: Path) -> tuple[str, ...]:
    """Remove the folders of a room that no living process holds; their names, sorted.

    Where the room may not be written, or somebody else has its lock just then, nothing is removed: a start waits for
    nobody.
    """
    removed = []
    with contextlib.suppress(OSError), locked(room / _LOCK, os.O_RDWR, fcntl.LOCK_EX | fcntl.LOCK_NB):
        for folder in sorted(place for place in room.iterdir() if _NAME.fullmatch(place.name)):
            if not _is_held(folder):
                shutil.rmtree(folder, ignore_errors=True)
                if not folder.exists():
                    removed.append(folder.name)
    return tuple(removed)


def _made(room: Path) -> tuple[Path, int]:
    """A new folder and the open file whose lock holds it."""
    room.mkdir(mode=0o700, exist_ok=True)  # not what it lies in: a home that is out of sight is not made again
    folder = room / secrets.token_hex(16)
    # Whoever clears the room holds its lock, so nobody finds the folder between its making and its locking.
    with locked(room / _LOCK, os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX):
        folder.mkdir(mode=0o700)
        held = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
    return folder, held


def _is_held(folder: Path) -> bool:
    """Whether a process has the folder's lock. A folder without one was killed in the making, under the room's lock."""
    try:
        return is_locked(folder / _LOCK)
    except OSError:
        return True


def is_locked(path: Path) -> bool:
    """Whether a process has a file's lock for itself; of a file that is not there none has.

    Raises:
        OSError: It cannot be opened.
    """
    try:
        with locked(path, os.O_RDONLY, fcntl.LOCK_SH | fcntl.LOCK_NB):  # shared: whoever asks is in nobody's way
            return False
    except BlockingIOError:
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False


@contextlib.contextmanager
def locked(path: Path, flags: int, operation: int) -> Iterator[None]:
    """Hold a lock on a file.

    Args:
        path: The file; never a link.
        flags: How it is opened.
        operation: Which lock, as ``flock`` has it.

    Raises:
        OSError: It cannot be opened, or somebody else has the lock and it is not to be waited for.
    """
    descriptor = os.open(path, flags | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, operation)
        yield
    finally:
        os.close(descriptor)


def fsync_folder(folder: Path) -> None:
    """Make what was written into a folder, and renamed there, survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
