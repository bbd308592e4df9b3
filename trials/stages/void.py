"""Void: a draw that must not be used. One person asks, another confirms; the draw is kept and shown."""

from __future__ import annotations

from trials.access import Actor
from trials.errors import TrialRefused
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
        queries.require_trial(work.session, trial_id)
        if queries.draw_of(work.session, trial_id) is None:
            raise TrialRefused("no seed has been drawn", where=trial_id, rule="what is made void is a draw")
        if queries.void_of(work.session, trial_id) is not None:
            raise TrialRefused(
                "a void was asked for already",
                where=trial_id,
                remedy=f"otm void {trial_id} --confirm, by somebody else",
            )
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
        queries.require_trial(work.session, trial_id)
        void = queries.void_of(work.session, trial_id)
        if void is None:
            raise TrialRefused("nobody asked for a void", where=trial_id, remedy=f"otm void {trial_id} --reason TEXT")
        if void.confirmed_by is not None:
            raise TrialRefused("the draw is void already", where=trial_id)
        if void.requested_by == actor.name:
            raise TrialRefused(
                "the person who asked for a void cannot confirm it",
                where=actor.name,
                rule="a void takes two different people",
                remedy="ask a colleague, who sets OTM_ACTOR to their own name",
            )
        work.add(
            tables.VoidConfirmation(
                trial_id=trial_id, requested_by=void.requested_by, confirmed_at=now(), confirmed_by=actor.name
            )
        )
        work.commit({"requested_by": void.requested_by, "reason": void.reason})
