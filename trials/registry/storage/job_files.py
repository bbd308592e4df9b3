"""What jobs leave in a registry's folder: removed once their process is gone, but for what somebody is to read or take.

A job's file is locked by its process (:mod:`trials.jobs.lifeline`), and what was sent to it or written by it lies in a
folder of its name. So nothing is judged by its age, and nothing of a job that lives is touched.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from data.private import is_locked, locked
from data.whole_files import clear_unfinished
from trials.registry.storage.folder import ARRIVING, JOBS, LISTS

_NAME = re.compile(r"[0-9a-f]{32}")


def clear_jobs(home: Path, *, reports: bool = False) -> tuple[str, ...]:
    """Remove what jobs whose process is gone left behind; its names, by folder. What may not be removed stays.

    That is what was sent to them, lists that they did not finish, empty folders, and their own file: one in
    which a process said how it crashed is left, as are whole lists, which their randomiser takes out or removes.

    Args:
        home: The registry's folder.
        reports: Whether files in which a process said how it crashed go as well.
    """
    return (
        *_of_jobs(home, ARRIVING, _removed_whole),
        *_of_jobs(home, LISTS, _removed_unfinished),
        *_of_jobs(home, JOBS, lambda file: _removed_file(file, reports=reports)),
    )


def clear_lists(home: Path, jobs: frozenset[str]) -> tuple[str, ...]:
    """Remove the lists of jobs that no row knows, which no page shows; their names, by folder.

    Args:
        home: The registry's folder.
        jobs: The ids of those that have a row.
    """
    return _of_jobs(home, LISTS, lambda folder: [] if folder.name in jobs else _removed_whole(folder))


def _of_jobs(home: Path, room: str, remove: Callable[[Path], list[str]]) -> tuple[str, ...]:
    """What is removed in a room of what belongs to jobs whose process is gone."""
    removed: list[str] = []
    with suppress(OSError):
        for place in sorted(path for path in (home / room).iterdir() if _NAME.fullmatch(path.name)):
            with suppress(OSError):
                if not is_locked(home / JOBS / place.name):
                    removed += [f"{room}/{name}" for name in remove(place)]
    return tuple(removed)


def _removed_whole(folder: Path) -> list[str]:
    shutil.rmtree(folder, ignore_errors=True)
    return [] if folder.exists() else [folder.name]


def _removed_unfinished(folder: Path) -> list[str]:
    """What was not finished, and the folder where nothing else is in it: a manifest alone shows that a list is gone."""
    removed = [f"{folder.name}/{name}" for name in clear_unfinished(folder)]
    return removed if any(folder.iterdir()) else [*removed, *_removed_whole(folder)]


def whole_lists(folder: Path) -> Iterator[Path]:
    """The issue lists in a job's folder under their names; a manifest alone is none."""
    return (path for path in folder.iterdir() if path.suffix == ".csv" and not path.name.startswith("."))


def _removed_file(file: Path, *, reports: bool) -> list[str]:
    # Under its lock: whoever has just made the file, and waits for it, finds that it is gone and makes another.
    with locked(file, os.O_RDWR, fcntl.LOCK_EX | fcntl.LOCK_NB):
        if file.stat().st_size and not reports:
            return []
        file.unlink()
    return [file.name]
