"""Release: from here on the seed is public, and with it every customer's arm can be checked."""

from __future__ import annotations

from trials.access import Actor
from trials.errors import TrialRefused
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.records import ReleaseRecord
from trials.registry.tables.columns import now
from trials.seen import Read, require_shown_read


def release(registry: Registry, actor: Actor, trial_id: str, *, reason: str, read: Read | None = None) -> ReleaseRecord:
    """Release a trial's seed, once its results are stored or its draw is void.

    Args:
        registry: Where the trial is.
        actor: Who releases it.
        trial_id: The trial.
        reason: Why.
        read: The evaluation that was read, by number or digest; needed where the trial has several.

    Raises:
        TrialRefused: Nothing was allocated, the trial is still blind, it was released already, no reason is given, or
            what was read is not the result that is shown now.
    """
    if not reason.strip():
        raise TrialRefused("a release needs a reason", where=trial_id)
    with registry.write(actor, "release", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "release")
        require_shown_read(work.session, trial_id, "release", read)
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
