"""What nobody foresaw: said in one line, and the rest kept in a private file for whoever looks after the service.

What went wrong may quote a customer, a protocol or an address, so none of it is shown: only the kind of error and the
place in the program. The file lies in the registry's home, where such things may lie.
"""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from trials.errors import TrialRefused

LOG: Final = "errors.log"
LARGEST_LOG: Final = 4 << 20
ROOT: Final = Path(__file__).resolve().parent.parent


class Unforeseen(TrialRefused):
    """A fault of the program, and not of what was asked of it."""


def unforeseen(error: BaseException, doing: str) -> Unforeseen:
    """Keep an error in the log, and say it in words that quote nothing.

    Args:
        error: What went wrong.
        doing: What was asked for: a command or a page, without its arguments.
    """
    kept = _kept(error, doing)
    if isinstance(error, MemoryError):
        return Unforeseen(
            "there was not enough memory",
            where=doing,
            remedy="give the machine more, or end what else it does; what had been recorded by then stands",
        )
    told = f"give {LOG} in OTM_HOME to" if kept else "tell"
    return Unforeseen(
        f"the program failed ({type(error).__name__} at {_place(error)})",
        where=doing,
        rule="this is a fault in it, and says nothing about the trial; what had been recorded by then stands",
        remedy=f"{told} whoever looks after the service; asking again is safe",
    )


def _place(error: BaseException) -> str:
    """The last line of this program's own that was at work: it is what a developer looks for."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT)] or list(frames)
    if not own:
        return "a place unknown"
    path = Path(own[-1].filename)
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{own[-1].lineno}"


def _kept(error: BaseException, doing: str) -> bool:
    """Write the whole error into the log of the home that is set; whether that could be done."""
    from trials.settings import load_settings

    with suppress(Exception):  # what keeps a fault must not be another one
        home = load_settings().home
        path = home / LOG
        if not home.is_dir():
            return False
        said = "".join(traceback.format_exception(error))
        if path.is_file() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_name(f"{LOG}.before"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK  # never a link, never a pipe
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {doing}\n{said}\n")
        return True
    return False
