"""What a child process does that only opens a registry; it imports nothing else, so that many can start at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trials.access import LOCAL_ACTOR
from trials.registry import open_registry
from trials.settings import Settings


def open_and_report(home: Path, url: str | None, results: Any) -> None:
    """Put (key, number of audit events) in the queue, or whatever went wrong."""
    try:
        opened = open_registry(Settings(home=home, database_url=url))
        with opened.read(LOCAL_ACTOR) as reader:
            events = len(reader.audit())
        results.put((opened.key().hex(), events))
        opened.close()
    except BaseException as problem:  # noqa: BLE001 a child must hand on whatever went wrong
        results.put(repr(problem))
