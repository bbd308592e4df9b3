"""The side that asks, where a process is started for each file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
# One thread's memory is the process's, so that what is left of its allowance is what a file takes.
_FRUGAL: Final = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # of a pool that nobody uses; whoever forks has one thread
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class Started:
    """A process that was started to be asked.

    Args:
        command: What runs in it; see :func:`command_of`.

    Raises:
        OSError: The system gives none.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            command,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked: IO[bytes] = self._process.stdin
        self.said: IO[bytes] = self._process.stdout

    def ask(self, request: bytes) -> None:
        """Put a question to it."""
        with suppress(BrokenPipeError):  # it ended at once, which its status tells
            self._asked.write(request)
            self._asked.flush()

    def status(self) -> int:
        """How it ended, once it has: an exit status, or a signal as a negative number."""
        return self._process.wait()

    def end(self) -> None:
        """End it, wherever it is, and wait until it has ended."""
        self._process.kill()
        self._process.wait()
        self.said.close()
        with suppress(BrokenPipeError):  # a question that it did not read to its end
            self._asked.close()


def command_of(module: str) -> list[str]:
    """The command that runs a module of this program, which is told the number of this process."""
    return [sys.executable, "-B", "-m", module, str(os.getpid())]


def environment() -> dict[str, str]:
    """This process's environment without the service's secrets, and with a path that leads to this program only."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OTM_")}
    return inherited | _FRUGAL | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
