"""Questions about jobs, and how a job's record stands in its row."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from trials.registry import tables
from trials.registry.records import JobRecord, JobRefusal, JobState, LongStage


def job_of(session: Session, job_id: str) -> JobRecord:
    """A job that is known to be there."""
    return _record(session.get_one(tables.Job, job_id))


def latest_job(session: Session, trial_id: str, stage: LongStage) -> JobRecord | None:
    """The last job of a trial's stage; None before the first."""
    latest = _jobs(trial_id, stage).order_by(tables.Job.started_at.desc(), tables.Job.id).limit(1)
    row = session.scalars(latest).first()
    return None if row is None else _record(row)


def running_job(session: Session, trial_id: str, stage: LongStage) -> JobRecord | None:
    """The job of a trial's stage that is said to be running."""
    row = session.scalars(_jobs(trial_id, stage).where(tables.Job.state == "running")).one_or_none()
    return None if row is None else _record(row)


def jobs_of(session: Session, trial_id: str, stage: LongStage) -> tuple[JobRecord, ...]:
    """Every job of a trial's stage, the last one first."""
    rows = session.scalars(_jobs(trial_id, stage).order_by(tables.Job.started_at.desc(), tables.Job.id))
    return tuple(map(_record, rows))


def job_ids(session: Session) -> frozenset[str]:
    """The ids of all jobs."""
    return frozenset(session.scalars(select(tables.Job.id)))


def _jobs(trial_id: str, stage: LongStage) -> Select[tables.Job]:
    return select(tables.Job).where(tables.Job.trial_id == trial_id, tables.Job.stage == stage)


def job_row(job: JobRecord) -> tables.Job:
    """A job as its row."""
    return tables.Job(
        id=job.id,
        trial_id=job.trial,
        stage=job.stage,
        started_by=job.started_by,
        role=job.role,
        started_at=job.started_at,
        state=job.state,
        step=job.step,
        progress=job.progress,
        result_digest=job.result_digest,
        refusal=None if job.refusal is None else asdict(job.refusal),
        finished_at=job.finished_at,
        host=job.host,
        pid=job.pid,
        request=dict(job.request),
    )


def _record(row: tables.Job) -> JobRecord:
    return JobRecord(
        id=row.id,
        trial=row.trial_id,
        stage=cast(LongStage, row.stage),  # the table's CHECK allows no other
        started_by=row.started_by,
        role=row.role,
        started_at=row.started_at,
        state=cast(JobState, row.state),
        step=row.step,
        progress=row.progress,
        result_digest=row.result_digest,
        refusal=None if row.refusal is None else JobRefusal(**row.refusal),
        finished_at=row.finished_at,
        host=row.host,
        pid=row.pid,
        request=dict(row.request or {}),
    )
