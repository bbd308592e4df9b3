"""All that is there of a kind: what each load made of what was there before it.

A load adds its rows, gives its customers' rows the place of their earlier ones, or replaces everything. A withdrawal
takes one load out, and what is there follows from the others, in their order, as if it had never been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from analysis.frame import REASON_PREFIX
from data.snapshots import SnapshotStore
from designs.protocol import Protocol
from designs.protocol.columns import columns_of
from trials.registry.identities.pseudonyms import LEDGER_ID
from trials.registry.records import CoverageRecord, ReturnedFileRecord, ReturnedKind, ReturnedMode, standing_loads

LOAD = "_load"  # the version of the load that a row is from, where what is there is made of several


@dataclass(frozen=True, slots=True)
class Whole:
    """What is there of one kind.

    Attributes:
        latest: The last load or withdrawal.
        loads: Those that it is made of, in order.
        digests: The snapshots that hold it: one, or several of before there were modes, which are read together.
        as_at: The day as at which all of it is known.
    """

    latest: ReturnedFileRecord
    loads: tuple[ReturnedFileRecord, ...]
    digests: tuple[str, ...]
    as_at: date


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one load, and what became of those before it."""

    version: int
    mode: ReturnedMode
    rows: pa.Table


def whole_of(returned: Sequence[ReturnedFileRecord], kind: ReturnedKind) -> Whole | None:
    """What is there of one kind; None where nothing is.

    Args:
        returned: Everything that came back to a trial.
        kind: Of which.
    """
    files = files_of(returned, kind)
    loads = standing_loads(files)
    if not loads:
        return None
    latest = files[-1]
    if latest.whole_digest is not None:
        digests: tuple[str, ...] = (latest.whole_digest,)
    else:
        digests = tuple(load.digest for load in loads)
    return Whole(latest, loads, digests, latest.whole_as_at or loads[-1].as_at)


def files_of(returned: Sequence[ReturnedFileRecord], kind: ReturnedKind) -> list[ReturnedFileRecord]:
    """The loads and withdrawals of one kind, in order."""
    return sorted((file for file in returned if file.kind == kind), key=lambda file: file.version)


def newest_cut(returned: Sequence[ReturnedFileRecord], kind: ReturnedKind) -> date:
    """The latest day as at which all that was there of one kind was known, after any load; withdrawn ones too."""
    days = (file.whole_as_at or file.as_at for file in files_of(returned, kind))
    return max((day for day in days if day is not None), default=date.min)


def parts_of(snapshots: SnapshotStore, loads: Sequence[ReturnedFileRecord]) -> list[Part]:
    """The rows of loads, as they were stored."""
    return [Part(load.version, load.mode, snapshots.read(load.digest)) for load in loads]


def composed(kind: ReturnedKind, parts: Sequence[Part]) -> pa.Table:
    """The rows of all parts together; those of one part are as they are, of several each says its load.

    Where a customer's outcomes are in two parts, as after a withdrawal of the load between them, the later one counts.
    """
    if len(parts) == 1:
        return parts[0].rows
    whole = _marked(parts[0])
    for part in parts[1:]:
        rows = _marked(part)
        if part.mode == "correct" or kind == "outcomes":
            whole = whole.filter(pc.invert(pc.is_in(whole[LEDGER_ID], value_set=pc.unique(rows[LEDGER_ID]))))
        whole = pa.concat_tables([whole, rows], promote_options="permissive")
    return whole


def _marked(part: Part) -> pa.Table:
    table = part.rows
    for place, name in enumerate(table.column_names):
        if name.startswith(REASON_PREFIX):
            table = table.set_column(place, name, table.column(name).cast(pa.string()))
    return table.append_column(LOAD, pa.repeat(pa.scalar(part.version, pa.int32()), table.num_rows))


def versions_in(whole: pa.Table, parts: Sequence[Part]) -> list[int]:
    """The versions of the loads that at least one row is from."""
    if LOAD not in whole.column_names:
        return [part.version for part in parts]
    return sorted(pc.unique(whole[LOAD]).to_pylist())


def coverage(whole: pa.Table | None, kind: ReturnedKind, protocol: Protocol) -> CoverageRecord:
    """How many customers are spoken of, and of how many the primary outcome is known."""
    if whole is None:
        return CoverageRecord(0, 0 if kind == "outcomes" else None)
    customers = pc.count_distinct(whole[LEDGER_ID]).as_py()
    if kind != "outcomes":
        return CoverageRecord(customers)
    known = pa.chunked_array([pa.repeat(pa.scalar(True), whole.num_rows)])
    for name in columns_of(protocol.primary):
        known = pc.and_(known, pc.is_valid(whole[name]))
    return CoverageRecord(customers, int(pc.sum(known).as_py() or 0))
