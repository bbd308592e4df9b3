"""What the plan's words alone show to be kept out is kept out of every population."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.protocol.conditions import expression
from designs.protocol.keeping_out import keeps_out
from designs.protocol.models import Condition, Exclusion, Population

VALUES = st.sampled_from(["1", "01", "1.0", "cy", "en", 1, 2, 1.0])
CONDITIONS = st.one_of(
    st.builds(Condition, column=st.just("a"), equals=VALUES),
    st.builds(Condition, column=st.just("a"), not_equals=VALUES),
    st.builds(Condition, column=st.just("a"), one_of=st.lists(VALUES, min_size=1, max_size=3).map(tuple)),
    st.builds(Condition, column=st.just("a"), equals=VALUES, one_of=st.lists(VALUES, min_size=1).map(tuple)),
    st.builds(Condition, column=st.just("a"), equals=VALUES, not_equals=VALUES),
    st.builds(Condition, column=st.just("a"), equals=VALUES, at_most=st.sampled_from([1.0, 5.0])),
    st.builds(Condition, column=st.just("b"), equals=VALUES),
    st.just(Condition(column="a", missing=True)),
    st.just(Condition(column="a", missing=False)),
)
ROWS = pa.table({"a": ["1", "01", "1.0", "cy", "en", "2", None, "x"] * 2, "b": ["1"] * 8 + ["cy"] * 8})


def holding(conditions: tuple[Condition, ...]) -> set[int]:
    rows = nw.from_native(ROWS, eager_only=True).with_row_index("row")
    for condition in conditions:
        rows = rows.filter(expression(condition, "text"))
    return set(rows["row"].to_list())


def exclusion(*conditions: Condition) -> Exclusion:
    return Exclusion(when=conditions[0] if len(conditions) == 1 else conditions, reason="why")


@given(st.lists(CONDITIONS, min_size=1, max_size=2), st.lists(CONDITIONS, min_size=1, max_size=2))
def test_an_exclusion_that_is_said_to_keep_out_does(who: list[Condition], theirs: list[Condition]) -> None:
    if keeps_out(Population(unit="id"), (exclusion(*theirs),), tuple(who)):
        assert holding(tuple(who)) <= holding(tuple(theirs))


@given(st.lists(CONDITIONS, min_size=1, max_size=2), CONDITIONS)
def test_a_condition_of_the_population_that_is_said_to_keep_out_does(who: list[Condition], theirs: Condition) -> None:
    if keeps_out(Population(unit="id", where=(theirs,)), (), tuple(who)):
        assert not holding(tuple(who)) & holding((theirs,))


CY = Condition(column="a", equals="cy")


@pytest.mark.parametrize(
    ("keeping", "expected"),
    [
        ({"exclude": (exclusion(CY),)}, True),
        ({"exclude": (exclusion(Condition(column="a", one_of=("wel", "cy"))),)}, True),
        ({"exclude": (exclusion(Condition(column="a", one_of=("wel",))),)}, False),
        ({"exclude": (exclusion(CY, Condition(column="b", equals="x")),)}, False),
        ({"exclude": (Exclusion(when=CY, reason="why", agreement="they said so"),)}, False),
        ({"where": (Condition(column="a", equals="en"),)}, True),
        ({"where": (Condition(column="a", not_equals="cy"),)}, True),
        ({"where": (Condition(column="a", not_equals="en"),)}, False),
        ({"where": (Condition(column="b", equals="en"),)}, False),
        ({}, False),
    ],
)
def test_what_a_plan_says_is_understood(keeping: dict[str, Any], expected: bool) -> None:
    assert keeps_out(Population(unit="id", **keeping), (), (CY,)) == expected
