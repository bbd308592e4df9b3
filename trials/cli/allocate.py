"""Commands of the randomiser: the draw, its certificate and its proof."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trials.cli.output import JsonTarget, TrialId, at_work, registry_and_actor, say, show_fields, show_table, write_json
from trials.cli.targets import reads, writes

if TYPE_CHECKING:
    from trials.proofs.proof import Proof

MISMATCH = 1
EvaluationRead = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER or DIGEST", help="The one that you read; needed where there are several, refused when stale."
    ),
]


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
        typer.Option(
            metavar="FILE.csv", callback=writes, help="Also write the units there: what an outsider needs to check."
        ),
    ] = None,
    wave: Annotated[int, typer.Option(min=1, help="Which wave, in a trial that has several.")] = 1,
    reason: Annotated[str | None, typer.Option(help="Why the units are taken out; it is recorded.")] = None,
) -> None:
    """Show the certificate of the draw; the seed is in it once it is released."""
    from trials.reporting.amended import amendment_line, as_values
    from trials.stages.certificate import certificate as certificate_stage

    with registry_and_actor() as (registry, actor):
        found = certificate_stage(registry, actor, trial, wave=wave, population=population, reason=reason)
    if found.void is not None:
        say(f"This draw is void: {found.void}")
    if found.outside is not None:
        say(f"This plan was locked outside the route of approval: {found.outside}")
    for record in found.amendments:
        say(amendment_line(record))
    if found.certificate["demonstration"]:
        say("This draw used a declared demonstration seed. No real trial does.")
    if json_to is not None:
        amendments = [as_values(record) for record in found.amendments]
        write_json(json_to, {**found.certificate, "outside_route": found.outside, "amendments": amendments})
        return
    listed = {name: value for name, value in found.certificate.items() if name not in ("arms", "strata")}
    show_fields({name.replace("_", " "): value for name, value in listed.items()})
    if "withheld" in found.certificate:
        return
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


def verify(
    trial: Annotated[str | None, typer.Argument(metavar="TRIAL", help="The trial's id; none with --all.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every trial, those too that were deleted and that the audit chain names.")
    ] = False,
    head: Annotated[
        Path | None,
        typer.Option(
            "--head", metavar="FILE", callback=reads, help="A copy of the chain head that otm head --to PLACE wrote."
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out running evaluations again, which takes as long as they did.")
    ] = False,
    json_to: JsonTarget = None,
) -> None:
    """Replay the draw and the evaluations, hash every file, walk the audit chain. Exit 0 if all agrees, 1 if not."""
    from trials.errors import TrialRefused
    from trials.stages.verify import verify as verify_stage
    from trials.stages.verify import verify_all

    if every == (trial is not None):
        raise TrialRefused("name a trial, or say --all", where="otm verify", remedy="otm trials lists them")
    with registry_and_actor() as (registry, actor), at_work("Replaying the draw"):
        if trial is None:
            of_all = verify_all(registry, actor, head=head, quick=quick)
            proofs, trials = of_all.proofs, of_all.trials
        else:
            proofs, trials = (), {trial: verify_stage(registry, actor, trial, head=head, quick=quick)}
    holds = all(proof.holds for listed in (proofs, *trials.values()) for proof in listed)
    if json_to is not None:
        listed = [{"trial": of, **_proofs_json(found)} for of, found in trials.items()]
        write_json(json_to, listed[0] if trial else _proofs_json(proofs) | {"verified": holds, "trials": listed})
    else:
        _show_proofs("", proofs)
        for of, found in trials.items():
            _show_proofs("" if trial else f"{of}: ", found)
    for where, found in (("", proofs), *trials.items()):
        for proof in found:
            for words in (*proof.faults, *proof.remarks):
                say(f"{'' if trial or not where else f'{where}: '}{proof.name}: {words}")
    if not holds:
        raise typer.Exit(MISMATCH)


def _show_proofs(where: str, proofs: Sequence[Proof]) -> None:
    for proof in proofs:
        typer.echo(f"{'holds' if proof.holds else 'FAILS'}  {where}{proof.name}: {proof.said}")


def _proofs_json(proofs: Sequence[Proof]) -> dict[str, object]:
    listed = [
        {
            "name": p.name,
            "passed": p.holds,
            "faults": list(p.faults),
            **({"remarks": [*p.remarks]} if p.remarks else {}),
        }
        for p in proofs
    ]
    return {"verified": all(p.holds for p in proofs), "proofs": listed}


def release(
    trial: TrialId,
    reason: Annotated[str, typer.Option(help="Why the arms may be seen now.")],
    evaluation: EvaluationRead = None,
) -> None:
    """Release the seed: from here on the draw can be checked by anyone, and arms may be seen."""
    from trials.seen import read_of
    from trials.stages.release import release as release_stage

    read = None if evaluation is None else read_of(evaluation)
    with registry_and_actor() as (registry, actor):
        release_stage(registry, actor, trial, reason=reason, read=read)
    typer.echo(f"The draw of {trial} is released; otm certificate {trial} now shows its seed.")


def void(
    trial: TrialId,
    reason: Annotated[str | None, typer.Option(help="Why the draw must not be used; the first person says it.")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm it, as the second person.")] = False,
    evaluation: EvaluationRead = None,
) -> None:
    """Make a draw void. It takes two people, and the old draw is kept and shown."""
    from trials.errors import TrialRefused
    from trials.seen import read_of
    from trials.stages.void import confirm_void, request_void

    if confirm == (reason is not None):
        raise TrialRefused("say --reason TEXT to ask for a void, or --confirm to confirm one", where=trial)
    read = None if evaluation is None else read_of(evaluation)
    with registry_and_actor() as (registry, actor):
        if reason is None:
            confirm_void(registry, actor, trial, read=read)
            typer.echo(f"The draw of {trial} is void. It is kept, and every later screen says so.")
        else:
            request_void(registry, actor, trial, reason=reason, read=read)
            typer.echo(f"The void of {trial} is asked for. Somebody else confirms it: otm void {trial} --confirm")
