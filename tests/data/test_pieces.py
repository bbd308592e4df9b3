"""No cliff: more text than one piece holds is refused with its number, and what needs no piece takes it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from data import pieces
from data.errors import DataRefused
from data.identifiers import MOST_CUSTOMERS, ledger_ids
from data.pieces import coded, in_one_piece, rows_of

ROWS = 1 << 21
# 69,206,016 values of 32 characters, past 2 GiB together, in 64 MiB of memory: one piece many times over.
PIECE = pa.StringArray.from_buffers(
    ROWS, pa.py_buffer(np.arange(ROWS + 1, dtype=np.int32) * 32), pa.py_buffer(np.full(ROWS * 32, ord("a"), np.uint8))
)
MANY = pa.chunked_array([PIECE] * 33)


def test_more_text_than_one_piece_holds_is_refused_with_its_number_and_the_limit() -> None:
    for attempt in (lambda: in_one_piece(MANY, "ids"), lambda: rows_of(MANY, pa.array([1, 68_000_000]), "ids")):
        with pytest.raises(DataRefused) as refusal:
            attempt()
        said = str(refusal.value)
        assert "ids: 69,206,016 values of 2,214,592,512 bytes together" in said
        assert "at most 2,147,483,647 bytes" in said


def test_more_ids_than_one_trial_holds_are_refused_before_any_is_hashed() -> None:
    with pytest.raises(DataRefused, match="at most 65,075,262 customers in one file and in one trial"):
        ledger_ids(bytes(16), MANY)
    assert MOST_CUSTOMERS * 33 <= 2**31 - 1 < (MOST_CUSTOMERS + 1) * 33  # an export id has 33 characters


def test_codes_of_a_column_of_any_length() -> None:
    found = coded(pa.chunked_array([["b", None, "a"], [], ["a", "c"]]))
    assert (found.indices.to_pylist(), found.dictionary.to_pylist()) == ([0, None, 1, 1, 2], ["b", "a", "c"])
    found = coded(pa.chunked_array([["b", None], ["a", None]]), nulls="encode")
    assert (found.indices.to_pylist(), found.dictionary.to_pylist()) == ([0, 1, 2, 1], ["b", None, "a"])
    assert len(coded(pa.chunked_array([], pa.string()))) == 0
    of_two = pa.chunked_array([pa.array(["x"]).dictionary_encode(), pa.array(["y", "x"]).dictionary_encode()])
    assert coded(of_two).cast(pa.string()).to_pylist() == ["x", "y", "x"]
    numbers = pa.chunked_array([[1.5, None], [1.5, 2.0]])
    assert (
        coded(numbers).dictionary.to_pylist() == pc.dictionary_encode(numbers.combine_chunks()).dictionary.to_pylist()
    )


def test_what_is_no_text_has_no_such_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_TEXT_BYTES", 10)
    numbers = pa.chunked_array([np.arange(100.0), np.arange(100.0)])
    assert len(in_one_piece(numbers, "amounts")) == 200
    assert len(rows_of(numbers, pa.array([3, 150]), "amounts")) == 2
    sliced = pa.chunked_array([pa.array(["long enough to be refused", "abc"]).slice(1), pa.array(["def"])])
    assert in_one_piece(sliced, "letters").to_pylist() == ["abc", "def"]
