"""Long work that pages ask for, as :mod:`dashboards.session` has the rest: each in a process of its own.

A page starts it and leaves it; whoever opens the page next sees how far it is, and what it came to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dashboards import session
from dashboards.uploads import Upload
from data.schema import Kind
from designs.profile import FoundColumn
from trials.registry.records import DesignDetail, JobRecord, LongStage

if TYPE_CHECKING:
    from trials.jobs import Sent
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
    from trials.jobs import Sent

    return _begun(
        design, "load_population", {"keep": dict(keep), "synthetic": synthetic}, Sent(upload.name, upload.content)
    )


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


def begin_diagnosis(design: str, revision: int, *, replicates: int | None, customers: int | None) -> JobRecord:
    """Begin to simulate the plan of a design as it was read; where somebody is at it already, theirs.

    Raises:
        AccessRefused: The current user may not.
    """
    asked: dict[str, object] = {"revision": revision, "customers": customers}
    return _begun(design, "diagnose", asked if replicates is None else {**asked, "replicates": replicates})


def end_diagnosis(design: str) -> None:
    """End the simulation that is under way; nothing of it is recorded.

    Raises:
        AccessRefused: The current user may not.
    """
    from trials.jobs import cancel

    cancel(session.registry(), session.current_user(), design)


def _begun(trial: str, stage: LongStage, asked: Mapping[str, object], sent: Sent | None = None) -> JobRecord:
    from trials.jobs import start

    return start(session.registry(), session.current_user(), trial, stage, asked, sent)


def standing(trial: str, stage: LongStage) -> JobRecord | None:
    """How the last work of a kind stands; None before the first."""
    from trials.jobs import progress

    return progress(session.registry(), session.current_user(), trial, stage)


def lists_written(trial: str) -> tuple[tuple[JobRecord, tuple[str, ...]], ...]:
    """Every job of a trial whose issue lists lie here still, the last one first, with the names of its files.

    Raises:
        AccessRefused: The current user may not issue; the denial is on record.
    """
    from trials.jobs import written_lists

    return written_lists(session.registry(), session.current_user(), trial)


def lists_as_archive(job: JobRecord) -> bytes:
    """The lists that a job wrote, in one archive; that they leave is on record.

    Raises:
        AccessRefused: The current user may not issue; the denial is on record.
        TrialRefused: The draw is void, or they are gone, or not as they were issued.
    """
    from trials.jobs import take_lists

    return take_lists(session.registry(), session.current_user(), job)


def remove_lists(job: JobRecord) -> None:
    """Remove the lists that a job wrote from the server.

    Raises:
        AccessRefused: The current user may not issue; the denial is on record.
    """
    from trials.jobs import remove_lists as remove

    remove(session.registry(), session.current_user(), job)
