"""Files that are nothing else: a pipe is waited for without end, and a device has none."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

NO_FILE = "a pipe or a device, and no file"


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
