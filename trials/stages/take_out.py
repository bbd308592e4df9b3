"""Take out: that rows of customers leave in a file is in the audit chain before the file is there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from trials.access import Actor, UseCase
from trials.errors import TrialRefused
from trials.field.job_lists import MANIFEST, ListFault, list_faults
from trials.life import require
from trials.registry import Registry, queries
from trials.registry.records import FileAccount, JobRecord


def note_taken_out(
    registry: Registry,
    actor: Actor,
    use_case: UseCase,
    trial_id: str | None,
    *,
    what: str,
    rows: int,
    reason: str | None = None,
) -> None:
    """Record who takes rows out, of what, how many and why; never whose they are.

    Args:
        registry: What they are taken out of.
        actor: Who takes them.
        use_case: What it is a part of, whose right it needs.
        trial_id: The trial, where they belong to one.
        what: What the rows are, in words.
        rows: How many.
        reason: Why, where that is more than the use case says.

    Raises:
        AccessRefused: The actor's role does not hold the use case.
        RegistryRefused: It could not be recorded; then nothing may leave.
    """
    with registry.write(actor, use_case, trial_id) as work:
        work.commit_taken_out(what, rows, reason)


def note_reasons_taken_out(
    registry: Registry,
    actor: Actor,
    use_case: UseCase,
    trial_id: str | None,
    account: FileAccount,
    of: str,
    *,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Record that the reasons of rejected rows leave, which quote what those hold; as JSON those of cells leave too.

    Args:
        registry: As for :func:`note_taken_out`.
        actor: Likewise.
        use_case: Likewise.
        trial_id: Likewise.
        account: What was said of the file.
        of: What file that was, in words.
        as_csv: Whether they are asked for as a file of their own; then that is recorded of none as well.
        as_json: Whether all that is said of the file is asked for.

    Raises:
        AccessRefused: The actor's role does not hold the use case.
        RegistryRefused: It could not be recorded; then nothing may leave.
    """
    rows, cells = len(account.rejections), len(account.unreadable) if as_json else 0
    if as_csv or (as_json and rows + cells):
        what = f"reasons of rejected rows {'and unreadable cells ' if cells else ''}of {of}"
        note_taken_out(registry, actor, use_case, trial_id, what=what, rows=rows + cells)


def note_lists_taken_out(registry: Registry, actor: Actor, job: JobRecord, files: Mapping[str, bytes]) -> None:
    """Record that a job's issue lists leave: all that it wrote, each as it was recorded; none of a void draw.

    Args:
        registry: As for :func:`note_taken_out`.
        actor: Likewise.
        job: The job that wrote them.
        files: What leaves, by name: lists, and beside each its manifest.

    Raises:
        AccessRefused: The actor may not issue.
        TrialRefused: The draw is void, one that the job wrote is gone, or a file is none of its or was edited since.
        RegistryRefused: It could not be recorded; then nothing may leave.
    """
    with registry.write(actor, "issue", job.trial) as work:
        require(queries.standing_of(work.session, job.trial), "issue")
        of_job = queries.lists_of_job(work.session, job)
        digests = {name: hashlib.sha256(files[name]).hexdigest() for name in files if not name.endswith(MANIFEST)}
        for fault in list_faults(of_job, digests, files):
            raise _not_as_issued(fault)
        leaving = [each for each in of_job.lists if digests.get(each.manifest["file"]) == each.file_digest]
        of_name = {each.manifest["file"]: each.manifest["customers"] for each in leaving}
        work.commit_taken_out(f"issue lists {', '.join(of_name)}", sum(of_name.values()), None)


def note_lists_removed(registry: Registry, actor: Actor, job: JobRecord, names: Iterable[str]) -> None:
    """Record that a job's lists go from the registry's folder, before they do: what is gone without a word is missed.

    Args:
        registry: As for :func:`note_taken_out`.
        actor: Likewise.
        job: The job that wrote them.
        names: The files of it that are there.

    Raises:
        AccessRefused: The actor may not issue.
        RegistryRefused: It could not be recorded; then nothing goes.
    """
    with registry.write(actor, "issue", job.trial) as work:
        missing = queries.lists_of_job(work.session, job).needed - {*names}
        work.commit({"job": job.id, "missing": len(missing)}, action="remove_lists")


def _not_as_issued(fault: ListFault) -> TrialRefused:
    return TrialRefused(
        "a list that was issued is gone" if fault.gone else "a list is not as it was issued",
        where=fault.name,
        rule="what is sent to customers is what was recorded, byte for byte, and all of it",
        remedy="ask who else may write to the registry's folder, remove these lists and issue them again",
    )
