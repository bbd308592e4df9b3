"""Issue lists that a job wrote: where they lie until whoever issued them has them."""

from __future__ import annotations

import os
import shutil

from data.whole_files import archived
from trials.access import Actor
from trials.errors import TrialRefused
from trials.field.job_lists import lists_of, names_of_lists
from trials.registry import Registry
from trials.registry.records import JobRecord
from trials.stages.job import jobs_of_lists
from trials.stages.take_out import note_lists_removed, note_lists_taken_out


def written_lists(registry: Registry, actor: Actor, trial_id: str) -> tuple[tuple[JobRecord, tuple[str, ...]], ...]:
    """Every job whose lists lie here still, the last one first, with their names; none of a job that is at work.

    A job whose lists are gone, though nobody removed them, has no names.

    Raises:
        AccessRefused: The actor may not issue; the denial is on record.
    """
    found = ((job, of, names_of_lists(registry.home, job.id)) for job, of in jobs_of_lists(registry, actor, trial_id))
    return tuple((job, names) for job, of, names in found if (names or of.needed) and job.state != "running")


def take_lists(registry: Registry, actor: Actor, job: JobRecord) -> bytes:
    """The lists and their manifests in one archive, the same bytes for the same lists; that they leave is on record.

    Raises:
        AccessRefused: The actor may not issue; the denial is on record.
        TrialRefused: The draw is void, or one of them is gone, or is not as it was recorded.
    """
    registry.permit(actor, "issue", job.trial)
    try:
        files = {
            name: (lists_of(registry.home, job.id) / name).read_bytes()
            for name in names_of_lists(registry.home, job.id)
        }
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
    note_lists_taken_out(registry, actor, job, files)
    return archived(files)


def remove_lists(registry: Registry, actor: Actor, job: JobRecord) -> None:
    """Remove a job's lists: they are with whoever sends them, and can be issued again. That they go is on record.

    Raises:
        AccessRefused: The actor may not issue; the denial is on record.
        TrialRefused: Something of them cannot be removed.
    """
    note_lists_removed(registry, actor, job, names_of_lists(registry.home, job.id))
    folder = lists_of(registry.home, job.id)
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        raise TrialRefused(
            "the lists cannot be removed",
            where=job.trial,
            rule="what was taken out does not stay on the server",
            remedy="ask who looks after the service whether this account may write in its folder",
        )
