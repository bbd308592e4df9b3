"""Sort millions of hashes: by their leading digits, then the few that share them; what is not hashes is sorted as ever.

Hashes spread evenly, so that 2,048 heaps by the leading 11 bits are of one size and fit the processor's cache; in each,
1,024 smaller ones by the next 10 bits hold a handful. Nothing is assumed: numbers that spread otherwise are told by the
heaps and by the work, and are left to ``numpy.sort``, which is the oracle of the tests.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_FIRST, _SECOND = 11, 10  # bits
_LARGEST_HEAP = 8  # times the mean, beyond which the numbers are no hashes
_MOST_MOVES = 64  # for each number


@numba.njit(nogil=True, cache=True)
def _into_heaps(values: Any, upto: Any) -> Any:
    """Put every number into its heap, in place; ``upto`` holds where each heap begins, and then where it ends."""
    shift = np.uint64(64 - _FIRST)
    ends = np.empty_like(upto)
    ends[:-1] = upto[1:]
    ends[-1] = len(values)
    for heap in range(len(upto)):
        while upto[heap] < ends[heap]:
            value = values[upto[heap]]
            of = value >> shift
            while of != heap:
                there = values[upto[of]]
                values[upto[of]] = value
                upto[of] += 1
                value = there
                of = value >> shift
            values[upto[heap]] = value
            upto[heap] += 1


@numba.njit(nogil=True, cache=True)
def _sort_heap(heap: Any, spare: Any, held: Any) -> Any:
    """Whether one heap is sorted now; where not, there was no end of moving its numbers."""
    shift, mask = np.uint64(64 - _FIRST - _SECOND), np.uint64((1 << _SECOND) - 1)
    held[:] = 0
    for i in range(len(heap)):
        held[(heap[i] >> shift) & mask] += 1
    start = 0
    for digit in range(len(held)):
        count = held[digit]
        held[digit] = start
        start += count
    for i in range(len(heap)):
        digit = (heap[i] >> shift) & mask
        spare[held[digit]] = heap[i]
        held[digit] += 1
    moves, most = 0, _MOST_MOVES * len(heap)
    for i in range(len(heap)):
        value, at = spare[i], i
        while at > 0 and heap[at - 1] > value:
            heap[at] = heap[at - 1]
            at -= 1
        heap[at] = value
        moves += i - at
        if moves > most:
            for rest in range(i + 1, len(heap)):
                heap[rest] = spare[rest]
            return False
    return True


@numba.njit(nogil=True, cache=True)
def _by_digits(values: Any) -> Any:
    """Whether the numbers are sorted now; where not, they are the same numbers in some order."""
    upto = np.zeros(1 << _FIRST, np.int64)
    shift = np.uint64(64 - _FIRST)
    for i in range(len(values)):
        upto[values[i] >> shift] += 1
    largest = upto.max()
    if largest > _LARGEST_HEAP * (len(values) // len(upto) + 1):
        return False
    start = 0
    for heap in range(len(upto)):
        count = upto[heap]
        upto[heap] = start
        start += count
    _into_heaps(values, upto)
    spare, held = np.empty(largest, np.uint64), np.empty(1 << _SECOND, np.int64)
    start = 0
    for heap in range(len(upto)):
        if not _sort_heap(values[start : upto[heap]], spare, held):
            return False
        start = upto[heap]
    return True


def sort_hashes(values: NDArray[np.uint64]) -> None:
    """Sort in place; without more memory than one heap takes.

    Args:
        values: n numbers of 64 bits, in one piece.
    """
    if not _by_digits(values):
        values.sort()
