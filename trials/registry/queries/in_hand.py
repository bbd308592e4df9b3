"""Questions about what people are in the middle of."""

from __future__ import annotations

import json

from sqlalchemy.orm import Session

from trials.registry import tables
from trials.registry.records import Typed
from trials.registry.tables.in_hand import draft_key, typed_key


def draft_of(session: Session, person: str, trial_id: str) -> dict[str, str]:
    """What a person has typed about a trial, by field; empty where there is nothing."""
    row = session.get(tables.Draft, draft_key(person, trial_id))
    return {} if row is None else dict(row.fields)


def typed_on(session: Session, person: str, trial_id: str, page: str) -> Typed | None:
    """What a person has typed on a page of a design and not saved; None where there is nothing, or nothing that can
    be read."""
    row = session.get(tables.Draft, typed_key(person, trial_id, page))
    try:
        fields = {} if row is None else row.fields
        document = json.loads(fields["document"])
        return Typed(int(fields["made_from"]), document) if isinstance(document, dict) else None
    except (KeyError, ValueError, RecursionError):
        return None
