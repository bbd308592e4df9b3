"""Uniformly random subsets of fixed size, and sums over them, compiled.

Imported only by what redraws continuous outcomes of many units: compiling costs seconds. A subset of m of n units is
drawn in two exact steps: every unit is taken by a coin of bias near m/n (64 coins from a few random words), and then
uniformly random units are added or dropped until m are left. Given its size, a subset by equal coins is uniform, and
uniform additions or removals keep it so.

Draws come in a fixed number of runs, each with its own random stream, so no result depends on the number of threads.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

RUNS = 16
_DIGITS = 6
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_LOW = np.uint64(0xFFFFFFFF)
_ONE, _S27, _S30, _S31, _S32 = (np.uint64(k) for k in (1, 27, 30, 31, 32))


@nb.njit(inline="always")
def _next(state: Any) -> Any:
    """SplitMix64 (Steele, Lea & Flood 2014): the next state and its output."""
    state = state + _GOLDEN
    z = (state ^ (state >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return state, z ^ (z >> _S31)


@nb.njit(inline="always")
def _below(state: Any, bound: Any) -> Any:
    """An unbiased whole number below ``bound`` (Lemire 2019, ACM TOMACS 29:3)."""
    state, z = _next(state)
    product = (z >> _S32) * bound
    low = product & _LOW
    if low < bound:
        threshold = (_LOW + _ONE - bound) % bound
        while low < threshold:
            state, z = _next(state)
            product = (z >> _S32) * bound
            low = product & _LOW
    return state, np.int64(product >> _S32)


@nb.njit(inline="always")
def _ones(word: Any) -> Any:
    """How many bits are set."""
    word = word - ((word >> _ONE) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@nb.njit(nogil=True, cache=True)
def _draw(mask: Any, n: Any, take: Any, digits: Any, state: Any) -> Any:
    """Set ``take`` of the first ``n`` bits of ``mask``; ``digits`` are the coin's bias in binary, last one first."""
    words = (n + 63) // 64
    taken = 0
    for k in range(words):
        word = np.uint64(0)
        for digit in digits:
            state, coins = _next(state)
            word = word | coins if digit else word & coins
        if k == words - 1 and n % 64:
            word &= (_ONE << np.uint64(n % 64)) - _ONE
        mask[k] = word
        taken += _ones(word)
    while taken != take:
        state, unit = _below(state, np.uint64(n))
        bit = _ONE << np.uint64(unit & 63)
        is_in = (mask[unit >> 6] & bit) != 0
        if taken < take and not is_in:
            mask[unit >> 6] |= bit
            taken += 1
        elif taken > take and is_in:
            mask[unit >> 6] &= ~bit
            taken -= 1
    return state


@nb.njit(nogil=True, cache=True, fastmath={"reassoc", "nsz", "contract"})
def _masked_sum(values: Any, mask: Any) -> Any:
    total = 0.0
    full = values.size // 64
    for k in range(full):
        word = mask[k]
        for i in range(64):
            total += values[64 * k + i] if (word >> np.uint64(i)) & _ONE else 0.0
    for i in range(values.size - 64 * full):
        total += values[64 * full + i] if (mask[full] >> np.uint64(i)) & _ONE else 0.0
    return total


@nb.njit(parallel=True, nogil=True, cache=True)
def _subset_sums(columns: Any, starts: Any, take: Any, digits: Any, lengths: Any, seeds: Any, draws: Any) -> Any:
    width = columns.shape[0]
    out = np.zeros((draws, take.size, width))
    for run in nb.prange(seeds.size):
        state = seeds[run]
        mask = np.zeros((np.max(np.diff(starts)) + 63) // 64, np.uint64)
        for draw in range(run, draws, seeds.size):
            for j in range(take.size):
                begin, end = starts[j], starts[j + 1]
                state = _draw(mask, end - begin, take[j], digits[j, : lengths[j]], state)
                for c in range(width):
                    out[draw, j, c] = _masked_sum(columns[c, begin:end], mask)
    return out


def _coins(take: NDArray[np.int64], size: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """The bias of each stratum's coin: few binary digits, weighed against the units to add or drop after them."""
    digits = np.zeros((take.size, _DIGITS), dtype=np.bool_)
    lengths = np.ones(take.size, dtype=np.int64)
    for j, share in enumerate(take / size):
        costs = []
        for length in range(1, _DIGITS + 1):
            nearest = min(max(round(share * 2**length), 1), 2**length - 1)
            # about 0.05 ns a unit for each digit, and 10 ns for each unit added or dropped
            costs.append((0.05 * length + 10 * abs(nearest / 2**length - share), length, nearest))
        _, length, nearest = min(costs)
        lengths[j] = length
        digits[j, :length] = [(nearest >> k) & 1 for k in range(length)]
    return digits, lengths


def subset_sums(
    columns: NDArray[np.float64],
    starts: NDArray[np.int64],
    take: NDArray[np.int64],
    draws: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Sums over ``take[j]`` units drawn without replacement from each stratum, ``draws`` times.

    Args:
        columns: shape (c, n), each row contiguous and sorted by stratum.
        starts: shape (J + 1,); stratum j is units ``starts[j]`` to ``starts[j + 1] - 1``.
        take: shape (J,).
        draws: how many redraws.
        rng: gives each run its starting state.

    Returns:
        Shape (draws, J, c).
    """
    digits, lengths = _coins(take, np.diff(starts))
    seeds = rng.integers(0, 2**64, RUNS, dtype=np.uint64)
    out: NDArray[np.float64] = _subset_sums(columns, starts, take, digits, lengths, seeds, draws)
    return out
