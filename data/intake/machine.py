"""The machine that this runs on, by the memory that it may use."""

from __future__ import annotations

import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup/memory.max")


def memory_of_machine() -> int:
    """Bytes that this machine, or the group of processes that this one is in, has in all."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        given = _CGROUP.read_text("ascii").strip()
    except OSError:
        return whole
    return min(whole, int(given)) if given.isdigit() else whole
