"""Commands of the randomiser: the draw, its certificate and its proof."""

from __future__ import annotations

from typing import Annotated

import typer

from trials.cli.output import TrialId, at_work, registry_and_actor, say, show_table


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("randomise")(randomise)


def randomise(
    trial: TrialId,
    demonstration_seed: Annotated[
        str | None, typer.Option(metavar="HEX", help="A declared seed, for synthetic customers only.")
    ] = None,
) -> None:
    """Deal the customers to the arms, once. Interrupted, it can be given again: the same seed deals the same."""
    from trials.stages.allocate import randomise as randomise_stage

    with registry_and_actor() as (registry, actor), at_work("Dealing"):
        record = randomise_stage(registry, actor, trial, demonstration_seed=demonstration_seed)
    if record.demonstration_seed:
        say("This draw used a declared demonstration seed. No real trial does.")
    typer.echo(f"{trial} is allocated, digest {record.digest}")
    show_table(("arm", "customers"), ((arm, f"{n:,}") for arm, n in record.counts.items()))
    if record.exclusions:
        show_table(("left out because", "customers"), ((e.reason, f"{e.customers:,}") for e in record.exclusions))
