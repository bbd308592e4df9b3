"""Void: a draw that must not be used. One person asks, another confirms; the draw is kept and shown."""

from __future__ import annotations

from trials.access import Actor
from trials.errors import TrialRefused
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.tables.columns import now
from trials.seen import Read, require_shown_read


def request_void(registry: Registry, actor: Actor, trial_id: str, *, reason: str, read: Read | None = None) -> None:
    """Ask for a draw to be made void.

    Args:
        registry: Where the trial is.
        actor: Who asks.
        trial_id: The trial.
        reason: Why the draw must not be used.
        read: The evaluation that was read, by number or digest; needed where the trial has several.

    Raises:
        TrialRefused: No seed was drawn, a void was asked for already, no reason is given, or what was read is not the
            result that is shown now.
    """
    if not reason.strip():
        raise TrialRefused("a void needs a reason", where=trial_id)
    with registry.write(actor, "request_void", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "request_void")
        require_shown_read(work.session, trial_id, "void", read)
        work.add(
            tables.VoidRequest(trial_id=trial_id, reason=reason.strip(), requested_at=now(), requested_by=actor.name)
        )
        work.commit({"reason": reason.strip()})


def confirm_void(registry: Registry, actor: Actor, trial_id: str, *, read: Read | None = None) -> None:
    """Confirm a void that somebody else asked for.

    Args:
        registry: Where the trial is.
        actor: Who confirms, another person.
        trial_id: The trial.
        read: The evaluation that was read, by number or digest; needed where the trial has several.

    Raises:
        TrialRefused: Nobody asked for it, the same person did, it is confirmed already, or what was read is not the
            result that is shown now.
    """
    with registry.write(actor, "confirm_void", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "confirm_void", by=actor.name)
        require_shown_read(work.session, trial_id, "void", read)
        void = queries.void_asked_for(work.session, trial_id)
        work.add(
            tables.VoidConfirmation(
                trial_id=trial_id, requested_by=void.requested_by, confirmed_at=now(), confirmed_by=actor.name
            )
        )
        work.commit({"requested_by": void.requested_by, "reason": void.reason})
