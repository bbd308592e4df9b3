"""Commands of a trial in the making: its draft, from the first revision to the protocol file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from trials.cli.output import JsonTarget, registry_and_actor, say, show_table, write_json
from trials.cli.targets import reads, writes_into

DesignId = Annotated[str, typer.Argument(metavar="TRIAL", help="The id that the trial's protocol has.")]
Revision = Annotated[int | None, typer.Option("--revision", min=1, metavar="N", help="Which revision; the latest.")]

commands = typer.Typer(help="Trials in the making.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(commands, name="design")


@commands.command("begin")
def begin(
    trial: DesignId,
    template: Annotated[str | None, typer.Option(metavar="NAME", help="Begin with a protocol of the library.")] = None,
    past_trial: Annotated[
        str | None, typer.Option("--trial", metavar="PAST", help="Begin with the plan of a registered trial.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="PROTOCOL", callback=reads, help="Begin with a protocol file.")
    ] = None,
) -> None:
    """Begin a design: empty, or with a template, a past trial's plan or a file."""
    from designs.drafting import draft_of_file, draft_of_template, empty_draft
    from trials.stages.design import begin_design

    if sum(given is not None for given in (template, past_trial, file)) > 1:
        raise typer.BadParameter("a design begins with one thing: a template, a past trial or a file")
    with registry_and_actor(begins=True) as (registry, actor):
        contents: dict[str, bytes] = {}
        draft, origin = empty_draft(trial), {"kind": "empty"}
        if past_trial is not None:
            with registry.read(actor, past_trial) as reader:
                draft, contents = reader.past_plan(past_trial, trial)
            origin = {"kind": "trial", "name": past_trial}
        elif template is not None:
            draft, contents = draft_of_template(template, trial)
            origin = {"kind": "template", "name": template}
        elif file is not None:
            draft, contents = draft_of_file(file)
            origin = {"kind": "file", "name": file.name}
        revision = begin_design(registry, actor, trial, draft, contents, origin=origin)
    typer.echo(f"The design of {trial} is begun, revision {revision.number}")


@commands.command("list")
def list_designs(json_to: JsonTarget = None) -> None:
    """List every design that was begun: with what, by whom, and how many revisions its draft has had."""
    with registry_and_actor() as (registry, actor), registry.read(actor) as reader:
        designs = reader.designs()
    if json_to is not None:
        rows = [
            {
                "id": design.id,
                "origin": design.origin,
                "begun_at": design.begun_at.isoformat(),
                "begun_by": design.begun_by,
                "revisions": design.revisions,
            }
            for design in designs
        ]
        write_json(json_to, {"designs": rows})
        return
    show_table(
        ("design", "begun", "by", "with", "revisions"),
        (
            (
                design.id,
                f"{design.begun_at:%Y-%m-%d}",
                design.begun_by,
                " ".join(str(design.origin[key]) for key in ("kind", "name") if key in design.origin),
                str(design.revisions),
            )
            for design in designs
        ),
    )


@commands.command("show")
def show(trial: DesignId, number: Revision = None, json_to: JsonTarget = None) -> None:
    """Say what a draft still lacks: what `otm protocol check` would say of its file."""
    from designs.consultation.changed import changed_in_words
    from designs.drafting import judge_draft
    from designs.entries import entry_document
    from designs.gates import held_to

    with registry_and_actor() as (registry, actor), registry.read(actor, trial) as reader:
        revision = reader.design(trial, number)
        entries = reader.entries(trial)
    judged = judge_draft(revision.draft, day=datetime.now(UTC).date())
    entries = held_to(entries, judged.protocol, revision.draft.texts)
    if json_to is not None:
        found = {
            "trial": trial,
            "revision": revision.number,
            "digest": revision.digest,
            "protocol_digest": None if judged.loaded is None else judged.loaded.digest,
            "errors": [
                {"path": error.path, "problem": error.problem, "rule": error.rule, "allowed": list(error.allowed)}
                for error in judged.errors
            ],
            "entries": [
                {"number": each.number, "by": each.by, "changed": list(each.changed), **entry_document(each.entry)}
                for each in entries
            ],
        }
        write_json(json_to, found)
        return
    typer.echo(
        f"{trial}: revision {revision.number}, saved {revision.saved_at:%Y-%m-%d %H:%M} UTC by {revision.saved_by}, "
        f"digest {revision.digest}"
    )
    for error in judged.errors:
        typer.echo(f"  {error}")
    if judged.loaded is not None:
        typer.echo(
            f"It is a protocol, digest {judged.loaded.digest}. To register it: otm design export {trial} --out DIR"
        )
    if entries:
        show_table(
            ("day", "on record", "by", "changed since"),
            (
                (f"{each.entry.on:%Y-%m-%d}", each.entry.kind.replace("_", " "), each.by, changed_in_words(each))
                for each in entries
            ),
        )


@commands.command("revise")
def revise(
    trial: DesignId,
    file: Annotated[
        Path, typer.Argument(metavar="PROTOCOL", callback=reads, help="The plan as it is to be; texts lie beside it.")
    ],
    made_from: Annotated[
        int, typer.Option("--made-from", min=1, metavar="N", help="The revision that you exported and changed.")
    ],
) -> None:
    """Save a file as the design's next revision; what others saved since revision N is kept."""
    from designs.drafting import draft_of_file
    from trials.stages.design import revise_design

    draft, contents = draft_of_file(file)
    with registry_and_actor() as (registry, actor):
        revised = revise_design(registry, actor, trial, draft, contents, made_from=made_from)
    if revised.joined is not None:
        say(f"{revised.joined} saved since revision {made_from}: their changes are in it too.")
    state = "saved" if revised.new else "nothing in it is new"
    typer.echo(f"{trial}: revision {revised.revision.number}, {state}")


@commands.command("history")
def history(
    trial: DesignId,
    before: Annotated[int | None, typer.Option(min=1, metavar="N", help="Compare this revision.")] = None,
    after: Annotated[int | None, typer.Option(min=1, metavar="M", help="With this one; the latest.")] = None,
) -> None:
    """List the revisions of a draft: who, when, and what changed; or compare two of them."""
    from designs.drafting import changes

    with registry_and_actor() as (registry, actor), registry.read(actor, trial) as reader:
        revisions = {revision.number: revision for revision in reader.revisions(trial)}
        last = reader.design(trial, after).draft
        first = None if before is None else reader.design(trial, before).draft
    if first is not None:
        show_table(
            ("where", f"revision {before}", f"revision {after or max(revisions)}"),
            (
                (" → ".join(change.path), _shown(change.before), _shown(change.after))
                for change in changes(first.whole, last.whole)
            ),
        )
        return
    rows = []
    for number, revision in revisions.items():
        earlier = revisions.get(number - 1)
        told = ["begun"] if earlier is None else [
            " → ".join(change.path) for change in changes(earlier.draft.whole, revision.draft.whole)
        ]  # fmt: skip
        rows.append((str(number), f"{revision.saved_at:%Y-%m-%d %H:%M}", revision.saved_by, ", ".join(told)))
    show_table(("revision", "saved, UTC", "by", "what changed"), rows)


@commands.command("export")
def export(
    trial: DesignId,
    out: Annotated[
        Path, typer.Option(metavar="DIR", callback=writes_into, help="A folder for protocol.yaml and its texts.")
    ],
    number: Revision = None,
) -> None:
    """Write a draft as a protocol file, with its texts beside it."""
    from trials.stages.export_design import export_design

    with registry_and_actor() as (registry, actor):
        revision, path = export_design(registry, actor, trial, out, number)
    typer.echo(f"Revision {revision} of {trial} is in {path}")


@commands.command("gates")
def gates(trial: DesignId, json_to: JsonTarget = None) -> None:
    """Say which gates a design has still to pass, what is missing for each, and who clears it."""
    from dataclasses import asdict

    with registry_and_actor() as (registry, actor), registry.read(actor, trial) as reader:
        today = datetime.now(UTC).date()
        found, digest = reader.gates(trial, today), reader.plan_digest(trial, today)
    if json_to is not None:
        rows = [
            {"gate": gate.name, "passed": gate.passed, "open": [asdict(each) for each in gate.open]} for gate in found
        ]
        write_json(json_to, {"trial": trial, "plan": digest, "gates": rows})
        return
    typer.echo(f"The plan as it is read here: digest {digest}")
    for gate in found:
        typer.echo(f"{gate.name.replace('_', ' ')}: {'passed' if gate.passed else 'open'}")
        for each in gate.open:
            note = "" if each.severity == "blocks" else " (a warning)"
            typer.echo(f"  {each.problem}{note}. To do: {each.remedy}. Who clears it: {each.clears.replace('_', ' ')}.")


@commands.command("enter")
def enter(
    trial: DesignId,
    file: Annotated[
        Path, typer.Argument(metavar="ENTRY", callback=reads, help="YAML: kind, on, and what that kind has.")
    ],
    read: Annotated[
        str | None,
        typer.Option(
            metavar="DIGEST",
            help="The plan that was read, as otm design gates names it; needed for what is about the plan.",
        ),
    ] = None,
) -> None:
    """Put on record what happened around a design: who was asked, who signed, what was decided."""
    from designs.consultation.changed import changed_since_in_words
    from designs.entries import read_entry
    from designs.protocol.reading import read_document
    from trials.stages.enter import enter as record

    entry = read_entry(read_document(file), where=str(file))
    with registry_and_actor() as (registry, actor):
        recorded = record(registry, actor, trial, entry, read=read)
    typer.echo(f"{trial}: entry {recorded.number}, {entry.kind.replace('_', ' ')}, {entry.on:%Y-%m-%d}")
    left_behind = changed_since_in_words(recorded)
    if left_behind is not None:
        say(left_behind)


def _shown(value: object) -> str:
    from designs.drafting.changes import ABSENT

    return "" if value is ABSENT else json.dumps(value, ensure_ascii=False)
