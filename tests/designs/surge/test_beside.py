"""What was predicted beside what came: only ways that are known, only days that are, and what came after them."""

from __future__ import annotations

from datetime import date

import pytest

from designs.surge import beside
from tests.designs.surge.test_forecast import expected

pytestmark = pytest.mark.requirement("S16")


def test_each_day_has_what_was_predicted_of_the_ways_that_are_known() -> None:
    found = beside(expected(), {"calls": {0: 80, 1: 500, 3: 1, 4: 7, 40: 2}, "amended": {1: 60}})
    assert [(each.day, round(each.predicted, 9), each.came) for each in found.days] == [
        (0, 100, 80), (1, 500, 560), (2, 300, 0), (3, 100, 1)
    ]  # fmt: skip
    assert (found.ways, found.customers, found.capacity) == (("calls", "amended"), 40_000, 400)
    assert (found.came, found.later) == (641, 9)
    assert found.predicted == pytest.approx(1000)  # of 1,200 with post


def test_days_that_are_not_known_yet_are_left_out_and_the_others_have_their_dates() -> None:
    found = beside(expected(), {"calls": {0: 80, 1: 500}}, first=date(2026, 3, 30), known_to=date(2026, 4, 1))
    assert [each.on for each in found.days] == [date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)]
    none_yet = beside(expected(), {"calls": {}}, first=date(2026, 3, 30), known_to=date(2026, 3, 1))
    assert (none_yet.days, none_yet.came, none_yet.predicted) == ((), 0, 0)


def test_what_is_dated_after_the_day_of_the_file_is_not_beyond_the_prediction() -> None:
    """The plan predicts contacts on day 3: that it predicts none of them was said of those."""
    came = {"calls": {0: 80, 1: 500, 3: 6, 40: 2}}
    found = beside(expected(), came, first=date(2026, 3, 30), known_to=date(2026, 4, 1))  # type: ignore[arg-type]
    assert (found.came, found.unknown, found.later) == (580, 6, 2)
    assert (beside(expected(), came).unknown, beside(expected(), came).later) == (0, 2)  # type: ignore[arg-type]
