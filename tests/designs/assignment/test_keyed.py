"""Keys and digests: hashlib is the oracle of the fast hash, and SQL's sha256 gives the same."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from itertools import permutations, product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import data.engine
from designs.assignment.keyed import MANY, allocation_digest, first_words, keys, refuse_repeats
from designs.assignment.sha256 import LANES
from designs.assignment.sha256 import first_words as side_by_side
from designs.assignment.stream import prefix
from designs.errors import DesignRefused
from tests.designs.assignment.chance import seed_of

PREFIX = prefix(seed_of("keys"), "trial")


def by_hashlib(prefixes: list[bytes], ids: list[str]) -> list[list[int]]:
    return [[int.from_bytes(sha256(p + i.encode()).digest()[:8], "big") for i in ids] for p in prefixes]


def test_every_length_up_to_four_blocks() -> None:
    """Padding changes at 55, 56 and 64 bytes of the last block."""
    ids = ["x" * length for length in range(260)]
    prefixes = [b"", PREFIX, PREFIX * 2]
    assert side_by_side(prefixes, pa.array(ids)).tolist() == by_hashlib(prefixes, ids)


@pytest.mark.parametrize("count", [0, 1, LANES - 1, LANES, LANES + 1, 1000])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_every_number_of_ids_and_slices_of_arrays(count: int, kind: pa.DataType) -> None:
    ids = [f"{number:018d}" for number in range(count + 5)]
    array = pa.array(ids, kind).slice(3, count)
    assert side_by_side([PREFIX], array).tolist() == by_hashlib([PREFIX], ids[3 : 3 + count])


@settings(max_examples=50)
@given(st.lists(st.text(max_size=80), max_size=40))
def test_any_text(ids: list[str]) -> None:
    array = pa.array(ids, pa.string())
    assert side_by_side([PREFIX, b""], array).tolist() == by_hashlib([PREFIX, b""], ids)
    assert first_words([PREFIX, b""], array, many=False).tolist() == by_hashlib([PREFIX, b""], ids)


@pytest.mark.parametrize("threads", [1, 2])
def test_many_ids_on_any_number_of_threads(threads: int) -> None:
    numbers = np.random.default_rng(1).permutation(200_001)
    ids = [f"{number:018d}" for number in numbers]
    assert side_by_side([PREFIX], pa.array(ids), threads).tolist() == by_hashlib([PREFIX], ids)


def test_prefixes_are_of_whole_blocks() -> None:
    with pytest.raises(ValueError, match="whole 64-byte blocks"):
        side_by_side([b"short"], pa.array(["a"]))


def test_the_fast_hash_is_not_compiled_for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "designs.assignment.sha256", None)
    assert len(keys(PREFIX, pa.array(["a", "b"]))) == 2
    with pytest.raises(ImportError):
        keys(PREFIX, pa.array([str(number) for number in range(MANY)]))


def test_keys_are_those_of_sql() -> None:
    ids = ["0001", "1E+13", "é", "Ünïcode", "x" * 100, *(f"{number:018d}" for number in range(500))]
    engine = data.engine.open_engine("duckdb")
    frame = engine.sha256(engine.scan(pa.table({"id": ids})), "id", prefix=PREFIX.decode(), name="hash")
    found = engine.collect(frame)
    by_sql = {row["id"]: int(row["hash"][:16], 16) for row in found.to_pylist()}
    assert [by_sql[text] for text in ids] == keys(PREFIX, pa.array(ids)).tolist()


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
