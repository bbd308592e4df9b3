"""Keys and digests: SQL's sha256 gives the same keys, and plain Python the same digest."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from itertools import permutations, product

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from data.hashing import MANY
from designs.assignment.keyed.keys import allocation_digest, keys, refuse_repeats
from designs.assignment.keyed.stream import prefix
from designs.errors import DesignRefused
from tests.designs.assignment.chance import seed_of

PREFIX = prefix(seed_of("keys"), "trial")


def test_keys_are_those_of_sql() -> None:
    ids = ["0001", "1E+13", "é", "Ünïcode", "x" * 100, *(f"{number:018d}" for number in range(500))]
    with duckdb.connect() as connection:
        hashed = [connection.execute("SELECT sha256(? || ?)", [PREFIX.decode(), text]).fetchall()[0][0] for text in ids]
    assert [int(text[:16], 16) for text in hashed] == keys(PREFIX, pa.array(ids)).tolist()


def digest_in_plain_python(pairs: dict[str, str]) -> str:
    held = defaultdict(list)
    for text, arm in pairs.items():
        held[arm].append(sha256(text.encode()).digest()[:8])
    whole = sha256()
    for arm in sorted(held):
        whole.update(arm.encode() + b"\0" + len(held[arm]).to_bytes(8, "big") + b"".join(sorted(held[arm])))
    return whole.hexdigest()


def test_the_digest_is_that_of_plain_python_in_any_order() -> None:
    pairs = {"a": "nfa", "b": "letter", "c": "nfa", "d": "sms"}
    for order in permutations(pairs):
        assert allocation_digest(list(order), [pairs[text] for text in order]) == digest_in_plain_python(pairs)


def test_every_other_allocation_has_another_digest() -> None:
    """Two customers who change places, one who moves, one who goes: all are seen."""
    ids = ["a", "b", "c", "d"]
    digests = {
        allocation_digest(ids[:size], list(arms))
        for size in (3, 4)
        for arms in product(["nfa", "letter", "sms"], repeat=size)
    }
    assert len(digests) == 3**3 + 3**4


def test_the_digest_of_many_is_that_of_plain_python() -> None:
    ids = [f"{number:018d}" for number in range(MANY)]
    arms = ["letter" if number % 3 else "nfa" for number in range(MANY)]
    expected = digest_in_plain_python(dict(zip(ids, arms, strict=True)))
    assert allocation_digest(pa.array(ids), pa.array(arms).dictionary_encode()) == expected
    assert allocation_digest(pa.chunked_array([ids[:7], ids[7:]]), arms) == expected


def test_an_id_without_an_arm_has_no_digest() -> None:
    with pytest.raises(DesignRefused, match="2 ids and 1 arms"):
        allocation_digest(["a", "b"], ["nfa", None])


def test_equal_keys_of_different_ids_are_no_repeat() -> None:
    same = np.array([7, 7, 9], np.uint64)
    refuse_repeats(same, pa.array(["a", "b", "c"]))
    with pytest.raises(DesignRefused, match=r"row 3: id 'a' occurs more than once"):
        refuse_repeats(np.array([7, 9, 7], np.uint64), pa.array(["a", "b", "a"]))
