"""Outcomes that carry the day on which they happened: what a file says of them that cannot be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.intake import Intake, UnreadableCells
from data.intake.bad_cells import BadCells, bad_cells, emptied, no_bad_cells
from designs.protocol import Protocol
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome
from designs.protocol.rules.dates import FIRST_DAY, LAST_DAY
from trials.errors import TrialRefused
from trials.field.reasons import file_rows


def dated(protocol: Protocol) -> tuple[Outcome, ...]:
    """The outcomes that carry their day."""
    return tuple(outcome for outcome in protocol.outcomes if outcome.happened_on is not None)


def with_days(protocol: Protocol, intake: Intake, as_at: date) -> Intake:
    """A file in which an outcome whose day cannot be is a missing value with a reason, as any cell that cannot be read.

    What happened needs a day, and one that had come by the day of the cut: without it nobody knows whether it was in
    time. What did not happen has none, unless the day is that of something else that happened.

    Args:
        protocol: whose outcomes they are.
        intake: the file.
        as_at: the day on which it was cut.

    Raises:
        TrialRefused: not one customer of whom it happened has a day.
    """
    events = {of.id: _event(intake.table.column(column_of(of))) for of in dated(protocol)}
    for outcome in dated(protocol):
        same_day = [of.id for of in dated(protocol) if of.happened_on == outcome.happened_on]
        _refuse_without_days(intake, outcome, events[outcome.id])
        at_fault = _at_fault(intake.table, outcome, events, same_day, as_at)
        if len(at_fault):
            intake = _without(intake, at_fault)
    return intake


def _refuse_without_days(intake: Intake, outcome: Outcome, event: pa.ChunkedArray) -> None:
    """Were they all missing, whoever is left would be those to whom it did not happen."""
    happened = pc.fill_null(event, False)
    customers = int(pc.sum(happened).as_py() or 0)
    days = intake.table.column(str(outcome.happened_on)).filter(happened)
    if customers and days.null_count == customers:
        raise TrialRefused(
            f"{column_of(outcome)} happened to {customers:,} customers, and none of them has a day",
            where=f"{intake.source}, {outcome.happened_on}",
            rule="an outcome with happened_on counts by its day",
            remedy="export the column of days again, or leave happened_on out of the plan",
        )


def _event(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether it happened; null where that is not known."""
    return values if pa.types.is_boolean(values.type) else pc.not_equal(values.cast(pa.float64()), 0.0)


def _at_fault(
    table: pa.Table, outcome: Outcome, events: dict[str, Any], same_day: Collection[str], as_at: date
) -> BadCells:
    column, name = column_of(outcome), str(outcome.happened_on)
    days, event = table.column(name), pc.fill_null(events[outcome.id], False)
    absurd = pc.or_(pc.less(days, pa.scalar(FIRST_DAY)), pc.greater(days, pa.scalar(LAST_DAY)))
    known = pc.and_(pc.is_valid(days), pc.invert(pc.fill_null(absurd, False)))
    to_come = pc.fill_null(pc.greater(days, pa.scalar(as_at)), False)
    any_event = event
    for other in same_day:
        any_event = pc.or_(any_event, pc.fill_null(events[other], False))
    nothing = pc.and_(pc.is_valid(events[outcome.id]), pc.invert(any_event))
    found = (
        (pc.and_(event, pc.invert(known)), f"has no day in {name!r}, or none that can be read"),
        (pc.and_(pc.and_(event, known), to_come), f"has a day in {name!r} after {as_at.isoformat()}, which is to come"),
        (pc.and_(nothing, known), f"has a day in {name!r}, though nothing happened"),
    )
    made = no_bad_cells(column)
    for rows, why in found:
        positions = np.flatnonzero(np.asarray(rows))
        made = made.and_also(bad_cells(table.column(column), positions, column, why))
    return made


def _without(intake: Intake, at_fault: BadCells) -> Intake:
    """The file without those values, and with the cells among those that could not be read."""
    place = intake.table.column_names.index(at_fault.field)
    values = emptied(intake.table.column(place), at_fault.positions)
    before = [cells for cells in intake.unreadable if cells.field == at_fault.field]
    positions = np.concatenate([at_fault.positions, *(cells.positions for cells in before)])
    reasons = pa.concat_arrays([at_fault.reasons, *(cells.reasons for cells in before)])
    order = np.argsort(positions, kind="stable")
    rows = np.asarray(file_rows(intake))[positions[order]]
    cells = UnreadableCells(at_fault.field, positions[order], rows, reasons.take(pa.array(order)))
    others = tuple(_others(intake.unreadable, at_fault.field))
    table = intake.table.set_column(place, at_fault.field, values)
    return replace(intake, table=table, unreadable=(*others, cells))


def _others(unreadable: Collection[UnreadableCells], field: str) -> Iterator[UnreadableCells]:
    return (cells for cells in unreadable if cells.field != field)
