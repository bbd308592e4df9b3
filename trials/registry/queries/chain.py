"""Questions about the audit chain."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from trials.registry import tables
from trials.registry.records import AuditEvent


def last_event(session: Session) -> tuple[int, str] | None:
    """Sequence and hash of the end of the audit chain."""
    query = select(tables.AuditRow.sequence, tables.AuditRow.hash).order_by(tables.AuditRow.sequence.desc()).limit(1)
    row = session.execute(query).first()
    return None if row is None else (row.sequence, row.hash)


def latest_change(session: Session) -> AuditEvent | None:
    """The event with the latest time, of those that changed a trial or the registry; a denial changes nothing."""
    table = tables.AuditRow
    query = select(table).where(table.action.not_in(("installed", "denied")))
    row = session.scalars(query.order_by(table.at.desc(), table.sequence.desc()).limit(1)).first()
    return None if row is None else _event(row)


def event_hashes(session: Session, after: int) -> dict[int, str]:
    """Sequence → hash of every event after one."""
    query = select(tables.AuditRow.sequence, tables.AuditRow.hash).where(tables.AuditRow.sequence > after)
    return {row.sequence: row.hash for row in session.execute(query)}


def audit_events(session: Session, trial_id: str | None = None) -> tuple[AuditEvent, ...]:
    """The chain in order, or one trial's part of it."""
    query = select(tables.AuditRow).order_by(tables.AuditRow.sequence)
    if trial_id is not None:
        query = query.where(tables.AuditRow.trial_id == trial_id)
    return tuple(_event(row) for row in session.scalars(query))


def _event(row: tables.AuditRow) -> AuditEvent:
    return AuditEvent(
        row.sequence, row.at, row.actor, row.role, row.action, row.trial_id, row.detail, row.previous_hash, row.hash
    )
