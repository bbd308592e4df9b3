"""The same customers in another order are the same, and any other list is not."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trials.proofs.same_customers import same_customers


def ids(numbers: list[int]) -> pa.Array:
    return pa.array([hashlib.sha256(str(number).encode()).hexdigest()[:32] for number in numbers], pa.string())


@given(st.lists(st.integers(0, 8)), st.lists(st.integers(0, 8)), st.integers(0, 8))
def test_as_counting_them_says(first, second, cut):
    columns = pa.chunked_array([ids(first[:cut]), ids(first[cut:])], pa.string())
    assert same_customers([columns], [pa.chunked_array([ids(second)])]) == (sorted(first) == sorted(second))
    assert same_customers([columns], [pa.chunked_array([ids(first[::-1])])])


@pytest.mark.parametrize("count", [1, 5_000, 300_000])
def test_one_customer_in_the_place_of_another_is_seen(count):
    whole = ids(list(range(count)))
    other = pa.chunked_array([whole.slice(1), ids([-1])])
    parts = [pa.chunked_array([whole.slice(count // 2)]), pa.chunked_array([whole.slice(0, count // 2)])]
    assert same_customers(parts, [pa.chunked_array([whole])])
    assert not same_customers([other], [pa.chunked_array([whole])])


@pytest.mark.parametrize(
    "spelt",
    [pa.array(["a", "b"]), pa.array(["a", None], pa.string()), ids([1, 2]).cast(pa.large_string()),
     ids([1, 2]).cast(pa.binary())],
)  # fmt: skip
def test_ids_of_any_kind_are_compared(spelt):
    column = pa.chunked_array([spelt])
    assert same_customers([column], [pa.chunked_array([spelt.take(pa.array([1, 0]))])])
    assert not same_customers([column], [pa.chunked_array([spelt.take(pa.array([0, 0]))])])


def test_bits_that_are_moved_from_one_id_to_another_are_seen():
    """What a plain sum of the ids would not see."""
    plain, swapped = [pa.array([f"{a:016x}{b:016x}" for a, b in pairs]) for pairs in (
        ((1, 2), (3, 4)), ((1, 4), (3, 2)),
    )]  # fmt: skip
    assert not same_customers([pa.chunked_array([plain])], [pa.chunked_array([swapped])])
