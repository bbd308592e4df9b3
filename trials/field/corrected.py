"""How the outcomes of one file differ from another's, customer by customer: what a correction of a finding rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.frame import REASON_PREFIX
from data.snapshots import SnapshotStore
from trials.field.reasons import FILE_ROW
from trials.field.whole import LOAD
from trials.registry.identities.pseudonyms import LEDGER_ID

_AFTER: Final = " after"
_THERE: Final = "_there"


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs between two files of outcomes.

    Attributes:
        customers: with a value that differs; a blank and a row that is not there are one.
        by_column: how many of them, by column of the file; those without a difference are not named.
        vanished: customers of the first file whom the second lacks.
        added: customers of the second whom the first lacks.
    """

    customers: int
    by_column: Mapping[str, int]
    vanished: int
    added: int


def changed_outcomes(snapshots: SnapshotStore, before: str, after: str, among: pa.Array | None = None) -> Changed:
    """Compare all that was there of outcomes at two times by customer, whatever the order of their rows.

    Args:
        snapshots: the store.
        before, after: the digests of the files' snapshots.
        among: ledger ids of those who count; everybody where not given.
    """
    old, new = (_values(snapshots.read(digest)) for digest in (before, after))
    if among is not None:
        old, new = (table.filter(pc.is_in(table.column(LEDGER_ID), value_set=among)) for table in (old, new))
    columns = sorted({*old.column_names, *new.column_names} - {LEDGER_ID, _THERE})
    both = old.join(new, LEDGER_ID, join_type="full outer", right_suffix=_AFTER)
    differs = {name: _differs(both, name, old, new) for name in columns}
    changed = np.zeros(both.num_rows, dtype=bool)
    for rows in differs.values():
        changed |= rows
    return Changed(
        customers=int(changed.sum()),
        by_column={name: int(rows.sum()) for name, rows in differs.items() if rows.any()},
        vanished=int(pc.sum(pc.is_null(both.column(_THERE + _AFTER))).as_py() or 0),
        added=int(pc.sum(pc.is_null(both.column(_THERE))).as_py() or 0),
    )


def _values(table: pa.Table) -> pa.Table:
    """The customers and what they did, without where in its file each row stood and why a cell was not read."""
    kept = [name for name in table.column_names if name not in (FILE_ROW, LOAD) and not name.startswith(REASON_PREFIX)]
    return table.select(kept).append_column(_THERE, pa.array(np.ones(table.num_rows, dtype=bool)))


def _differs(both: pa.Table, name: str, old: pa.Table, new: pa.Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where a value is another one; what one of the files lacks is missing."""
    if name in old.column_names and name in new.column_names:
        first, second = both.column(name), both.column(name + _AFTER)
        if first.type != second.type:
            first, second = first.cast(pa.string()), second.cast(pa.string())
        other = pc.fill_null(pc.not_equal(first, second), False)
        lost = pc.xor(pc.is_null(first), pc.is_null(second))
        return np.asarray(pc.or_(other, lost))
    return np.asarray(pc.is_valid(both.column(name)))
