"""Commands of the randomiser: the draw, its certificate and its proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trials.cli.output import JsonTarget, TrialId, at_work, registry_and_actor, say, show_fields, show_table, write_json

MISMATCH = 1


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("randomise")(randomise)
    app.command("certificate")(certificate)
    app.command("verify")(verify)
    app.command("release")(release)
    app.command("void")(void)


def randomise(
    trial: TrialId,
    demonstration_seed: Annotated[
        str | None, typer.Option(metavar="HEX", help="A declared seed, for synthetic customers only.")
    ] = None,
) -> None:
    """Assign the customers to the arms, once. Interrupted, it can be given again: the same seed gives the same arms."""
    from trials.stages.allocate import randomise as randomise_stage

    with registry_and_actor() as (registry, actor), at_work("Assigning"):
        record = randomise_stage(registry, actor, trial, demonstration_seed=demonstration_seed)
    if record.demonstration_seed:
        say("This draw used a declared demonstration seed. No real trial does.")
    typer.echo(f"{trial} is allocated, digest {record.digest}")
    show_table(("arm", "customers"), ((arm, f"{n:,}") for arm, n in record.counts.items()))
    if record.exclusions:
        show_table(("left out because", "customers"), ((e.reason, f"{e.customers:,}") for e in record.exclusions))


def certificate(
    trial: TrialId,
    json_to: JsonTarget = None,
    population: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Also write the units there: what an outsider needs to check."),
    ] = None,
    wave: Annotated[int, typer.Option(min=1, help="Which wave, in a trial that has several.")] = 1,
) -> None:
    """Show the certificate of the draw; the seed is in it once it is released."""
    from trials.stages.certificate import certificate as certificate_stage

    with registry_and_actor() as (registry, actor):
        found = certificate_stage(registry, actor, trial, wave=wave, population=population)
    if found.void is not None:
        say(f"This draw is void: {found.void}")
    if found.certificate["demonstration"]:
        say("This draw used a declared demonstration seed. No real trial does.")
    if json_to is not None:
        write_json(json_to, found.certificate)
        return
    listed = {name: value for name, value in found.certificate.items() if name not in ("arms", "strata")}
    show_fields({name.replace("_", " "): value for name, value in listed.items()})
    arms = [arm["id"] for arm in found.certificate["arms"]]
    show_table(
        ("stratum", *arms),
        (
            (
                " ".join(filter(None, (row["stratum"], row["barred"] and f"(without {row['barred']})"))),
                *map(str, row["customers"]),
            )
            for row in found.certificate["strata"]
        ),
    )


def verify(trial: TrialId, json_to: JsonTarget = None) -> None:
    """Replay the draw, hash every file again and walk the audit chain. Exit 0 where all agrees, 1 where not."""
    from trials.stages.verify import verify as verify_stage

    with registry_and_actor() as (registry, actor), at_work("Replaying the draw"):
        proofs = verify_stage(registry, actor, trial)
    if json_to is not None:
        listed = [{"name": p.name, "passed": p.holds, "faults": list(p.faults)} for p in proofs]
        write_json(json_to, {"trial": trial, "verified": all(p.holds for p in proofs), "proofs": listed})
    else:
        for proof in proofs:
            typer.echo(f"{'holds' if proof.holds else 'FAILS'}  {proof.name}: {proof.said}")
    for proof in proofs:
        for fault in proof.faults:
            say(f"{proof.name}: {fault}")
    if not all(proof.holds for proof in proofs):
        raise typer.Exit(MISMATCH)


def release(trial: TrialId, reason: Annotated[str, typer.Option(help="Why the arms may be seen now.")]) -> None:
    """Release the seed: from here on the draw can be checked by anyone, and arms may be seen."""
    from trials.stages.release import release as release_stage

    with registry_and_actor() as (registry, actor):
        release_stage(registry, actor, trial, reason=reason)
    typer.echo(f"The draw of {trial} is released; otm certificate {trial} now shows its seed.")


def void(
    trial: TrialId,
    reason: Annotated[str | None, typer.Option(help="Why the draw must not be used; the first person says it.")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm it, as the second person.")] = False,
) -> None:
    """Make a draw void. It takes two people, and the old draw is kept and shown."""
    from trials.errors import TrialRefused
    from trials.stages.void import confirm_void, request_void

    if confirm == (reason is not None):
        raise TrialRefused("say --reason TEXT to ask for a void, or --confirm to confirm one", where=trial)
    with registry_and_actor() as (registry, actor):
        if reason is None:
            confirm_void(registry, actor, trial)
            typer.echo(f"The draw of {trial} is void. It is kept, and every later screen says so.")
        else:
            request_void(registry, actor, trial, reason=reason)
            typer.echo(f"The void of {trial} is asked for. Somebody else confirms it: otm void {trial} --confirm")
