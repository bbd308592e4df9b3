"""Issue lists that a job wrote: where they lie until whoever issued them has them."""

from __future__ import annotations

import shutil
from pathlib import Path

from data.whole_files import archived
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.records import JobRecord
from trials.registry.storage.folder import LISTS
from trials.registry.storage.job_files import whole_lists
from trials.stages.job import jobs_of_lists
from trials.stages.take_out import MANIFEST, note_lists_taken_out


def lists_of(home: Path, job_id: str) -> Path:
    """The folder of a job's lists."""
    return home / LISTS / job_id


def written_lists(registry: Registry, actor: Actor, trial_id: str) -> tuple[tuple[JobRecord, tuple[str, ...]], ...]:
    """Every job whose lists lie here still, the last one first, with their names; none of a job that is at work.

    Raises:
        AccessRefused: The actor may not issue; the denial is on record.
    """
    found = ((job, _names(registry.home, job.id)) for job in jobs_of_lists(registry, actor, trial_id))
    return tuple((job, names) for job, names in found if names and job.state != "running")


def take_lists(registry: Registry, actor: Actor, job: JobRecord) -> bytes:
    """The lists and their manifests in one archive, the same bytes for the same lists; that they leave is on record.

    Raises:
        AccessRefused: The actor may not issue; the denial is on record.
        TrialRefused: The draw is void, or they are gone, or not as they were recorded.
    """
    registry.permit(actor, "issue", job.trial)
    try:
        files = {name: (lists_of(registry.home, job.id) / name).read_bytes() for name in _names(registry.home, job.id)}
    except OSError as error:
        raise TrialRefused(
            f"the lists cannot be read ({error.strerror or error})", where=job.trial, remedy="issue them again"
        ) from error
    if not files:
        raise TrialRefused(
            "the lists are not here any more",
            where=job.trial,
            rule="somebody who may issue them has removed them from the server",
            remedy="ask who has them, or issue them again",
        )
    note_lists_taken_out(registry, actor, job.trial, files)
    return archived(files)


def remove_lists(registry: Registry, actor: Actor, job: JobRecord) -> None:
    """Remove a job's lists: they are with whoever sends them, and can be issued again.

    Raises:
        AccessRefused: The actor may not issue; the denial is on record.
    """
    registry.permit(actor, "issue", job.trial)
    shutil.rmtree(lists_of(registry.home, job.id), ignore_errors=True)


def _names(home: Path, job_id: str) -> tuple[str, ...]:
    """The lists that lie there under their names, and the manifest of each; what is not finished has none yet."""
    folder = lists_of(home, job_id)
    if not folder.is_dir():
        return ()
    lists = [path for path in whole_lists(folder) if path.is_file()]
    manifests = [path.with_name(path.stem + MANIFEST) for path in lists]
    return tuple(sorted(path.name for path in (*lists, *manifests) if path.is_file()))
