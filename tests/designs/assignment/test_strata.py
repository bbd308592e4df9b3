"""Labels of strata, and the merging of those too small."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.assignment.population.strata import merged_labels, stratum_labels


def test_labels_name_variables_and_values() -> None:
    columns = {"band": pa.array(["low", "high"]), "phones": pa.array([0, 2]), "agent": pa.array([True, False])}
    labels = ["band=low; phones=0; agent=true", "band=high; phones=2; agent=false"]
    assert stratum_labels(columns).to_pylist() == labels


@given(st.lists(st.tuples(st.text("a;\\= ", max_size=4), st.text("a;\\= ", max_size=4)), min_size=1, max_size=30))
def test_different_combinations_never_share_a_label(rows: list[tuple[str, str]]) -> None:
    labels = stratum_labels({"x": pa.array([x for x, _ in rows]), "y": pa.array([y for _, y in rows])}).to_pylist()
    assert len(set(labels)) == len(set(rows))
    assert len(set(zip(labels, rows, strict=True))) == len(set(rows))


ROWS = [(a, b, c) for a in "12" for b in "xy" for c in "pq"]


def merged(sizes: list[int], order: list[str], least: int) -> list[str]:
    return merged_labels(["a", "b", "c"], ROWS, sizes, order, least)


def test_nothing_is_merged_without_need() -> None:
    assert merged([8] * 8, ["c", "b"], 8) == merged([1] * 8, [], 8)
    assert len(set(merged([8] * 8, ["c", "b"], 8))) == 8


def test_the_variable_declared_first_goes_first_and_only_where_needed() -> None:
    labels = merged([3, 9, 9, 9, 9, 9, 9, 9], ["c", "b"], 8)
    assert labels[:4] == ["a=1; b=x", "a=1; b=x", "a=1; b=y; c=p", "a=1; b=y; c=q"]
    assert all("c=" in label for label in labels[4:])


def test_what_stays_small_takes_the_next_step_with_all_its_neighbours() -> None:
    labels = merged([1, 1, 9, 9, 9, 9, 9, 9], ["c", "b"], 8)
    assert labels[:4] == ["a=1"] * 4
    assert len(set(labels[4:])) == 4


def test_all_that_may_be_given_up_may_still_be_too_few() -> None:
    assert set(merged([0, 1, 0, 1, 9, 9, 9, 9], ["c", "b"], 8)) >= {"a=1"}
    assert set(merged([0, 1, 0, 1, 9, 9, 9, 9], ["c", "b", "a"], 8)) == {"everybody"}


@given(
    st.lists(st.integers(0, 12), min_size=8, max_size=8),
    st.permutations(["a", "b", "c"]),
    st.integers(0, 3),
    st.integers(1, 12),
)
def test_merged_strata_are_large_enough_or_have_given_up_everything(
    sizes: list[int], order: list[str], length: int, least: int
) -> None:
    labels = merged(sizes, order[:length], least)
    totals: Counter[str] = Counter()
    for label, size in zip(labels, sizes, strict=True):
        totals[label] += size
    for label, total in totals.items():
        assert total >= least or not any(f"{name}=" in label for name in order[:length])


@pytest.mark.parametrize("order", [["c"], ["b", "c"], ["a", "b", "c"]])
def test_merging_is_the_same_whatever_the_order_of_rows(order: list[str]) -> None:
    sizes = [2, 9, 1, 4, 12, 3, 8, 20]
    forward = dict(zip(ROWS, merged(sizes, order, 8), strict=True))
    backward = merged_labels(["a", "b", "c"], ROWS[::-1], sizes[::-1], order, 8)
    assert forward == dict(zip(ROWS[::-1], backward, strict=True))
