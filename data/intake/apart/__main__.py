"""The process that opens one file, or, told a format, forks the processes that do.

It is told on its standard input, and tells what it found on its output.
"""

from __future__ import annotations

import os
import sys

from data.apart import end_with
from data.intake.apart.confined import open_confined


def main(asker: int, kind: str | None = None) -> None:
    """Do as it is asked by the process of the number ``asker``, without which this one ends."""
    if kind is not None:
        from data.intake.apart.forking import fork_readers

        fork_readers(kind, asker)
        return
    end_with(asker)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as pipe:
        open_confined(sys.stdin.buffer, pipe)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
