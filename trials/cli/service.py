"""Commands about the service as a whole: what there is, the dashboard, the demonstration."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from trials.cli.output import JsonTarget, at_work, progress_bar, registry_and_actor, say, show_table, write_json
from trials.cli.targets import reads, writes_copy, writes_into

DASHBOARD_PORT = 8501
_NO_TRIALS = "No trials yet. Start with `otm register PROTOCOL`, or load the demonstration with `otm demo`."
ROOT = Path(__file__).resolve().parent.parent.parent


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("trials")(trials)
    app.command("overlap")(overlap)
    app.command("head")(head)
    app.command("backup")(backup)
    app.command("restore")(restore)
    app.command("migrate")(migrate)
    app.command("collect")(collect)
    app.command("serve")(serve)
    app.command("demo")(demo)


def trials(json_to: JsonTarget = None) -> None:
    """List every trial: its state, its verdict, and who acts next."""
    from trials.registry import is_there
    from trials.reporting.amended import amended, as_values
    from trials.reporting.portfolio import next_action, next_actor, outside_route
    from trials.settings import load_settings

    settings = load_settings()
    if not is_there(settings):
        say(f"There is no registry in {settings.home}, and none was made. Is OTM_HOME the folder that you mean?")
        if json_to is not None:
            write_json(json_to, {"trials": []})
        else:
            say(_NO_TRIALS)
        return
    with registry_and_actor() as (registry, actor), registry.read(actor) as reader:
        summaries = reader.portfolio()
    if json_to is not None:
        listed = [
            {
                "id": trial.id,
                "title": trial.title,
                "state": trial.state,
                "customers": trial.customers,
                "verdict": None
                if trial.verdict_code is None
                else {
                    "code": trial.verdict_code,
                    "arm": trial.verdict_arm,
                    "segment": None if trial.verdict_segment is None else str(trial.verdict_segment),
                    "sentence": trial.verdict_sentence,
                    "evaluation": trial.evaluation,
                    "evaluation_digest": trial.evaluation_digest,
                    "role": trial.evaluation_role,
                    "as_at": trial.as_at and trial.as_at.isoformat(),
                },
                "decision": None
                if trial.decision is None
                else {
                    "choice": trial.decision.choice,
                    "verdict": trial.decision.verdict_code,
                    "evaluation": trial.decision.evaluation,
                    "decided_on": trial.decision.decided_on.isoformat(),
                    "outdated": trial.decision.outdated,
                },
                "next": {"action": next_action(trial.next), "who": next_actor(trial.next)},
                "synthetic": trial.synthetic,
                "outside_route": trial.outside,
                "amendments": [as_values(record) for record in trial.amendments],
            }
            for trial in summaries
        ]
        write_json(json_to, {"trials": listed})
        return
    if not summaries:
        say(_NO_TRIALS)
        return
    show_table(
        ("trial", "state", "customers", "verdict", "next", "who"),
        (
            (
                trial.id,
                trial.state.replace("_", " "),
                "" if trial.customers is None else f"{trial.customers:,}",
                (trial.verdict_code or "").replace("_", " "),
                next_action(trial.next),
                next_actor(trial.next),
            )
            for trial in summaries
        ),
    )
    for trial in summaries:
        outside = outside_route(trial)
        if outside is not None:
            typer.echo(f"{trial.id}: {outside}")
        changed = amended(trial.amendments)
        if changed is not None:
            typer.echo(f"{trial.id}: {changed}")


def overlap(
    first: Annotated[str, typer.Argument(metavar="TRIAL", help="The id of a trial.")],
    second: Annotated[str, typer.Argument(metavar="TRIAL", help="The id of a trial.")],
    json_to: JsonTarget = None,
) -> None:
    """Count the customers that two trials share."""
    from trials.stages.overlap import overlap as overlap_stage

    with registry_and_actor() as (registry, actor):
        customers = overlap_stage(registry, actor, first, second)
    if json_to is not None:
        write_json(json_to, {"trials": [first, second], "customers": customers})
    else:
        from trials.concealment import SMALL

        number = f"fewer than {SMALL}" if customers is None else f"{customers:,}"
        typer.echo(f"{first} and {second} share {number} customers.")


def head(
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="PLACE",
            callback=writes_copy,
            help="Write a copy of it there, a file or a folder: elsewhere than the registry.",
        ),
    ] = None,
    json_to: JsonTarget = None,
) -> None:
    """The end of the audit chain, to be kept elsewhere: otm verify --head compares with it."""
    from trials.stages.head import head as head_stage

    with registry_and_actor() as (registry, actor):
        found = head_stage(registry, actor, to=to)
    if json_to is not None:
        written = None if found.path is None else str(found.path)
        write_json(json_to, {"sequence": found.sequence, "hash": found.hash, "copy": written})
        return
    typer.echo(f"{found.sequence} {found.hash}")
    if found.path is not None:
        say(f"A copy of {found.sequence} events is in {found.path}: otm verify --all --head {found.path}")


def backup(
    out: Annotated[Path, typer.Argument(metavar="DIR", callback=writes_into, help="A folder that is not there yet.")],
) -> None:
    """Copy registry, snapshots, key and chain head into a new folder. Keep it as private as they are."""
    from trials.access import parse_actor
    from trials.registry.opening import open_as_it_is
    from trials.settings import load_settings
    from trials.stages.backup import backup as backup_stage

    settings = load_settings()
    actor = parse_actor(settings.actor)
    with closing(open_as_it_is(settings)) as registry, at_work("Copying"):
        done = backup_stage(registry, actor, out)
    typer.echo(f"{done.trials} trials and {done.snapshots} snapshots are in {done.folder}")


def restore(
    source: Annotated[Path, typer.Argument(metavar="DIR", callback=reads, help="What otm backup wrote.")],
) -> None:
    """Build the registry again from a backup, where none is."""
    from trials.access import parse_actor
    from trials.settings import load_settings
    from trials.stages.backup import restore as restore_stage

    settings = load_settings()
    with at_work("Restoring"):
        done = restore_stage(settings, parse_actor(settings.actor), source)
    typer.echo(f"{done.trials} trials and {done.snapshots} snapshots are in {settings.home}")


def migrate() -> None:
    """Bring an older registry up to this program. Back up first."""
    from trials.access import parse_actor
    from trials.settings import load_settings
    from trials.stages.migrate import migrate as migrate_stage

    settings = load_settings()
    before, after = migrate_stage(settings, parse_actor(settings.actor))
    typer.echo(f"The registry is at revision {after}" + (" already" if before == after else "") + ".")


def collect() -> None:
    """Remove what interrupted work left: snapshots over a day old that nothing names, scratch that no process holds."""
    from trials.stages.collect import collect as collect_stage

    with registry_and_actor() as (registry, actor):
        removed = collect_stage(registry, actor)
    typer.echo(f"{len(removed)} files removed.")


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the dashboard listens.")] = DASHBOARD_PORT,
) -> None:
    """Serve the dashboard on this machine until Ctrl-C, at the address that it prints."""
    from trials.registry import is_there, require_folder
    from trials.settings import load_settings

    settings = load_settings()
    require_folder(settings)
    if not is_there(settings):
        say(f"There is no registry in {settings.home} yet: a first protocol makes one. Is OTM_HOME what you mean?")
    # As a module from the root: started as a plain command it would not find the packages.
    command = [sys.executable, "-m", "dashboards", str(port)]
    os.chdir(ROOT)
    sys.stdout.flush()
    sys.stderr.flush()
    # In this process and not beside it: whoever ends this one (a service manager's SIGTERM) ends the server.
    os.execv(sys.executable, command)  # noqa: S606


def demo(
    serve_after: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the dashboard when the trials are there.")
    ] = True,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the dashboard listens.")] = DASHBOARD_PORT,
) -> None:
    """Build the four demonstration trials from synthetic customers, then serve the dashboard."""
    from trials.demonstration import build

    with registry_and_actor(begins=True) as (registry, actor), progress_bar() as progress:
        worked_on = build(registry, actor, progress)
    say(f"{len(worked_on)} trials built." if worked_on else "The four demonstration trials are there already.")
    if serve_after:
        serve(port)
    else:
        say("Next: `otm trials` lists them, and `otm serve` shows them in the browser.")
