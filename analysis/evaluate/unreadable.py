"""Cells that are missing because they could not be read: how many, in which column and arm, and why.

They are missing values like blank ones to every estimate and every check; they are counted apart because whoever made
the file can mend them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import narwhals as nw

from analysis.frame import ARM_COLUMN, REASON_PREFIX, AnalysisFrame
from analysis.results import Check
from data.intake.bad_cells import without_value
from designs.protocol.columns import columns_of
from designs.protocol.models import Outcome, Protocol
from designs.protocol.words import column_words

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Customers of one arm whose cell of one column could not be read, for one reason (without the value)."""

    column: str
    arm: str
    reason: str
    customers: int


def tally_unreadable(frame: AnalysisFrame) -> tuple[Unreadable, ...]:
    """Every column, arm and reason; nothing, and no scan, where every cell could be read."""
    made: dict[tuple[str, str, str], int] = {}
    for name in frame.rows.collect_schema().names():
        if not name.startswith(REASON_PREFIX):
            continue
        bad = frame.rows.filter(~nw.col(name).is_null()).group_by(ARM_COLUMN, name).agg(nw.len().alias("n"))
        for row in frame.engine.collect(bad).to_pylist():
            key = (name.removeprefix(REASON_PREFIX), row[ARM_COLUMN], without_value(row[name]))
            made[key] = made.get(key, 0) + int(row["n"])
    return tuple(Unreadable(*key, customers) for key, customers in sorted(made.items()))


def with_unreadable(
    checks: Iterable[Check], protocol: Protocol, arms: Mapping[str, int], unreadable: Sequence[Unreadable]
) -> tuple[Check, ...]:
    """The checks, with what could not be read counted apart from blanks in those of missing outcomes, and one of all.

    Args:
        checks: as made.
        protocol: whose outcomes they are of.
        arms: customers by arm.
        unreadable: what could not be read.
    """
    by_outcome = {outcome.id: _of(outcome, unreadable) for outcome in protocol.outcomes}
    made = []
    for check in checks:
        subject = check.subject if check.kind == "missing_outcomes" else protocol.primary.id
        apart = by_outcome.get(subject or "", []) if check.kind in ("missing_outcomes", "retention") else []
        made.append(_counted_apart(check, apart) if apart else check)
    return (*made, _cells_read(protocol, arms, unreadable)) if unreadable else tuple(made)


def _of(outcome: Outcome, unreadable: Sequence[Unreadable]) -> list[Unreadable]:
    columns = columns_of(outcome)
    return [row for row in unreadable if row.column in columns]


def _counted_apart(check: Check, rows: Sequence[Unreadable]) -> Check:
    figures: dict[str, float | int | str | None] = {"unreadable": sum(row.customers for row in rows)}
    for row in rows:
        figures[f"unreadable_{row.arm}"] = int(figures.get(f"unreadable_{row.arm}") or 0) + row.customers
    detail = f"{check.detail} {figures['unreadable']:,} of the cells could not be read: {_reasons(rows)}."
    return replace(check, detail=detail, figures={**check.figures, **figures})


def _cells_read(protocol: Protocol, arms: Mapping[str, int], unreadable: Sequence[Unreadable]) -> Check:
    """Which cells could not be read, by column and arm; it warns, for what is missing is judged as such."""
    figures: dict[str, float | int | str | None] = {"cells": sum(row.customers for row in unreadable)}
    parts, words = [], column_words(protocol)
    for column in dict.fromkeys(row.column for row in unreadable):
        rows = [row for row in unreadable if row.column == column]
        counts = {arm.id: sum(row.customers for row in rows if row.arm == arm.id) for arm in protocol.arms}
        figures |= {f"{column}_{arm}": n for arm, n in counts.items()}
        listed = ", ".join(f"{protocol.arm(arm).label} {n:,} of {arms.get(arm, 0):,}" for arm, n in counts.items())
        parts.append(f"{words.column(column)} ({listed}): {_reasons(rows)}")
    detail = f"{figures['cells']:,} cells could not be read and are missing values: {'; '.join(parts)}."
    return Check("cells_read", False, detail, "warns", figures)


def _reasons(rows: Sequence[Unreadable]) -> str:
    customers: dict[str, int] = {}
    for row in rows:
        customers[row.reason] = customers.get(row.reason, 0) + row.customers
    first = sorted(customers.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    listed = ", ".join(f"{n:,} {reason.removeprefix('is ')}" for reason, n in first)
    return listed + (" …" if len(customers) > _SHOWN else "")
