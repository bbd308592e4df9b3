"""The waterfall of exclusions sums, whoever is in the population, and counts as the draw does."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.cohort.population import population
from designs.errors import DesignRefused
from designs.library import templates
from designs.profile import Step, waterfall, who_takes_part
from designs.protocol.models import Protocol
from tests.designs.protocol.examples import HERE, changed

BY_HAND = {"when": {"column": "trust", "equals": True}, "reason": "worked by hand"}
WELSH = {
    "when": [{"column": "welsh", "equals": True}, {"column": "years_late", "above": 3}],
    "reason": "written to in Welsh",
}
HELD = {"when": {"column": "years_late", "above": 5}, "reason": "worked by hand"}
PLAN = Protocol.model_validate_json(json.dumps(changed(HERE, ("population.exclude", [BY_HAND, WELSH, HELD]))))
SCHEMA = pa.schema([("trust", pa.bool_()), ("welsh", pa.bool_()), ("years_late", pa.int64())])
customer = st.fixed_dictionaries(
    {
        "trust": st.none() | st.booleans(),
        "welsh": st.none() | st.booleans(),
        "years_late": st.none() | st.integers(0, 7),
    }
)


def first_reason(row: dict[str, Any]) -> str | None:
    """The same, said a second time."""
    if row["years_late"] is None or row["years_late"] < 1:
        return "not: years_late at least 1"
    if row["trust"]:
        return "worked by hand"
    if row["welsh"] and row["years_late"] > 3:
        return "written to in Welsh"
    return "worked by hand" if row["years_late"] > 5 else None


@pytest.mark.requirement("S09")
@settings(max_examples=80)
@given(st.lists(customer, max_size=40))
def test_the_steps_and_those_who_are_left_sum_to_everybody(rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    found = waterfall(PLAN, table)
    assert found.customers == len(rows) == sum(step.customers for step in found.steps) + found.eligible
    left = found.customers
    for step in found.steps:
        left -= step.customers
        assert step.left == left
    assert left == found.eligible
    reasons = [first_reason(row) for row in rows]
    assert {step.reason: step.customers for step in found.steps} == {
        reason: reasons.count(reason)
        for reason in ("not: years_late at least 1", "worked by hand", "written to in Welsh")
    }
    assert who_takes_part(PLAN, table).to_pylist() == [
        row for row, reason in zip(rows, reasons, strict=True) if reason is None
    ]


def test_a_reason_that_takes_nobody_out_is_a_step_too() -> None:
    table = pa.Table.from_pylist([{"trust": False, "welsh": False, "years_late": 2}], schema=SCHEMA)
    assert waterfall(PLAN, table).steps == (
        Step("not: years_late at least 1", 0, 1), Step("worked by hand", 0, 1), Step("written to in Welsh", 0, 1),
    )  # fmt: skip


def test_without_reasons_everybody_takes_part() -> None:
    open_to_all = PLAN.model_copy(
        update={"population": PLAN.population.model_copy(update={"where": (), "exclude": ()})}
    )
    table = pa.Table.from_pylist([{"trust": True, "welsh": None, "years_late": 0}] * 3, schema=SCHEMA)
    found = waterfall(open_to_all, table)
    assert (found.customers, found.steps, found.eligible) == (3, (), 3)


@pytest.mark.requirement("S04")
def test_the_same_rules_give_the_same_customers_again() -> None:
    people = population(20261130, 3000)
    (plan,) = (template.loaded.protocol for template in templates() if template.name == "sa-debts")
    once, again = who_takes_part(plan, people), who_takes_part(plan, people)
    assert once.equals(again)
    assert waterfall(plan, people).eligible == once.num_rows
    assert 0 < once.num_rows < 3000


def test_a_rule_that_is_still_written_is_asked_of_the_column_as_it_is() -> None:
    """A number in text is read, a column that is not there is named, and nothing fails for want of a section."""
    rows = [{"years_late": "2", "trust": "true"}, {"years_late": "x", "trust": None}, {"years_late": "0", "trust": "t"}]
    plan = PLAN.model_copy(update={"population": PLAN.population.model_copy(update={"exclude": ()})})
    assert waterfall(plan, pa.Table.from_pylist(rows)).eligible == 1
    with pytest.raises(DesignRefused, match="no column 'welsh'"):
        waterfall(PLAN, pa.Table.from_pylist(rows))
