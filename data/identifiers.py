"""Ledger ids: the pseudonym under which a customer is dealt, joined and remembered across trials.

HMAC-SHA-256 (RFC 2104, FIPS 198-1) of the id's UTF-8 bytes under the registry's key; the first 32 of its 64
lower-case hexadecimal characters (128 bits, so that a clash among a billion customers has odds of 1 in 10^21).
"""

from __future__ import annotations

import hashlib
import hmac

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataRefused

MAXIMUM_ID_BYTES = 55  # what one SHA-256 block holds beside its padding
LEDGER_ID_CHARACTERS = 32
_BLOCK = 64
_SMALL = 20_000


def ledger_ids(key: bytes, ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The ledger id of every customer id, in the same order.

    Args:
        key: The registry's key, at least 16 bytes.
        ids: Text, shape (n,). Taken byte for byte: case, leading zeros and Unicode form all count.

    Returns:
        Text of 32 characters, shape (n,).

    Raises:
        DataRefused: An id is null, or the key is too short.

    Examples:
        >>> ledger_ids(b"0123456789abcdef", pa.array(["007", "7"])).to_pylist()
        ['17509191b4c07463984eeb7e3fde5eb2', 'f69cf4852626eee19b92af564b9413e4']
    """
    if len(key) < 16:
        raise DataRefused("the registry's key is too short", rule="at least 16 bytes")
    if ids.null_count:
        raise DataRefused(f"{ids.null_count} ids are missing", rule="every customer has an id")
    if len(ids) <= _SMALL:
        return pa.array([_one(key, text) for text in ids.to_pylist()], pa.string())
    return _many(key, ids)


def _one(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:LEDGER_ID_CHARACTERS]


def _many(key: bytes, ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The same by DuckDB's SHA-256, a column at a time: H((key ⊕ opad) ‖ H((key ⊕ ipad) ‖ id))."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C))
    with duckdb.connect(":memory:") as connection:
        relation = connection.from_arrow(pa.table({"id": ids}))
        within = f"from_hex(sha256(from_hex('{inner.hex()}') || encode(id)))"
        hashed = relation.project(
            f"left(sha256(from_hex('{outer.hex()}') || {within}), {LEDGER_ID_CHARACTERS}) AS id"
        ).to_arrow_table()
    column = hashed.column("id")
    return pc.cast(column, pa.string()).combine_chunks()
