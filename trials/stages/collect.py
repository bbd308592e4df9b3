"""Collect: remove what interrupted work has left behind: old files that no row names, and its scratch."""

from __future__ import annotations

from data.private import clear_scratch
from trials.access import Actor
from trials.registry import Registry
from trials.registry.proof.integrity import snapshots_named


def collect(registry: Registry, actor: Actor) -> tuple[str, ...]:
    """Remove orphans that are over a day old, and scratch that no process holds; the names of what was removed.

    Raises:
        DataRefused: Somebody is writing or copying snapshots.
    """
    with registry.write(actor, "collect") as work:
        removed = registry.snapshots.collect_orphans(frozenset(snapshots_named(work.session)))
        removed += tuple(f"scratch/{name}" for name in clear_scratch(registry.scratch_room))
        work.commit({"removed": list(removed)})
    return removed
