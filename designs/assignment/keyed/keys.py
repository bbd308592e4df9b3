"""The keys of units, and the digest of who is in which arm.

A unit's key is the first 8 bytes, as a big-endian number, of ``SHA-256(P || id)`` with P from
:func:`designs.assignment.keyed.stream.prefix`. Units are ordered by (key, id). The order owes nothing to the rows'
order, the engine or the threads, and one customer's key takes one line of any language to check.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.hashing import MANY, first_words
from designs.assignment.population.units import as_array, checked_ids
from designs.errors import DesignRefused


def keys(prefix: bytes, ids: Any) -> NDArray[np.uint64]:
    """Each unit's key.

    Args:
        prefix: P, 64 characters.
        ids: n texts (an Arrow array).

    Returns:
        n unsigned 64-bit numbers.

    Examples:
        >>> import pyarrow as pa
        >>> from designs.assignment.keyed.stream import prefix
        >>> hex(keys(prefix("ab" * 32, "trial"), pa.array(["0001"]))[0])
        '0x349223e17142f00f'
    """
    hashed: NDArray[np.uint64] = first_words([prefix], as_array(ids))[0]
    return hashed


LEAF = b""  # the prefix of a leaf of the digest: an id is hashed bare, and means the same in every trial


def digest_of_leaves(leaves: NDArray[np.uint64], arm: NDArray[np.int8], arms: Sequence[str]) -> str:
    """The digest of an allocation from its leaves: see :func:`allocation_digest`."""
    whole = sha256()
    for name in sorted(arms):
        held = leaves[arm == arms.index(name)]
        if len(held):
            sort_hashes(held)
            whole.update(name.encode() + b"\x00" + len(held).to_bytes(8, "big"))
            whole.update(held.byteswap(inplace=True) if sys.byteorder == "little" else held)
    return whole.hexdigest()


def allocation_digest(ids: Any, arms: Any) -> str:
    """One digest of who is in which arm, whatever the order of the rows.

    A customer's leaf is the first 8 bytes of ``SHA-256(id)``. The digest is the SHA-256 of, for each arm that has
    anyone, in order of its id: the arm's id, a NUL, the number of its customers in 8 bytes, and their leaves, sorted.
    So two customers who change places are seen, which separate digests of ids and of arms would not.

    Args:
        ids: n texts, distinct.
        arms: n texts, the arm's id of each.

    Examples:
        >>> digest = allocation_digest(["a", "b"], ["nfa", "letter"])
        >>> digest == allocation_digest(["b", "a"], ["letter", "nfa"])
        True
        >>> digest == allocation_digest(["a", "b"], ["letter", "nfa"])
        False
    """
    ids, arms = checked_ids(ids), as_array(arms)
    if len(ids) != len(arms) or arms.null_count:
        raise DesignRefused(f"{len(ids)} ids and {len(arms) - arms.null_count} arms", rule="each id has one arm")
    encoded = arms if isinstance(arms, pa.DictionaryArray) else arms.dictionary_encode()
    arm = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int8)
    return digest_of_leaves(first_words([LEAF], ids)[0], arm, encoded.dictionary.to_pylist())


def sort_hashes(hashes: NDArray[np.uint64]) -> None:
    """Sort hashes in place."""
    if len(hashes) < MANY:
        hashes.sort()
        return
    from designs.assignment.keyed import sorting

    sorting.sort_hashes(hashes)


def refuse_repeats(keyed: NDArray[np.uint64], ids: Any) -> None:
    """Refuse an id that occurs twice: equal ids have equal keys, so only equal keys need a look."""
    twice = repeated(np.sort(keyed))
    if len(twice):
        refuse_first_repeat((row, ids[row].as_py()) for row in np.flatnonzero(np.isin(keyed, twice)).tolist())


def repeated(ordered: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The keys that occur more than once among sorted keys."""
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def refuse_first_repeat(suspects: Iterable[tuple[int, str]]) -> None:
    """Refuse the first id seen before, among (row, id) in the order of the rows."""
    seen: set[str] = set()
    for row, text in suspects:
        if text in seen:
            raise DesignRefused(
                f"id {text!r} occurs more than once",
                where=f"row {row + 1}",
                rule="one allocation per customer per trial",
                remedy="remove the repeated rows at intake",
            )
        seen.add(text)
