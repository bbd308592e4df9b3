"""Hashes are sorted by their digits as numpy sorts them, and so is what is no hash."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from designs.assignment.keyed import sorting
from designs.assignment.keyed.sorting import sort_hashes

Hashes = NDArray[np.uint64]
RNG = np.random.default_rng(20261130)


def spread(n: int) -> Hashes:
    return RNG.integers(0, 1 << 64, n, np.uint64, endpoint=False) if n else np.empty(0, np.uint64)


CASES = {
    "none": spread(0),
    "one": spread(1),
    "two": spread(2)[::-1].copy(),
    "fewer than heaps": spread(700),
    "many": spread(300_000),
    "repeats": np.repeat(spread(30_000), 10),
    "in order": np.sort(spread(50_000)),
    "in the other order": np.sort(spread(50_000))[::-1].copy(),
    "all alike": np.full(50_000, 7, np.uint64),
    "small numbers": np.arange(50_000, dtype=np.uint64)[::-1].copy(),
    "the ends": np.resize(np.array([2**64 - 1, 0, 1, 2**64 - 2], np.uint64), 50_000),
    # Heaps of one size, and in each numbers whose next digits are alike too: only the work tells.
    "alike in their leading digits": spread(1_200_000) & np.uint64(0xFFE0_0000_0000_0FFF),
    "half of them alike": np.concatenate([spread(50_000), np.full(50_000, 1 << 63, np.uint64)]),
}


@pytest.mark.parametrize("case", CASES)
def test_as_numpy_sorts(case: str) -> None:
    values = CASES[case].copy()
    sort_hashes(values)
    assert np.array_equal(values, np.sort(CASES[case]))


def test_what_is_no_hash_is_told_and_nothing_of_it_is_lost() -> None:
    """Both guards speak: the size of a heap, and the work in one; then the numbers are still those that were given."""
    for case, sorted_so in (("all alike", False), ("alike in their leading digits", False), ("many", True)):
        values = CASES[case].copy()
        assert sorting._by_digits(values) is sorted_so
        assert np.array_equal(np.sort(values), np.sort(CASES[case]))
