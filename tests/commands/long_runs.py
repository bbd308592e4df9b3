"""What `otm calibrate` and `otm faults` share: options, running, and keeping the figures of earlier runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.places import RESULTS
from tests.suites import carry_out, gather, select


@dataclass(frozen=True, slots=True)
class LongRun:
    """A command: its name, what it does, where its suites are and the file under results/ that keeps the figures."""

    name: str
    what: str
    package: ModuleType
    kept: str

    @property
    def file(self) -> Path:
        return RESULTS / self.kept


def figures_kept(run: LongRun) -> dict[str, Any]:
    if not run.file.exists():
        return {}
    suites: dict[str, Any] = json.loads(run.file.read_text(encoding="utf-8"))["suites"]
    return suites


def conduct(run: LongRun, arguments: Sequence[str]) -> int | None:
    """Run what was asked for. Returns 0 or 1 (a figure outside its band), or None where nothing was run."""
    parser = argparse.ArgumentParser(prog=f"otm {run.name}", description=run.what)
    parser.add_argument("--suites", metavar="A,B", help="only these; the others keep their last figures")
    parser.add_argument("--size", type=int, metavar="N", help="simulations or rounds of each suite (default: its own)")
    parser.add_argument("--seed", type=int, default=20_170_401, help="default %(default)s")
    parser.add_argument("--json", metavar="FILE", help="write one JSON object to FILE, or to standard output for -")
    parser.add_argument("--list", action="store_true", help="say which suites there are, and stop")
    options = parser.parse_args(arguments)
    try:
        held = gather(run.package, "SUITES")
        suites = select(held, options.suites)
    except ValueError as problem:
        parser.error(str(problem))
    if options.list or not held:
        print(
            "\n".join(f"{suite.id:<24}{suite.what} ({suite.size:,})" for suite in suites) or "There are no suites yet."
        )
        return None
    done = carry_out(suites, options.size, options.seed)
    kept = {name: figures for name, figures in figures_kept(run).items() if name in {suite.id for suite in held}}
    text = json.dumps({"suites": kept | done}, indent=1, ensure_ascii=False) + "\n"
    RESULTS.mkdir(exist_ok=True)
    run.file.write_text(text, encoding="utf-8")
    if options.json == "-":
        print(text, end="")
    elif options.json:
        Path(options.json).write_text(text, encoding="utf-8")
    return 0 if all(figure["inside"] for suite in done.values() for figure in suite["figures"]) else 1
