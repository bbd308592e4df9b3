"""From customers' own ids to ledger ids, on the way in: nothing is stored under an id that anyone outside knows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.identifiers import ledger_ids
from data.intake import Rejection
from data.intake.look_alikes import other_spellings
from data.pieces import in_one_piece, rows_of
from data.snapshots import SnapshotStore
from trials.errors import TrialRefused

LEDGER_ID = "ledger_id"
EXPORT_ID = "export_id"
INDEX_DATE = "index_date"  # day 0 of whoever has one of their own, by their batch
# Names that the service gives to columns of its own.
RESERVED = frozenset({LEDGER_ID, EXPORT_ID, "_arm", "_row"})

_AT_ONCE = 2_000_000
_QUOTED = re.compile(r"(['\"]).*?\1")


def pseudonymised(table: pa.Table, key: bytes, unit: str, *, groups: Collection[str] = ()) -> pa.Table:
    """The table under ledger ids: the unit's column becomes ``ledger_id``, and group ids are hashed where they stand.

    Args:
        table: As intake gave it; ids are text and none is missing.
        key: The ledger key.
        unit: The id column.
        groups: Columns that name households, agents and the like; a missing group stays missing.

    Raises:
        TrialRefused: The file uses a name that the service keeps for itself.
    """
    taken = sorted(RESERVED & (set(table.column_names) - {unit}))
    if taken:
        raise TrialRefused(
            f"the column name {taken[0]!r} is the service's own", rule=f"not {', '.join(sorted(RESERVED))}"
        )
    columns = {LEDGER_ID: ledger_ids(key, table.column(unit))}
    for name in table.column_names:
        if name != unit:
            columns[name] = _group_ids(table.column(name), key) if name in groups else table.column(name)
    return pa.table(columns)


def _group_ids(column: pa.ChunkedArray, key: bytes) -> pa.Array:
    groups = in_one_piece(column, "groups").cast(pa.string())
    hashed = ledger_ids(key, groups.drop_null())
    return pc.replace_with_mask(groups, groups.is_valid(), hashed)


@dataclass(frozen=True, slots=True)
class Respelt:
    """An id that is another way to write one that was pseudonymised before: ``position`` among the ids given."""

    position: int
    written: str
    before: str
    ledger_id: str


def respelt(ids: pa.ChunkedArray, key: bytes, before: pa.ChunkedArray) -> tuple[Respelt, ...]:
    """Ids that are not among those of before, and are where they are written otherwise; each once, in order.

    Where both spellings are given they are two customers, and neither is named.

    Args:
        ids: As written, text, none missing, shape (n,). What only they can tell is asked while they are at hand.
        key: The ledger key.
        before: Ledger ids, shape (k,).
    """
    given = ledger_ids(key, ids)
    new = np.flatnonzero(pc.invert(pc.is_in(given, value_set=before)).to_numpy(zero_copy_only=False))
    gone = in_one_piece(before.filter(pc.invert(pc.is_in(before, value_set=given))), "ids of before")
    if not len(new) or not len(gone):
        return ()
    written, found = rows_of(ids, pa.array(new), "ids"), dict[int, Respelt]()
    for places, spellings in _batches(other_spellings(written)):
        hashed = ledger_ids(key, spellings)
        for hit in np.flatnonzero(pc.is_in(hashed, value_set=gone).to_numpy(zero_copy_only=False)).tolist():
            place = int(places[hit])
            of = Respelt(int(new[place]), written[place].as_py(), spellings[hit].as_py(), hashed[hit].as_py())
            found.setdefault(of.position, of)
    return tuple(found[position] for position in sorted(found))


def _batches(
    spelt: Iterable[tuple[NDArray[np.int64], pa.Array]],
) -> Iterator[tuple[NDArray[np.int64], pa.ChunkedArray]]:
    """Many at a time: they are hashed side by side."""
    places, texts, held = list[NDArray[np.int64]](), list[pa.Array](), 0
    for of, spellings in spelt:
        places.append(of)
        texts.append(spellings)
        held += len(of)
        if held >= _AT_ONCE:
            yield np.concatenate(places), pa.chunked_array(texts)
            places, texts, held = [], [], 0
    if texts:
        yield np.concatenate(places), pa.chunked_array(texts)


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Whose a row is that was not taken, by the id it names; of a contact its channel, and what says which letter."""

    ledger_id: str
    channel: str | None = None
    marks: Mapping[str, str | None] = field(default_factory=dict)


def keep_rejections(
    snapshots: SnapshotStore, rejections: Sequence[Rejection], turned_away: Mapping[int, TurnedAway] | None = None
) -> str | None:
    """Store why rows were not taken, without the values that the reasons quote; None where all were taken.

    Args:
        snapshots: the store.
        rejections: as they were made.
        turned_away: of rows that name somebody, by row; kept beside the reasons.
    """
    if not rejections:
        return None
    columns = {
        "row": pa.array([rejection.row for rejection in rejections], pa.int64()),
        "field": pa.array([rejection.field for rejection in rejections], pa.string()),
        "reason": pa.array([_QUOTED.sub("‘…’", rejection.reason) for rejection in rejections], pa.string()),
    }
    if turned_away:
        of_rows = [turned_away.get(rejection.row) for rejection in rejections]
        columns[LEDGER_ID] = pa.array([None if of is None else of.ledger_id for of in of_rows], pa.string())
        columns["channel"] = pa.array([None if of is None else of.channel for of in of_rows], pa.string())
        for mark in sorted({mark for of in turned_away.values() for mark in of.marks}):
            columns[mark] = pa.array([None if of is None else of.marks.get(mark) for of in of_rows], pa.string())
    return snapshots.write(pa.table(columns))
