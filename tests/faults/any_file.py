"""Random files through intake: each value right, or unreadable with its cell, or its row rejected, or the file refused.

One number makes one file, the same every time (`tests/properties/files`). To see the file of one number again::

    otm faults --suites files --size 1 --seed NUMBER
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from data.errors import Refused
from tests.data.intake.opened_here import opened_here
from tests.properties.files.any_file import any_file
from tests.properties.files.commands import wrong_with_command, wrong_with_process
from tests.properties.files.formats import write
from tests.properties.files.taken import Field, field, taken, wrong_with
from tests.suites import Figure, Suite

LEAST_LOADED = 0.5  # a generator whose files are mostly refused would show nothing
BY_COMMAND = 25  # every so many files by the command line in this process
BY_PROCESS = 500  # and by one of its own


def faults_of(seed: int, at: Field) -> tuple[str, list[str]]:
    """What became of the file of a number, and what is wrong with that."""
    made = any_file(seed, at.known)
    path = write(made, at.folder)
    what = f"{path.name} ({', '.join(made.names) or 'nothing wrong with it'})"
    try:
        with opened_here(), warnings.catch_warnings():  # those of a process of their own are opened so below
            warnings.simplefilter("error", RuntimeWarning)
            got = taken(made, path, at)
            faults = list(wrong_with(made, got, path))
            if seed % BY_COMMAND == 0:
                faults += wrong_with_command(made, path, at, refused=isinstance(got, Refused))
            if seed % BY_PROCESS == 0:
                faults += wrong_with_process(made, path, at, refused=isinstance(got, Refused))
    except Exception as fault:  # noqa: BLE001 whatever it is, it is what this looks for
        return "fault", [f"{what}: {type(fault).__name__}: {str(fault)[:300]}"]
    finally:
        path.unlink()
    code = "refused" if isinstance(got, Refused) else "in part" if got.rejected or got.unreadable else "whole"
    return ("fault" if faults else code), [f"{what}: {fault}" for fault in faults]


def any_files(size: int, seed: int) -> Iterator[Figure]:
    ended: Counter[str] = Counter()
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="otm-files-") as folder:
        at = field(Path(folder))
        try:
            for number in range(seed, seed + size):
                code, faults = faults_of(number, at)
                ended[code] += 1
                for fault in faults[:3]:
                    print(f"  file {number}: {fault[:500]}", file=sys.stderr)
                said += [f"file {number}: {faults[0][:200]}"] if faults else []
        finally:
            at.registry.close()
    yield Figure("random files", "faults", float(ended["fault"]), 0.0, 0.0, size, "; ".join(said[:5]) or None)
    loaded = (ended["whole"] + ended["in part"]) / size
    yield Figure("random files", "loaded", loaded, LEAST_LOADED if size >= 100 else None, None, size)
    yield Figure("random files", "of them with rows or cells that are named", ended["in part"] / size, None, None, size)
    yield Figure("random files", "refused by file, place, rule and remedy", ended["refused"] / size, None, None, size)


SUITES = (
    Suite("files", "Random files of every kind and format are read right, named cell by cell, or refused", any_files),
)
