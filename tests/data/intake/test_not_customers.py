"""Ids that are no customer's: the cheap look that lets most ids pass lets none pass that a pattern names."""

from __future__ import annotations

import re
import string

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.intake import not_customers
from data.intake.not_customers import unlikely_ids

WORDS = (
    "jan",
    "Mar",
    "sept",
    "TRUE",
    "total",
    "Grand",
    "page",
    "row",
    "sum",
    "end",
    "nil",
    "xx",
    "abc",
    "test",
    "n",
    "e",
)
PIECES = st.one_of(st.sampled_from(WORDS), st.text(string.ascii_letters + string.digits, min_size=1, max_size=3))
PATTERNS = (*not_customers._NEVER, *not_customers._AMONG_OTHERS)


@given(st.lists(PIECES, min_size=1, max_size=4).map("".join))
def test_what_passes_the_cheap_look_matches_no_pattern(text):
    [passed] = not_customers._plainly_ids(pa.chunked_array([[text]])).to_pylist()

    named = [why for pattern, why in PATTERNS if re.search(pattern, text)]

    assert not (passed and named)


@pytest.mark.parametrize("text", ["C000123", "AB12CD", "0001", "z9"])
def test_the_common_shapes_of_ids_pass_at_once(text):
    assert not_customers._plainly_ids(pa.chunked_array([[text]])).to_pylist() == [True]


@pytest.mark.parametrize(
    "text", ["TOTAL", "3mar", "mar-12", "12E3", "=A1", "#REF!", "é1", "\uff211", "C 12", "", "[c]"]
)
def test_all_others_are_looked_at(text):
    assert not_customers._plainly_ids(pa.chunked_array([[text]])).to_pylist() == [False]


def test_a_missing_id_is_none_of_these():
    assert unlikely_ids(pa.chunked_array([pa.array([None, "C1", "mar-12"])])) == {
        2: "the id 'mar-12' has been turned into a date"
    }
