"""Waiting for jobs, finding their processes, and what a process does that starts one and leaves."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import text

from trials.access import Actor
from trials.jobs import progress, start
from trials.registry import Registry, open_registry
from trials.registry.records import JobRecord, LongStage
from trials.settings import Settings

PATIENCE = 120.0


def wait_until(true: Callable[[], Any]) -> Any:
    """The first answer that is true."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answer := true():
            return answer
        time.sleep(0.005)
    raise AssertionError("it did not come")


def ended(registry: Registry, actor: Actor, trial: str, stage: LongStage) -> JobRecord:
    """The last job of a stage, once it has ended."""

    def look() -> JobRecord | None:
        job = progress(registry, actor, trial, stage)
        assert job is not None
        return None if job.state == "running" else job

    job: JobRecord = wait_until(look)
    return job


def process_of(job: JobRecord) -> int | None:
    """The process that was started for a job, from its command line; None where there is none, or only its remains."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                if job.id.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                    return int(folder.name)
    return None


def rows(registry: Registry) -> list[dict[str, Any]]:
    """The table of jobs as it stands."""
    with registry._engine.begin() as connection:
        found = connection.execute(text("SELECT * FROM job ORDER BY started_at"))
        return [dict(row._mapping) for row in found]


def start_and_leave(
    home: Path, url: str | None, actor: Actor, trial: str, stage: LongStage, gate: Any, results: Any
) -> None:
    """Start a job when the gate opens, report its id, and end as abruptly as a server that is killed."""
    opened = open_registry(Settings(home=home, database_url=url))
    gate.wait(PATIENCE)
    results.put(start(opened, actor, trial, stage).id)
    results.close()
    results.join_thread()
    os._exit(0)
