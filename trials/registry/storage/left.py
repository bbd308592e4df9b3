"""All that is left in a registry's folder by processes that are gone, whatever they were at."""

from __future__ import annotations

from pathlib import Path

from data.private import clear_scratch
from trials.registry.storage.folder import SCRATCH, UPLOADS
from trials.registry.storage.job_files import clear_jobs
from trials.registry.storage.upload_halves import clear_halves


def clear_left(home: Path, *, reports: bool = False) -> tuple[str, ...]:
    """Remove it; the names, by folder.

    Args:
        home: The registry's folder.
        reports: Whether files in which a job's process said how it crashed go as well.
    """
    return (
        *(f"{SCRATCH}/{name}" for name in clear_scratch(home / SCRATCH)),
        *(f"{UPLOADS}/{name}" for name in clear_halves(home / UPLOADS)),
        *clear_jobs(home, reports=reports),
    )
