"""Typed: what somebody has typed on a page of a design, kept until it is saved or dropped. It is nobody's record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry, queries
from trials.registry.records import Typed
from trials.registry.tables import Draft
from trials.registry.tables.columns import now
from trials.registry.tables.in_hand import typed_key
from trials.registry.unit_of_work import UnrecordedWork

LARGEST: Final = 1_048_576
"""Characters of a draft as JSON that are kept; a protocol file may have as many bytes."""


def keep_typed(
    registry: Registry, actor: Actor, trial_id: str, page: str, *, made_from: int, document: Mapping[str, Any],
    window: str = "", instead_of: Typed | None = None,
) -> None:  # fmt: skip
    """Keep a draft as the actor has it on a page, in the place of what they had typed there before.

    Each person has their own for each page and window: what is typed in one does not replace another's words.

    Args:
        registry: Where the design is.
        actor: Who types.
        trial_id: The design.
        page: Which of its pages.
        made_from: The revision that the page was opened on.
        document: The whole draft, as it stands on the page.
        window: What tells this window of the actor's from their others.
        instead_of: What was typed in another window before, and was gone on with in this one; it is removed, unless
            more was typed there since.

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
        fields = {"made_from": str(made_from), "document": text, "window": window}
        key = typed_key(person, trial_id, page, window)
        work.put(Draft(key=key, person=person, trial_id=trial_id, fields=fields, saved_at=now()))
        _remove_unchanged(work, person, trial_id, page, instead_of, but=window)
        work.commit()


def drop_typed(
    registry: Registry, actor: Actor, trial_id: str, page: str, *, window: str = "", instead_of: Typed | None = None
) -> None:
    """Remove what the actor has typed on a page in one window; nothing where there is none.

    Args:
        registry: Where the design is.
        actor: Who typed.
        trial_id: The design.
        page: Which of its pages.
        window: What tells this window of the actor's from their others.
        instead_of: What was typed in another window before, and was gone on with in this one; it is removed too,
            unless more was typed there since.
    """
    with registry.write_unrecorded(actor, "design", trial_id) as work:
        work.remove(Draft, typed_key(str(actor), trial_id, page, window))
        _remove_unchanged(work, str(actor), trial_id, page, instead_of, but=window)
        work.commit()


def _remove_unchanged(
    work: UnrecordedWork, person: str, trial_id: str, page: str, typed: Typed | None, *, but: str
) -> None:
    if typed is not None and typed.window != but and typed in queries.typed_on(work.session, person, trial_id, page):
        work.remove(Draft, typed_key(person, trial_id, page, typed.window))
