"""Job: how a long stage that runs in a process of its own stands. The stage itself knows nothing of it.

A job's row is no evidence and has no audit event: what the stage did is in the stage's rows and events, committed in
the stage's own transactions. So a job that says less than what happened (a process killed between the two commits) does
no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from trials.access import Actor
from trials.concealment import sees_arms
from trials.registry import Registry, queries
from trials.registry.records import JobLists, JobRecord, JobRefusal, LongStage
from trials.registry.tables.columns import digest_of, now
from trials.registry.told import told_job

IsAlive = Callable[[JobRecord], bool]
"""Whether the process of a job that is said to be running is still there."""

_STOPPED = JobRefusal(
    "the process that did this ended without a word",
    rule="what it had recorded by then stands, and the rest is as it was",
    remedy="start it again: that is safe",
)


def open_job(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    stage: LongStage,
    job_id: str,
    is_alive: IsAlive,
    request: Mapping[str, Any],
) -> JobRecord:
    """The job of this stage that is running, else a new one with this id.

    Raises:
        AccessRefused: The actor's role does not hold the stage.
        TrialRefused: There is no such trial or design.
    """
    with registry.write_unrecorded(actor, stage, trial_id) as work:
        _require(work.session, trial_id)
        running = queries.running_job(work.session, trial_id, stage)
        if running is not None and is_alive(running):
            return running
        if running is not None:
            work.put(queries.job_row(_stopped(running)))
        job = JobRecord(job_id, trial_id, stage, actor.name, actor.role, now(), request=request)
        work.put(queries.job_row(job))
        work.commit()
    return job


def asked(job: JobRecord) -> str:
    """SHA-256 of what a job was asked to do: which stage, of which trial, with which arguments."""
    return digest_of({"id": job.id, "trial": job.trial, "stage": job.stage, "request": dict(job.request)})


def job_to_do(registry: Registry, actor: Actor, job_id: str) -> JobRecord:
    """A job as it was opened, for the process that is to do it."""
    with registry.inspect(actor, "read") as session:
        return queries.job_of(session, job_id)


def note_process(registry: Registry, actor: Actor, job: JobRecord, host: str, pid: int) -> None:
    """Note which process does it."""
    _change(registry, actor, job, lambda current: replace(current, host=host, pid=pid))


def note_step(registry: Registry, actor: Actor, job: JobRecord, step: str, progress: float | None) -> None:
    """Note what is being done, and how far it is."""
    _change(registry, actor, job, lambda current: replace(current, step=step, progress=progress))


def finish_job(registry: Registry, actor: Actor, job: JobRecord, result_digest: str) -> None:
    """Note that the stage has recorded its result."""
    _change(
        registry,
        actor,
        job,
        lambda current: replace(current, state="done", progress=1.0, result_digest=result_digest, finished_at=now()),
    )


def fail_job(registry: Registry, actor: Actor, job: JobRecord, refusal: JobRefusal) -> None:
    """Note that the stage was refused, or crashed."""
    _change(registry, actor, job, lambda current: replace(current, state="failed", refusal=refusal, finished_at=now()))


def cancel_job(registry: Registry, actor: Actor, trial_id: str, stage: LongStage) -> JobRecord | None:
    """Note that somebody ends the job of a stage that is running; its process ends with its next word. None: none is.

    Only of work that records nothing before its end.

    Raises:
        AccessRefused: The actor's role does not hold the stage.
    """
    with registry.write_unrecorded(actor, stage, trial_id) as work:
        running = queries.running_job(work.session, trial_id, stage)
        if running is None:
            return None
        ended = JobRefusal(
            f"{actor.name} ended it", rule="nothing is recorded before all of it is there", remedy="it can begin anew"
        )
        cancelled = replace(running, state="stopped", refusal=ended, finished_at=now())
        work.put(queries.job_row(cancelled))
        work.commit()
    return cancelled


def is_running(registry: Registry, actor: Actor, job: JobRecord) -> bool:
    """Whether nobody has ended a job."""
    with registry.inspect(actor, "read", job.trial) as session:
        return queries.job_of(session, job.id).state == "running"


def _change(registry: Registry, actor: Actor, job: JobRecord, change: Callable[[JobRecord], JobRecord]) -> None:
    """Change a job that is running; one that has ended stays as it ended."""
    with registry.write_unrecorded(actor, job.stage, job.trial) as work:
        current = queries.job_of(work.session, job.id)
        if current.state == "running":
            work.put(queries.job_row(change(current)))
            work.commit()


def look_at_job(
    registry: Registry, actor: Actor, trial_id: str, stage: LongStage, is_alive: IsAlive
) -> JobRecord | None:
    """The last job of a stage; one whose process is gone is noted as stopped. None before the first.

    Before the release a list that is issued is nothing to others than the randomiser: they see no job of it.

    Raises:
        TrialRefused: There is no such trial or design.
    """
    with registry.inspect(actor, "read", trial_id) as session:
        _require(session, trial_id)
        job = queries.latest_job(session, trial_id, stage)
        sees = sees_arms(actor) or queries.release_of(session, trial_id) is not None
    if stage == "issue" and not sees:
        return None
    if job is None or job.state != "running" or is_alive(job):
        return job if job is None or sees else told_job(job)
    with registry.write_unrecorded(actor, "read", trial_id) as work:
        # Its last commit came before its end: what is read now is the last that it said.
        job = queries.job_of(work.session, job.id)
        if job.state == "running":
            job = _stopped(job)
            work.put(queries.job_row(job))
            work.commit()
    return job if sees else told_job(job)


def jobs_of_lists(registry: Registry, actor: Actor, trial_id: str) -> tuple[tuple[JobRecord, JobLists], ...]:
    """Every job of a trial that wrote issue lists, the last one first, with what it wrote.

    One whose row is gone is told from the lists that the audit chain has of it.

    Raises:
        AccessRefused: The actor may not issue; the denial is in the audit chain.
        TrialRefused: There is no such trial.
    """
    registry.permit(actor, "issue", trial_id)
    with registry.inspect(actor, "read", trial_id) as session:
        _require(session, trial_id)
        jobs = {job.id: job for job in queries.jobs_of(session, trial_id, "issue")}
        lists = {each.job: each for each in queries.job_lists(session, trial_id)}
    jobs |= {each.job: _by_its_lists(trial_id, each) for each in lists.values() if each.job not in jobs}
    return tuple(
        (job, lists.get(job.id, JobLists(job.id, (), frozenset())))
        for job in sorted(jobs.values(), key=lambda job: job.started_at, reverse=True)
    )


def _by_its_lists(trial_id: str, of_job: JobLists) -> JobRecord:
    first = of_job.lists[0]
    return JobRecord(of_job.job, trial_id, "issue", first.issued_by, "randomiser", first.issued_at, state="done")


def _require(session: Session, trial_id: str) -> None:
    if not queries.has_design(session, trial_id):
        queries.require_trial(session, trial_id)


def _stopped(job: JobRecord) -> JobRecord:
    return replace(job, state="stopped", refusal=_STOPPED, finished_at=now())
