"""Overlap: how many customers two trials share."""

from __future__ import annotations

from data.engine import open_engine
from trials.access import Actor
from trials.registry import Registry, queries
from trials.registry.identities import contact_ledger
from trials.registry.tables.columns import now


def overlap(registry: Registry, actor: Actor, first: str, second: str) -> int:
    """Count the customers that two trials share, by ledger id.

    Raises:
        TrialRefused: There is no such trial.
    """
    with registry.inspect(actor, "overlap") as session:
        for trial in (first, second):
            queries.require_trial(session, trial)
        ledger = contact_ledger.entries(session, today=now().date())
    return contact_ledger.overlap(open_engine(registry.settings.engine), registry.snapshots, ledger, first, second)
