"""Questions about what people are in the middle of."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from trials.registry import tables
from trials.registry.records import Typed
from trials.registry.tables.in_hand import draft_key, typed_key


def draft_of(session: Session, person: str, trial_id: str) -> dict[str, str]:
    """What a person has typed about a trial, by field; empty where there is nothing."""
    row = session.get(tables.Draft, draft_key(person, trial_id))
    return {} if row is None else dict(row.fields)


def typed_on(session: Session, person: str, trial_id: str, page: str) -> tuple[Typed, ...]:
    """What a person has typed on a page of a design and not saved, in each of their windows, the latest first; what
    cannot be read is left out."""
    own = select(tables.Draft).where(tables.Draft.person == person, tables.Draft.trial_id == trial_id)
    typed = (_typed(row, page) for row in session.scalars(own))
    return tuple(sorted((each for each in typed if each is not None), key=lambda each: each.typed_at, reverse=True))


def _typed(row: tables.Draft, page: str) -> Typed | None:
    try:
        window = row.fields.get("window", "")
        if row.key != typed_key(row.person or "", row.trial_id or "", page, window):
            return None
        document, made_from = json.loads(row.fields["document"]), int(row.fields["made_from"])
        return Typed(made_from, document, window, row.saved_at) if isinstance(document, dict) else None
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return None
