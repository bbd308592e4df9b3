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
from pathlib import Path, PurePosixPath
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
        if os.path.lexists(self.path) and not self._replaces:
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


def replace_whole(target: Path, content: bytes) -> None:
    """Write a file that takes the place of what is there, for its owner only; a device or a pipe is written into.

    Of a link it takes the place, and what that leads to stays as it is; but the system's own names for what is open,
    as /dev/stdout is, lead to it.

    Raises:
        OSError: There is no such folder, or it could not be written; then what was there is as it was.
    """
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "No such folder", str(target.parent))
    with unfinished(target, replaces=True) as made:
        made.file.write(content)
        made.finish()


def write_new_files(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write new files below a folder, for their owner only: all of them, or none and no folder that was made for them.

    Every folder below the one that was named is opened by itself, so that no link in it is followed, whoever puts it
    there and when.

    Args:
        folder: Made where it is missing; it may itself be a link.
        files: What each holds, by its path below the folder: relative, and without "..".

    Raises:
        OSError: A file or a link has the name of one, a link is on the way, or the disk refused.
    """
    made: list[Path] = []
    try:
        _make_folders(folder, made)
        for name, content in files.items():
            _write_new(folder, PurePosixPath(name), content, made)
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        raise
    return tuple(folder / name for name in files)


def _make_folders(folder: Path, made: list[Path]) -> None:
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        with suppress(FileExistsError):
            missing.mkdir(mode=0o700)
            made.append(missing)


def _write_new(folder: Path, name: PurePosixPath, content: bytes, made: list[Path]) -> None:
    way = folder
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in name.parent.parts:
            way /= part
            with suppress(FileExistsError):
                os.mkdir(part, 0o700, dir_fd=descriptor)
                made.append(way)
            inner = _opened(part, os.O_RDONLY | os.O_DIRECTORY, descriptor, way)
            os.close(descriptor)
            descriptor = inner
        file = _opened(name.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, descriptor, folder / name)
        made.append(folder / name)
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
    finally:
        os.close(descriptor)


def _opened(name: str, flags: int, folder: int, path: Path) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


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
