"""Issue lists that a job wrote: where they lie until whoever issued them has them."""

from __future__ import annotations

import shutil
from pathlib import Path

from data.whole_files import archived


def lists_of(home: Path, job_id: str) -> Path:
    """The folder of a job's lists."""
    return home / "lists" / job_id


def list_names(home: Path, job_id: str) -> tuple[str, ...]:
    """The files that lie there, by name; none where they were removed, or none was written."""
    folder = lists_of(home, job_id)
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_file())) if folder.is_dir() else ()


def archive_of_lists(home: Path, job_id: str) -> bytes:
    """The lists and their manifests in one archive; the same bytes for the same lists."""
    return archived({name: (lists_of(home, job_id) / name).read_bytes() for name in list_names(home, job_id)})


def remove_lists(home: Path, job_id: str) -> None:
    """Remove a job's lists: they are with whoever sends them, and can be issued again."""
    shutil.rmtree(lists_of(home, job_id), ignore_errors=True)
