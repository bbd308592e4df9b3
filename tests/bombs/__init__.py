"""Small files that unfold into more than a server has: each number makes one, the same every time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from tests.bombs import packed, typed, workbooks

Maker = Callable[[Path, Random], Path]

KINDS: Sequence[Maker] = (*workbooks.KINDS, *typed.KINDS, *packed.KINDS)


def bomb(seed: int, folder: Path) -> tuple[str, Path]:
    """The bomb of a number: what it is, and its file. Every kind comes once in as many numbers as there are kinds."""
    kind = KINDS[seed % len(KINDS)]
    return kind.__name__, kind(folder, Random(seed))
