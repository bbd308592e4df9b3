"""SHA-256 of customers' ids, few or millions: what orders an allocation, and what makes a pseudonym.

One id at a time by hashlib; from :data:`MANY` ids on, sixteen side by side. The results are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MANY = 200_000  # from here on, compiling the vector hash costs less than hashing one id at a time
_BLOCK = 64


def first_words(
    prefixes: Sequence[bytes], ids: pa.Array, *, many: bool | None = None, threads: int | None = None
) -> NDArray[np.uint64]:
    """First 8 bytes of ``SHA-256(prefix || id)``, as big-endian numbers.

    Args:
        prefixes: P prefixes; for many ids, each of whole 64-byte blocks.
        ids: n texts, an Arrow string or large-string array without nulls.
        many: Whether the ids are a part of many; by default their own number decides.
        threads: How many to use for many ids; by default one per processor.

    Returns:
        Numbers of 64 bits, shape (P, n).
    """
    if many if many is not None else len(ids) >= MANY:
        from data.hashing import side_by_side

        return side_by_side.first_words(prefixes, ids, threads)
    texts = [text.encode() for text in ids.to_pylist()]
    hashed = np.empty((len(prefixes), len(texts)), np.uint64)
    for row, prefix in zip(hashed, prefixes, strict=True):
        row[:] = np.frombuffer(b"".join(sha256(prefix + text).digest()[:8] for text in texts), ">u8")
    return hashed


def hmac_sha256(key: bytes, ids: pa.ChunkedArray, *, octets: int = 32, many: bool | None = None) -> NDArray[np.uint8]:
    """HMAC-SHA-256 (RFC 2104, FIPS 198-1) of each id: ``H((key ^ opad) || H((key ^ ipad) || id))``.

    Args:
        key: Of any length.
        ids: n texts without nulls.
        octets: How many bytes of each are kept, from the first: 8, 16, 24 or 32.
        many: Whether the ids are many; by default their number decides.

    Returns:
        Bytes, shape (n, octets).

    Examples:
        >>> hmac_sha256(b"key", pa.chunked_array([["A1", "A2"]]), octets=8).shape
        (2, 8)
    """
    block = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    hashed = np.empty((len(ids), octets), np.uint8)
    start = 0
    for chunk in ids.chunks:
        part = hashed[start : start + len(chunk)]
        start += len(chunk)
        if many if many is not None else len(ids) >= MANY:
            from data.hashing import side_by_side

            part[:] = side_by_side.nested_words(inner, outer, chunk, octets // 8).astype(">u8").view(np.uint8)
        elif len(chunk):
            part[:] = _one_at_a_time(inner, outer, chunk.to_pylist(), octets)
    return hashed


def _one_at_a_time(inner: bytes, outer: bytes, texts: Sequence[str], octets: int) -> NDArray[np.uint8]:
    after_inner, after_outer = sha256(inner), sha256(outer)
    digests = []
    for text in texts:
        within, around = after_inner.copy(), after_outer.copy()
        within.update(text.encode())
        around.update(within.digest())
        digests.append(around.digest()[:octets])
    return np.frombuffer(b"".join(digests), np.uint8).reshape(len(texts), octets)
