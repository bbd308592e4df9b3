"""Who was looked at: the customers with every outcome due that a verdict reads, on the day of a look."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from analysis.evaluate.looks import due_now
from data.engine import Engine
from data.snapshots import SnapshotStore
from trials.frames.allocated_here import frame_of
from trials.frames.sources import Sources
from trials.registry.identities.pseudonyms import LEDGER_ID


def customers_looked_at(engine: Engine, snapshots: SnapshotStore, sources: Sources, scratch: Path) -> pa.ChunkedArray:
    """Their ledger ids, as at the day of the sources; ``scratch`` is a private folder."""
    frame = due_now(frame_of(engine, snapshots, sources, scratch), sources.trial.plan.protocol)
    return engine.collect(frame.rows.select(LEDGER_ID)).column(LEDGER_ID)
