"""Random numbers that belong to a customer: the same whatever the order of the rows or the arm assigned."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Draws:
    """One stream of uniform numbers per label, one number per customer.

    Each is SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, section 3) at a place given by the seed, the customer's id
    and the label, so no customer's number depends on who else is there.

    Args:
        seed: Any integer.
        ids: Customer ids, text, shape (n,).
    """

    def __init__(self, seed: int, ids: pa.Array | pa.ChunkedArray) -> None:
        prefix = hashlib.sha256(str(seed).encode() + b"\0")
        digests = bytearray()
        for text in ids.to_pylist():
            hashed = prefix.copy()
            hashed.update(text.encode())
            digests += hashed.digest()[:8]
        self._keys = np.frombuffer(bytes(digests), np.uint64)

    def uniform(self, label: str) -> Floats:
        """Numbers from 0 to below 1, shape (n,)."""
        place = np.uint64(int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "little"))
        mixed = self._keys ^ place
        for _ in range(2):
            mixed = mixed + _GOLDEN
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            mixed ^= mixed >> np.uint64(31)
        numbers: Floats = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return numbers

    def chance(self, label: str, probability: Floats | float) -> npt.NDArray[np.bool_]:
        """Whether it happens to each customer, shape (n,)."""
        return self.uniform(label) < probability

    def day(self, label: str, weights: Floats) -> npt.NDArray[np.int64]:
        """A day each, 1 to ``len(weights)``, with chances in proportion to the weights, shape (n,)."""
        heights = np.cumsum(weights) / np.sum(weights)
        return np.minimum(np.searchsorted(heights, self.uniform(label), side="right"), len(weights) - 1) + 1
