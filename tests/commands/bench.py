"""`otm bench [--rows P1,P5] [--json -]`: the speed goals as ratios measured here and now, in fresh processes.

Figures also go to results/bench.json. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests import benchmarks
from tests.benchmarks.measure import measure
from tests.benchmarks.row import Measured, Row
from tests.places import RESULTS
from tests.suites import gather, select


def line(row: Measured) -> str:
    ratio = f"{row.ratio:6.2f} × limit" if row.ratio is not None else " " * 14
    peers = "".join(f"; {peer.name} {peer.version or ''} {peer.times:.1f} ×" for peer in row.peers)
    word = "reached" if row.reached else "NOT REACHED"
    figures = f"{row.id:<8}{row.seconds:9.3f} s {ratio}{row.peak_mib:8.0f} MiB"
    return f"{figures}  {word} ({row.goal}){peers}\n        {row.what}"


def in_order(row: Row) -> tuple[int, str]:
    """P2 before P10, and P1 before P1-12m."""
    number = re.match(r"\D*(\d+)", row.id)
    return (int(number[1]) if number else 0, row.id)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="otm bench", description="Measure the speed goals as ratios.")
    parser.add_argument("--rows", metavar="P1,P5", help="only these rows")
    parser.add_argument("--json", metavar="FILE", help="write one JSON object to FILE, or to standard output for -")
    parser.add_argument("--list", action="store_true", help="say which rows there are, and stop")
    options = parser.parse_args(arguments)
    try:
        rows = sorted(select(gather(benchmarks, "ROWS"), options.rows), key=in_order)
    except ValueError as problem:
        parser.error(str(problem))
    if options.list or not rows:
        print("\n".join(f"{row.id:<8}{row.what} ({row.goal})" for row in rows) or "There are no rows yet.")
        return 0
    measured, failed = [], []
    for row in rows:
        print(f"otm bench: {row.id} {row.what}", file=sys.stderr, flush=True)
        try:
            measured.append(measure(row))
        except subprocess.CalledProcessError:
            failed.append(row.id)
            continue
        if options.json != "-":
            print(line(measured[-1]), flush=True)
    machine = {"processors": os.cpu_count(), "kind": platform.machine(), "python": platform.python_version()}
    text = json.dumps({"rows": [asdict(row) for row in measured], "machine": machine}, indent=1, ensure_ascii=False)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(text + "\n", encoding="utf-8")
    if options.json == "-":
        print(text)
    elif options.json:
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    if failed:
        print(f"otm bench: not measured, because they failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
