"""The snapshots that a frame of a trial allocated here is made of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw

from analysis.frame import REASON_PREFIX
from data.engine import Engine
from data.snapshots import SnapshotStore
from designs.protocol.codes import DELIVERED
from trials.field.allocated import AllocatedTrial
from trials.field.kinds.contacts import CHANNEL, MARKS, RECEIVED
from trials.field.whole import Whole
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.pseudonyms import LEDGER_ID

REASONS = (REASON_PREFIX + DELIVERED, REASON_PREFIX + RECEIVED)


@dataclass(frozen=True, slots=True)
class Sources:
    """A trial that was allocated, and the outcomes and contacts that are there; None where no contacts are.

    ``as_at`` is the day as at which it is evaluated.
    """

    trial: AllocatedTrial
    outcomes: Whole
    contacts: Whole | None
    as_at: date


def scan_contacts(engine: Engine, snapshots: SnapshotStore, contacts: Whole) -> nw.LazyFrame[Any]:
    """Every contact that is there, one row a contact; why a cell could not be read is null where it could."""
    return nw.concat(
        [_with_every_reason(engine.scan(snapshots.opened(digest))) for digest in contacts.digests], how="vertical"
    )


def _with_every_reason(contacts: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    names = contacts.collect_schema().names()
    reasons = [_text(name, names) for name in REASONS]
    kept = (nw.col(name) for name in (LEDGER_ID, CHANNEL, CONTACT_ON, DELIVERED, RECEIVED))
    return contacts.select(*kept, *reasons, *(_text(name, names) for name in MARKS))


def _text(name: str, names: Collection[str]) -> nw.Expr:
    """A column of text; null where the contacts have none."""
    return (nw.col(name) if name in names else nw.lit(None, nw.String)).cast(nw.String).alias(name)
