"""SHA-256 of ids: hashlib and hmac are the oracles of the fast hash, whatever the length, the number or the pieces."""

from __future__ import annotations

import hmac
import sys
from hashlib import sha256

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.hashing import MANY, first_words, hmac_sha256
from data.hashing.side_by_side import LANES
from data.hashing.side_by_side import first_words as side_by_side

PREFIX = sha256(b"a prefix of one block").hexdigest().encode()
KEY = bytes(range(32))


def by_hashlib(prefixes: list[bytes], ids: list[str]) -> list[list[int]]:
    return [[int.from_bytes(sha256(p + i.encode()).digest()[:8], "big") for i in ids] for p in prefixes]


def by_hmac(key: bytes, ids: list[str], octets: int = 32) -> list[list[int]]:
    return [list(hmac.digest(key, text.encode(), "sha256")[:octets]) for text in ids]


def test_every_length_up_to_four_blocks() -> None:
    """Padding changes at 55, 56 and 64 bytes of the last block."""
    ids = ["x" * length for length in range(260)]
    prefixes = [b"", PREFIX, PREFIX * 2]
    assert side_by_side(prefixes, pa.array(ids)).tolist() == by_hashlib(prefixes, ids)
    assert hmac_sha256(KEY, pa.chunked_array([ids]), many=True).tolist() == by_hmac(KEY, ids)


@pytest.mark.parametrize("count", [0, 1, LANES - 1, LANES, LANES + 1, 1000])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_every_number_of_ids_and_slices_of_arrays(count: int, kind: pa.DataType) -> None:
    ids = [f"{number:018d}" for number in range(count + 5)]
    array = pa.array(ids, kind).slice(3, count)
    assert side_by_side([PREFIX], array).tolist() == by_hashlib([PREFIX], ids[3 : 3 + count])
    for many in (False, True):
        hashed = hmac_sha256(KEY, pa.chunked_array([array]), many=many)
        assert hashed.tolist() == by_hmac(KEY, ids[3 : 3 + count])


@settings(max_examples=50)
@given(st.lists(st.text(max_size=80), max_size=40))
def test_any_text(ids: list[str]) -> None:
    array = pa.array(ids, pa.string())
    assert side_by_side([PREFIX, b""], array).tolist() == by_hashlib([PREFIX, b""], ids)
    assert first_words([PREFIX, b""], array, many=False).tolist() == by_hashlib([PREFIX, b""], ids)


@settings(max_examples=50)
@given(st.lists(st.text(max_size=80), max_size=40), st.binary(max_size=140), st.sampled_from([8, 16, 24, 32]))
def test_any_text_under_any_key(ids: list[str], key: bytes, octets: int) -> None:
    pieces = pa.chunked_array([ids[:3], ids[3:]], pa.string())
    for many in (False, True):
        assert hmac_sha256(key, pieces, octets=octets, many=many).tolist() == by_hmac(key, ids, octets)


@pytest.mark.parametrize("threads", [1, 2])
def test_many_ids_on_any_number_of_threads(threads: int) -> None:
    numbers = np.random.default_rng(1).permutation(200_001)
    ids = [f"{number:018d}" for number in numbers]
    assert side_by_side([PREFIX], pa.array(ids), threads).tolist() == by_hashlib([PREFIX], ids)


def test_prefixes_are_of_whole_blocks() -> None:
    with pytest.raises(ValueError, match="whole 64-byte blocks"):
        side_by_side([b"short"], pa.array(["a"]))


def test_the_fast_hash_is_not_compiled_for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "data.hashing.side_by_side", None)
    monkeypatch.delattr("data.hashing.side_by_side")
    assert first_words([PREFIX], pa.array(["a", "b"])).shape == (1, 2)
    assert hmac_sha256(KEY, pa.chunked_array([["a", "b"]])).shape == (2, 32)
    many = pa.array([str(number) for number in range(MANY)])
    with pytest.raises(ImportError):
        first_words([PREFIX], many)
    with pytest.raises(ImportError):
        hmac_sha256(KEY, pa.chunked_array([many]))
