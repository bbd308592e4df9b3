"""Commands of the designer: the protocol, its population, and the lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trials.cli.output import (
    JsonTarget,
    RejectionsTarget,
    TrialId,
    at_work,
    registry_and_actor,
    report_account,
    say,
    show_table,
    write_json,
)
from trials.cli.targets import reads, writes_into

if TYPE_CHECKING:
    from trials.stages.lock import Lockable

ProtocolFile = Annotated[Path, typer.Argument(metavar="PROTOCOL", callback=reads, help="A protocol file (YAML).")]

protocol_commands = typer.Typer(help="Protocol files.", no_args_is_help=True)
population_commands = typer.Typer(help="Populations to be randomised.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(protocol_commands, name="protocol")
    app.add_typer(population_commands, name="population")
    app.command("power")(power)
    app.command("register")(register_protocol)
    app.command("texts")(texts)
    app.command("lock")(lock)


@protocol_commands.command("check")
def check(protocol: ProtocolFile) -> None:
    """Say whether a protocol file can be registered; everything that is wrong with it at once. Exit 0 or 2."""
    from analysis.wording.better import better_lines
    from designs.protocol import check as check_protocol
    from designs.protocol.codes import code_lines
    from designs.protocol.valuations import open_questions

    loaded = check_protocol(protocol)
    typer.echo(f"{protocol}: a protocol for {loaded.protocol.id}, digest {loaded.digest}")
    if loaded.protocol.analysis.looks is not None:
        from trials.reporting.results.looks import declared_looks

        typer.echo(declared_looks(loaded.protocol))
    for line in code_lines(loaded.protocol):
        typer.echo(f"Codes: {line}")
    for line in better_lines(loaded.protocol):
        typer.echo(f"Better: {line}")
    for question in open_questions(loaded.protocol):
        typer.echo(f"To be said: {question}")


def power(
    protocol: ProtocolFile,
    customers: Annotated[int | None, typer.Option(min=1, metavar="N", help="Customers expected in all arms.")] = None,
    json_to: JsonTarget = None,
) -> None:
    """Say how many customers each arm needs and, for a given number, what the trial could find."""
    from dataclasses import asdict

    from analysis.planning.power import plan
    from analysis.planning.verdict_size import ceilings, size_for_verdict
    from designs.protocol import load_protocol
    from trials.reporting.designing.chances import (
        CHANCE_COLUMNS,
        assumed,
        chance_rows,
        chances_of,
        scales_seldom,
        what_was_drawn,
    )
    from trials.reporting.words.sizes import TO_SHOW, customers_needed, seldom_scaled, shown_of

    loaded = load_protocol(protocol).protocol
    rows = (*plan(loaded, customers), *size_for_verdict(loaded, customers))
    bounds, chances = ceilings(loaded, rows), chances_of(loaded, customers)
    if json_to is not None:
        known = {"outcomes": [asdict(r) for r in rows], "scaled": [asdict(bound) for bound in bounds]}
        write_json(json_to, {**known, "verdicts": asdict(chances)})
        return
    show_table(
        ("outcome", "arm", "to show", "needed in the arm", "chance", "smallest effect found", "note"),
        (
            (
                shown_of(row),
                row.arm,
                TO_SHOW[row.to_show],
                customers_needed(row),
                "" if row.power is None else f"{row.power:.1%}",
                "" if row.minimum_detectable_effect is None else f"{row.minimum_detectable_effect:.4g}",
                row.reason or "",
            )
            for row in rows
        ),
    )
    for sentence in (*scales_seldom(loaded, chances), *seldom_scaled(loaded, bounds)):
        say(sentence)
    if chances.found is not None:
        show_table(CHANCE_COLUMNS, chance_rows(chances))
    say(what_was_drawn(chances))
    for sentence in assumed(chances):
        say(f"Taken: {sentence}")


@population_commands.command("load")
def load(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", callback=reads, help="CSV (also .gz), Parquet, Excel or Stata.")
    ],
    protocol: Annotated[Path, typer.Option("--protocol", metavar="P", callback=reads, help="The protocol it is for.")],
    synthetic: Annotated[bool, typer.Option("--synthetic", help="The customers are invented.")] = False,
    rejections_to: RejectionsTarget = None,
    json_to: JsonTarget = None,
) -> None:
    """Check a population file and freeze what can be taken; every row is loaded, or rejected with its reason."""
    from trials.stages.population import load_population
    from trials.stages.take_out import note_reasons_taken_out

    with registry_and_actor(begins=True) as (registry, actor), at_work(f"Reading {file.name}"):
        account = load_population(registry, actor, file, protocol, synthetic=synthetic)
        note_reasons_taken_out(
            registry, actor, "load_population", None, account, f"the population {account.name}",
            as_csv=rejections_to is not None, as_json=json_to is not None,
        )  # fmt: skip
    report_account(account, json_to, rejections_to)


def register_protocol(protocol: ProtocolFile) -> None:
    """Enter a protocol into the registry, or a new version of a draft."""
    from trials.stages.register import register as register_stage

    with registry_and_actor(begins=True) as (registry, actor):
        registered = register_stage(registry, actor, protocol)
    state = f"registered as version {registered.version}" if registered.new else "is registered already"
    typer.echo(f"{registered.trial} {state}, digest {registered.digest}")


def texts(
    trial: TrialId,
    out: Annotated[Path, typer.Option(metavar="DIR", callback=writes_into, help="The folder for the texts.")],
) -> None:
    """Write the texts that the arms are sent, as they were registered."""
    from trials.stages.texts import write_texts

    with registry_and_actor() as (registry, actor):
        written = write_texts(registry, actor, trial, out)
    for path in written:
        typer.echo(path)


def lock(
    trial: TrialId,
    check: Annotated[
        bool, typer.Option("--check", help="Say all that the lock would say, or why it would be refused; lock nothing.")
    ] = False,
    without_governance: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Lock although gates are open: an administrator's word, shown for ever."),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="The version of the plan that you read; needed where the last is another's."
        ),
    ] = None,
    load: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="The load of the population that you read; needed likewise."),
    ] = None,
) -> None:
    """Fix the plan and the latest load of its population. After this nothing in the plan changes."""
    from trials.stages.lock import check_lock
    from trials.stages.lock import lock as lock_stage

    if check:
        with registry_and_actor() as (registry, actor), at_work("Looking through the population"):
            lockable = check_lock(registry, actor, trial)
        _show_lockable(lockable)
        for gate, each in lockable.open:
            say(f"Open: {gate.name.replace('_', ' ')}: {each.problem}. Who clears it: {each.clears.replace('_', ' ')}.")
        if lockable.open:
            typer.echo(f"{trial} cannot be locked on its route yet: otm design gates {trial}")
            return
        record = lockable.record
        version, load = record.protocol_version, record.population.version
        typer.echo(f"{trial} can be locked. Nothing was locked yet: otm lock {trial} --version {version} --load {load}")
        return
    with registry_and_actor() as (registry, actor), at_work("Looking through the population"):
        record = lock_stage(
            registry, actor, trial, version=version, load=load, before=_show_lockable,
            without_governance=without_governance,
        )  # fmt: skip
    typer.echo(f"{trial} is locked, protocol {record.protocol_digest}, population {record.population_digest}")


def _show_lockable(lockable: Lockable) -> None:
    """What is about to be fixed."""
    record = lockable.record
    for finding in record.findings:
        say(f"Finding: {finding}")
    loaded = record.population
    typer.echo(f"The plan is version {record.protocol_version}, digest {record.protocol_digest}.")
    typer.echo(
        f"The population is load {loaded.version} of {loaded.name}: {loaded.file_name}, {loaded.loaded:,} customers, "
        f"loaded {loaded.loaded_at:%Y-%m-%d %H:%M} UTC by {loaded.loaded_by}."
    )
    typer.echo(f"{record.eligible:,} customers can be assigned.")
    if record.exclusions:
        show_table(("left out because", "customers"), ((e.reason, f"{e.customers:,}") for e in record.exclusions))
    for listed in lockable.lists:
        typer.echo(
            f"The list of {listed.arm} ({listed.channel}) can hold: {', '.join(('export_id', *listed.columns))}."
        )
        if listed.missing is not None:
            say(
                f"Note: the list of {listed.arm} has no column that is plainly {listed.missing}. Unless "
                "the supplier has it otherwise, declare it under population.columns and load the population again."
            )
