"""Files that are nothing else: a pipe is waited for without end, and a device has none."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path, PurePosixPath

_LONGEST_ENDING = 16
_LONGEST_STEM = 40  # characters, so that no system finds the name too long
NO_FILE = "a pipe or a device, and no file"


def own_name(name: str) -> str:
    """What a file that somebody sent may be called on a disk of ours: the last part of its name, as plain text.

    Examples:
        >>> own_name("C:\\\\people\\\\May.csv.gz"), own_name("../.."), own_name("a\\0b/" + "x" * 300 + ".csv")[-8:]
        ('May.csv.gz', 'file', 'xxxx.csv')
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(letter for letter in last if letter.isprintable())
    stem, dot, ending = plain.partition(".")
    kept = f"{stem[:_LONGEST_STEM]}{dot}{ending[-_LONGEST_ENDING:]}"
    return kept if kept.strip(". ") else "file"


def open_plain(path: Path) -> BufferedReader:
    """Open a file to be read; what is none is refused at once, and not touched.

    Raises:
        OSError: There is no such file, it may not be read, or it is a folder, a pipe, a socket or a device.
    """
    _require_file(path.stat().st_mode, path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # should something else stand there by now
    try:
        _require_file(os.fstat(descriptor).st_mode, path)
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _require_file(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, NO_FILE, str(path))
