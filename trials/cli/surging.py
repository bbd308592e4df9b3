"""The command that says what contact a trial brings, by day and batch, and what came beside it."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trials.cli.output import JsonTarget, registry_and_actor, say, show_table, write_json
from trials.cli.targets import reads

if TYPE_CHECKING:
    from designs.surge import Beside, Forecast


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("surge")(surge)


def surge(
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="PROTOCOL|TRIAL",
            callback=reads,
            help="A protocol file (YAML); or a trial's id, for what came beside what was predicted.",
        ),
    ],
    customers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Customers in all arms; as the plan expects if absent.")
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Write proposed batches as the plan declares them, from this day.",
        ),
    ] = None,
    json_to: JsonTarget = None,
) -> None:
    """Say what contact a trial brings by day and batch, against what can be taken, and which batches would fit."""
    if _is_a_trial(plan):
        _beside(str(plan), customers, first, json_to)
        return
    from designs.protocol import load_protocol
    from designs.surge import forecast, sentences
    from trials.errors import TrialRefused

    expected = forecast(load_protocol(plan).protocol, customers)
    if expected is None:
        raise TrialRefused(
            "the plan predicts no contact",
            where="suitability.operations.surge",
            rule="contact is expected by the shares of each arm's customers who call, write or amend a return",
            remedy="declare them, and on which day after the issue they do so",
        )
    if json_to is not None:
        write_json(json_to, _document(expected))
        return
    for sentence in sentences(expected):
        typer.echo(sentence)
    _show_days(expected)
    _declared(expected, first)


def _is_a_trial(plan: Path) -> bool:
    """Whether it is the id of a trial: an id has no point and no slash, and a file of that name goes first."""
    from designs.literals import ID_PATTERN

    return re.fullmatch(ID_PATTERN, str(plan)) is not None and not plan.exists()


def _beside(trial: str, customers: int | None, first: datetime | None, json_to: str | None) -> None:
    """What was predicted of a trial beside what came."""
    from trials.errors import TrialRefused
    from trials.reporting.results.contact import beside_table, came_in_words
    from trials.stages.contact import contact_beside

    if customers is not None or first is not None:
        raise TrialRefused(
            "--customers and --first belong to a protocol file",
            where=trial,
            rule="a trial has the customers and the days that it has",
        )
    with registry_and_actor() as (registry, actor):
        found = contact_beside(registry, actor, trial)
    if found is None:
        raise TrialRefused(
            "there is nothing to compare",
            where=trial,
            rule="the plan predicts contact and names the columns of who got in touch (suitability.operations.surge, "
            "came), and outcomes with these columns are loaded",
            remedy="what is predicted alone is told of the protocol file",
        )
    if json_to is not None:
        write_json(json_to, _document_beside(found))
        return
    for sentence in came_in_words(found):
        typer.echo(sentence)
    table = beside_table(found)
    show_table(tuple(column.lower() for column in table.columns), table.rows)


def _show_days(expected: Forecast) -> None:
    from designs.protocol.capacity import contacts
    from designs.protocol.words import in_words
    from designs.surge import figure
    from designs.surge.words import when

    show_table(
        ("day", "calls", "post", "amended", "contacts", "capacity", *(part.name for part in expected.parts)),
        (
            (
                f"{day.day}: {in_words(day.on)}" if day.on else when(day),
                *(figure(number) for number in (day.calls, day.post, day.amended, day.contacts)),
                "" if expected.capacity is None else contacts(expected.capacity),
                *(figure(day.by_part.get(part.name, 0.0)) for part in expected.parts),
            )
            for day in expected.days
        ),
    )


def _declared(expected: Forecast, first: datetime | None) -> None:
    """The batches as the plan would declare them."""

    proposal = expected.proposal
    if proposal is None or first is None or proposal.batches == 1:
        if first is not None:
            say("No batches are proposed, so none are written.")
        return
    typer.echo("randomisation:\n  strata: [batch]  # beside those that the plan has\n  batches:\n    column: batch")
    typer.echo("    at_random: true\n    issue_on:")
    for name, day in proposal.issue_on(first.date()).items():
        typer.echo(f"      {name}: {day}")


def _document(expected: Forecast) -> dict[str, object]:
    from dataclasses import asdict

    document = asdict(expected)
    del document["over"], document["peak"]
    return document | {
        "peak": expected.peak.day,
        "peak_contacts": expected.peak.contacts,
        "days_over_capacity": [day.day for day in expected.over],
        "days": [asdict(day) | {"on": _written(day.on), "contacts": day.contacts} for day in expected.days],
        "parts": [asdict(part) | {"issue_on": _written(part.issue_on)} for part in expected.parts],
    }


def _document_beside(found: Beside) -> dict[str, object]:
    """Days on which few came have none: null, and not 0."""
    from dataclasses import asdict

    from trials.concealment import SMALL

    days = [
        asdict(each) | {"on": _written(each.on), "came": None if 0 < each.came < SMALL else each.came}
        for each in found.days
    ]
    return asdict(found) | {"predicted": found.predicted, "came": found.came, "days": days}


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
