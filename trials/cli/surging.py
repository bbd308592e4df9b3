"""The command that says what contact a trial brings, by day and batch."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trials.cli.output import JsonTarget, say, show_table, write_json
from trials.cli.targets import reads

if TYPE_CHECKING:
    from designs.surge import Forecast


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("surge")(surge)


def surge(
    protocol: Annotated[Path, typer.Argument(metavar="PROTOCOL", callback=reads, help="A protocol file (YAML).")],
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
    from designs.protocol import load_protocol
    from designs.protocol.capacity import contacts
    from designs.protocol.words import in_words
    from designs.surge import figure, forecast, sentences
    from designs.surge.words import when
    from trials.errors import TrialRefused

    expected = forecast(load_protocol(protocol).protocol, customers)
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
    _declared(expected, first)


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
        "days": [asdict(day) | {"contacts": day.contacts} for day in expected.days],
    }
