"""An outcome of day d is due on day d after day 0, for every customer, in every arm, or it is not due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.integrity.due import days_due, maturity, maturity_check
from tests.analysis.evaluations import COLLECTED, COMPLAINT, DECISION, PAID, declared

MONDAY = date(2026, 1, 5)
DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))
COUNTED = st.dictionaries(DAYS, st.integers(1, 50), min_size=1, max_size=4)


def test_a_verdict_reads_the_primary_what_is_valued_and_what_guards():
    late = {**COLLECTED, "day": 365}
    other = {"id": "calls", "role": "secondary", "kind": "count", "direction": "decrease", "day": 900}
    protocol = declared(outcomes=[PAID, late, COMPLAINT, other], decision=DECISION)
    assert days_due(protocol) == {"paid_23": 23, "collected": 365, "complaint": 23}  # the last with the primary
    assert days_due(declared(outcomes=[PAID, late, other])) == {"paid_23": 23}


def test_a_cost_counts_as_a_benefit_does():
    calls = {"id": "calls", "role": "secondary", "kind": "count", "day": 60}
    protocol = declared(outcomes=[PAID, calls], decision={"costs": [{"outcome": "calls", "value": 4}]})
    assert days_due(protocol) == {"paid_23": 23, "calls": 60}


@pytest.mark.parametrize(("horizon", "day"), [(90, 90), (22.5, 23), (0.3, 1)])
def test_a_time_to_event_is_due_at_its_horizon(horizon, day):
    timed = {"id": "t", "role": "primary", "kind": "time_to_event", "time": "days", "event": "e", "horizon": horizon}
    assert days_due(declared(outcomes=[timed])) == {"t": day}


def test_without_a_day_nobody_can_say_what_is_due():
    undated = {**PAID, "day": None}
    protocol = declared(outcomes=[undated], randomisation={"method": "external", "arm_column": "arm"})
    assert days_due(protocol) == {}
    assert maturity({}, {"nfa": {MONDAY: 4}}, MONDAY) is None
    assert maturity({"paid": 23}, {}, MONDAY) is None


def test_due_on_the_day_itself_and_not_the_day_before():
    zeros = {"nfa": {MONDAY: 10}, "letter": {MONDAY: 10}}
    on_the_day = maturity({"paid": 23}, zeros, MONDAY + timedelta(days=23))
    before = maturity({"paid": 23}, zeros, MONDAY + timedelta(days=22))
    assert (on_the_day.complete, before.complete) == (True, False)
    assert on_the_day.due_on == before.due_on == date(2026, 1, 28)
    assert ([row.due for row in before.shares], [row.due for row in on_the_day.shares]) == ([0, 0], [10, 10])


def test_one_late_customer_of_one_arm_holds_everybody():
    zeros = {"nfa": {MONDAY: 500}, "letter": {MONDAY: 499, MONDAY + timedelta(days=7): 1}}
    found = maturity({"paid": 23}, zeros, MONDAY + timedelta(days=23))
    assert not found.complete
    assert [(row.arm, row.due) for row in found.shares] == [("nfa", 500), ("letter", 499)]
    assert found.share("paid") == 999 / 1000
    assert maturity_check(found).passed is False
    assert maturity_check(found).severity == "blocks"


def test_a_wave_that_is_still_to_come_holds_it_too():
    zeros, later = {"nfa": {MONDAY: 5}, "letter": {MONDAY: 5}}, MONDAY + timedelta(days=100)
    found = maturity({"paid": 23}, zeros, MONDAY + timedelta(days=23), planned=[later])
    assert found.share("paid") == 1.0
    assert (found.complete, found.due_on) == (False, later + timedelta(days=23))


@given(zeros=st.fixed_dictionaries({"nfa": COUNTED, "letter": COUNTED}), as_at=DAYS, first=st.integers(1, 400))
def test_it_is_complete_exactly_when_every_share_is_whole(zeros, as_at, first):
    found = maturity({"paid": first, "collected": first + 30}, zeros, as_at)
    assert found.complete == all(row.due == row.customers for row in found.shares)
    assert found.share("collected") <= found.share("paid")
