"""Draft: what somebody has typed about a decision, kept until it is recorded or dropped. It is nobody's record."""

from __future__ import annotations

from collections.abc import Mapping

from trials.access import Actor
from trials.registry import Registry, queries
from trials.registry.tables import Draft
from trials.registry.tables.columns import now
from trials.registry.tables.in_hand import draft_key


def keep_draft(registry: Registry, actor: Actor, trial_id: str, fields: Mapping[str, str]) -> None:
    """Keep what the actor has typed about a trial, in the place of what they had typed before.

    Each person has a draft of their own; of two windows of one person the one that saved last is kept.

    Raises:
        TrialRefused: There is no such trial.
    """
    with registry.write_unrecorded(actor, "decide", trial_id) as work:
        queries.require_trial(work.session, trial_id)
        person = str(actor)
        work.put(
            Draft(
                key=draft_key(person, trial_id), person=person, trial_id=trial_id, fields=dict(fields), saved_at=now()
            )
        )
        work.commit()


def drop_draft(registry: Registry, actor: Actor, trial_id: str) -> None:
    """Remove the actor's draft about a trial; nothing where there is none."""
    with registry.write_unrecorded(actor, "decide", trial_id) as work:
        work.remove(Draft, draft_key(str(actor), trial_id))
        work.commit()
