"""The command that simulates a plan whole, from its draw to its verdict."""

from __future__ import annotations

from typing import Annotated

import typer

from trials.cli.design import ProtocolFile
from trials.cli.output import JsonTarget, progress_bar, say, show_table, write_json


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command("diagnose")(diagnose)


def diagnose(
    protocol: ProtocolFile,
    replicates: Annotated[
        int, typer.Option(min=2, metavar="N", help="Trials to simulate at each of four sizes of effect.")
    ] = 200,
    customers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Customers in all arms; else as many as the plan expects.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="The same seed gives the same figures.")] = 1,
    missing: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of customers without an outcome, alike in every arm.")
    ] = None,
    undelivered: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Share of contacts that reach nobody.")
    ] = None,
    gain: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Share of the primary's variation that covariates explain."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=2, metavar="N", help="Processes; they change no figure.")] = 2,
    json_to: JsonTarget = None,
) -> None:
    """Simulate a plan whole, many times: bias, coverage, power, errors of sign and size, the chance of each verdict.

    The time that all of it takes is said after the first trials. Nothing is recorded.
    """
    from dataclasses import asdict

    import numpy as np

    from analysis.diagnosis import declared_world
    from analysis.diagnosis.alone import estimates_alone
    from designs.protocol import load_protocol
    from trials.stages.diagnose import simulated

    loaded = load_protocol(protocol)
    plan = loaded.protocol
    world = declared_world(plan, customers=customers, missing=missing, undelivered=undelivered, gain=gain)
    alone = estimates_alone(world, "central", np.random.SeedSequence([seed, 1]))
    for row in alone:
        power = f"{row.found.power:.1%} (Monte Carlo error {row.found.monte_carlo_error:.1%})"
        say(f"The estimate of {row.arm} alone, {row.found.trials:,} trials at the central effect: power {power}.")
    with progress_bar() as progress:
        found = simulated(world, loaded.digest, replicates=replicates, seed=seed, workers=workers, progress=progress)
    if json_to is not None:
        write_json(json_to, {"simulated": True, **asdict(found), "estimate_alone": [asdict(row) for row in alone]})
        return
    from trials.reporting.designing.diagnosis import (
        EFFECT_COLUMNS,
        HOW_TO_READ,
        VERDICT_COLUMNS,
        assumption_lines,
        effect_rows,
        verdict_rows,
        what_was_simulated,
    )

    typer.echo(f"{found.trial}: {what_was_simulated(found)}")
    typer.echo(HOW_TO_READ)
    show_table(EFFECT_COLUMNS, effect_rows(found), title="The effect")
    show_table(VERDICT_COLUMNS, verdict_rows(found), title="The chance of each verdict")
    typer.echo("Taken where the plan says nothing:")
    for line in assumption_lines(found):
        typer.echo(f"  {line}")
