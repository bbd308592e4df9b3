"""Commands that write what a design hands in: its paper."""

from __future__ import annotations

from datetime import UTC, datetime
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
Dated = Annotated[
    datetime | None,
    typer.Option("--dated", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The day that it bears; today."),
]


def register(app: typer.Typer) -> None:  # noqa: ARG001 they are commands of a group that is there
    """Add this file's commands to those of designs."""
    commands.command("paper")(paper)


def paper(trial: DesignId, out: PaperTarget, dated: Dated = None) -> None:
    """Write the paper of a design for those who approve it: the fourteen points of a proposal, from the record."""
    from trials.stages.paper import write_paper

    today = datetime.now(UTC).date()
    with registry_and_actor() as (registry, actor):
        written = write_paper(registry, actor, trial, out, today if dated is None else dated.date(), today)
    typer.echo(f"The paper of {trial} is in {written}")
