"""What was amended after the draw: shown beside the results, marked as unplanned, and part of no verdict."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

from analysis.results import Evaluation
from analysis.wording.phrases import moment
from trials.reporting.amended import in_one_line
from trials.reporting.results.effects import as_judged, effects, interactions, segments
from trials.reporting.results.money import scenarios
from trials.reporting.results.table import Table
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import ESTIMANDS

WARNING: Final = (
    "Unplanned: what follows rests on what was amended after the draw. It is exploratory, and the verdict does not "
    "rest on it."
)


def unplanned_lines(evaluation: Evaluation) -> tuple[str, ...]:
    """Which amendments after the draw were in force, and why something of them is not shown."""
    beside = evaluation.unplanned
    if beside is None:
        return ()
    since = tuple(
        f"Amendment {of.number} ({in_one_line(of.reason)}), in force since {moment(of.in_force_since)}: "
        f"{'; '.join(of.changes)}."
        for of in evaluation.amendments
        if of.effect == "unplanned"
    )
    if beside.reason is not None:
        return (*since, f"Not shown: {beside.reason}.")
    return since if _has_rows(evaluation) else (*since, "It changes no figure of the planned analysis, and adds none.")


def unplanned_tables(evaluation: Evaluation, names: Names) -> tuple[Table, ...]:
    """What is unplanned, in the tables of what is planned.

    Args:
        evaluation: As it was stored.
        names: Of the plan as amended.
    """
    return tuple(_tables(evaluation, names))


def _has_rows(evaluation: Evaluation) -> bool:
    beside = evaluation.unplanned
    return beside is not None and bool(beside.estimates or beside.interactions or beside.net_benefit)


def _tables(evaluation: Evaluation, names: Names) -> Iterator[Table]:
    beside = evaluation.unplanned
    if beside is None:
        return
    whole = [row for row in beside.estimates if row.segment is None]
    for (outcome, kind), rows in groupby(whole, key=attrgetter("outcome", "estimand")):
        yield effects(list(rows), names, f"Unplanned: {names.outcome(outcome)}, {ESTIMANDS[kind]}")
    within = [row for row in as_judged(beside.estimates) if row.segment is not None]
    for (outcome, column), rows in groupby(within, key=attrgetter("outcome", "subgroup")):
        yield segments(list(rows), names, f"Unplanned: {names.outcome(outcome)}, by {names.column(column)}")
    for (outcome, column), tests in groupby(beside.interactions, key=attrgetter("outcome", "subgroup")):
        caption = f"Unplanned: does the effect on {names.subject(outcome)} differ by {names.column(column)}?"
        yield interactions(list(tests), names, caption)
    if beside.net_benefit is not None:
        table = scenarios(beside.net_benefit.arms, names)
        yield Table(f"Unplanned: {table.caption}", table.columns, table.rows, table.numeric)
