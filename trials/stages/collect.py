"""Collect: remove what interrupted work has left behind: old files that no row names, scratch, half uploads, jobs."""

from __future__ import annotations

from trials.access import Actor
from trials.registry import Registry, queries
from trials.registry.proof.integrity import snapshots_named
from trials.registry.storage.job_files import clear_lists


def collect(registry: Registry, actor: Actor) -> tuple[str, ...]:
    """Remove orphans that are over a day old, and what processes that are gone left; the names of what was removed.

    Of jobs that is what was sent to them, lists that they did not finish, how a crash was reported, and lists of jobs
    that neither a row nor the chain knows. Whole lists stay for whoever may issue them.

    Raises:
        DataRefused: Somebody is writing or copying snapshots.
    """
    with registry.write(actor, "collect") as work:
        removed = registry.snapshots.collect_orphans(frozenset(snapshots_named(work.session)))
        removed += registry.clear_left(reports=True)
        removed += clear_lists(registry.home, queries.job_ids(work.session) | queries.jobs_with_lists(work.session))
        work.commit({"removed": list(removed)})
    return removed
