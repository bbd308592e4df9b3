"""A plan that was registered, as what the next trial's design begins with."""

from __future__ import annotations

import base64
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from designs.drafting import Draft
from trials.registry import queries, tables

_OF_THAT_TRIAL = ("clock",)
"""Keys that speak of the past trial's own days."""


def draft_of_trial(session: Session, trial_id: str, new_id: str) -> tuple[Draft, dict[str, bytes]]:
    """A trial's plan in force as the draft of a new one, and the bytes of those of its texts that are kept, by digest.

    Raises:
        TrialRefused: There is no such trial.
    """
    document: dict[str, Any] = json.loads(queries.protocol_of(session, trial_id).canonical)
    document = {**{key: value for key, value in document.items() if key not in _OF_THAT_TRIAL}, "id": new_id}
    kept = {
        row.digest: (row.name, base64.b64decode(row.content))
        for row in session.scalars(select(tables.LetterText).where(tables.LetterText.trial_id == trial_id))
    }
    texts: dict[str, str] = {}
    for arm in document.get("arms", ()):
        for language, digest in list(arm.get("text", {}).items()):
            name = kept[digest][0] if digest in kept else f"wording/{arm['id']}.{language}.md"
            arm["text"][language] = name
            if digest in kept:
                texts[name] = digest
    return Draft(document, texts), {digest: kept[digest][1] for digest in texts.values()}
