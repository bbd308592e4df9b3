"""Release: from here on the seed is public, and with it every customer's arm can be checked."""

from __future__ import annotations

from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry, queries, tables
from trials.registry.records import ReleaseRecord
from trials.registry.tables.columns import now


def release(registry: Registry, actor: Actor, trial_id: str, *, reason: str) -> ReleaseRecord:
    """Release a trial's seed, once its results are stored or its draw is void.

    Raises:
        TrialRefused: Nothing was dealt, the trial is still blind, it was released already, or no reason is given.
    """
    if not reason.strip():
        raise TrialRefused("a release needs a reason", where=trial_id)
    with registry.write(actor, "release", trial_id) as work:
        queries.require_trial(work.session, trial_id)
        if not queries.allocations_of(work.session, trial_id):
            raise TrialRefused("nothing has been dealt", where=trial_id, rule="what is released is a draw")
        if queries.release_of(work.session, trial_id) is not None:
            raise TrialRefused("the draw is released already", where=trial_id)
        void = queries.void_of(work.session, trial_id)
        if queries.evaluation_of(work.session, trial_id) is None and (void is None or void.confirmed_by is None):
            raise TrialRefused(
                "the trial is still running",
                where=trial_id,
                rule="arms stay concealed until the evaluation is stored, or the draw is void",
                remedy=f"otm evaluate {trial_id}",
            )
        record = ReleaseRecord(reason.strip(), actor.name, now())
        work.add(
            tables.Release(
                trial_id=trial_id,
                reason=record.reason,
                released_at=record.released_at,
                released_by=record.released_by,
            )
        )
        work.commit({"reason": record.reason})
    return record
