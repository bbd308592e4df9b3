"""SHA-256 of many short texts, sixteen side by side: the fast path of :mod:`designs.assignment.keyed`.

The standard is FIPS 180-4. Each step of its 64 rounds is one loop over sixteen messages, which the compiler turns
into vector instructions of whatever processor runs it. ``hashlib`` is the oracle: the tests hold the two equal.
Imported only for large populations, because compiling takes seconds the first time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
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


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


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


@numba.njit(nogil=True, cache=True)
def _compress(state: Any, block: Any, blocks: Any, words: Any) -> Any:
    """One block into the state of every message that has that many blocks (section 6.2.2)."""
    for t in range(16, 64):
        for lane in range(LANES):
            early, late = words[t - 15, lane], words[t - 2, lane]
            sigma0 = _u32(_rotated(early, 7) ^ _rotated(early, 18) ^ _u32(early >> _u32(3)))
            sigma1 = _u32(_rotated(late, 17) ^ _rotated(late, 19) ^ _u32(late >> _u32(10)))
            words[t, lane] = _u32(words[t - 16, lane] + sigma0 + words[t - 7, lane] + sigma1)
    A, B, C, D = state[0].copy(), state[1].copy(), state[2].copy(), state[3].copy()
    E, F, G, H = state[4].copy(), state[5].copy(), state[6].copy(), state[7].copy()
    for t in range(64):
        constant = _ROUND[t]
        for lane in range(LANES):
            a, b, c = A[lane], B[lane], C[lane]
            e, f, g = E[lane], F[lane], G[lane]
            sum1 = _u32(_rotated(e, 6) ^ _rotated(e, 11) ^ _rotated(e, 25))
            first = _u32(H[lane] + sum1 + _u32(g ^ (e & (f ^ g))) + constant + words[t, lane])
            sum0 = _u32(_rotated(a, 2) ^ _rotated(a, 13) ^ _rotated(a, 22))
            second = _u32(sum0 + _u32((a & b) ^ (a & c) ^ (b & c)))
            H[lane], G[lane], F[lane], E[lane] = g, f, e, _u32(D[lane] + first)
            D[lane], C[lane], B[lane], A[lane] = c, b, a, _u32(first + second)
    for lane in range(LANES):
        if block < blocks[lane]:
            state[0, lane] += A[lane]
            state[1, lane] += B[lane]
            state[2, lane] += C[lane]
            state[3, lane] += D[lane]
            state[4, lane] += E[lane]
            state[5, lane] += F[lane]
            state[6, lane] += G[lane]
            state[7, lane] += H[lane]


@numba.njit(nogil=True, cache=True)
def _lay_out(messages: Any, lane: Any, prefix: Any, offset: Any, data: Any, start: Any, end: Any) -> Any:
    """One padded message (section 5.1.1) into its lane as big-endian words; returns its number of blocks."""
    word, at = _u32(0), 0
    for byte in prefix:
        word = _u32((word << _u32(8)) | _u32(byte))
        at += 1
        if at & 3 == 0:
            messages[at // 4 - 1, lane] = word
    for place in range(start, end):
        word = _u32((word << _u32(8)) | _u32(data[place]))
        at += 1
        if at & 3 == 0:
            messages[at // 4 - 1, lane] = word
    bits = np.uint64(offset + at) * np.uint64(8)
    word = _u32((word << _u32(8)) | _u32(0x80))
    at += 1
    while at & 3:
        word = _u32(word << _u32(8))
        at += 1
    messages[at // 4 - 1, lane] = word
    blocks = (at + 8 + 63) // 64
    messages[16 * blocks - 2, lane] = _u32(bits >> np.uint64(32))
    messages[16 * blocks - 1, lane] = _u32(bits & np.uint64(0xFFFFFFFF))
    return blocks


@numba.njit(nogil=True, cache=True)
def _first_words(
    states: Any, tails: Any, tail_lengths: Any, offset: Any, which: Any, ends: Any, data: Any, longest: Any, out: Any
) -> Any:
    """``out[i]`` = first 8 bytes of the hash of prefix ``which[i]`` and text i."""
    most = (tails.shape[1] + longest + 9 + 63) // 64
    messages = np.zeros((16 * most, LANES), np.uint32)
    words = np.zeros((64, LANES), np.uint32)
    state = np.zeros((8, LANES), np.uint32)
    blocks = np.zeros(LANES, np.int64)
    for first in range(0, len(out), LANES):
        lanes = min(LANES, len(out) - first)
        messages[:] = _u32(0)
        blocks[:] = 0
        for lane in range(lanes):
            i = first + lane
            prefix = which[i] if len(which) else 0
            tail = tails[prefix, : tail_lengths[prefix]]
            blocks[lane] = _lay_out(messages, lane, tail, offset, data, ends[i], ends[i + 1])
            state[:, lane] = states[prefix]
        for block in range(blocks.max()):
            words[:16] = messages[16 * block : 16 * block + 16]
            _compress(state, block, blocks, words)
        for lane in range(lanes):
            out[first + lane] = (np.uint64(state[0, lane]) << np.uint64(32)) | np.uint64(state[1, lane])


def _state_after(whole_blocks: bytes) -> NDArray[np.uint32]:
    """The eight words after the whole blocks that every message begins with."""
    state = np.repeat(_START[:, None], LANES, axis=1)
    words = np.zeros((64, LANES), np.uint32)
    for start in range(0, len(whole_blocks), 64):
        block = np.frombuffer(whole_blocks[start : start + 64], ">u4").astype(np.uint32)
        words[:16] = block[:, None]
        _compress(state, 0, np.ones(LANES, np.int64), words)
    return state[:, 0].copy()


def first_words(
    prefixes: Sequence[bytes], which: NDArray[np.int8] | None, ids: Any, threads: int | None = None
) -> NDArray[np.uint64]:
    """First 8 bytes, as big-endian numbers, of ``SHA-256(prefixes[which] || id)``.

    Args:
        prefixes: One or more beginnings, of the same number of whole 64-byte blocks.
        which: n codes into ``prefixes``; absent means the first for all.
        ids: n texts, an Arrow string or large-string array without nulls.
        threads: How many to use; by default one per processor.

    Returns:
        n unsigned 64-bit numbers.
    """
    whole = {len(prefix) // 64 * 64 for prefix in prefixes}
    if len(whole) != 1:
        raise ValueError("prefixes must have the same number of whole blocks")
    (cut,) = whole
    tails = np.zeros((len(prefixes), 64), np.uint8)
    for row, prefix in zip(tails, prefixes, strict=True):
        row[: len(prefix) - cut] = np.frombuffer(prefix[cut:], np.uint8)
    lengths = np.array([len(prefix) - cut for prefix in prefixes], np.int64)
    states = np.stack([_state_after(prefix[:cut]) for prefix in prefixes])
    codes = np.empty(0, np.int8) if which is None else np.ascontiguousarray(which, np.int8)
    ends, data = _buffers(ids)
    out = np.empty(len(ids), np.uint64)

    def part(start: int) -> None:
        stop = min(start + _PART, len(out))
        mine = ends[start : stop + 1]
        longest = int(np.diff(mine).max())
        tail = tails[:, : lengths.max()]
        _first_words(states, tail, lengths, cut, codes[start:stop], mine, data, longest, out[start:stop])

    workers = threads or min(os.cpu_count() or 1, -(-len(out) // _PART))
    if workers <= 1:
        for start in range(0, len(out), _PART):
            part(start)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(part, range(0, len(out), _PART)))
    return out


def _buffers(ids: Any) -> tuple[NDArray[np.int64] | NDArray[np.int32], NDArray[np.uint8]]:
    """Where each text begins and ends, and the bytes, without a copy."""
    ends: NDArray[Any] = np.frombuffer(ids.buffers()[1], np.int64 if pa.types.is_large_string(ids.type) else np.int32)
    data = ids.buffers()[2]
    held = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return ends[ids.offset : ids.offset + len(ids) + 1], held
