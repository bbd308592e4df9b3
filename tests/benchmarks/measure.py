"""Measure one row, each part in a fresh process: `python -m tests.benchmarks.measure PART ROW FOLDER`.

``prepare`` makes the inputs, ``peak`` does the work once and reads the process's memory, ``time`` interleaves work
and limit. The last line of standard output is the part's figures as JSON.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from tests import benchmarks
from tests.benchmarks.row import Measured, Peer, Row, Timed, judge
from tests.places import ROOT
from tests.suites import gather


def seconds_of(work: Timed, inputs: Any) -> float:
    started = time.perf_counter()
    work(inputs)
    return time.perf_counter() - started


def peak_mib(row: Row) -> float:
    """Largest resident memory so far. Not ru_maxrss of this process: it begins with the parent's figure."""
    if row.in_child:
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("the kernel does not say how much memory this process used")


def version_of(peer: str) -> str | None:
    try:
        return metadata.version(peer.split()[0])
    except metadata.PackageNotFoundError:
        return None


def prepare(row: Row, folder: Path) -> dict[str, Any]:
    row.prepare(folder)
    return {}


def peak(row: Row, folder: Path) -> dict[str, Any]:
    row.work(row.load(folder))
    return {"peak_mib": peak_mib(row)}


def time_(row: Row, folder: Path) -> dict[str, Any]:
    """One untimed round first: compiled code, page cache and connections are warm for both sides."""
    inputs = row.load(folder)
    sides = {"limit": row.limit, "work": row.work}
    taken: dict[str, list[float]] = {name: [] for name, side in sides.items() if side}
    for turn in range(row.repeats + 1):
        for name, side in sides.items():
            if side:
                seconds = seconds_of(side, inputs)
                taken[name].extend([seconds] if turn else [])
    peers = {name: [seconds_of(peer, inputs) for _ in range(row.peer_repeats)] for name, peer in row.peers.items()}
    return {
        "seconds": statistics.median(taken["work"]),
        "limit_seconds": statistics.median(taken["limit"]) if row.limit else None,
        "peers": {name: [statistics.median(figures), version_of(name)] for name, figures in peers.items()},
    }


PARTS = {"prepare": prepare, "peak": peak, "time": time_}


def in_fresh_process(part: str, row: Row, folder: Path) -> dict[str, Any]:
    """Raises subprocess.CalledProcessError where the part fails; what it says goes to standard error."""
    command = [sys.executable, "-m", "tests.benchmarks.measure", part, row.id, str(folder)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure(row: Row) -> Measured:
    with tempfile.TemporaryDirectory(prefix="otm-bench-") as name:
        folder = Path(name)
        in_fresh_process("prepare", row, folder)
        memory = in_fresh_process("peak", row, folder)["peak_mib"]
        times = in_fresh_process("time", row, folder)
    seconds = times["seconds"]
    peers = tuple(Peer(name, version, took, took / seconds) for name, (took, version) in times["peers"].items())
    return judge(row, seconds, times["limit_seconds"], memory, peers)


if __name__ == "__main__":
    part, wanted, where = sys.argv[1:]
    (found,) = [row for row in gather(benchmarks, "ROWS") if row.id == wanted]
    figures = PARTS[part](found, Path(where))
    print(f"\n{json.dumps(figures)}")
