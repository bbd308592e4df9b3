"""The command that finds past trials, designs that ended without one, and what was published elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from trials.cli.output import JsonTarget, registry_and_actor, show_table, write_json


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command("library")(library)


def library(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORDS]...", help="Words, all of which are met.")
    ] = None,
    behaviour: Annotated[str, typer.Option(metavar="WORDS", help="What customers were to do.")] = "",
    segment: Annotated[str, typer.Option(metavar="WORDS", help="Who they were.")] = "",
    channel: Annotated[str, typer.Option(metavar="WORD", help="Letter, SMS, email or call.")] = "",
    technique: Annotated[str, typer.Option(metavar="WORDS", help="Behavioural, such as social norm.")] = "",
    verdict: Annotated[str, typer.Option(metavar="WORDS", help="Such as not shown, scale, invalid, void.")] = "",
    near: Annotated[
        str | None, typer.Option(metavar="DESIGN", help="The nearest to this design or trial, with their prior.")
    ] = None,
    json_to: JsonTarget = None,
) -> None:
    """Find past trials, null results too, designs that ended without one, and what was published elsewhere."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from designs.likeness import HOW_NEAR, traits_of
    from trials.registry import is_there
    from trials.reporting.library import (
        SOURCES,
        Query,
        as_values,
        entries_of,
        nearest,
        prior_of,
        prior_words,
        search,
    )
    from trials.settings import load_settings

    today = datetime.now(UTC).date()
    about = None
    if is_there(load_settings()) or near is not None:
        with registry_and_actor() as (registry, actor), registry.read(actor) as reader:
            entries = entries_of(reader.past_trials(), reader.ended_designs(today))
            if near is not None:
                about = reader.plan_of_design(near, today)
    else:
        entries = entries_of((), ())
    found = search(entries, Query(" ".join(words or ()), behaviour, segment, channel, technique, verdict))
    scores: dict[str, float] = {}
    prior = None
    if near is not None:
        pairs = () if about is None else nearest(found, traits_of(about), near)
        found, scores = tuple(entry for entry, _ in pairs), {entry.id: score for entry, score in pairs}
        prior = prior_of(found)
    if json_to is not None:
        listed = [{**as_values(entry), "nearness": scores.get(entry.id)} for entry in found]
        write_json(json_to, {"found": listed, "prior": None if prior is None else asdict(prior)})
        return
    if not found:
        typer.echo("Nothing in the library meets all of these.")
        return
    for entry in found:
        size = "" if entry.customers is None else f", {entry.customers:,} customers"
        typer.echo(f"{entry.title} ({entry.id}). {SOURCES[entry.source]}, {entry.day}{size}. {entry.verdict}.")
        if entry.found:
            rows = [(of.approach, of.technique or "", of.effect, of.cost) for of in entry.found]
            show_table(("approach", "technique", entry.outcome or "effect", "cost of one"), rows)
        for sentence in entry.context:
            typer.echo(f"  {sentence}")
        typer.echo("")
    if near is not None:
        typer.echo(prior_words(prior))
        typer.echo(HOW_NEAR)
