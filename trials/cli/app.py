"""The one place where a command is carried out, and where a refusal becomes an exit code."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import typer

from data.errors import Refused
from trials.cli.commands import application
from trials.cli.output import say
from trials.cli.streams import end_output, settle_streams, silence_output

REFUSED = 2
FAILED = 70  # as sysexits.h has it: a fault of the program
STOPPED = 130  # as a shell has it of what SIGINT ended


def main() -> None:
    """Run the command line, and be the one place where what goes wrong becomes a message and an exit code.

    Refused: a plain message on standard error and 2. Interrupted: 130. Not foreseen: one line, the rest in the log, 70.
    """
    with _interruption() as was_interrupted:
        try:
            settle_streams()
            try:
                application(_first_word())(prog_name="otm")
            finally:
                end_output()
        except BrokenPipeError:
            silence_output()  # whoever read it has gone
            sys.exit(1)
        except KeyboardInterrupt:
            _stopped()
        except SystemExit as end:
            if end.code == STOPPED and was_interrupted():
                _stopped()  # Typer ends for an interruption without a word
            raise
        except Exception as error:  # noqa: BLE001 the last place where anything can be said
            if was_interrupted():
                _stopped()
            if isinstance(error, Refused):
                say(f"Refused. {error}")
                sys.exit(REFUSED)
            from trials.unforeseen import unforeseen

            say(f"Failed. {unforeseen(error, _asked_for())}")
            sys.exit(FAILED)


def _stopped() -> NoReturn:
    say("Stopped. What was not finished can be repeated.")
    sys.exit(STOPPED)


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """Whether somebody interrupted: what is at work in another language may tell it as a failure of its own."""
    asked: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def interrupted(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        signal.default_int_handler(number, frame)

    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    signal.signal(signal.SIGINT, interrupted)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def _first_word() -> str | None:
    return sys.argv[1] if len(sys.argv) > 1 else None


def _asked_for() -> str:
    """The command without its arguments, which may name customers."""
    words = ["otm"]
    try:
        known: Any = typer.main.get_command(application(_first_word()))
    except Exception:  # noqa: BLE001 its own file is what fails, and that is being told
        return "otm"
    for word in sys.argv[1:]:
        known = getattr(known, "commands", {}).get(word)
        if known is None:
            break
        words.append(word)
    return " ".join(words)
