"""The process that reads bombs, under limits of its own: what it takes is the system's word, and no clock's.

Each line that it says is one file: how it ended, seconds of the processor and mebibytes at most, with the processes
that intake starts for it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.places import ROOT

MEMORY = 3 << 30  # of address space, of which the libraries map most
SECONDS = 10  # of the processor, a file
CPU = resource.RLIMIT_CPU


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a file: what was said of it (None where it was taken), and what that took."""

    said: str | None
    seconds: float
    mebibytes: int


def read(files: list[Path], duplicates: str = "refuse") -> list[Ended]:
    """Read files one after the other in one process; a file at which it ended is the last of the answer."""
    command = [sys.executable, "-m", "tests.bombs.reading", duplicates, *map(str, files)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MALLOC_ARENA_MAX": "2",
    }
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, cwd=ROOT, text=True, check=False)
    ended = [Ended(**json.loads(line)) for line in done.stdout.splitlines()]
    if done.returncode:
        ended.append(Ended(f"the process ended with {done.returncode}", float("inf"), 0))
    return ended


def main(duplicates: str, *names: str) -> None:
    from data.errors import DataRefused
    from data.intake import read_file
    from data.intake.apart.starting import end_ready
    from data.schema import ColumnContract, FileContract

    columns = (ColumnContract("principal", "number", required=False),)
    contract = FileContract("customer_id", columns, duplicates=duplicates)  # type: ignore[arg-type]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name in names:
        before = _seconds()
        own = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(CPU, (int(own.ru_utime + own.ru_stime) + SECONDS + 1, resource.getrlimit(CPU)[1]))
        said = None
        try:
            read_file(Path(name), contract)
        except DataRefused as refused:
            said = str(refused)
        end_ready()  # what its readers took is known once it has ended
        print(json.dumps({"said": said, "seconds": _seconds() - before, "mebibytes": _mebibytes()}), flush=True)


def _seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(of.ru_utime + of.ru_stime for of in used)


def _mebibytes() -> int:
    """Of this process and the largest of those that it started, at their most."""
    own = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return (int(own.split()[1]) + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) >> 10


if __name__ == "__main__":
    main(*sys.argv[1:])
