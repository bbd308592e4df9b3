"""A file that others wait for has its name only once it is whole; what a killed writer left goes with the next one."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import re
import secrets
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from data.private import fsync_folder, locked, make_private

# Of this program, and the lists of an earlier one: other programs have partial files too.
_PARTIAL = re.compile(r"\.otm-[0-9a-f]{16}\.partial|\.[a-z0-9][\w-]*\.csv\.[0-9a-f]{8}\.partial")


class Unfinished:
    """A file in the making.

    Attributes:
        path: What it is to be called.
        file: What is written to, for its owner only.
        partial: Where it lies until it is whole.
    """

    def __init__(self, path: Path, partial: Path, file: IO[bytes], *, replaces: bool = False) -> None:
        self.path = path
        self.partial = partial
        self.file = file
        self._replaces = replaces
        self._is_named = False

    def sync(self) -> None:
        """Make what was written durable.

        Raises:
            OSError: The disk refused.
        """
        self.file.flush()
        os.fsync(self.file.fileno())

    def finish(self) -> None:
        """Make it durable and give it its name.

        Raises:
            FileExistsError: A file has this name by now, and this one does not take its place.
            OSError: The disk refused.
        """
        self.sync()
        if self.path.exists() and not self._replaces:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.path))
        self.partial.rename(self.path)
        self._is_named = True
        with suppress(OSError):  # what some shares do not offer for a folder
            fsync_folder(self.path.parent)

    def take_back(self) -> None:
        """Remove it, under whatever name it has by now."""
        with suppress(OSError):
            (self.path if self._is_named else self.partial).unlink(missing_ok=True)


@contextmanager
def unfinished(path: Path, *, replaces: bool = False) -> Iterator[Unfinished]:
    """A new file that is not there until it is finished; work that fails leaves none, finished or not.

    One that ``replaces`` takes the place of what has its name by then.

    The writer holds a lock on it; should the process be killed, the next one that writes into the folder removes it.

    Raises:
        OSError: The folder cannot be made or written.
    """
    make_private(path.parent)
    clear_unfinished(path.parent)
    partial, descriptor = _made(path.parent)
    with os.fdopen(descriptor, "wb") as file:
        made = Unfinished(path, partial, file, replaces=replaces)
        try:
            yield made
        except BaseException:
            made.take_back()
            raise


def clear_unfinished(folder: Path) -> tuple[str, ...]:
    """Remove the files of a folder that nobody finishes any more; their names, sorted."""
    removed = []
    with suppress(OSError):
        for place in sorted(path for path in folder.iterdir() if _PARTIAL.fullmatch(path.name)):
            # Of a living writer the lock is not to be had; what may not be removed stays.
            with suppress(OSError), locked(place, os.O_RDWR | os.O_NONBLOCK, fcntl.LOCK_EX | fcntl.LOCK_NB):
                place.unlink()
                removed.append(place.name)
    return tuple(removed)


def _made(folder: Path) -> tuple[Path, int]:
    while True:
        partial = folder / f".otm-{secrets.token_hex(8)}.partial"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with suppress(OSError):  # where a share has no locks nobody clears it either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return partial, descriptor
        os.close(descriptor)  # somebody cleared the folder between the making and the lock


def archived(files: Mapping[str, bytes]) -> bytes:
    """Files in one archive (ZIP), by name; the same bytes for the same files.

    Examples:
        >>> archived({"a.txt": b"a"}) == archived({"a.txt": b"a"})
        True
    """
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return held.getvalue()
