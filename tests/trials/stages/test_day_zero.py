"""Day 0 of real customers is never before they were drawn, and neither is a cut."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, allocated, load_outcomes, locked, on, write_csv
from tests.trials.examples import customers as invented
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.tables import Allocation
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.population import load_population

DRAWN = date(2026, 3, 2)
BEFORE, AFTER = date(2020, 1, 6), date(2026, 3, 30)
LAST = timedelta(days=23)


def planned(files: Files, dates: str) -> Files:
    files.edit_protocol(lambda text: text.replace("strata: [band]", f"strata: [band], {dates}"))
    return files


def batches(low: date, high: date) -> str:
    return f"batches: {{column: band, issue_on: {{low: {low}, high: {high}}}}}"


def waves(first: date, second: date) -> str:
    return f"waves: [{{id: one, issue_on: {first}}}, {{id: two, issue_on: {second}}}]"


def judged(registry: Registry, files: Files, cut: date) -> Any:
    load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=cut)
    return evaluate(registry, FIRST, files.trial).document


@pytest.mark.parametrize("day", [BEFORE, DRAWN - timedelta(days=1)])
def test_a_day_planned_for_the_draw_that_has_gone_by_is_no_day_zero(either, files, day):
    with on(DRAWN):
        record = allocated(either, planned(files, f"allocation_date: {day}"), seed=None)
    assert record.index_date == DRAWN
    early = judged(either, files, DRAWN + LAST - timedelta(days=1))
    assert (early["verdict"]["code"], early["estimates"]) == ("not_due", [])
    assert judged(either, files, DRAWN + LAST)["verdict"]["code"] != "not_due"


def test_a_day_planned_for_the_draw_that_has_gone_by_is_said_at_the_lock(registry, files):
    planned(files, f"allocation_date: {BEFORE}")
    with on(DRAWN):
        locked(registry, files, synthetic=False)
    with registry.read(FIRST) as reader:
        said = reader.trial(files.trial).lock.findings
    assert any("The plan's day 0 is 2020-01-06" in finding for finding in said)


def test_a_draw_before_the_planned_day_counts_from_the_planned_day(registry, files):
    with on(DRAWN):
        record = allocated(registry, planned(files, f"allocation_date: {AFTER}"), seed=None)
    assert record.index_date == AFTER
    assert judged(registry, files, DRAWN + LAST)["verdict"]["code"] == "not_due"


@pytest.mark.parametrize("dates", [waves(BEFORE, AFTER), batches(AFTER, BEFORE), batches(BEFORE, BEFORE)])
def test_a_plan_whose_first_issue_day_has_gone_by_is_neither_locked_nor_drawn(registry, files, dates):
    planned(files, dates)
    with on(DRAWN), pytest.raises(TrialRefused, match=r"issue_on.*was to be issued on 2020-01-06") as refused:
        locked(registry, files, synthetic=False)
    assert "never before the draw" in str(refused.value)
    assert "still to come" in str(refused.value)


@pytest.mark.parametrize("dates", [waves(DRAWN, AFTER), batches(DRAWN, AFTER)])
def test_an_issue_day_that_goes_by_between_lock_and_draw_is_refused(registry, files, dates):
    planned(files, dates)
    with on(DRAWN - timedelta(days=3)):
        locked(registry, files, synthetic=False)
    with on(DRAWN + timedelta(days=1)), pytest.raises(TrialRefused, match="was to be issued on 2026-03-02"):
        randomise(registry, FIRST, files.trial)
    with on(DRAWN):
        assert randomise(registry, FIRST, files.trial).counts


def test_a_later_wave_that_is_drawn_late_counts_from_its_draw(registry, files):
    planned(files, waves(DRAWN, AFTER))
    late = AFTER + timedelta(days=10)
    with on(DRAWN):
        allocated(registry, files, seed=None)
    with on(late):
        load_population(
            registry, FIRST, write_csv(files.population, invented(200, first=400)), files.protocol, synthetic=False
        )
        assert randomise(registry, FIRST, files.trial).index_date == late
    assert judged(registry, files, AFTER + LAST)["verdict"]["code"] == "not_due"
    document = judged(registry, files, late + LAST)
    assert (document["maturity"]["due_on"], document["verdict"]["code"] != "not_due") == (str(late + LAST), True)


@pytest.mark.parametrize(("after", "due"), [(0, False), (22, False), (23, True), (60, True)])
def test_a_wave_that_was_not_drawn_holds_the_verdict_back_until_its_customers_would_be_due(registry, files, after, due):
    planned(files, waves(DRAWN, AFTER))
    with on(DRAWN):
        allocated(registry, files, seed=None)
    document = judged(registry, files, AFTER + timedelta(days=after))
    assert (document["verdict"]["code"] != "not_due") is due
    assert bool(document["estimates"]) is due
    said = [check for check in document["checks"] if check["name"] == "planned_day"]
    assert [(check["passed"], check["severity"]) for check in said] == [(False, "warns")] * (after > 0)
    assert all("Wave two was planned for 30 March 2026, and nobody was assigned in it" in c["detail"] for c in said)


@pytest.mark.parametrize("dates", ["", f"allocation_date: {BEFORE}", batches(DRAWN, AFTER), waves(DRAWN, AFTER)])
def test_no_cut_is_before_the_draw(registry, files, dates):
    if dates:
        planned(files, dates)
    with on(DRAWN):
        allocated(registry, files, seed=None)
    for day in (DRAWN - timedelta(days=1), BEFORE):
        with pytest.raises(TrialRefused, match=f"{day}, which is before 2026-03-02, the day of the draw") as refused:
            load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=day)
        assert "after customers are assigned" in str(refused.value)
        assert "extracted" in str(refused.value)
    load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=DRAWN)
    with pytest.raises(TrialRefused, match="before 2026-03-02, the day of the draw"):
        evaluate(registry, FIRST, files.trial, as_at=DRAWN - timedelta(days=1))


def test_nor_before_the_clocks_draw(registry, tmp_path):
    files = Files(tmp_path / "clock", extra=f"clock: {{drawn_on: {DRAWN}}}")
    allocated(registry, files)
    with pytest.raises(TrialRefused, match="before 2026-03-02, the day of the draw"):
        load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=DRAWN - timedelta(days=1))


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1989, 12, 31), date(2101, 1, 1), date(9999, 12, 31)])
def test_a_cut_is_on_a_day_that_there_is(registry, files, day):
    allocated(registry, files)
    with pytest.raises(TrialRefused, match="a day is from 1990-01-01 to 2100-12-31"):
        load_outcomes(registry, FIRST, files.trial, files.outcomes, as_at=day)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    with pytest.raises(TrialRefused, match="a day is from 1990-01-01 to 2100-12-31"):
        evaluate(registry, FIRST, files.trial, as_at=day)


def test_what_an_earlier_version_dated_before_the_draw_is_not_due_either(registry, files):
    """Its row of the allocation still says the day that was planned."""
    with on(DRAWN):
        allocated(registry, planned(files, f"allocation_date: {BEFORE}"), seed=None)
    statement = f"UPDATE allocation SET index_date = '{BEFORE}'"
    tampering.forge(registry, statement, Allocation, (files.trial, 1))
    document = judged(registry, files, DRAWN + timedelta(days=3))
    assert document["verdict"]["code"] == "not_due"
    assert document["maturity"]["due_on"] == str(DRAWN + LAST)
