"""Collect: remove what interrupted work has left behind: old files that no row names, scratch, half uploads."""

from __future__ import annotations

from trials.access import Actor
from trials.registry import Registry
from trials.registry.proof.integrity import snapshots_named


def collect(registry: Registry, actor: Actor) -> tuple[str, ...]:
    """Remove orphans that are over a day old, and what killed processes left at work; the names of what was removed.

    Raises:
        DataRefused: Somebody is writing or copying snapshots.
    """
    with registry.write(actor, "collect") as work:
        removed = registry.snapshots.collect_orphans(frozenset(snapshots_named(work.session)))
        removed += registry.clear_left()
        work.commit({"removed": list(removed)})
    return removed
