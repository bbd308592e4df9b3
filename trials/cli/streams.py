"""Standard output that says so when it cannot be written, and descriptors that no file may take by chance."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress

from trials.errors import TrialRefused


class _Output(io.TextIOWrapper):
    """Standard output whose failure is a refusal; that nobody reads it any more is not for it to judge."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _unwritten(error) from error

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _unwritten(error) from error


def settle_streams() -> None:
    """Make ready what the command reads and says: no name that a file system has may end it.

    Raises:
        TrialRefused: There is no standard output.
    """
    for descriptor in (0, 2):  # one that is closed would be given to the next file that is opened, as the registry
        with suppress(OSError):
            _fill(descriptor)
    if sys.stdout is None:
        raise TrialRefused(
            "there is no standard output",
            where="standard output",
            rule="what a command found is said there, or in the file of --json",
            remedy="leave it open, or send it to /dev/null; nothing was done",
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if type(sys.stdout) is io.TextIOWrapper and sys.stdout is sys.__stdout__:
        by_line, encoding = sys.stdout.line_buffering, sys.stdout.encoding
        sys.stdout = _Output(sys.stdout.detach(), encoding, "replace", line_buffering=by_line)


def end_output() -> None:
    """Write what is left to be written.

    Raises:
        TrialRefused: It could not be.
        BrokenPipeError: Nobody reads it any more.
    """
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def silence_output() -> None:
    """Let nothing more be written to standard output: what is left in it goes nowhere when the program ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)


def _fill(descriptor: int) -> None:
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)


def _unwritten(error: OSError) -> TrialRefused:
    silence_output()
    return TrialRefused(
        f"the result cannot be written there ({error.strerror or error})",
        where="standard output",
        rule="what had been recorded by then stands",
        remedy="see that there is room, then ask again; --json FILE writes a file of its own",
    )
