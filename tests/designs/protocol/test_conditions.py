"""Conditions on an engine hold for exactly the rows for which they hold in plain Python."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import Kind
from designs.protocol.conditions import describe, exclusions, expression
from designs.protocol.models import Condition, Protocol
from designs.protocol.values import as_number, same_value
from tests.designs.protocol.examples import HERE, changed

COLUMNS: dict[Kind, pa.Array] = {
    "text": pa.array(["1", "1.0", "01", " 1", "2", "-3e2", "", "a", "A", "true", "0", "1e", ".", None, "٣"]),
    "number": pa.array([0.0, 1.0, 1.5, 2.0, -300.0, 32.0, 250.0, 1e13, None]),
    "boolean": pa.array([True, False, None]),
}
BOUNDS = ("at_least", "above", "at_most", "below")


def holds(condition: Condition, value: Any, kind: Kind) -> bool:
    """The same, said a second time in plain Python."""
    if condition.missing is not None and condition.missing != (value is None):
        return False
    if value is None:
        return condition.missing is True
    equals = (
        (lambda wanted: _equals_truth(value, wanted)) if kind == "boolean" else lambda wanted: same_value(value, wanted)
    )
    if condition.equals is not None and not equals(condition.equals):
        return False
    if condition.not_equals is not None and equals(condition.not_equals):
        return False
    if condition.one_of is not None and not any(equals(wanted) for wanted in condition.one_of):
        return False
    number = as_number(value)
    pairs = [(getattr(condition, name), name) for name in BOUNDS if getattr(condition, name) is not None]
    return all(number is not None and _within(number, bound, name) for bound, name in pairs)


def _equals_truth(value: bool, wanted: Any) -> bool:
    return as_number(wanted) == float(value)


def _within(number: float, bound: float, name: str) -> bool:
    return {"at_least": number >= bound, "above": number > bound, "at_most": number <= bound, "below": number < bound}[
        name
    ]


def kept(condition: Condition, values: pa.Array, kind: Kind | None) -> list[bool]:
    """What DuckDB says of each value, nulls included."""
    table = pa.table({"row": range(len(values)), "x": values})
    with duckdb.connect() as connection:
        frame = nw.from_native(connection.from_arrow(table))
        result = frame.select("row", kept=expression(condition, kind)).sort("row").collect("pyarrow")
        return list(result["kept"].to_list())


wanted = st.sampled_from([1, 1.0, 0, 2, -300, 1.5, True, False, "1", "1.0", "a", "A", "true", "", "01", 1e13])
somewhere = st.sampled_from([0, 1, 1.5, 2, -300, 31.999, 32, 250, 1e13])
tests = st.one_of(
    st.just({"missing": True}),
    st.fixed_dictionaries(
        {},
        optional={
            "equals": wanted,
            "not_equals": wanted,
            "one_of": st.lists(wanted, min_size=1, max_size=3).map(tuple),
            "missing": st.just(False),
            **dict.fromkeys(BOUNDS, somewhere.map(float)),
        },
    ).filter(bool),
)


@settings(max_examples=60)
@given(tests, st.sampled_from(["text", "number", "boolean"]))
def test_an_engine_and_plain_python_agree_on_every_row(test: dict[str, Any], kind: Kind) -> None:
    condition = Condition(column="x", **test)
    values = COLUMNS[kind]
    assert kept(condition, values, kind) == [holds(condition, value, kind) for value in values.to_pylist()]


@pytest.mark.parametrize(
    ("test", "values", "expected"),
    [
        ({"at_least": 32.0, "below": 250.0}, [31.99, 32.0, 249.99, 250.0, None], [False, True, True, False, False]),
        ({"above": 32.0, "at_most": 250.0}, [32.0, 32.01, 250.0, 250.01], [False, True, True, False]),
        ({"equals": "debt_only"}, ["debt_only", "Debt_only", "debt_only ", None], [True, False, False, False]),
        ({"not_equals": "a"}, ["a", "b", None], [False, True, False]),
        ({"not_equals": 1}, [1.0, 2.0, None], [False, True, False]),
        ({"one_of": ("a", "b")}, ["a", "c", None], [True, False, False]),
        ({"equals": True}, [True, False, None], [True, False, False]),
        ({"missing": True}, [1.0, None], [False, True]),
        ({"missing": False}, ["a", None], [True, False]),
        ({"one_of": (1, "several")}, ["1", "1.0", "several", "2", None], [True, True, True, False, False]),
    ],
)
def test_a_condition_asks_for_the_kind_of_column_it_compares_with(
    test: dict[str, Any], values: list[Any], expected: list[bool]
) -> None:
    assert kept(Condition(column="x", **test), pa.array(values), None) == expected


def test_a_number_is_read_in_whole_columns_of_any_numeric_type() -> None:
    for type_ in (pa.int8(), pa.int64(), pa.float32(), pa.uint16()):
        assert kept(Condition(column="x", equals=1), pa.array([0, 1, None], type_), "number") == [False, True, False]


def test_text_that_would_be_code_is_only_text() -> None:
    values = ["'; DROP TABLE t; --", "a", 'x" OR 1=1']
    for value in values:
        assert kept(Condition(column="x", equals=value), pa.array(values), "text") == [
            value == other for other in values
        ]


def test_who_does_not_take_part_is_counted_under_the_first_reason() -> None:
    value = changed(HERE, ("population.where[1]", {"column": "area", "one_of": ["N", "S"]}))
    protocol = Protocol.model_validate_json(json.dumps(value))
    table = pa.table({"years_late": [0, 1, None, 2], "area": ["N", "E", "N", "N"], "trust": [True, True, False, True]})
    with duckdb.connect() as connection:
        frame = nw.from_native(connection.from_arrow(table))
        reasons = exclusions(protocol)
        found = {reason: frame.select(out=test).collect("pyarrow")["out"].to_list() for reason, test in reasons}
    assert found == {
        "not: years_late at least 1": [True, False, True, False],
        "not: area one of N, S": [False, True, False, False],
        "trusts are worked by hand": [True, True, False, True],
    }


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ({"equals": True}, "x equals true"),
        ({"equals": 1.0}, "x equals 1"),
        ({"not_equals": "a"}, "x does not equal a"),
        ({"one_of": (1, "b", False)}, "x one of 1, b, false"),
        ({"at_least": 32.0, "below": 250.5}, "x at least 32 and below 250.5"),
        ({"above": 1.0, "at_most": 2.0}, "x above 1 and at most 2"),
        ({"missing": True}, "x missing"),
        ({"missing": False}, "x not missing"),
    ],
)
def test_a_condition_reads_as_a_sentence(test: dict[str, Any], words: str) -> None:
    assert describe(Condition(column="x", **test)) == words
