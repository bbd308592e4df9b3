"""The contact that a trial was predicted to bring, beside the contact that came: over all arms, never by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.snapshots import SnapshotStore
from designs.protocol.day_zero import not_before
from designs.protocol.models import ContactColumns, Protocol
from designs.surge import Beside, Way, beside, declared, forecast
from trials.access import Actor
from trials.field.allocated import AllocatedTrial, as_allocated
from trials.field.day_zero import drawn_on
from trials.field.whole import Whole, whole_of
from trials.registry import Registry, queries
from trials.registry.identities.pseudonyms import INDEX_DATE, LEDGER_ID
from trials.registry.records import AllocationRecord

_DAY_ZERO: Final = "day_zero"
_WAYS: Final[tuple[tuple[Way, str], ...]] = (("calls", "call"), ("post", "write"), ("amended", "amend"))


def contact_beside(registry: Registry, actor: Actor, trial_id: str) -> Beside | None:
    """What was predicted beside what came; None where nothing was predicted, or nothing is known of who came.

    Each customer counts once for a way, on the day of their first contact. The forecast is that of the plan for the
    customers who were assigned, in the batches or waves in which they were.

    Raises:
        AccessRefused: The actor may not read.
        TrialRefused: There is no such trial.
        DataRefused: What was frozen is not as it was.
    """
    with registry.inspect(actor, "read", trial_id) as session:
        queries.require_trial(session, trial_id)
        if not queries.allocations_of(session, trial_id):
            return None
        trial = as_allocated(session, trial_id)
        whole = whole_of(queries.returned_of(session, trial_id), "outcomes")
    surge = declared(trial.plan.protocol)
    if surge is None or surge.came is None or whole is None:
        return None
    days_zero = pa.concat_tables(list(_days_zero(registry.snapshots, trial)))
    expected = forecast(trial.plan.protocol, days_zero.num_rows, _by_part(trial.plan.protocol, days_zero))
    found = _came(registry.snapshots, whole, surge.came, days_zero)
    if expected is None or not found[1]:
        return None
    first, came = found
    compared = beside(expected, came, first=first, known_to=whole.as_at)
    return compared if compared.days else None


def _days_zero(snapshots: SnapshotStore, trial: AllocatedTrial) -> Iterator[pa.Table]:
    """Everybody's ledger id and day 0, null where it is not known."""
    for allocation in trial.allocations:
        names = snapshots.names(allocation.snapshot_digest)
        own = [INDEX_DATE] if INDEX_DATE in names else []
        rows = snapshots.read(allocation.snapshot_digest, [LEDGER_ID, *own])
        days = _of_everybody(rows, allocation, drawn_on(trial, allocation))
        yield pa.table({LEDGER_ID: rows.column(LEDGER_ID).cast(pa.string()), _DAY_ZERO: days})


def _of_everybody(rows: pa.Table, allocation: AllocationRecord, earliest: date | None) -> pa.ChunkedArray | pa.Array:
    if INDEX_DATE not in rows.column_names:
        day = None if allocation.index_date is None else not_before(allocation.index_date, earliest)
        return pa.array([day], pa.date32()).take(pa.array(np.zeros(rows.num_rows, np.int64)))
    days = rows.column(INDEX_DATE).cast(pa.date32())
    return days if earliest is None else pc.max_element_wise(days, pa.scalar(earliest, pa.date32()))


def _by_part(protocol: Protocol, days_zero: pa.Table) -> dict[str, int] | None:
    """Customers of each batch or wave, by its day; None where there are none, or two have one day."""
    scheme = protocol.randomisation
    planned = {wave.id: wave.issue_on for wave in scheme.waves}
    if scheme.batches is not None:
        planned = dict(scheme.batches.issue_on)
    if not planned or len(set(planned.values())) < len(planned):
        return None
    counted = {each["values"]: int(each["counts"]) for each in pc.value_counts(days_zero.column(_DAY_ZERO)).to_pylist()}
    sizes = {name: counted.get(day, 0) for name, day in planned.items()}
    return sizes if sum(sizes.values()) == days_zero.num_rows else None


def _came(
    snapshots: SnapshotStore, whole: Whole, columns: ContactColumns, days_zero: pa.Table
) -> tuple[date | None, dict[Way, dict[int, int]]]:
    """The first issue, and for each way customers by the day of their first contact, in days after it."""
    names = snapshots.names(whole.digests[0])
    known = {way: column for way, key in _WAYS if (column := columns.columns.get(key)) in names}
    if not known:
        return None, {}
    rows = snapshots.read(whole.digests[0], [LEDGER_ID, *known.values()])
    rows = rows.set_column(0, LEDGER_ID, rows.column(LEDGER_ID).cast(pa.string()))
    rows = rows.join(days_zero, LEDGER_ID, join_type="inner")
    first = pc.min(days_zero.column(_DAY_ZERO)).as_py()
    begun = rows.column(_DAY_ZERO).cast(pa.int32()).cast(pa.float64())
    after_first = pc.fill_null(pc.subtract(begun, 0.0 if first is None else float((first - _EPOCH) // _A_DAY)), 0.0)
    found: dict[Way, dict[int, int]] = {}
    for way, column in known.items():
        days = pc.floor(pc.add(rows.column(column).cast(pa.float64()), after_first)).drop_null()
        counted = pc.value_counts(days).to_pylist()
        found[way] = {int(each["values"]): int(each["counts"]) for each in counted}
    return first, found


_EPOCH: Final = date(1970, 1, 1)
_A_DAY: Final = timedelta(days=1)
