"""Returned rows against the registry: which customer, which arm, and why a row is nobody's.

The arm comes from the allocation alone. A row that matches no customer is rejected with the reason, never dropped; of a
whole department's ledger, with the trial's customers in it, they are counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from data.intake import Rejection, result
from data.pieces import rows_of
from trials.field.allocated import KnownCustomers
from trials.registry.records import MatchRecord

LEFT_OUT = "this customer was left out before the draw"
LATER = "this customer came after the draw, in a later load of the population"
STRANGER = "no customer of this trial has this id"
NOT_OF_THE_TRIAL = (LEFT_OUT, LATER, STRANGER)  # rows of somebody else: nobody of the trial is lost with them
MOST_STRANGERS = 200_000  # told one by one: a row that is told takes some hundred times what the row does
NO_PART = "no customer with this id takes part in this trial"


@dataclass(frozen=True, slots=True)
class Matched:
    """Returned rows that belong to allocated customers.

    Args:
        table: Those rows.
        rows: Where each of them is in the file.
        rejections: Why the others do not, by their row in the file.
        unlisted: How many others do not, where they are too many to be told one by one; else none.
        by_arm: Distinct customers that the file speaks of, by arm.
    """

    table: pa.Table
    rows: pa.Array
    rejections: tuple[Rejection, ...]
    by_arm: tuple[MatchRecord, ...]
    unlisted: int = 0


def as_one(rejections: Iterable[Rejection]) -> list[Rejection]:
    """The same, with one reason for every row of somebody else.

    Who was left out may have been for another trial's sake, which is that one's randomiser's to know.
    """
    return [replace(row, reason=NO_PART) if row.reason in NOT_OF_THE_TRIAL else row for row in rejections]


def match(
    table: pa.Table, ids: pa.Array, rows: pa.Array, customers: KnownCustomers, field: str, before: int
) -> Matched:
    """Keep the rows of allocated customers; reject the others by name, or by their number where they are very many.

    Args:
        table: Returned columns, n rows.
        ids: n ledger ids.
        rows: n row numbers in the file.
        customers: Whom the registry knows.
        field: The id column's name in the file, for the messages.
        before: How many reasons were found already why rows of the file are not taken.
    """
    place = pc.index_in(ids, value_set=customers.ids)
    known = pc.is_valid(place)
    unknown = pc.invert(known)
    stray = ids.filter(unknown)
    arms = rows_of(customers.arms, pc.unique(place.drop_null()), "arms")
    by_arm = _by_arm(customers, arms)
    if len(stray) > MOST_STRANGERS or before + len(stray) > result.MAXIMUM_REJECTIONS:
        return Matched(table.filter(known), rows.filter(known), (), by_arm, len(stray))
    reasons = pc.case_when(
        pc.make_struct(pc.is_in(stray, value_set=customers.left_out), pc.is_in(stray, value_set=customers.later)),
        LEFT_OUT,
        LATER,
        STRANGER,
    )
    rejections = tuple(
        Rejection(row, field, reason)
        for row, reason in zip(rows.filter(unknown).to_pylist(), reasons.to_pylist(), strict=True)
    )
    return Matched(table.filter(known), rows.filter(known), rejections, by_arm)


def _by_arm(customers: KnownCustomers, arms: pa.ChunkedArray) -> tuple[MatchRecord, ...]:
    allocated, matched = _counts(customers.arms), _counts(arms)
    return tuple(MatchRecord(arm, allocated.get(arm, 0), matched.get(arm, 0)) for arm in customers.arm_ids)


def _counts(arms: pa.ChunkedArray) -> dict[str, int]:
    return {entry["values"].as_py(): entry["counts"].as_py() for entry in pc.value_counts(arms)}
