"""The application: every command under one name, and the one place where a refusal becomes an exit code."""

from __future__ import annotations

import sys

import typer

from data.errors import Refused
from trials.cli import allocate, design, evaluate, fieldwork, service
from trials.cli.output import say

app = typer.Typer(
    name="otm",
    help="Randomised trials of one-to-many approaches, from protocol to verdict.",
    epilog="For developers, by the launcher: otm test, bench, calibrate, faults, requirements.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it would print local variables, and they hold seeds and customers
    context_settings={"help_option_names": ["-h", "--help"]},
)

for room in (design, allocate, fieldwork, evaluate, service):
    room.register(app)

REFUSED = 2


def main() -> None:
    """Run the command line. Refused: a plain message on standard error and exit code 2."""
    try:
        app(prog_name="otm")
    except Refused as refusal:
        say(f"Refused. {refusal}")
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        say("Stopped. What was not finished can be repeated.")
        sys.exit(130)
