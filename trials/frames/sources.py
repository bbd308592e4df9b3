"""The snapshots that a frame of a trial allocated here is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw

from analysis.frame import REASON_PREFIX
from data.engine import Engine
from data.snapshots import SnapshotStore
from trials.field.allocated import AllocatedTrial
from trials.field.kinds.contacts import CHANNEL, DELIVERED, RECEIVED
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import ReturnedFileRecord

REASONS = (REASON_PREFIX + DELIVERED, REASON_PREFIX + RECEIVED)


@dataclass(frozen=True, slots=True)
class Sources:
    """A trial that was allocated, its latest outcomes, and every file of contacts: each supplier sends its own.

    ``as_at`` is the day as at which it is evaluated.
    """

    trial: AllocatedTrial
    outcomes: ReturnedFileRecord
    contacts: tuple[ReturnedFileRecord, ...]
    as_at: date


def scan_contacts(
    engine: Engine, snapshots: SnapshotStore, contacts: Sequence[ReturnedFileRecord]
) -> nw.LazyFrame[Any]:
    """The contacts of all files, one row a contact; why a cell could not be read is null where it could."""
    return nw.concat(
        [_with_every_reason(engine.scan(snapshots.path(file.digest))) for file in contacts], how="vertical"
    )


def _with_every_reason(contacts: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    names = contacts.collect_schema().names()
    reasons = [
        (nw.col(name) if name in names else nw.lit(None, nw.String)).cast(nw.String).alias(name) for name in REASONS
    ]
    return contacts.select(*(nw.col(name) for name in (LEDGER_ID, CHANNEL, CONTACT_ON, DELIVERED, RECEIVED)), *reasons)
