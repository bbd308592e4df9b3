"""Questions about what people are in the middle of."""

from __future__ import annotations

from sqlalchemy.orm import Session

from trials.registry import tables
from trials.registry.tables.in_hand import draft_key


def draft_of(session: Session, person: str, trial_id: str) -> dict[str, str]:
    """What a person has typed about a trial, by field; empty where there is nothing."""
    row = session.get(tables.Draft, draft_key(person, trial_id))
    return {} if row is None else dict(row.fields)
