"""Commands about the service as a whole: what there is, the dashboard, the demonstration."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from trials.cli.output import JsonTarget, registry_and_actor, say, show_table, write_json

DASHBOARD_PORT = 8501
ROOT = Path(__file__).resolve().parent.parent.parent


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("trials")(trials)
    app.command("serve")(serve)
    app.command("demo")(demo)


def trials(json_to: JsonTarget = None) -> None:
    """List every trial: its state, its verdict, and who acts next."""
    with registry_and_actor() as (registry, _), registry.read() as reader:
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
                    "segment": trial.verdict_segment,
                    "sentence": trial.verdict_sentence,
                },
                "next": {"action": trial.next_action, "who": trial.next_actor},
                "synthetic": trial.synthetic,
            }
            for trial in summaries
        ]
        write_json(json_to, {"trials": listed})
        return
    if not summaries:
        say("No trials yet. Start with `otm register PROTOCOL`, or load the demonstration with `otm demo`.")
        return
    show_table(
        ("trial", "state", "customers", "verdict", "next", "who"),
        (
            (
                trial.id,
                trial.state.replace("_", " "),
                "" if trial.customers is None else f"{trial.customers:,}",
                (trial.verdict_code or "").replace("_", " "),
                trial.next_action,
                trial.next_actor,
            )
            for trial in summaries
        ),
    )


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the dashboard listens.")] = DASHBOARD_PORT,
) -> None:
    """Serve the dashboard on this machine, until it is stopped with Ctrl-C."""
    say(f"Dashboard: http://localhost:{port} (Ctrl-C stops it)")
    options = [f"--server.port={port}", "--server.headless=true", "--browser.gatherUsageStats=false"]
    # As a module from the root: started as a plain command it would not find the packages.
    command = [sys.executable, "-m", "streamlit", "run", "dashboards/app.py", *options]
    raise typer.Exit(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603


def demo(
    serve_after: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the dashboard when the trials are there.")
    ] = True,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the dashboard listens.")] = DASHBOARD_PORT,
) -> None:
    """Build the four demonstration trials from synthetic customers, then serve the dashboard."""
    from trials.demonstration import build

    with registry_and_actor() as (registry, actor):
        build(registry, actor)
    if serve_after:
        serve(port)
