"""The application: every command under one name, and the one place where a refusal becomes an exit code."""

from __future__ import annotations

import io
import sys
from typing import Any

import typer

from data.errors import Refused
from trials.cli import allocate, design, designing, evaluate, fieldwork, licences, service
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

for room in (design, designing, allocate, fieldwork, evaluate, service, licences):
    room.register(app)

REFUSED = 2
FAILED = 70  # as sysexits.h has it: a fault of the program


def main() -> None:
    """Run the command line, and be the one place where what goes wrong becomes a message and an exit code.

    Refused: a plain message on standard error and 2. Not foreseen: one line, the rest in the log, and 70.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # no name that a file system has may end a command
    try:
        app(prog_name="otm")
    except Refused as refusal:
        say(f"Refused. {refusal}")
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        say("Stopped. What was not finished can be repeated.")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 the last place where anything can be said
        from trials.unforeseen import unforeseen

        say(f"Failed. {unforeseen(error, _asked_for())}")
        sys.exit(FAILED)


def _asked_for() -> str:
    """The command without its arguments, which may name customers."""
    known: Any = typer.main.get_command(app)
    words = ["otm"]
    for word in sys.argv[1:]:
        known = getattr(known, "commands", {}).get(word)
        if known is None:
            break
        words.append(word)
    return " ".join(words)
