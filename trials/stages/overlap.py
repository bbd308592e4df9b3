"""Overlap: how many customers two trials share."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

from data.engine import Engine, open_engine
from data.private import scratch_in
from trials.access import Actor
from trials.concealment import SMALL, sees_arms
from trials.registry import Registry, queries
from trials.registry.identities import contact_ledger
from trials.registry.tables.columns import now

_Answer = TypeVar("_Answer")


def overlap(registry: Registry, actor: Actor, first: str, second: str) -> int | None:
    """Count the customers that two trials share, by ledger id; None where they are few, to all but the randomiser.

    Raises:
        TrialRefused: There is no such trial.
    """
    with registry.inspect(actor, "overlap") as session:
        for trial in (first, second):
            queries.require_trial(session, trial)
        ledger = contact_ledger.entries(session, today=now().date())
    shared = _asked(registry, lambda engine: contact_ledger.overlap(engine, registry.snapshots, ledger, first, second))
    return _told(actor, shared)


def shared_customers(registry: Registry, actor: Actor, trial: str) -> tuple[tuple[str, int | None], ...]:
    """How many customers a trial shares with each other one that has any, most first; as :func:`overlap` tells them.

    Raises:
        TrialRefused: There is no such trial.
    """
    with registry.inspect(actor, "overlap") as session:
        queries.require_trial(session, trial)
        ledger = contact_ledger.entries(session, today=now().date())
    shared = _asked(registry, lambda engine: contact_ledger.shared_with(engine, registry.snapshots, ledger, trial))
    told = [(other, _told(actor, number)) for other, number in shared.items()]
    return tuple(sorted(told, key=lambda pair: (-(pair[1] or 0), pair[0])))


def _told(actor: Actor, shared: int) -> int | None:
    return shared if sees_arms(actor) or shared >= SMALL else None


def _asked(registry: Registry, question: Callable[[Engine], _Answer]) -> _Answer:
    # A home that may only be read can be asked too; then all of it has to fit in memory.
    with scratch_in(registry.scratch_room) if os.access(registry.home, os.W_OK) else nullcontext() as scratch:
        engine = open_engine(registry.settings.engine, scratch=scratch)
        return question(engine)
