"""Commands of the field: lists out, contacts and outcomes back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trials.cli.output import (
    AsAt,
    JsonTarget,
    RejectionsTarget,
    TrialId,
    at_work,
    registry_and_actor,
    report_account,
    say,
    show_coverage,
    show_fields,
    write_json,
)
from trials.cli.targets import reads, require_apart, writes_into
from trials.errors import TrialRefused

if TYPE_CHECKING:
    from datetime import datetime

    from trials.access import UseCase
    from trials.registry.records import LoadMode
    from trials.stages.whois import Whereabouts

ReturnedFile = Annotated[
    Path, typer.Argument(metavar="FILE", callback=reads, help="CSV (also .gz), Parquet, Excel or Stata.")
]
Add = Annotated[bool, typer.Option("--add", help="A further part: what is there stays.")]
Correct = Annotated[bool, typer.Option("--correct", help="Its customers' rows replace their earlier ones.")]
Replace = Annotated[bool, typer.Option("--replace", help="It replaces all that is there.")]
Reason = Annotated[str, typer.Option(help="What was wrong with it.")]
Version = Annotated[int | None, typer.Option(min=1, help="Which load; else the last, where it is yours.")]

contacts_commands = typer.Typer(help="What the field says it sent.", no_args_is_help=True)
outcomes_commands = typer.Typer(help="What customers did.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("issue")(issue)
    app.command("whois")(whois)
    app.add_typer(contacts_commands, name="contacts")
    app.add_typer(outcomes_commands, name="outcomes")


def issue(
    trial: TrialId,
    arm: Annotated[str, typer.Option(help="The arm whose customers are to be contacted.")],
    out: Annotated[
        Path, typer.Option(metavar="DIR", callback=writes_into, help="The folder for the list and its manifest.")
    ],
    column: Annotated[
        list[str] | None, typer.Option(help="A column of the population to put beside the id; can be repeated.")
    ] = None,
    wave: Annotated[int | None, typer.Option(min=1, help="Only this wave.")] = None,
    batch: Annotated[str | None, typer.Option(help="Only this batch; else each has a list of its own.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is issued, or issued again; it is recorded.")] = None,
    json_to: JsonTarget = None,
) -> None:
    """Write one arm's issue list of who is on none yet, under export ids, with a manifest of counts and digest."""
    from trials.stages.issue import issue_lists

    require_apart(json_to, out, f"{trial}-", (".csv", ".manifest.json"))
    with registry_and_actor() as (registry, actor), at_work("Writing the list"):
        lists = issue_lists(
            registry,
            actor,
            trial,
            arm,
            out,
            columns=column or (),
            wave=wave,
            batch=batch,
            reason=reason,
            remark=lambda said: say(f"Note: {said}."),
        )
    manifests = [issued.manifest for issued in lists]
    for manifest in manifests:
        if manifest["reissue"]:
            say(
                f"Warning: {manifest['file']} is a reissue: its {manifest['customers']:,} customers were issued before."
            )
        for name, cells in manifest["marked_cells"].items():
            say(f"Note: cells of {name} that a spreadsheet would run begin with an apostrophe not their own: {cells:,}")
    if json_to is not None:
        write_json(json_to, manifests[0] if len(manifests) == 1 else {"lists": manifests})
        return
    for issued in lists:
        day = f", to be issued on {issued.manifest['issue_on']}" if issued.manifest["issue_on"] else ""
        typer.echo(f"{issued.manifest['customers']:,} customers of {arm}{day}: {issued.path}")
        typer.echo(f"What it must hold: {issued.manifest_path}")


def whois(
    trial: TrialId,
    customers: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Customers' own ids, or the ids on the trial's issue lists.")
    ],
    population: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            callback=reads,
            help="A file with the customers' own ids: leads from an id on a list back to them.",
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is asked; it is recorded.")] = None,
    json_to: JsonTarget = None,
) -> None:
    """Tell a customer's arm, wave, day 0 and issue lists, to the randomiser alone; that it was asked is recorded."""
    from trials.stages.whois import whois as whois_stage

    with registry_and_actor() as (registry, actor):
        found = whois_stage(registry, actor, trial, customers, population=population, reason=reason)
    void = any(of.void for of in found)
    if json_to is not None:
        write_json(json_to, {"trial": trial, "void": void, "customers": [_whereabouts(of) for of in found]})
        return
    if void:
        typer.echo(f"The draw of {trial} is void: its arms count for nothing, though letters may have gone out.\n")
    for place, of in enumerate(found):
        said = _whereabouts(of) | {"standing": of.standing.replace("_", " "), "lists": ", ".join(_lists(of))}
        del said["void"]
        if place:
            typer.echo()
        show_fields({name.replace("_", " "): value for name, value in said.items() if value})


def _whereabouts(of: Whereabouts) -> dict[str, object]:
    said = asdict(of) | {"day_zero": of.day_zero and of.day_zero.isoformat()}
    return said | {"lists": _lists(of)}


def _lists(of: Whereabouts) -> list[str]:
    return [f"{issued.manifest['file']} of {issued.issued_at:%Y-%m-%d}" for issued in of.lists]


@contacts_commands.command("load")
def load_contacts(
    trial: TrialId,
    file: ReturnedFile,
    add: Add = False,
    correct: Correct = False,
    replace: Replace = False,
    rejections_to: RejectionsTarget = None,
    json_to: JsonTarget = None,
) -> None:
    """Load returned contacts: id or export_id, channel, sent_on, and where known delivered."""
    _load(trial, "contacts", file, None, _mode(add, correct, replace), json_to, rejections_to)


@outcomes_commands.command("load")
def load_outcomes(
    trial: TrialId,
    file: ReturnedFile,
    as_at: AsAt = None,
    add: Add = False,
    correct: Correct = False,
    replace: Replace = False,
    rejections_to: RejectionsTarget = None,
    json_to: JsonTarget = None,
) -> None:
    """Load outcomes: the customers' own id and the declared columns. Arms come from the registry alone."""
    _load(trial, "outcomes", file, as_at, _mode(add, correct, replace), json_to, rejections_to)


@contacts_commands.command("withdraw")
def withdraw_contacts(trial: TrialId, reason: Reason, version: Version = None, json_to: JsonTarget = None) -> None:
    """Take a load of contacts back. It is kept; the loads after it stand, each by its own rows."""
    _withdraw(trial, "contacts", reason, version, json_to)


@outcomes_commands.command("withdraw")
def withdraw_outcomes(trial: TrialId, reason: Reason, version: Version = None, json_to: JsonTarget = None) -> None:
    """Take a load of outcomes back. It is kept; the loads after it stand, each by its own rows."""
    _withdraw(trial, "outcomes", reason, version, json_to)


def _mode(add: bool, correct: bool, replace: bool) -> LoadMode | None:
    said: list[LoadMode] = []
    said += ["add"] if add else []
    said += ["correct"] if correct else []
    said += ["replace"] if replace else []
    if len(said) > 1:
        raise TrialRefused(
            f"--{' and --'.join(said)} are given together",
            rule="one of --add (a further part), --correct (its customers' rows replace theirs), --replace (all of it)",
        )
    return said[0] if said else None


def _load(
    trial: str,
    kind_name: str,
    file: Path,
    as_at: datetime | None,
    mode: LoadMode | None,
    json_to: str | None,
    rejections_to: Path | None,
) -> None:
    from trials.stages.returned_files import load_returned_file
    from trials.stages.take_out import note_reasons_taken_out

    with registry_and_actor() as (registry, actor), at_work(f"Reading {file.name}"):
        account = load_returned_file(registry, actor, trial, kind_name, file, as_at=as_at and as_at.date(), mode=mode)
        use_case: UseCase = "load_outcomes" if kind_name == "outcomes" else "load_contacts"
        note_reasons_taken_out(
            registry, actor, use_case, trial, account, kind_name,
            as_csv=rejections_to is not None, as_json=json_to is not None,
        )  # fmt: skip
    report_account(account, json_to, rejections_to)


def _withdraw(trial: str, kind_name: str, reason: str, version: int | None, json_to: str | None) -> None:
    from trials.stages.returned_files import withdraw_returned_file

    with registry_and_actor() as (registry, actor), at_work("Taking it back"):
        made = withdraw_returned_file(registry, actor, trial, kind_name, reason=reason, version=version)
    standing = [{"version": load.version, "mode": load.mode, "file": load.file_name} for load in made.standing]
    if json_to is not None:
        document = {"kind": kind_name, "version": made.version, "withdraws": made.withdrawn.version}
        covered = {"before": asdict(made.before), "after": asdict(made.after)}
        said = {"file": made.withdrawn.file_name, "reason": made.reason}
        write_json(json_to, {**document, **said, **covered, "standing": standing})
        return
    typer.echo(f"Load {made.withdrawn.version} of the {kind_name}, {made.withdrawn.file_name}, is withdrawn and kept.")
    show_coverage(kind_name, made.before, made.after)
    left = ", ".join(f"load {load['version']} ({load['file']})" for load in standing)
    typer.echo(f"What is there is of {left}." if standing else f"No {kind_name} are there now.")
