"""A profile says what customers are like, and nothing about few of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.cohort.population import population
from designs.library import templates
from designs.profile import SMALLEST, Categories, Numbers, Profile, describe_customers, who_takes_part
from designs.protocol.models import Protocol
from tests.designs.protocol.examples import HERE, changed

LABELS = {
    "reason": {"label": "reason for not filing", "levels": {"forgot": "customers who forgot"}},
    "age_days": {"label": "days late", "kind": "number"},
}
PLAN = Protocol.model_validate_json(json.dumps(changed(HERE, ("population.columns", LABELS))))


def described(**columns: list[Any]) -> Profile:
    return describe_customers(PLAN, pa.table(columns))


def categories(counts: dict[str | None, int]) -> Categories:
    (found,) = described(reason=[level for level, n in counts.items() for _ in range(n)]).columns
    assert isinstance(found, Categories)
    return found


@pytest.mark.requirement("S04")
def test_a_profile_is_of_the_columns_that_the_plan_uses_before_the_draw() -> None:
    (plan,) = (template.loaded.protocol for template in templates() if template.name == "sa-debts")
    people = who_takes_part(plan, population(20261130, 3000))
    found = describe_customers(plan, people)
    names = [column.column for column in found.columns]
    assert found.customers == people.num_rows
    assert {"reason", "work_item", "hnw_expat"} <= set(names)
    assert not {"customer_id", "household_id", "paid_23"} & set(names)
    assert len(names) == len(set(names))
    assert describe_customers(plan, people) == found


def test_levels_are_counted_and_called_by_their_words() -> None:
    found = categories({"forgot": 60, "confused": 25, None: 15})
    assert (found.label, found.others) == ("reason for not filing", 0)
    assert [(level.level, level.words, level.customers, level.share) for level in found.levels] == [
        ("forgot", "customers who forgot", 60, 0.6), ("confused", "confused", 25, 0.25), (None, "not known", 15, 0.15),
    ]  # fmt: skip


def test_a_small_level_is_not_counted_and_cannot_be_had_by_subtraction() -> None:
    found = categories({"forgot": 60, "confused": 25, "deliberate": 9})
    assert [(level.level, level.customers) for level in found.levels] == [
        ("forgot", 60), ("confused", None), ("deliberate", None),
    ]  # fmt: skip
    assert found.others == 34
    several = categories({"forgot": 60, "confused": 25, "deliberate": 6, "cannot_pay": 5})
    assert [level.customers for level in several.levels] == [60, 25, None, None]
    assert several.others == 11


@settings(max_examples=200)
@given(st.dictionaries(st.text("abcdefghij", min_size=1, max_size=2), st.integers(1, 40), min_size=1, max_size=40))
def test_no_count_of_fewer_than_ten_can_be_worked_out(counts: dict[str, int]) -> None:
    """What is not told is of two levels or more, and of ten customers or more, unless there is nothing else."""
    found = categories(dict(counts))
    told = [level for level in found.levels if level.customers is not None]
    assert all((level.customers or 0) >= SMALLEST for level in told)
    assert sum(level.customers or 0 for level in told) + found.others == sum(counts.values())
    if found.others and told:
        assert found.others >= SMALLEST
        assert len(counts) - len(told) >= 2
    assert all(counts[level.level or ""] == level.customers for level in told)


@pytest.mark.parametrize(
    ("customers", "told"),
    [(9, []), (19, []), (20, [0.5]), (40, [0.25, 0.5, 0.75]), (200, [0.05, 0.25, 0.5, 0.75, 0.95])],
)
def test_quantiles_have_ten_customers_on_either_side(customers: int, told: list[float]) -> None:
    values = np.arange(customers, dtype=float).tolist()
    (found,) = described(age_days=values).columns
    assert isinstance(found, Numbers)
    assert [at for at, value in found.quantiles if value is not None] == told
    assert all(value == pytest.approx(np.quantile(values, at)) for at, value in found.quantiles if value is not None)
    assert found.mean == (pytest.approx(np.mean(values)) if customers >= SMALLEST else None)
    assert found.label == "days late"


@pytest.mark.parametrize(("missing", "known"), [(0, 100), (9, None), (10, 100)])
def test_a_few_who_are_not_known_are_not_counted_beside_everybody(missing: int, known: int | None) -> None:
    (found,) = described(age_days=[*np.arange(100.0).tolist(), *[None] * missing]).columns
    assert isinstance(found, Numbers)
    assert found.known == known


def test_nobody_is_described_without_failing() -> None:
    empty = pa.table({"reason": pa.array([], pa.string()), "age_days": pa.array([], pa.float64())})
    found = describe_customers(PLAN, empty)
    assert found.customers == 0
    assert [type(column) for column in found.columns] == [Categories, Numbers]


def test_what_is_no_number_is_not_known_and_text_is_never_a_number() -> None:
    odd = [*np.arange(100.0).tolist(), *[float("nan")] * 10, *[float("inf")] * 10]
    (found,) = described(age_days=odd).columns
    assert isinstance(found, Numbers)
    assert (found.known, found.mean) == (100, pytest.approx(49.5))
    (text,) = described(age_days=["1"] * 20 + ["x"] * 20).columns
    assert isinstance(text, Categories)
