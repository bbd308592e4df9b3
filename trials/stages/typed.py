"""Typed: what somebody has typed on a page of a design, kept until it is saved or dropped. It is nobody's record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry, queries
from trials.registry.tables import Draft
from trials.registry.tables.columns import now
from trials.registry.tables.in_hand import typed_key

LARGEST: Final = 1_048_576
"""Characters of a draft as JSON that are kept; a protocol file may have as many bytes."""


def keep_typed(
    registry: Registry, actor: Actor, trial_id: str, page: str, *, made_from: int, document: Mapping[str, Any]
) -> None:
    """Keep a draft as the actor has it on a page, in the place of what they had typed there before.

    Each person has their own for each page; of two windows of one person the one that typed last is kept.

    Args:
        registry: Where the design is.
        actor: Who types.
        trial_id: The design.
        page: Which of its pages.
        made_from: The revision that the page was opened on.
        document: The whole draft, as it stands on the page.

    Raises:
        TrialRefused: There is no such design, or what was typed is too long.
    """
    text = json.dumps(document)
    if len(text) > LARGEST:
        raise TrialRefused(
            "what was typed is too long",
            where=trial_id,
            rule=f"a plan has at most {LARGEST:,} characters",
            remedy="shorten it; nothing was saved",
        )
    with registry.write_unrecorded(actor, "design", trial_id) as work:
        queries.design_of(work.session, trial_id)
        person = str(actor)
        fields = {"made_from": str(made_from), "document": text}
        key = typed_key(person, trial_id, page)
        work.put(Draft(key=key, person=person, trial_id=trial_id, fields=fields, saved_at=now()))
        work.commit()


def drop_typed(registry: Registry, actor: Actor, trial_id: str, page: str) -> None:
    """Remove what the actor has typed on a page; nothing where there is none."""
    with registry.write_unrecorded(actor, "design", trial_id) as work:
        work.remove(Draft, typed_key(str(actor), trial_id, page))
        work.commit()
