"""Questions about what came back from the field."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from trials.registry import tables
from trials.registry.records import MatchRecord, ReturnedFileRecord


def returned_of(session: Session, trial_id: str) -> tuple[ReturnedFileRecord, ...]:
    """Every file that came back, in the order it came."""
    table = tables.ReturnedFile
    query = select(table).where(table.trial_id == trial_id).order_by(table.kind, table.version)
    return tuple(
        ReturnedFileRecord(
            kind="contacts" if row.kind == "contacts" else "outcomes",
            version=row.version,
            digest=row.digest,
            file_name=row.file_name,
            file_digest=row.file_digest,
            rows_read=row.rows_read,
            loaded=row.loaded,
            rejected=row.rejected,
            matched=tuple(MatchRecord(**arm) for arm in row.matched),
            matured=row.matured,
            loaded_at=row.loaded_at,
            loaded_by=row.loaded_by,
        )
        for row in session.scalars(query)
    )
