"""Returned rows against the registry: which customer, which arm, and why a row is nobody's.

The arm comes from the allocation alone. A row that matches no customer is rejected with the reason, never dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.intake import Intake, Rejection
from trials.errors import TrialRefused
from trials.registry.records import MatchRecord

ARM_NAMES = frozenset({"arm", "_arm"})


@dataclass(frozen=True, slots=True)
class Register:
    """Whom the registry knows, by ledger id.

    Args:
        ids: Everybody allocated.
        arms: Their arms.
        arm_ids: The protocol's arms, in its order.
        left_out: Those left out before the draw.
        later: Those in a later load of the population.
    """

    ids: pa.ChunkedArray
    arms: pa.ChunkedArray
    arm_ids: tuple[str, ...]
    left_out: pa.ChunkedArray
    later: pa.ChunkedArray


@dataclass(frozen=True, slots=True)
class Matched:
    """Returned rows that belong to allocated customers.

    Args:
        table: Those rows.
        rejections: Why the others do not, by their row in the file.
        by_arm: Distinct customers that the file speaks of, by arm.
    """

    table: pa.Table
    rejections: tuple[Rejection, ...]
    by_arm: tuple[MatchRecord, ...]


def refuse_arm_column(names: Collection[str], declared: str | None) -> None:
    """Refuse a file that claims to know the arms.

    Raises:
        TrialRefused: One of its columns is named like an arm.
    """
    found = [name for name in names if name.strip().lower() in ARM_NAMES or name == declared]
    if found:
        raise TrialRefused(
            f"the file has a column {found[0]!r}",
            where=found[0],
            rule="a customer's arm comes from the registry alone, so that no file can relabel it",
            remedy="take the column out of the file and load it again",
        )


def file_rows(intake: Intake) -> pa.Array:
    """The data row in the file, counted from 1, of each row that intake took."""
    rejected = np.array(sorted({rejection.row for rejection in intake.rejections}), np.int64)
    return pa.array(np.setdiff1d(np.arange(1, intake.read + 1), rejected, assume_unique=True))


def match(table: pa.Table, ids: pa.Array, rows: pa.Array, register: Register, field: str) -> Matched:
    """Keep the rows of allocated customers; reject the others by name.

    Args:
        table: Returned columns, n rows.
        ids: n ledger ids.
        rows: n row numbers in the file.
        register: Whom the registry knows.
        field: The id column's name in the file, for the messages.
    """
    place = pc.index_in(ids, value_set=register.ids)
    known = pc.is_valid(place)
    unknown = pc.invert(known)
    stray = ids.filter(unknown)
    reasons = pc.case_when(
        pc.make_struct(pc.is_in(stray, value_set=register.left_out), pc.is_in(stray, value_set=register.later)),
        "this customer was left out before the draw",
        "this customer came after the draw, in a later load of the population",
        "no customer of this trial has this id",
    )
    rejections = tuple(
        Rejection(row, field, reason)
        for row, reason in zip(rows.filter(unknown).to_pylist(), reasons.to_pylist(), strict=True)
    )
    found = pc.unique(place.drop_null())
    return Matched(table.filter(known), rejections, _by_arm(register, register.arms.take(found)))


def _by_arm(register: Register, arms: pa.ChunkedArray) -> tuple[MatchRecord, ...]:
    allocated, matched = _counts(register.arms), _counts(arms)
    return tuple(MatchRecord(arm, allocated.get(arm, 0), matched.get(arm, 0)) for arm in register.arm_ids)


def _counts(arms: pa.ChunkedArray) -> dict[str, int]:
    return {entry["values"].as_py(): entry["counts"].as_py() for entry in pc.value_counts(arms)}


def all_rejections(first: Sequence[Rejection], second: Sequence[Rejection]) -> tuple[Rejection, ...]:
    """Rejections of one file from two steps, by row."""
    return tuple(sorted([*first, *second], key=lambda rejection: rejection.row))
