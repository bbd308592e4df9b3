"""Ledger ids: RFC 2104, and nothing about a customer in them."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataRefused
from data.hashing import MANY
from data.identifiers import ledger_ids

KEY = bytes(range(32))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(lambda text: len(text.encode()) <= 55)


def expected(key: bytes, ids: list[str]) -> list[str]:
    return [hmac.new(key, one.encode(), hashlib.sha256).hexdigest()[:32] for one in ids]


def test_a_published_hmac() -> None:
    """RFC 4231, test case 6: a key longer than the block."""
    (found,) = ledger_ids(
        b"\xaa" * 131, pa.array(["Test Using Larger Than Block-Size Key - Hash Key First"])
    ).to_pylist()
    assert found == "60e431591ee0b67f0d8a26aacbf5b77f"


@given(ids=st.lists(texts, max_size=30), key=st.binary(min_size=16, max_size=140))
def test_ids_are_the_standard_librarys_hmac(ids: list[str], key: bytes) -> None:
    assert ledger_ids(key, pa.array(ids, pa.string())).to_pylist() == expected(key, ids)


def test_many_ids_keep_their_order_whatever_pieces_they_come_in() -> None:
    ids = [f"C{i:07d}é" for i in np.random.default_rng(3).permutation(MANY)]
    pieces = pa.chunked_array([ids[:7], [], ids[7:30_000], ids[30_000:]], pa.string())
    assert ledger_ids(KEY, pieces).to_pylist() == expected(KEY, ids)


def test_every_form_of_an_id_is_another_customer() -> None:
    ids = ["007", "7", "07", "a", "A", "é", "e\u0301", " a"]
    assert len(set(ledger_ids(KEY, pa.array(ids)).to_pylist())) == len(ids)


def test_missing_ids_and_short_keys_are_refused() -> None:
    with pytest.raises(DataRefused, match="1 ids are missing"):
        ledger_ids(KEY, pa.array(["a", None]))
    with pytest.raises(DataRefused, match="key is too short"):
        ledger_ids(b"short", pa.array(["a"]))
