"""What a job's process does: the stage, and how it went."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from data.errors import Refused
from data.private import make_private
from trials.access import Actor
from trials.errors import RegistryRefused
from trials.field.job_lists import lists_of
from trials.jobs import lifeline
from trials.jobs.arriving import arrived, remove_arrived
from trials.progress import Progress
from trials.registry import Registry
from trials.registry.records import JobRecord, JobRefusal, LongStage
from trials.stages.allocate import randomise
from trials.stages.diagnose import diagnose
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue_lists
from trials.stages.job import fail_job, finish_job, is_running, note_process, note_step
from trials.stages.lock import lock
from trials.stages.population import load_population_of_draft

log = logging.getLogger(__name__)


def _locked(registry: Registry, actor: Actor, job: JobRecord, progress: Progress) -> str:
    return lock(registry, actor, job.trial, progress=progress, **job.request).protocol_digest


def _loaded(registry: Registry, actor: Actor, job: JobRecord, progress: Progress) -> str:
    """A population from the file that was sent for it, which is gone afterwards, whatever came of it."""
    try:
        file = arrived(registry.home, job.id, job.request["file"], job.request["digest"])
        account = load_population_of_draft(
            registry, actor, file, job.trial,
            keep=job.request["keep"], synthetic=job.request["synthetic"], progress=progress,
        )  # fmt: skip
    finally:
        remove_arrived(registry.home, job.id)
    return account.digest


def _issued(registry: Registry, actor: Actor, job: JobRecord, progress: Progress) -> str:
    """Lists of the arms that were asked for, in the folder of the job; each arm's are written one after the other."""
    folder = lists_of(registry.home, job.id)
    make_private(folder)
    digests: list[str] = []
    arms, columns = job.request["arms"], job.request["columns"]
    try:
        for place, arm in enumerate(arms):
            progress("writing the lists", place, len(arms))
            lists = issue_lists(
                registry, actor, job.trial, arm, folder,
                columns=columns, reason=job.request["reason"], job=job.id,
            )  # fmt: skip
            digests += [issued.manifest["sha256"] for issued in lists]
    finally:
        with suppress(OSError):
            folder.rmdir()  # where none was written
    return hashlib.sha256("".join(digests).encode()).hexdigest()


_STAGES: Final[Mapping[LongStage, Callable[[Registry, Actor, JobRecord, Progress], str]]] = {
    "load_population": _loaded,
    "lock": _locked,
    "lock_outside": _locked,
    "randomise": lambda registry, actor, job, progress: randomise(registry, actor, job.trial, progress=progress).digest,
    "issue": _issued,
    "evaluate": lambda registry, actor, job, progress: evaluate(registry, actor, job.trial, progress=progress).digest,
    "diagnose": lambda registry, actor, job, progress: (
        diagnose(registry, actor, job.trial, progress=progress, **job.request).digest
    ),
}
_CAN_BE_ENDED: Final[frozenset[LongStage]] = frozenset({"diagnose"})
"""What records nothing before its end, so that a word about how far it is may be its last."""


class _EndedByHand(Exception):
    """Somebody ended the job; its row says so already."""


def conduct(registry: Registry, actor: Actor, job: JobRecord) -> None:
    """Run a job's stage to its end and note how it went; a crash is noted and raised again."""
    try:
        note_process(registry, actor, job, socket.gethostname(), os.getpid())
        digest = _STAGES[job.stage](registry, actor, job, _noted(registry, actor, job))
    except Refused as refusal:
        fail_job(registry, actor, job, JobRefusal(refusal.problem, refusal.where, refusal.rule, refusal.remedy))
    except _EndedByHand:
        log.info("job %s was ended by hand", job.id)
    except BaseException as error:
        fail_job(registry, actor, job, _crash(registry, job, error))
        raise
    else:
        finish_job(registry, actor, job, digest)
    lifeline.clear(registry.home, job.id)


def _noted(registry: Registry, actor: Actor, job: JobRecord) -> Progress:
    def note(doing: str, done: int, total: int) -> None:
        try:
            note_step(registry, actor, job, doing, done / total)
        except RegistryRefused as refusal:  # how far the work is is not worth losing the work
            log.warning("progress was not noted: %s", refusal)
            return
        if job.stage in _CAN_BE_ENDED and not is_running(registry, actor, job):
            raise _EndedByHand

    return note


def _crash(registry: Registry, job: JobRecord, error: BaseException) -> JobRefusal:
    """A crash in words; its own may quote a customer, and stay in the file."""
    return JobRefusal(
        f"the program failed ({type(error).__name__}): this is a fault in it, and says nothing about the trial",
        where=str(lifeline.file_of(registry.home, job.id)),
        rule="what it had recorded by then stands, and the rest is as it was",
        remedy="give the file to whoever looks after the service; starting it again is safe",
    )
