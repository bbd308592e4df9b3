"""Commands that write what a design hands in: its paper, its entries for public registries, its letters."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from trials.cli.designing import DesignId, commands
from trials.cli.output import registry_and_actor
from trials.cli.targets import writes

PaperTarget = Annotated[
    Path,
    typer.Option("--out", metavar="FILE.pdf or FILE.docx", callback=writes, help="Write it there, as PDF or for Word."),
]
EntryTarget = Annotated[
    Path,
    typer.Option(
        "--out", metavar="FILE.pdf, FILE.docx or FILE.json", callback=writes,
        help="Write it there, to copy from, or as JSON for a program.",
    ),
]  # fmt: skip
Dated = Annotated[
    datetime | None,
    typer.Option("--dated", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The day that it bears; today."),
]


class RegistryForm(StrEnum):
    """The registries that there are forms for."""

    AEA = "aea"
    SPIRIT = "spirit"
    UK = "uk"


class TextLanguage(StrEnum):
    """The languages of the texts."""

    EN = "en"
    CY = "cy"


def register(app: typer.Typer) -> None:  # noqa: ARG001 they are commands of a group that is there
    """Add this file's commands to those of designs."""
    commands.command("paper")(paper)
    commands.command("registry")(registry_entry)
    commands.command("letter")(letter)


def paper(trial: DesignId, out: PaperTarget, dated: Dated = None) -> None:
    """Write the paper of a design for those who approve it: the fourteen points of a proposal, from the record."""
    from trials.stages.paper import write_paper

    day, today = _days(dated)
    with registry_and_actor() as (registry, actor):
        written = write_paper(registry, actor, trial, out, day, today)
    typer.echo(f"The paper of {trial} is in {written}")


def registry_entry(
    trial: DesignId,
    form: Annotated[
        RegistryForm,
        typer.Option(help="AEA RCT Registry, SPIRIT 2025 checklist, or the UK's Evaluation Registry."),
    ],
    out: EntryTarget,
    dated: Dated = None,
) -> None:
    """Write a trial's entry for a public registry: each field from the record, or that the record does not hold it."""
    from trials.stages.paper import write_registration

    day, today = _days(dated)
    with registry_and_actor() as (registry, actor):
        written = write_registration(registry, actor, trial, form.value, out, day, today)
    typer.echo(f"The entry of {trial} is in {written}")


def letter(
    trial: DesignId,
    arm: Annotated[str, typer.Option(metavar="ARM", help="The id of the arm that is sent it.")],
    out: Annotated[Path, typer.Option(metavar="FILE.pdf", callback=writes, help="Write it there.")],
    language: Annotated[TextLanguage, typer.Option(help="English or Welsh.")] = TextLanguage.EN,
) -> None:
    """Write what an arm is sent as customers get it, with a mark on what is filled in for each of them."""
    from trials.stages.paper import write_letter

    with registry_and_actor() as (registry, actor):
        written = write_letter(registry, actor, trial, arm, language.value, out, datetime.now(UTC).date())
    typer.echo(f"What {arm} is sent is in {written}")


def _days(dated: datetime | None) -> tuple[date, date]:
    today = datetime.now(UTC).date()
    return today if dated is None else dated.date(), today
