"""Conditions on an engine hold for exactly the rows for which they hold in plain Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import Kind
from designs.protocol import parse_canonical
from designs.protocol.canonical import sealed
from designs.protocol.conditions import describe, exclusions, expression, left_out_by_arm_or_else
from designs.protocol.models import Condition, Protocol
from designs.protocol.values import as_number, same_value
from tests.designs.protocol.examples import ELSEWHERE, HERE, changed, errors_of, loaded

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


BY_HAND = {"column": "trust", "equals": True}
WELSH = {"column": "welsh", "equals": True}


@pytest.mark.parametrize(
    ("when", "path", "problem"),
    [
        ({"column": "trust", "equal": 1}, "when.equal", "did you mean equals"),
        ([BY_HAND, {"column": "welsh", "equal": 1}], "when[1].equal", "did you mean equals"),
        ([BY_HAND, {"column": "welsh"}], "when[1]", "compared with nothing"),
        ([BY_HAND, {"equals": True}], "when[1].column", "this is missing"),
        ([BY_HAND, "welsh"], "when[1]", '"welsh" does not fit here'),
        ([BY_HAND, {"column": "welsh", "at_least": "1"}], "when[1].at_least", "does not fit here"),
        ([], "when", "the list has 0"),
        ("trust", "when", '"trust" does not fit here'),
        ({"column": "trust", "[one]": 1}, 'when["[one]"]', "the key is not known"),
    ],
)
@pytest.mark.parametrize("where", ["population.exclude", "arms[1].not_for"])
def test_what_is_wrong_with_a_condition_is_said_where_it_stands(
    tmp_path: Path, where: str, when: Any, path: str, problem: str
) -> None:
    errors = errors_of(tmp_path, changed(HERE, (where, [{"when": when, "reason": "by hand"}])))
    assert [error.path for error in errors] == [f"{where}[0].{path}"], [str(error) for error in errors]
    assert problem in errors[0].problem
    assert errors[0].line is not None


def test_a_list_of_one_condition_is_that_condition(tmp_path: Path) -> None:
    def digest(when: Any) -> str:
        return loaded(tmp_path, changed(HERE, ("arms[1].not_for", [{"when": when, "reason": "by hand"}]))).digest

    assert digest(BY_HAND) == digest([BY_HAND])
    assert len({digest(BY_HAND), digest([BY_HAND, WELSH]), digest([WELSH, BY_HAND])}) == 3


def test_several_conditions_come_back_from_the_canonical_form(tmp_path: Path) -> None:
    both = {"when": [BY_HAND, WELSH], "reason": "by hand"}
    found = loaded(tmp_path, changed(HERE, ("arms[1].not_for", [both]), ("population.exclude", [both])))
    assert parse_canonical(found.canonical) == sealed(found.protocol, found.texts)
    assert [condition.column for condition in found.protocol.arms[1].not_for[0].conditions] == ["trust", "welsh"]


def test_conditions_that_all_hold_leave_out_whom_each_of_them_would() -> None:
    both = {"when": [BY_HAND, WELSH], "reason": "by hand"}
    protocol = Protocol.model_validate_json(json.dumps(changed(HERE, ("population.exclude", [both]))))
    truths = [True, False, None]
    rows = [{"years_late": 2, "trust": trust, "welsh": welsh} for trust in truths for welsh in truths]
    (_, (reason, test)) = exclusions(protocol)
    with duckdb.connect() as connection:
        frame = nw.from_native(connection.from_arrow(pa.Table.from_pylist(rows)))
        left_out = frame.filter(test).collect("pyarrow").to_native().to_pylist()
    assert (reason, left_out) == ("by hand", [{"years_late": 2, "trust": True, "welsh": True}])
    assert nw.from_native(pa.Table.from_pylist(rows), eager_only=True).filter(test).shape[0] == 1


def test_a_reason_that_asks_for_an_arm_and_more_is_no_choice_of_arms() -> None:
    """It leaves out a part of one arm alone, which makes the arms differ."""
    chosen, mixed = {"column": "treated", "equals": 7}, [{"column": "treated", "equals": 1}, BY_HAND]
    exclude = [{"when": when, "reason": "left out"} for when in (chosen, mixed)]
    protocol = Protocol.model_validate_json(json.dumps(changed(ELSEWHERE, ("population.exclude", exclude))))
    of_arms, others = left_out_by_arm_or_else(protocol)
    assert (len(of_arms), len(others)) == (1, 1)
