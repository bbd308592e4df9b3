"""The audit chain, and which ledger key the registry was made with."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from trials.registry.tables.base import At, Digest, Json, Name, Number, Row


class Installation(Row):
    """One row: which ledger key the ids of this registry were made with."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[Number]
    key_fingerprint: Mapped[Digest]
    created_at: Mapped[At]


class AuditRow(Row):
    """One link of the audit chain; the two UNIQUE columns make a fork impossible."""

    __tablename__ = "audit_event"

    sequence: Mapped[Number]
    at: Mapped[At]
    actor: Mapped[Name]
    role: Mapped[Name]
    action: Mapped[Name]
    trial_id: Mapped[str | None] = mapped_column(String(63))
    detail: Mapped[Json]
    previous_hash: Mapped[Digest] = mapped_column(unique=True)
    hash: Mapped[Digest] = mapped_column(unique=True)
