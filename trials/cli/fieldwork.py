"""Commands of the field: lists out, contacts and outcomes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trials.cli.output import AsAt, JsonTarget, TrialId, at_work, registry_and_actor, report_account, write_json

if TYPE_CHECKING:
    from datetime import datetime

ReturnedFile = Annotated[Path, typer.Argument(metavar="FILE", help="CSV (also .gz), Parquet, Excel or Stata.")]

contacts_commands = typer.Typer(help="What the field says it sent.", no_args_is_help=True)
outcomes_commands = typer.Typer(help="What customers did.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("issue")(issue)
    app.add_typer(contacts_commands, name="contacts")
    app.add_typer(outcomes_commands, name="outcomes")


def issue(
    trial: TrialId,
    arm: Annotated[str, typer.Option(help="The arm whose customers are to be contacted.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder for the list and its manifest.")],
    column: Annotated[
        list[str] | None, typer.Option(help="A column of the population to put beside the id; can be repeated.")
    ] = None,
    json_to: JsonTarget = None,
) -> None:
    """Write one arm's issue list, under export ids, with a manifest of counts and digest."""
    from trials.stages.issue import issue as issue_stage

    with registry_and_actor() as (registry, actor), at_work("Writing the list"):
        issued = issue_stage(registry, actor, trial, arm, out, columns=column or ())
    if json_to is not None:
        write_json(json_to, issued.manifest)
        return
    typer.echo(f"{issued.manifest['customers']:,} customers of {arm}: {issued.path}")
    typer.echo(f"What it must hold: {issued.manifest_path}")


@contacts_commands.command("load")
def load_contacts(trial: TrialId, file: ReturnedFile, json_to: JsonTarget = None) -> None:
    """Load returned contacts: id or export_id, channel, sent_on, and where known delivered."""
    _load(trial, "contacts", file, None, json_to)


@outcomes_commands.command("load")
def load_outcomes(trial: TrialId, file: ReturnedFile, as_at: AsAt = None, json_to: JsonTarget = None) -> None:
    """Load outcomes: the customers' own id and the declared columns. Arms come from the registry alone."""
    _load(trial, "outcomes", file, as_at, json_to)


def _load(trial: str, kind_name: str, file: Path, as_at: datetime | None, json_to: str | None) -> None:
    from trials.stages.returned_files import load_returned_file

    with registry_and_actor() as (registry, actor), at_work(f"Reading {file.name}"):
        account = load_returned_file(registry, actor, trial, kind_name, file, as_at=as_at and as_at.date())
    report_account(account, json_to)
