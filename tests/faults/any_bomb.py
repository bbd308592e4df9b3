"""Small files that unfold without end: each refused within its limits, and pages that are drawn meanwhile.

One number makes one bomb, the same every time (`tests/bombs`). To see the bomb of one number again::

    otm faults --suites bombs --size 1 --seed NUMBER
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bombs import bomb
from tests.bombs.audited import AUDITED
from tests.bombs.reading import SECONDS, Ended, read
from tests.suites import Figure, Suite

MOST = 1_024  # MiB of the process that reads and the one that it starts


def _figures(name: str, ended: list[Ended], sizes: list[int]) -> Iterator[Figure]:
    count = len(ended)
    taken = sum(end.said is None for end in ended)
    first = next((end.said for end in ended if end.said is not None), None)
    yield Figure(name, "taken", float(taken), 0.0, 0.0, count, f"of at most {max(sizes):,} bytes; {first}")
    yield Figure(name, "seconds of the processor, at most", max(e.seconds for e in ended), None, float(SECONDS), count)
    yield Figure(name, "MiB, at most", float(max(e.mebibytes for e in ended)), None, float(MOST), count)


def bombs(size: int, seed: int) -> Iterator[Figure]:
    """The bombs of the audit one by one, and ``size`` generated ones by their kind, each in a process of its own."""
    for name, make in AUDITED.items():
        with tempfile.TemporaryDirectory(prefix="otm-bombs-") as folder:
            file = make(Path(folder))
            yield from _figures(f"audit: {name}", read([file]), [file.stat().st_size])
    generated: dict[str, tuple[list[Ended], list[int]]] = {}
    for number in range(seed, seed + size):
        with tempfile.TemporaryDirectory(prefix="otm-bombs-") as folder:
            kind, file = bomb(number, Path(folder))
            ended, sizes = generated.setdefault(kind, ([], []))
            ended += read([file])
            sizes.append(file.stat().st_size)
            if ended[-1].said is None:
                print(f"  bomb {number} ({kind}) was taken", file=sys.stderr)
    for kind in sorted(generated):
        yield from _figures(f"generated: {kind}", *generated[kind])


SUITES = (Suite("bombs", "Small files that unfold without end are refused before memory grows", bombs, 100),)
