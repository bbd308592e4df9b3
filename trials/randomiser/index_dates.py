"""Day 0 of every customer, NFA too: the planned issue date of the batch or wave, else the day of the draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from data.snapshots import read_rows
from designs.protocol import Protocol
from trials.errors import TrialRefused

INDEX_DATE = "index_date"


def last_index_date(protocol: Protocol, wave: int, today: date) -> date:
    """The latest day 0 of a wave's customers; every customer's own unless there are batches."""
    scheme = protocol.randomisation
    if scheme.batches is not None:
        return max(scheme.batches.issue_on.values())
    return scheme.waves[wave - 1].issue_on if scheme.waves else scheme.allocation_date or day_of_draw(protocol, today)


def day_of_draw(protocol: Protocol, today: date) -> date:
    """Today, or what stands for it where the customers are invented and their protocol declares a clock."""
    return today if protocol.clock is None else protocol.clock.drawn_on


def plans_a_day_that_is_past(protocol: Protocol, today: date) -> str | None:
    """A warning where the plan's first day 0 has passed before anybody is drawn; None where it has not."""
    first, drawn = first_index_date(protocol, 1, today), day_of_draw(protocol, today)
    if first >= drawn:
        return None
    return (
        f"The plan's day 0 is {first.isoformat()}, and nobody is assigned before {drawn.isoformat()}: outcomes are "
        "counted as due from the day of the draw, not from the day that was planned."
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


def first_index_date(protocol: Protocol, wave: int, today: date) -> date:
    """The earliest day 0 of a wave's customers: nobody is contacted before it."""
    batches = protocol.randomisation.batches
    return last_index_date(protocol, wave, today) if batches is None else min(batches.issue_on.values())


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
    rows: Iterable[pa.RecordBatch], schema: pa.Schema, protocol: Protocol, units: Path
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
    dates = days.take(pc.index_in(column.cast(pa.string()), value_set=names).combine_chunks())
    extended = schema.append(pa.field(INDEX_DATE, pa.date32()))

    def with_dates() -> Iterator[pa.RecordBatch]:
        start = 0
        for batch in rows:
            dates_of_batch = dates.slice(start, batch.num_rows)
            yield pa.RecordBatch.from_arrays([*batch.columns, dates_of_batch], schema=extended)
            start += batch.num_rows

    return with_dates(), extended
