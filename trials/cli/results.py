"""An evaluation on the terminal: the verdict first, then how it came about, in the tables that the screens show."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

import typer

from analysis.results import Evaluation
from analysis.wording.phrases import day
from designs.protocol import Protocol
from trials.cli.output import show_table
from trials.reporting.results.effects import as_judged, cut_points, effects, segments
from trials.reporting.results.flow import flow_arms, flow_diagram
from trials.reporting.results.integrity import checks, unreadable
from trials.reporting.results.looks import inference, looks_of
from trials.reporting.results.missing_outcomes import tipping_points
from trials.reporting.results.money import scenarios
from trials.reporting.results.near_misses import near_misses, segment_misses
from trials.reporting.results.sensitivity import bounds, sensitivity
from trials.reporting.results.table import Table
from trials.reporting.results.unplanned import WARNING, unplanned_lines, unplanned_tables
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import ESTIMANDS


def show_evaluation(evaluation: Evaluation, protocol: Protocol, amended: Protocol | None = None) -> None:
    """Verdict, flow, checks, effects, money; and beside them what was amended after the draw."""
    names = Names(protocol)
    typer.echo(f"{evaluation.title}\n\n{evaluation.verdict.sentence}")
    if evaluation.maturity is not None:
        typer.echo(f"Data as at {day(evaluation.maturity.as_at)}.")
    for reason in evaluation.verdict.reasons:
        typer.echo(f"  {reason}")
    for table in (looks_of(evaluation, names), inference(evaluation, names)):
        if table is not None:
            typer.echo("")
            _show(table)
    _flow(evaluation, names)
    _show(checks(evaluation.checks, names))
    if evaluation.unreadable:
        _show(unreadable(evaluation.unreadable))
    whole = [row for row in evaluation.estimates if row.segment is None]
    for (outcome, kind), rows in groupby(whole, key=attrgetter("outcome", "estimand")):
        _show(effects(list(rows), names, f"{names.outcome(outcome)}, {ESTIMANDS[kind]}"))
    within = [row for row in as_judged(evaluation.estimates) if row.segment is not None]
    for (outcome, column), rows in groupby(within, key=attrgetter("outcome", "subgroup")):
        _show(segments(list(rows), names, f"{names.outcome(outcome)}, by {names.column(column)}"))
    for missed in (near_misses(evaluation, names), segment_misses(evaluation, names)):
        if missed is not None:
            _show(missed)
    if evaluation.tipping_points:
        _show(tipping_points(evaluation.tipping_points, names))
    if evaluation.bounds:
        _show(bounds(evaluation.bounds, names))
    for column, levels in groupby(evaluation.cut_levels, key=attrgetter("subgroup")):
        _show(cut_points(list(levels), names.column(column), names))
    if evaluation.sensitivity:
        _show(sensitivity(evaluation.sensitivity, names))
    if evaluation.net_benefit is not None:
        _show(scenarios(evaluation.net_benefit.arms, names))
    elif evaluation.net_benefit_reason:
        typer.echo(f"Net benefit: not stated, because {evaluation.net_benefit_reason}.")
    if evaluation.unplanned is not None:
        typer.echo("\n".join((WARNING, *unplanned_lines(evaluation), "")))
        for table in unplanned_tables(evaluation, Names(amended or protocol)):
            _show(table)
    for note in evaluation.notes:
        typer.echo(f"Note: {note}")
    typer.echo(f"Protocol {evaluation.protocol_digest}")
    typer.echo(f"Data     {evaluation.data_digest}")


def _flow(evaluation: Evaluation, names: Names) -> None:
    diagram = flow_diagram(evaluation.flow, names)
    typer.echo(f"\n{diagram.read} rows in the file")
    for step in diagram.left:
        typer.echo(f"  {step.customers} {step.words}")
    typer.echo(f"{diagram.allocated} customers allocated. {diagram.sums}\n")
    _show(flow_arms(evaluation.flow, names))


def _show(table: Table) -> None:
    show_table(table.columns, table.rows, title=table.caption, numeric=table.numeric)
    typer.echo("")
