"""Day 0 of every customer, NFA too: the planned issue date of the batch or wave, else the day of the draw.

It is never before the draw: nobody is contacted, or left alone on purpose, before they are assigned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.pieces import in_one_piece
from data.snapshots import Snapshot, read_rows
from designs.protocol import Protocol
from designs.protocol.day_zero import day_of_draw, earliest_day_zero, not_before, planned_days
from trials.errors import TrialRefused
from trials.registry.identities.pseudonyms import INDEX_DATE


def last_index_date(protocol: Protocol, wave: int, today: date, *, synthetic: bool) -> date:
    """The latest day 0 of a wave's customers who are drawn today; every customer's own unless there are batches."""
    days = planned_days(protocol, wave) or (day_of_draw(protocol, today),)
    return not_before(max(days), earliest_day_zero(protocol, today, synthetic=synthetic))


def first_index_date(protocol: Protocol, wave: int, today: date, *, synthetic: bool) -> date:
    """The earliest day 0 of a wave's customers who are drawn today: nobody is contacted before it."""
    days = planned_days(protocol, wave) or (day_of_draw(protocol, today),)
    return not_before(min(days), earliest_day_zero(protocol, today, synthetic=synthetic))


def plans_a_day_that_is_past(protocol: Protocol, today: date) -> str | None:
    """A warning where the day planned for the draw has passed before anybody is drawn; None where it has not."""
    planned, drawn = planned_days(protocol, 1), day_of_draw(protocol, today)
    if not planned or min(planned) >= drawn:
        return None
    return (
        f"The plan's day 0 is {min(planned).isoformat()}, and nobody is assigned before {drawn.isoformat()}: outcomes "
        "are counted as due from the day of the draw, not from the day that was planned."
    )


def refuse_issue_gone_by(protocol: Protocol, today: date, *, synthetic: bool) -> None:
    """Refuse to begin a trial of real customers after the first of its issue days.

    Raises:
        TrialRefused: Naming the wave or batch.
    """
    scheme = protocol.randomisation
    if synthetic:  # the plan's own rules hold issue days to its clock
        return
    if scheme.waves:
        name, where, day = scheme.waves[0].id, "randomisation.waves[0].issue_on", scheme.waves[0].issue_on
    elif scheme.batches is not None:
        name, day = min(scheme.batches.issue_on.items(), key=lambda batch: batch[1])
        where = f"randomisation.batches.issue_on.{name}"
    else:
        return
    if day < today:
        raise TrialRefused(
            f"{name!r} was to be issued on {day.isoformat()}, which is before {today.isoformat()}, today",
            where=where,
            rule="customers are assigned before they are contacted, so day 0 is never before the draw",
            remedy="give it a day that is still to come; a plan that is locked already is registered under another id",
        )


def refuse_invented_time(protocol: Protocol, *, synthetic: bool) -> None:
    """Refuse a clock for real customers.

    Raises:
        TrialRefused: The protocol declares one, and the customers are not synthetic.
    """
    if protocol.clock is not None and not synthetic:
        raise TrialRefused(
            "the protocol declares a clock, and the customers are real",
            where="clock",
            rule="only synthetic customers live in invented time; a real trial is drawn and cut on the day it is",
            remedy="take clock out of the protocol, or load the population with --synthetic",
        )


def refuse_undated(protocol: Protocol, population: pa.Table) -> None:
    """Refuse a batch that has no date.

    Raises:
        TrialRefused: Naming the batch, and how many customers are in it.
    """
    batches = protocol.randomisation.batches
    if batches is None:
        return
    column = population.column(batches.column)
    for entry in pc.value_counts(column):
        batch, customers = entry["values"].as_py(), entry["counts"].as_py()
        if batch not in batches.issue_on:
            raise TrialRefused(
                f"batch {batch!r} has no date, and {customers:,} customers are in it",
                where="randomisation.batches.issue_on",
                rule="every customer has a day 0, from which all horizons run",
                remedy="give the batch its issue date in the protocol",
            )


def dated(
    rows: Iterable[pa.RecordBatch], schema: pa.Schema, protocol: Protocol, units: Snapshot | Path
) -> tuple[Iterable[pa.RecordBatch], pa.Schema]:
    """The rows with each customer's own day 0, where batches give them one; as they are where they do not.

    Args:
        rows: Assigned rows, in the order of the units.
        schema: Of the rows.
        protocol: As locked.
        units: The snapshot of the frozen units, which names each customer's batch.
    """
    batches = protocol.randomisation.batches
    if batches is None:
        return rows, schema
    names = pa.array(batches.issue_on, pa.string())
    days = pa.array(batches.issue_on.values(), pa.date32())
    column = read_rows(units, [batches.column]).column(0)
    dates = days.take(in_one_piece(pc.index_in(column.cast(pa.string()), value_set=names), "batches"))
    extended = schema.append(pa.field(INDEX_DATE, pa.date32()))

    def with_dates() -> Iterator[pa.RecordBatch]:
        start = 0
        for batch in rows:
            dates_of_batch = dates.slice(start, batch.num_rows)
            yield pa.RecordBatch.from_arrays([*batch.columns, dates_of_batch], schema=extended)
            start += batch.num_rows

    return with_dates(), extended
