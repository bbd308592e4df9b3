"""After a trial: what was predicted of its contact beside what came, from the outcomes and each customer's day 0."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest

from designs.protocol.reading import parse_document
from tests.designs.suitability.plans import SETTLED
from tests.trials.examples import DUE, FIRST, Files, allocated, eligible, load_outcomes, on, outcomes, write_csv
from tests.trials.stages.test_batches import SURGE, TODAY
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.stages.contact import contact_beside

pytestmark = pytest.mark.requirement("S16")
ISSUED = {"one": "2026-03-09", "two": "2026-03-12"}
CALLS = {"call": "days_to_call"}


def predicting(files: Files, came: dict[str, str] | None, **randomisation: Any) -> None:
    def change(text: str) -> str:
        document = parse_document(text.encode()).value
        document["suitability"] = json.loads(json.dumps(SETTLED["suitability"]))
        document["suitability"]["reaction"]["answer"] = {"pay": 0.4, "call": 0.05}
        surge = SURGE if came is None else {**SURGE, "came": came}
        document["suitability"]["operations"] |= {"answer": {"capacity_per_day": 40}, "surge": surge}
        document["randomisation"] |= randomisation
        return json.dumps(document)

    files.edit_protocol(change)


def with_calls(files: Files, **columns: Any) -> None:
    """Every tenth customer calls, on days 0, 1 and 2 in turn, and one half a day later."""
    rows = outcomes(files.customers)
    for number, row in enumerate(rows):
        row["days_to_call"] = number // 10 % 3 + (0.5 if number == 10 else 0) if number % 10 == 0 else ""
        row |= columns
    write_csv(files.outcomes, rows)


def called(files: Files) -> Counter[int]:
    taking_part = {row["customer_id"] for row in eligible(files.customers)}
    rows = outcomes(files.customers)
    return Counter(n // 10 % 3 for n, row in enumerate(rows) if n % 10 == 0 and row["customer_id"] in taking_part)


def test_calls_are_counted_on_the_days_on_which_they_came(either: Registry, files: Files) -> None:
    predicting(files, CALLS)
    with_calls(files)
    with on(TODAY):
        allocated(either, files)
    load_outcomes(either, FIRST, files.trial, files.outcomes)
    found = contact_beside(either, FIRST, files.trial)
    assert found is not None
    assert {each.day: each.came for each in found.days} == called(files)
    # A quarter of 371 get the letter, of whom 0.4 call, and a quarter the text message, of whom 0.2 do.
    assert [each.predicted for each in found.days] == pytest.approx([371 * 0.15 * share for share in SURGE["by_day"]])
    assert (found.customers, found.ways, found.capacity, found.later) == (371, ("calls",), 40, 0)


def test_in_batches_each_customers_days_begin_with_their_own(registry: Registry, files: Files) -> None:
    batches = {"column": "batch", "at_random": True, "issue_on": ISSUED}
    predicting(files, CALLS, strata=["band", "batch"], batches=batches)
    rows = [row | {"days_to_call": 1} for row in outcomes(files.customers)]
    write_csv(files.outcomes, rows)
    with on(TODAY):
        allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=DUE)
    found = contact_beside(registry, FIRST, files.trial)
    assert found is not None
    assert [(each.day, each.on, each.came) for each in found.days if each.came] == [
        (1, date(2026, 3, 10), 186), (4, date(2026, 3, 13), 185)
    ]  # fmt: skip
    assert [round(each.predicted, 6) for each in found.days if each.day in (1, 4)] == pytest.approx(
        [186 * 0.15 * 0.5, 185 * 0.15 * 0.5]
    )


def test_days_after_the_cut_are_not_compared(registry: Registry, files: Files) -> None:
    predicting(files, CALLS)
    with_calls(files)
    with on(TODAY):
        allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=date(2026, 3, 3))
    found = contact_beside(registry, FIRST, files.trial)
    assert found is not None
    assert [each.day for each in found.days][-1] <= 1


def test_a_file_without_the_column_is_loaded_all_the_same_and_nothing_is_compared(
    registry: Registry, files: Files
) -> None:
    predicting(files, CALLS)
    with on(TODAY):
        allocated(registry, files)
    assert contact_beside(registry, FIRST, files.trial) is None
    account = load_outcomes(registry, FIRST, files.trial, files.outcomes)
    assert account.loaded == 371
    assert contact_beside(registry, FIRST, files.trial) is None


@pytest.mark.parametrize("came", [None, {}])
def test_a_plan_that_does_not_say_who_will_be_seen_has_no_comparison(
    registry: Registry, files: Files, came: dict[str, str] | None
) -> None:
    predicting(files, came)
    with_calls(files)
    with on(TODAY):
        allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    assert contact_beside(registry, FIRST, files.trial) is None


def test_before_the_draw_there_is_nothing_and_of_no_trial_it_is_refused(registry: Registry, files: Files) -> None:
    with pytest.raises(TrialRefused):
        contact_beside(registry, FIRST, "nobody-s-trial")


def test_a_day_that_cannot_be_is_a_missing_value(registry: Registry, files: Files) -> None:
    predicting(files, CALLS)
    rows = [row | {"days_to_call": -1 if number else 1} for number, row in enumerate(outcomes(files.customers))]
    write_csv(files.outcomes, rows)
    with on(TODAY):
        allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    found = contact_beside(registry, FIRST, files.trial)
    assert found is not None
    assert (found.came, found.later) == (int(files.customers[0] in eligible(files.customers)), 0)
