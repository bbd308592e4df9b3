"""Questions about the issue lists that jobs wrote into the registry's folder: which, and which must lie there still."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trials.registry import tables
from trials.registry.queries.chain import audit_events
from trials.registry.queries.draws import issues_of
from trials.registry.queries.jobs import jobs_of
from trials.registry.records import JobLists, JobRecord


def job_lists(session: Session, trial_id: str) -> tuple[JobLists, ...]:
    """What each job of a trial wrote, by the audit chain: a job's row is no evidence, and may be gone."""
    issued = {
        f"{tables.IssueList.__tablename__}/{each.trial}/{each.number}": each for each in issues_of(session, trial_id)
    }
    events = audit_events(session, trial_id)
    written: dict[str, list[str]] = {}
    removed: set[str] = set()
    restored, ended = _last_restore(session), {job.id: job.state for job in jobs_of(session, trial_id, "issue")}
    for event in events:
        job = str(event.detail.get("job", ""))
        if event.action == "issue" and job:
            written.setdefault(job, []).extend(name for name in event.detail.get("rows", {}) if name in issued)
            removed |= {job} if event.sequence < restored else set()
        elif event.action == "remove_lists":
            removed.add(job)
    found = []
    for job, names in written.items():
        lists = tuple(issued[name] for name in names)
        sure = lists if ended.get(job, "done") == "done" else lists[:-1]
        needed = frozenset() if job in removed else frozenset(str(each.manifest["file"]) for each in sure)
        found.append(JobLists(job, lists, needed))
    every = tuple(issued.values())
    return (*found, *(JobLists(job, every, frozenset(), known=False) for job in ended if job not in written))


def lists_of_job(session: Session, job: JobRecord) -> JobLists:
    """What one job wrote; nothing where it wrote none."""
    found = (each for each in job_lists(session, job.trial) if each.job == job.id)
    return next(found, JobLists(job.id, (), frozenset()))


def jobs_with_lists(session: Session) -> frozenset[str]:
    """The ids of all jobs that wrote lists, by the audit chain."""
    query = select(tables.AuditRow.detail).where(tables.AuditRow.action == "issue")
    return frozenset(str(detail["job"]) for detail in session.scalars(query) if "job" in detail)


def _last_restore(session: Session) -> int:
    """The number of the last event of a restore, which puts no lists back; 0 before the first."""
    query = select(func.max(tables.AuditRow.sequence)).where(tables.AuditRow.action == "restore")
    return session.scalar(query) or 0
