"""Uploads that an earlier program laid out beside those that it kept, and never finished: their process was killed."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path

_HALF = re.compile(r"tmp[a-z0-9_]{8}")  # what is kept is named by a digest


def clear_halves(uploads: Path) -> tuple[str, ...]:
    """Remove them; their names, sorted. Nothing where the folder is not there or may not be written."""
    removed = []
    with suppress(OSError):
        for half in sorted(place for place in uploads.iterdir() if _HALF.fullmatch(place.name) and place.is_dir()):
            shutil.rmtree(half, ignore_errors=True)
            if not half.exists():
                removed.append(half.name)
    return tuple(removed)
