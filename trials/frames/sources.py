"""The snapshots that a frame of a trial allocated here is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw

from data.engine import Engine
from data.snapshots import SnapshotStore
from trials.field.allocated import AllocatedTrial
from trials.registry.records import ReturnedFileRecord


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
    """The contacts of all files, one row a contact."""
    return nw.concat([engine.scan(snapshots.path(file.digest)) for file in contacts], how="vertical")
