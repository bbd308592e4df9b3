"""Parity of those who prefer Welsh over the arms that they may get; nobody of them in one in English alone."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designs.variants.welsh_parity import open_allocation, welsh_by_arm
from tests.designs.variants.test_welsh_customers import DECLARED, NOT_FOR, assigned, plan

PLAN = plan(DECLARED, NOT_FOR)  # shares 1, 1 and 2; the SMS is in English alone


def people(languages: list[str | None]) -> pa.Table:
    count = len(languages)
    return pa.table(
        {
            "customer_id": [f"{place:03d}" for place in range(count)],
            "language": pa.array(languages, pa.string()),
            "region": ["a"] * count,
            "years_late": [1] * count,
            "trust": [False] * count,
        }
    )


@pytest.mark.requirement("K18")
@settings(max_examples=40)
@given(st.lists(st.sampled_from(["cy", "en", None]), min_size=1, max_size=80), st.integers(0, 10**6))
def test_a_draw_shares_them_over_the_arms_that_they_may_get(languages, number):
    table = people(languages)
    arms = assigned(PLAN, table, number)
    found = {arm.arm: arm for arm in welsh_by_arm(PLAN, table, arms)}
    assert found["sms"].preferring == found["sms"].expected == 0
    assert sum(arm.preferring for arm in found.values()) == languages.count("cy")
    assert {name: arm.customers for name, arm in found.items()} == {**dict.fromkeys(found, 0), **Counter(arms)}
    assert all(abs(arm.preferring - arm.expected) < 1 for arm in found.values())
    assert list(open_allocation(tuple(found.values()))) == []


@pytest.mark.requirement("K18")
def test_whoever_prefers_welsh_and_is_in_an_arm_in_english_alone_is_found():
    table = people(["cy", "cy", "en", None])
    found = welsh_by_arm(PLAN, table, ["sms", "letter", "sms", "sms"])
    assert [(arm.arm, arm.english_only, arm.customers, arm.preferring, arm.expected) for arm in found] == [
        ("nfa", False, 0, 0, 1.0),
        ("letter", False, 1, 1, 1.0),
        ("sms", True, 3, 1, 0.0),
    ]
    (finding,) = open_allocation(found)
    assert (finding.code, finding.severity, finding.where) == ("welsh_in_english", "blocks", "sms")
    assert "holds 1 of those who prefer Welsh" in finding.problem


def test_a_plan_that_does_not_say_who_they_are_has_nothing_to_count():
    assert welsh_by_arm(plan(), people(["cy"]), ["sms"]) == ()


def test_arms_are_given_for_everybody():
    with pytest.raises(ValueError, match="1 arms are given for 2 customers"):
        welsh_by_arm(PLAN, people(["cy", "en"]), ["sms"])
