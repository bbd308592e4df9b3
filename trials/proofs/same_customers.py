"""Whether two lists hold the same customers, each as often, in whatever order: without sorting millions of ids.

Ledger ids have one length, so each is four numbers. They are mixed with numbers drawn for this comparison alone and
summed: whoever made the lists could not know them, so that other customers give the same sum once in 2**64.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_BYTES = 32
_WORDS = _BYTES // 8
_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class Mixed:
    """How many ids a list holds, and the sum of what they were mixed into."""

    ids: int
    total: int

    def __add__(self, other: Mixed) -> Mixed:
        return Mixed(self.ids + other.ids, (self.total + other.total) % 2**64)


NOBODY: Final = Mixed(0, 0)


class Mixer:
    """The numbers of one comparison: what it gave is compared with nothing that another gave."""

    def __init__(self) -> None:
        self._numbers = [secrets.randbits(64) | 1 for _ in range(_WORDS + 1)]

    def mixed(self, column: pa.ChunkedArray) -> Mixed | None:
        """Some ids of a list, to be added to others of it; None where they are no ids of one length."""
        whole = NOBODY
        for chunk in column.chunks:
            total = _mixed(chunk, self._numbers)
            if total is None:
                return None
            whole += Mixed(len(chunk), total)
        return whole


def same_customers(first: Sequence[pa.ChunkedArray], second: Sequence[pa.ChunkedArray]) -> bool:
    """Whether all of the first together are all of the second together, each id as often.

    Args:
        first, second: Columns of ids.
    """
    mixer = Mixer()
    sides = []
    for side in (first, second):
        whole = NOBODY
        for column in side:
            mixed = mixer.mixed(column)
            if mixed is None:
                return bool(_sorted(first).equals(_sorted(second)))
            whole += mixed
        sides.append(whole)
    return sides[0] == sides[1]


def _sorted(columns: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    return pa.chunked_array(
        [chunk.cast(pa.string()) for column in columns for chunk in column.chunks], pa.string()
    ).sort()


def _mixed(chunk: pa.Array, numbers: Sequence[int]) -> int | None:
    """The sum of mixed ids; None where they are no ids of one length."""
    width = np.int32 if pa.types.is_string(chunk.type) else np.int64 if pa.types.is_large_string(chunk.type) else None
    if width is None or chunk.null_count:
        return None
    if not len(chunk):
        return 0
    _, offsets, content = chunk.buffers()
    starts = np.frombuffer(offsets, width)[chunk.offset : chunk.offset + len(chunk) + 1]
    if (np.diff(starts) != _BYTES).any():
        return None
    letters = np.frombuffer(content, np.uint8)[int(starts[0]) : int(starts[-1])]
    words = letters.view(np.uint64).reshape(-1, _WORDS)
    return sum(_summed(words[at : at + _AT_ONCE], numbers) for at in range(0, len(words), _AT_ONCE))


def _summed(words: NDArray[np.uint64], numbers: Sequence[int]) -> int:
    mixed = np.full(len(words), numbers[-1], np.uint64)
    for place in range(_WORDS):
        mixed ^= words[:, place]
        mixed *= np.uint64(numbers[place])
        mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(numbers[-1])
    mixed ^= mixed >> np.uint64(29)
    return int(mixed.sum(dtype=np.uint64))
