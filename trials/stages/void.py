"""Void: a draw that must not be used. One person asks, another confirms; the draw is kept and shown."""

from __future__ import annotations

from trials.access import Actor
from trials.errors import TrialRefused
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.tables.columns import now


def request_void(registry: Registry, actor: Actor, trial_id: str, *, reason: str) -> None:
    """Ask for a draw to be made void.

    Raises:
        TrialRefused: No seed was drawn, a void was asked for already, or no reason is given.
    """
    if not reason.strip():
        raise TrialRefused("a void needs a reason", where=trial_id)
    with registry.write(actor, "request_void", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "request_void")
        work.add(
            tables.VoidRequest(trial_id=trial_id, reason=reason.strip(), requested_at=now(), requested_by=actor.name)
        )
        work.commit({"reason": reason.strip()})


def confirm_void(registry: Registry, actor: Actor, trial_id: str) -> None:
    """Confirm a void that somebody else asked for.

    Raises:
        TrialRefused: Nobody asked for it, the same person did, or it is confirmed already.
    """
    with registry.write(actor, "confirm_void", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "confirm_void", by=actor.name)
        void = queries.void_asked_for(work.session, trial_id)
        work.add(
            tables.VoidConfirmation(
                trial_id=trial_id, requested_by=void.requested_by, confirmed_at=now(), confirmed_by=actor.name
            )
        )
        work.commit({"requested_by": void.requested_by, "reason": void.reason})
