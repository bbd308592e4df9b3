"""One file, opened within what it may take: which, comes through one pipe, and what it holds goes through another."""

from __future__ import annotations

import ctypes
import os
import pickle
import resource
import signal
import traceback
from pathlib import Path
from typing import IO, Final

from data.arrow import postpone_pandas
from data.errors import DataRefused
from data.intake.apart import wire
from data.intake.apart.limits import Allowance
from data.intake.apart.opening import reader_of, tell
from data.intake.source import Source
from data.text import shown_name

_DIES_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of Linux
_NICE: Final = 5  # a page that somebody waits for goes first
_PATIENCE: Final = 60  # seconds by the clock for each of the processor's, before a reader counts as stuck


def open_confined(asked: IO[bytes], pipe: IO[bytes]) -> None:
    """Open the file that ``asked`` names, and tell ``pipe`` of it. For a process that does nothing after."""
    path, contract, kind, allowed = pickle.load(asked)  # noqa: S301 from the process that started this one
    postpone_pandas()  # which the reader of Stata files recalls
    reader = reader_of(kind)
    _limit(allowed)
    try:
        tell(pipe, reader, Source(Path(path)), contract, kind)
    except DataRefused as refused:
        wire.send_refusal(pipe, refused)
    except MemoryError:
        wire.send_refusal(pipe, _too_large(Path(path), allowed))
    except Exception:  # noqa: BLE001 whoever asked raises it
        wire.send_failure(pipe, traceback.format_exc())


def end_with(parent: int) -> None:
    """End this process when the one that started it ends, however that comes, where the system offers it.

    Elsewhere it ends at its next word to nobody, and by its limits.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before this was said
        os._exit(1)


def _limit(allowed: Allowance) -> None:
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


def _too_large(path: Path, allowed: Allowance) -> DataRefused:
    size = path.stat().st_size
    return DataRefused(
        f"opening the file takes more than {allowed.memory >> 20:,} MiB of memory",
        where=shown_name(path),
        rule=f"a file of {size:,} bytes unfolds into less",
        remedy="export the table again, as CSV",
    )
