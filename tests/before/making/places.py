"""Where things are, and how files are written."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from trials.access import Actor
    from trials.registry import Registry

COMMIT = "1392f2c"
VERDICTS = {"scale", "scale_segment", "no_further_action", "not_shown", "invalid"}
PARTS = ("analyse", "demo", "registry")
Row = dict[str, Any]
Reach = Literal["registered", "locked", "frozen", "allocated", "issued", "returned", "evaluated"]

REACHES: tuple[Reach, ...] = ("registered", "locked", "frozen", "allocated", "issued", "returned", "evaluated")


@dataclass(frozen=True)
class Places:
    """Where things are: a checkout of the commit, what it reads, and where the fixtures go."""

    checkout: Path
    protocols: Path
    reference: Path
    out: Path

    def command(self, *arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        """One `otm` command of the checkout, with nothing of this process's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OTM_")}
        environment = kept | {"PYTHONPATH": str(self.checkout), "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"} | settings
        command = [sys.executable, "-m", "trials.cli", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def answer(self, *arguments: str | Path, **settings: str) -> Any:
        """What a command writes for `--json -`."""
        done = self.command(*arguments, "--json", "-", **settings)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def write_json(path: Path, value: Any, *, indent: int | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators, default=_plain) + "\n"
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode())


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else sorted(value)


def write_csv(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def actor(role: Any, number: int = 1) -> Actor:
    from trials.access import Actor

    return Actor(f"{role}-{number}", role)


@contextmanager
def opened(home: Path, url: str | None = None) -> Iterator[Registry]:
    from trials.registry import open_registry
    from trials.settings import Settings

    registry = open_registry(Settings(home=home, database_url=url, engine="duckdb", actor=None))
    try:
        yield registry
    finally:
        registry.close()


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value, default=_plain))


def latest_documents(registry: Registry) -> dict[str, Row]:
    with registry.read() as reader:
        found = {one.id: reader.trial(one.id).evaluation for one in reader.portfolio()}
    return {trial: record.document for trial, record in found.items() if record is not None}
