"""SHA-256 of many short texts, sixteen side by side: the fast path of :mod:`data.hashing`.

The standard is FIPS 180-4. Each step of its 64 rounds is one loop over sixteen messages, which the compiler turns
into vector instructions of whatever processor runs it. ``hashlib`` is the oracle: the tests hold the two equal.
Imported only for large populations, because compiling takes seconds the first time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import isqrt
from typing import Any

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

LANES = 16
_PART = 1 << 16  # ids that one thread takes at a time
_u32 = np.uint32
_ONE, _TWO, _THREE, _FOUR = (np.uint64(places) for places in (1, 2, 3, 4))


def _primes(count: int) -> list[int]:
    primes: list[int] = []
    number = 2
    while len(primes) < count:
        if all(number % prime for prime in primes):
            primes.append(number)
        number += 1
    return primes


def _cube_root(number: int) -> int:
    root = 1 << -(-number.bit_length() // 3)
    while root**3 > number:
        root = (2 * root + number // root**2) // 3
    return root


# FIPS 180-4, sections 4.2.2 and 5.3.3: the first 32 bits of the fractional parts of roots of the first primes.
_ROUND = np.array([_cube_root(prime << 96) % 2**32 for prime in _primes(64)], np.uint32)
_START = np.array([isqrt(prime << 64) % 2**32 for prime in _primes(8)], np.uint32)


@numba.njit(inline="always")
def _rotated(x: Any, places: Any) -> Any:
    return _u32(_u32(x >> _u32(places)) | _u32(x << _u32(32 - places)))


@numba.njit(inline="always")
def _round(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, term: Any) -> Any:
    """The two words that a round makes anew (section 6.2.2, step 3); the other six only change their names."""
    sum1 = _u32(_rotated(e, 6) ^ _rotated(e, 11) ^ _rotated(e, 25))
    sum0 = _u32(_rotated(a, 2) ^ _rotated(a, 13) ^ _rotated(a, 22))
    first = _u32(_u32(h + term) + sum1 + _u32(g ^ (e & (f ^ g))))
    return _u32(d + first), _u32(first + sum0 + _u32((a & b) | (c & (a | b))))


@numba.njit(nogil=True, cache=True)
def _compress(state: Any, block: Any, blocks: Any, words: Any) -> Any:
    """One block into the state of every message that has that many blocks (section 6.2.2)."""
    for t in range(16, 64):
        for lane in range(LANES):
            early, late = words[t - 15, lane], words[t - 2, lane]
            sigma0 = _u32(_rotated(early, 7) ^ _rotated(early, 18) ^ _u32(early >> _u32(3)))
            sigma1 = _u32(_rotated(late, 17) ^ _rotated(late, 19) ^ _u32(late >> _u32(10)))
            words[t, lane] = _u32(words[t - 16, lane] + sigma0 + words[t - 7, lane] + sigma1)
    new = state.copy()
    # Eight rounds at a time, after which the eight words have their old names back and need be stored only once.
    for t in range(0, 64, 8):
        for lane in range(LANES):
            a, b, c, d = new[0, lane], new[1, lane], new[2, lane], new[3, lane]
            e, f, g, h = new[4, lane], new[5, lane], new[6, lane], new[7, lane]
            d, h = _round(a, b, c, d, e, f, g, h, _u32(_ROUND[t] + words[t, lane]))
            c, g = _round(h, a, b, c, d, e, f, g, _u32(_ROUND[t + 1] + words[t + 1, lane]))
            b, f = _round(g, h, a, b, c, d, e, f, _u32(_ROUND[t + 2] + words[t + 2, lane]))
            a, e = _round(f, g, h, a, b, c, d, e, _u32(_ROUND[t + 3] + words[t + 3, lane]))
            h, d = _round(e, f, g, h, a, b, c, d, _u32(_ROUND[t + 4] + words[t + 4, lane]))
            g, c = _round(d, e, f, g, h, a, b, c, _u32(_ROUND[t + 5] + words[t + 5, lane]))
            f, b = _round(c, d, e, f, g, h, a, b, _u32(_ROUND[t + 6] + words[t + 6, lane]))
            e, a = _round(b, c, d, e, f, g, h, a, _u32(_ROUND[t + 7] + words[t + 7, lane]))
            new[0, lane], new[1, lane], new[2, lane], new[3, lane] = a, b, c, d
            new[4, lane], new[5, lane], new[6, lane], new[7, lane] = e, f, g, h
    for word in range(8):
        for lane in range(LANES):
            if block < blocks[lane]:
                state[word, lane] += new[word, lane]


@numba.njit(nogil=True, cache=True)
def _lay_out(messages: Any, lane: Any, data: Any, start: Any, end: Any) -> Any:
    """One text and the bit after it into its lane, as big-endian words (section 5.1.1); returns its blocks."""
    # Unsigned, so that no place could mean one from the end: then four bytes are one load.
    at, place, rest = 0, np.uint64(start), np.int64(end) - np.int64(start)
    while rest >= 4:
        first, second = _u32(data[place]), _u32(data[place + _ONE])
        third, fourth = _u32(data[place + _TWO]), _u32(data[place + _THREE])
        messages[at, lane] = _u32(_u32(first << _u32(24)) | _u32(second << _u32(16)) | _u32(third << _u32(8)) | fourth)
        place += _FOUR
        rest -= 4
        at += 1
    last, shift = _u32(0), 24
    while rest > 0:
        last = _u32(last | _u32(_u32(data[place]) << _u32(shift)))
        place += _ONE
        rest -= 1
        shift -= 8
    messages[at, lane] = _u32(last | _u32(_u32(0x80) << _u32(shift)))
    return (at + 3 + 15) // 16  # this word, and two for the length


@numba.njit(nogil=True, cache=True)
def _hash(states: Any, lengths: Any, ends: Any, data: Any, longest: Any, out: Any) -> Any:
    """``out[p, i]`` = the first 64-bit words (at most 4) of the hash of prefix p and text i."""
    messages = np.zeros((16 * ((longest + 9 + 63) // 64), LANES), np.uint32)
    words = np.zeros((64, LANES), np.uint32)
    state = np.zeros((8, LANES), np.uint32)
    blocks = np.zeros(LANES, np.int64)
    for first in range(0, out.shape[1], LANES):
        lanes = min(LANES, out.shape[1] - first)
        messages[:] = _u32(0)
        most = 0
        for lane in range(lanes):
            blocks[lane] = _lay_out(messages, lane, data, ends[first + lane], ends[first + lane + 1])
            most = max(most, blocks[lane])
        for p in range(len(states)):
            for word in range(8):
                for lane in range(LANES):
                    state[word, lane] = states[p, word]
            for lane in range(lanes):
                bits = np.uint64(lengths[p] + ends[first + lane + 1] - ends[first + lane]) * np.uint64(8)
                messages[16 * blocks[lane] - 2, lane] = _u32(bits >> np.uint64(32))
                messages[16 * blocks[lane] - 1, lane] = _u32(bits & np.uint64(0xFFFFFFFF))
            for block in range(most):
                for word in range(16):
                    for lane in range(LANES):
                        words[word, lane] = messages[16 * block + word, lane]
                _compress(state, block, blocks, words)
            for pair in range(out.shape[2]):
                for lane in range(lanes):
                    high, low = np.uint64(state[2 * pair, lane]), np.uint64(state[2 * pair + 1, lane])
                    out[p, first + lane, pair] = (high << np.uint64(32)) | low


def _state_after(prefix: bytes) -> NDArray[np.uint32]:
    """The eight words after the whole blocks that every message begins with."""
    state = np.repeat(_START[:, None], LANES, axis=1)
    words = np.zeros((64, LANES), np.uint32)
    for start in range(0, len(prefix), 64):
        words[:16] = np.frombuffer(prefix[start : start + 64], ">u4").astype(np.uint32)[:, None]
        _compress(state, 0, np.ones(LANES, np.int64), words)
    return state[:, 0].copy()


def first_words(prefixes: Sequence[bytes], ids: pa.Array, threads: int | None = None) -> NDArray[np.uint64]:
    """First 8 bytes, as big-endian numbers, of ``SHA-256(prefix || id)``.

    Args:
        prefixes: Each of whole 64-byte blocks, none included.
        ids: n texts, an Arrow string or large-string array without nulls.
        threads: How many to use; by default one per processor.

    Returns:
        One row of n unsigned 64-bit numbers for each prefix.
    """
    states, lengths = _states(prefixes)
    ends, data = _buffers(ids)
    out = np.empty((len(prefixes), len(ids), 1), np.uint64)

    def hash_part(start: int) -> None:
        part = ends[start : start + _PART + 1]
        _hash(states, lengths, part, data, _longest(part), out[:, start : start + _PART])

    _in_parts(hash_part, len(ids), threads)
    return out[:, :, 0]


def nested_words(inner: bytes, outer: bytes, ids: pa.Array, words: int) -> NDArray[np.uint64]:
    """First words of ``SHA-256(outer || SHA-256(inner || id))``, which is what an HMAC is.

    Args:
        inner, outer: Each of whole 64-byte blocks.
        ids: n texts, an Arrow string or large-string array without nulls.
        words: How many, at most 4.

    Returns:
        Big-endian numbers, shape (n, words).
    """
    (inner_state, inner_length), (outer_state, outer_length) = _states([inner]), _states([outer])
    ends, data = _buffers(ids)
    out = np.empty((1, len(ids), words), np.uint64)

    def hash_part(start: int) -> None:
        part = ends[start : start + _PART + 1]
        count = len(part) - 1
        digests = np.empty((1, count, 4), np.uint64)
        _hash(inner_state, inner_length, part, data, _longest(part), digests)
        places = np.arange(0, 32 * (count + 1), 32, dtype=np.int64)
        _hash(
            outer_state, outer_length, places, digests.astype(">u8").view(np.uint8).ravel(), 32,
            out[:, start : start + _PART],
        )  # fmt: skip

    _in_parts(hash_part, len(ids), None)
    hashed: NDArray[np.uint64] = out[0]
    return hashed


def _states(prefixes: Sequence[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The state after each prefix, and its length."""
    if any(len(prefix) % 64 for prefix in prefixes):
        raise ValueError("a prefix must be of whole 64-byte blocks")
    return np.stack([_state_after(prefix) for prefix in prefixes]), np.array([len(p) for p in prefixes], np.int64)


def _longest(ends: NDArray[Any]) -> int:
    return int((ends[1:] - ends[:-1]).max())


def _in_parts(hash_part: Callable[[int], None], count: int, threads: int | None) -> None:
    """Every part of so many ids, by the place where it begins."""
    starts = range(0, count, _PART)
    workers = min(threads or os.cpu_count() or 1, len(starts))
    if workers > 1:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(hash_part, starts))
    else:
        for start in starts:
            hash_part(start)


def _buffers(ids: Any) -> tuple[NDArray[np.int64] | NDArray[np.int32], NDArray[np.uint8]]:
    """Where each text begins and ends, and the bytes, without a copy."""
    ends: NDArray[Any] = np.frombuffer(ids.buffers()[1], np.int64 if pa.types.is_large_string(ids.type) else np.int32)
    data = ids.buffers()[2]
    held = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return ends[ids.offset : ids.offset + len(ids) + 1], held
