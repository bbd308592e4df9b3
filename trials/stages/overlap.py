"""Overlap: how many customers two trials share."""

from __future__ import annotations

import os
from contextlib import nullcontext

from data.engine import open_engine
from data.private import scratch_in
from trials.access import Actor
from trials.concealment import SMALL, sees_arms
from trials.registry import Registry, queries
from trials.registry.identities import contact_ledger
from trials.registry.tables.columns import now


def overlap(registry: Registry, actor: Actor, first: str, second: str) -> int | None:
    """Count the customers that two trials share, by ledger id; None where they are few, to all but the randomiser.

    Raises:
        TrialRefused: There is no such trial.
    """
    with registry.inspect(actor, "overlap") as session:
        for trial in (first, second):
            queries.require_trial(session, trial)
        ledger = contact_ledger.entries(session, today=now().date())
    # A home that may only be read can be asked too; then all of it has to fit in memory.
    with scratch_in(registry.scratch_room) if os.access(registry.home, os.W_OK) else nullcontext() as scratch:
        engine = open_engine(registry.settings.engine, scratch=scratch)
        shared = contact_ledger.overlap(engine, registry.snapshots, ledger, first, second)
    return shared if sees_arms(actor) or shared >= SMALL else None
