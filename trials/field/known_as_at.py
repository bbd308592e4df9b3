"""The day as at which all outcomes are known that came in parts, each cut on a day of its own.

What was due when its part was cut does not change after: by a customer's day 30 nothing can happen any more that is
counted by day 23. So a part in which everything was due holds nothing to its day, and the outcomes of waves can be
loaded wave by wave. A part in which something was not due does; and while of some wave or batch no part holds anybody,
all is known as at the earliest cut.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.snapshots import SnapshotStore
from designs.protocol import Protocol
from trials.field.allocated import AllocatedTrial
from trials.field.day_zero import drawn_on
from trials.field.whole import LOAD
from trials.registry.identities.pseudonyms import INDEX_DATE, LEDGER_ID


def known_as_at(snapshots: SnapshotStore, trial: AllocatedTrial, whole: pa.Table, cuts: Mapping[int, date]) -> date:
    """The day as at which every row is known.

    Args:
        snapshots: The store.
        trial: Whose outcomes they are.
        whole: Ledger id and, where they are of several loads, the version of the load of each row.
        cuts: The day on which each load with a row was cut, by version.
    """
    days = last_day(trial.plan.protocol)
    if len(set(cuts.values())) == 1 or days is None:
        return min(cuts.values())
    order = sorted(cuts)
    by_load = np.array([cuts[version] for version in order], "datetime64[D]")
    cut = by_load[np.searchsorted(order, whole[LOAD].to_numpy())]
    found: list[np.datetime64] = []
    for zeros in _day_zeros(snapshots, trial):
        place = pc.index_in(whole[LEDGER_ID], value_set=zeros[LEDGER_ID])
        here = np.asarray(pc.is_valid(place))
        of_all: Any = zeros[INDEX_DATE].to_numpy().astype("datetime64[D]")
        zero = of_all[np.asarray(place.filter(pc.is_valid(place)))]
        if np.isnat(of_all).any() or len(np.unique(zero)) < len(np.unique(of_all)):
            return min(cuts.values())  # nobody knows when they are due, or of a day 0 nobody is there yet
        not_due = zero + np.timedelta64(days, "D") > cut[here]
        found += [cut[here][not_due].min()] if not_due.any() else []
    return min(found).astype(date) if found else max(cuts.values())


def last_day(protocol: Protocol) -> int | None:
    """The day after day 0 on which every outcome of the plan is due; None where the primary has none."""
    known = {of.id: [day for day in (of.day, of.horizon) if day is not None] for of in protocol.outcomes}
    return math.ceil(max(max(days) for days in known.values() if days)) if known[protocol.primary.id] else None


def _day_zeros(snapshots: SnapshotStore, trial: AllocatedTrial) -> list[pa.Table]:
    """Of each wave, everybody's ledger id and day 0: planned, and never before the draw."""
    tables = []
    for allocation in trial.allocations:
        rows = snapshots.read(allocation.snapshot_digest)
        if INDEX_DATE in rows.column_names:
            zeros = rows[INDEX_DATE]
        else:
            zeros = pa.chunked_array([pa.repeat(pa.scalar(allocation.index_date, pa.date32()), rows.num_rows)])
        earliest = drawn_on(trial, allocation)
        if earliest is not None:
            floor = pa.scalar(earliest, pa.date32())
            zeros = pc.if_else(pc.less(zeros, floor), floor, zeros)
        tables.append(pa.table({LEDGER_ID: rows[LEDGER_ID], INDEX_DATE: zeros}))
    return tables
