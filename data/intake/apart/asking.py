"""The side that asks: it starts the process, takes what comes, and says in words how the process ended."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from os import environ, getpid
from pathlib import Path
from typing import IO, Final

from data.errors import DataRefused
from data.intake.apart.limits import Allowance, allowance
from data.intake.apart.wire import Broken, receive
from data.intake.result import UNDAMAGED, Reading
from data.intake.source import Source
from data.schema import FileContract

ROOT: Final = Path(__file__).resolve().parent.parent.parent.parent
_OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGALRM)
# One thread's memory is the process's, so that what is left of its allowance is what a file takes.
_FRUGAL: Final = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


def read_apart(source: Source, contract: FileContract, kind: str) -> Reading:
    """Read a file in a process of its own, whose memory and time are bounded by the file's size.

    The process ends with this call, however the call ends, and with this process, and leaves nothing behind.

    Args:
        source: The file.
        contract: What it must hold.
        kind: What its reader takes: ``workbook``, ``parquet`` or ``stata``.

    Raises:
        DataRefused: Its reader refused it, needed more memory or time than a file of this size may take, or broke.
    """
    may_take = allowance(kind, source.size)
    command = [sys.executable, "-B", "-m", "data.intake.apart", str(getpid())]
    try:
        process = subprocess.Popen(  # noqa: S603
            command,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise DataRefused(
            f"no process could be started to open the file ({error.strerror})",
            where=source.name,
            remedy="free memory, then load it again",
        ) from error
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        _ask(process.stdin, pickle.dumps((str(source.path), contract, kind, may_take)))
        reading, digest = receive(process.stdout)
    except Broken:
        raise _why(process.wait(), may_take, source) from None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    source.settle(digest)
    return reading


def _ask(pipe: IO[bytes], request: bytes) -> None:
    try:
        with pipe:
            pipe.write(request)
    except BrokenPipeError:
        return  # it ended at once, which what it says will tell


def _environment() -> dict[str, str]:
    """This process's environment without the service's secrets, and with a path that leads to this program only."""
    inherited = {name: value for name, value in environ.items() if not name.startswith("OTM_")}
    return inherited | _FRUGAL | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}


def _why(status: int, allowed: Allowance, source: Source) -> DataRefused:
    if status in _OUT_OF_TIME:
        return DataRefused(
            f"opening the file takes more than {allowed.seconds:,} seconds of the processor",
            where=source.name,
            rule=f"a file of {source.size:,} bytes is read within that time",
            remedy="export the table again, as CSV",
        )
    ended = signal.Signals(-status).name if status < 0 else f"status {status}"
    return DataRefused(
        f"the file cannot be opened: its reader ended ({ended})",
        where=source.name,
        rule=f"{UNDAMAGED}, and one of {source.size:,} bytes within {allowed.memory >> 20:,} MiB of memory",
        remedy="export the table again, as CSV",
    )
