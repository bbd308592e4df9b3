"""The side that is asked: it ends with its asker, and what it may take is held by the system."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from typing import Final

from data.apart.limits import Allowance

_DIES_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of Linux
_NICE: Final = 5  # a page that somebody waits for goes first
_PATIENCE: Final = 60  # seconds by the clock for each of the processor's, before a reader counts as stuck


def end_with(parent: int) -> None:
    """End this process when the one that started it ends, however that comes, where the system offers it.

    Elsewhere it ends at its next word to nobody, and by its limits.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before this was said
        os._exit(1)


def limit(allowed: Allowance) -> None:
    """Hold this process to what it may take from here on; it writes no file."""
    os.nice(_NICE)
    _lower(resource.RLIMIT_AS, allowed.memory)
    _lower(resource.RLIMIT_CPU, allowed.seconds, beyond=1)  # the kernel's word at the limit, its end a second later
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    signal.setitimer(signal.ITIMER_REAL, allowed.seconds * _PATIENCE)


def _lower(limit: int, to: int, beyond: int = 0) -> None:
    """Set a limit, never above the one that holds already."""
    hard = resource.getrlimit(limit)[1]
    most = to + beyond if hard == resource.RLIM_INFINITY else min(hard, to + beyond)
    resource.setrlimit(limit, (min(to, most), most))
