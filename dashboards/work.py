"""Long work that pages ask for, as :mod:`dashboards.session` has the rest: each in a process of its own.

A page starts it and leaves it; whoever opens the page next sees how far it is, and what it came to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dashboards import session
from dashboards.uploads import Upload
from data.errors import DataRefused
from data.schema import Kind
from designs.profile import FoundColumn
from trials.registry.records import DesignDetail, JobRecord, LongStage

if TYPE_CHECKING:
    from trials.stages.lock import Lockable
    from trials.stages.register import Registered


def register(design: str, revision: int) -> Registered:
    """Register the draft of a design, as it was read, as the plan of its trial.

    Raises:
        Refused: It is no protocol yet, or somebody saved meanwhile; nothing was registered.
    """
    from trials.stages.register import register_draft

    return register_draft(session.registry(), session.current_user(), design, revision)


def lockable(trial: str) -> Lockable:
    """What a lock would fix, with no effect.

    Raises:
        Refused: As the lock would be; but open gates are told.
    """
    from trials.stages.lock import check_lock

    return check_lock(session.registry(), session.current_user(), trial)


def latest_load(detail: DesignDetail) -> int | None:
    """The number of the last load of a registered design's population; None before the first."""
    if detail.version is None:
        return None
    with session.registry().read(session.current_user(), detail.design.id) as reader:
        loaded = reader.latest_load(detail.design.id)
    return None if loaded is None else loaded.version


def look_into(upload: Upload) -> tuple[FoundColumn, ...]:
    """What a file of customers holds, column by column; nothing of it is kept.

    Raises:
        Refused: The file is refused as a whole, or the current user may not load one.
    """
    from trials.stages.population import look_into as look

    return look(session.registry(), session.current_user(), upload.name, upload.content)


def begin_loading(design: str, upload: Upload, keep: Mapping[str, Kind], *, synthetic: bool) -> JobRecord:
    """Begin to load a file of customers for a design; where somebody is at it already, theirs.

    Raises:
        AccessRefused: The current user may not.
        DataRefused: The disk does not take the file.
    """
    from trials.jobs import receive, remove_arrived

    registry = session.registry()
    registry.permit(session.current_user(), "load_population", design)
    try:
        digest = hashlib.sha256(upload.content).hexdigest()
        place = receive(registry.home, upload.name, upload.content)
    except OSError as error:
        raise DataRefused(
            f"the file could not be kept ({error.strerror or 'the disk gave no reason'})",
            where=upload.name,
            remedy="ask who looks after the service to look at its disk, then send it again; nothing was kept",
        ) from error
    job = None
    try:
        job = _begun(
            design, "load_population", {"file": place, "digest": digest, "keep": dict(keep), "synthetic": synthetic}
        )
    finally:
        if job is None or job.request.get("file") != place:
            remove_arrived(registry.home, place)
    return job


def begin_lock(design: str, *, version: int, load: int, draft: int, without_governance: str | None) -> JobRecord:
    """Begin to lock what was read; where somebody is locking it already, theirs.

    Raises:
        AccessRefused: The current user may not.
    """
    stage: LongStage = "lock" if without_governance is None else "lock_outside"
    asked = {"version": version, "load": load, "draft": draft, "without_governance": without_governance}
    return _begun(design, stage, asked)


def begin_randomising(trial: str) -> JobRecord:
    """Begin to assign the customers; where somebody is at it already, theirs.

    Raises:
        AccessRefused: The current user may not.
    """
    return _begun(trial, "randomise", {})


def begin_issuing(trial: str, arms: Sequence[str], columns: Sequence[str], reason: str | None) -> JobRecord:
    """Begin to write the issue lists of some arms; where somebody is at it already, theirs.

    Raises:
        AccessRefused: The current user may not.
    """
    return _begun(trial, "issue", {"arms": list(arms), "columns": list(columns), "reason": reason})


def _begun(trial: str, stage: LongStage, asked: Mapping[str, object]) -> JobRecord:
    from trials.jobs import start

    return start(session.registry(), session.current_user(), trial, stage, asked)


def standing(trial: str, stage: LongStage) -> JobRecord | None:
    """How the last work of a kind stands; None before the first."""
    from trials.jobs import progress

    return progress(session.registry(), session.current_user(), trial, stage)


def lists_written(job: JobRecord) -> tuple[str, ...]:
    """The files that a job of issue lists wrote, by name, as long as they lie there; of nobody who may not issue."""
    from trials.jobs import list_names

    return () if session.may("issue") is not None else list_names(session.registry().home, job.id)


def lists_as_archive(job: JobRecord) -> bytes:
    """The lists that a job wrote, in one archive.

    Raises:
        AccessRefused: The current user may not issue; the denial is on record.
    """
    from trials.jobs import archive_of_lists

    registry = session.registry()
    registry.permit(session.current_user(), "issue", job.trial)
    return archive_of_lists(registry.home, job.id)


def remove_lists(job: JobRecord) -> None:
    """Remove the lists that a job wrote from the server.

    Raises:
        AccessRefused: The current user may not issue; the denial is on record.
    """
    from trials.jobs import remove_lists as remove

    registry = session.registry()
    registry.permit(session.current_user(), "issue", job.trial)
    remove(registry.home, job.id)
