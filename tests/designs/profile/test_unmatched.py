"""Values that nobody has are told with those that the file has, exactly where the draw would find nobody either."""

from __future__ import annotations

import json
from typing import Any

import narwhals as nw
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.profile import unmatched
from designs.protocol.conditions import expression
from designs.protocol.models import Condition, Protocol
from tests.designs.protocol.examples import HERE, changed


def plan(*where: dict[str, Any]) -> Protocol:
    return Protocol.model_validate_json(json.dumps(changed(HERE, ("population.where", list(where)))))


def table(*languages: str | None) -> pa.Table:
    return pa.table({"language": pa.array(languages, pa.string())})


@pytest.mark.parametrize("spelt", ["cy", " CY", "CY ", "\uff23\uff39", "\u0421Y", "C\u200bY", "C Y"])
def test_a_value_that_is_spelt_otherwise_is_told_with_that_of_the_file(spelt: str) -> None:
    (found,) = unmatched(plan({"column": "language", "equals": spelt}), table("EN", "CY", "EN", None))
    assert (found.where, found.column, found.value) == ("population.where[0]", "language", spelt)
    assert found.nearest == ("CY",)
    assert "no customer has" in str(found)
    assert str(found).isascii()


@pytest.mark.parametrize("test", [{"one_of": ["EN", "cy"]}, {"not_equals": "cy"}, {"equals": "cy"}])
def test_every_test_that_names_values_is_asked(test: dict[str, Any]) -> None:
    assert [each.value for each in unmatched(plan({"column": "language", **test}), table("EN", "CY"))] == ["cy"]


@pytest.mark.parametrize(
    "changes",
    [
        ("population.exclude", [{"when": [{"column": "language", "equals": "cy"}], "reason": "written to in Welsh"}]),
        ("population.welsh", {"when": {"column": "language", "equals": "cy"}}),
    ],
)
def test_every_condition_of_a_plan_is_asked(changes: tuple[str, Any]) -> None:
    protocol = Protocol.model_validate_json(json.dumps(changed(HERE, changes)))
    assert [each.nearest for each in unmatched(protocol, table("EN", "CY"))] == [("CY",)]


def test_whom_an_arm_is_not_for_is_asked() -> None:
    number = next(place for place, arm in enumerate(HERE["arms"]) if arm["kind"] != "nfa")
    not_for = [{"when": {"column": "language", "equals": "cy"}, "reason": "no Welsh text"}]
    protocol = Protocol.model_validate_json(json.dumps(changed(HERE, (f"arms.{number}.not_for", not_for))))
    assert [each.where for each in unmatched(protocol, table("CY"))] == [f"arms[{number}].not_for[0].when"]


def test_values_of_a_column_that_may_name_customers_are_not_listed() -> None:
    found = unmatched(plan({"column": "language", "equals": "zz"}), table(*(f"N{number}" for number in range(40))))
    assert found[0].nearest == ()


def test_a_column_that_the_file_lacks_is_told_elsewhere() -> None:
    assert unmatched(plan({"column": "other", "equals": "cy"}), table("CY")) == ()


values = st.sampled_from(["1", "01", "1.0", "cy", "CY", "true"]) | st.sampled_from([0, 1, 1.0, True, False])
columns = st.sampled_from([
    pa.array(["1", "01", "x"]), pa.array(["CY", None]), pa.array([1, 2]), pa.array([0.0, 1.5]), pa.array([True]),
    pa.array([False, None]), pa.array(["true"]), pa.array(["cy"]).dictionary_encode(), pa.array([], pa.string()),
])  # fmt: skip


@given(values, columns)
def test_a_value_is_told_exactly_where_the_draw_finds_nobody_with_it(value: Any, column: pa.Array) -> None:
    condition = Condition(column="language", equals=value)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    named: Any = "boolean" if pa.types.is_boolean(kind) else "text" if pa.types.is_string(kind) else "number"
    rows = nw.from_native(pa.table({"language": column}), eager_only=True)
    nobody = len(rows.filter(expression(condition, named))) == 0
    told = unmatched(plan(json.loads(condition.model_dump_json(exclude_none=True))), rows.to_native())
    assert bool(told) == nobody
