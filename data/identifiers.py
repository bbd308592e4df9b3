"""Ledger ids: the pseudonym under which a customer is allocated, joined and remembered across trials.

HMAC-SHA-256 of the id's UTF-8 bytes under the registry's key; the first 32 of its 64 lower-case hexadecimal
characters (128 bits, so that a clash among a billion customers has odds of 1 in 10^21).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.errors import DataRefused
from data.hashing import hmac_sha256

MAXIMUM_ID_BYTES = 55  # what one SHA-256 block holds beside its padding
LEDGER_ID_CHARACTERS = 32
# What one Arrow array of text can hold; an export id has a letter more than a ledger id.
MOST_CUSTOMERS = (2**31 - 1) // (LEDGER_ID_CHARACTERS + 1)
_HEXADECIMAL = np.frombuffer(bytes(range(256)).hex().encode(), np.uint16)


def ledger_ids(key: bytes, ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The ledger id of every customer id, in the same order.

    Args:
        key: The registry's key, at least 16 bytes.
        ids: Text, shape (n,). Taken byte for byte: case, leading zeros and Unicode form all count.

    Returns:
        Text of 32 characters, shape (n,).

    Raises:
        DataRefused: An id is null, the key is too short, or there are more than 65,075,262 ids.

    Examples:
        >>> ledger_ids(b"0123456789abcdef", pa.array(["007", "7"])).to_pylist()
        ['17509191b4c07463984eeb7e3fde5eb2', 'f69cf4852626eee19b92af564b9413e4']
    """
    if len(key) < 16:
        raise DataRefused("the registry's key is too short", rule="at least 16 bytes")
    if ids.null_count:
        raise DataRefused(f"{ids.null_count} ids are missing", rule="every customer has an id")
    if len(ids) > MOST_CUSTOMERS:
        raise DataRefused(
            f"there are {len(ids):,} ids",
            rule=f"at most {MOST_CUSTOMERS:,} customers in one file and in one trial",
            remedy="split the customers into trials of fewer, or take a sample of them",
        )
    pieces = ids if isinstance(ids, pa.ChunkedArray) else pa.chunked_array([ids])
    if not (pa.types.is_string(pieces.type) or pa.types.is_large_string(pieces.type)):
        pieces = pieces.cast(pa.string())
    characters = _HEXADECIMAL[hmac_sha256(key, pieces, octets=LEDGER_ID_CHARACTERS // 2)]
    ends = np.arange(len(ids) + 1, dtype=np.int32) * np.int32(LEDGER_ID_CHARACTERS)
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(ends), pa.py_buffer(characters))
