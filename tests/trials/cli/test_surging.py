"""``otm surge``: the same figures for people and for programs, and batches as a plan declares them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.trials.examples import FIRST, allocated, load_outcomes, on
from tests.trials.stages.test_batches import TODAY, surging
from tests.trials.stages.test_contact import CALLS, called, predicting, with_calls


@pytest.mark.requirement("S16")
def test_contact_by_day_and_the_batches_that_fit(otm: Any, files: Any) -> None:
    surging(files, 25)
    shown = otm("surge", files.protocol, "--first", "2026-03-09")
    assert shown.code == 0, shown.err
    assert "400 customers are expected to bring 80 contacts over 3 days; the busiest is 1 day after" in shown.out
    assert "2 batches of at most 200 customers, 2 days apart" in shown.out
    assert "at_random: true\n    issue_on:\n      batch_01: 2026-03-09\n      batch_02: 2026-03-11" in shown.out
    document = json.loads(otm("surge", files.protocol, "--json", "-").out)
    assert [day["contacts"] for day in document["days"]] == pytest.approx([20, 40, 20])
    assert (document["peak"], document["days_over_capacity"]) == (1, [1])
    assert (document["proposal"]["batches"], document["proposal"]["days_between"]) == (2, 2)
    fewer = otm("surge", files.protocol, "--customers", 250, "--first", "2026-03-09")
    assert "every day is at or under capacity" in fewer.out
    assert "No batches are proposed" in fewer.err


def test_days_that_have_dates_are_written_for_programs_too(otm: Any, files: Any) -> None:
    surging(files, 25, allocation_date="2026-03-09")
    document = json.loads(otm("surge", files.protocol, "--json", "-").out)
    assert [day["on"] for day in document["days"]] == ["2026-03-09", "2026-03-10", "2026-03-11"]
    assert [part["issue_on"] for part in document["parts"]] == ["2026-03-09"]


def test_a_plan_that_predicts_nothing_is_told_what_to_declare(otm: Any, files: Any) -> None:
    refused = otm("surge", files.protocol)
    assert refused.code == 2
    assert "the plan predicts no contact" in refused.err


@pytest.mark.requirement("S16")
def test_what_came_is_said_beside_what_was_predicted(otm: Any, files: Any, registry: Any) -> None:
    predicting(files, CALLS)
    with_calls(files)
    refused = otm("surge", files.trial)
    assert refused.code == 2
    with on(TODAY):
        allocated(registry, files)
    assert "there is nothing to compare" in otm("surge", files.trial).err
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    shown = otm("surge", files.trial)
    assert shown.code == 0, shown.err
    assert "Calls: 56 were predicted of 371 customers over 3 days, and " in shown.out
    document = json.loads(otm("surge", files.trial, "--json", "-").out)
    assert document["ways"] == ["calls"]
    came = called(files)
    assert [day["came"] for day in document["days"]] == [came[day] if came[day] >= 10 else None for day in range(3)]
    assert "belong to a protocol file" in otm("surge", files.trial, "--customers", 5).err
