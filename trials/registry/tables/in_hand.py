"""What people are in the middle of: nobody's record, so these rows are overwritten and removed."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from trials.registry.tables.base import At, Digest, Json, UnrecordedRow


class Draft(UnrecordedRow):
    """What one person has typed about a trial and not recorded yet.

    Drafts were once files named by ``key``, which tells neither person nor trial: both are unknown of those until they
    are saved again.
    """

    __tablename__ = "draft"

    key: Mapped[Digest] = mapped_column(primary_key=True)
    person: Mapped[str | None] = mapped_column(String(255))
    trial_id: Mapped[str | None] = mapped_column(String(63))
    fields: Mapped[Json]
    saved_at: Mapped[At]


def draft_key(person: str, trial_id: str) -> str:
    """The key of a person's draft about a trial: SHA-256 of both."""
    return hashlib.sha256(json.dumps([person, trial_id]).encode()).hexdigest()


def typed_key(person: str, trial_id: str, page: str, window: str = "") -> str:
    """The key of what a person has typed on one page of a design in one window: SHA-256 of all of them.

    No window is that of an earlier release, which knew none.
    """
    parts = [person, trial_id, page, *([window] if window else [])]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
