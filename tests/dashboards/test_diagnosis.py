"""The size page has the plan simulated: asked for, watched, ended, and shown with its day and what was assumed."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import diagnosing
from designs.drafting import Draft
from tests.dashboards.conftest import ANN, press, refusals, shown
from tests.trials.jobs.watching import wait_until
from tests.trials.stages.test_diagnose_record import PLAN, TRIAL
from trials.access import Actor
from trials.jobs import progress
from trials.registry import Registry
from trials.stages.design import begin_design, revise_design
from trials.stages.diagnose import diagnose

pytestmark = pytest.mark.usefixtures("at_work")
PAGE = "design/size"


@pytest.fixture
def design(own_registry: Registry) -> Registry:
    begin_design(own_registry, ANN, TRIAL, Draft(PLAN, {}), {}, origin={"kind": "empty"})
    return own_registry


def typed(page: AppTest, name: str, words: str) -> None:
    next(box for box in page.text_input if box.key == f"diagnose/{name}/{TRIAL}").set_value(words)


def test_nothing_simulated_is_said(design: Registry, open_page: Any) -> None:
    assert "Nothing has been simulated of this design yet." in shown(open_page(PAGE, design=TRIAL))


def test_what_was_simulated_is_shown_with_its_day_and_its_assumptions(design: Registry, open_page: Any) -> None:
    record = diagnose(design, ANN, TRIAL, revision=1, replicates=3, customers=400)
    words = shown(open_page(PAGE, design=TRIAL))
    at = record.made_at
    assert f"On {at.day} {at:%B %Y}" in words
    assert "by Ann." in words
    assert "3 trials of 400 customers at each of 4 sizes of effect, from seed 1." in words
    assert "Simulated: no customer is in it." in words
    assert "scale to a segment" in words
    assert "Every contact reaches its customer." in words
    assert "The plan has changed since" not in words


def test_figures_of_an_earlier_plan_say_so(design: Registry, open_page: Any) -> None:
    diagnose(design, ANN, TRIAL, revision=1, replicates=2, customers=400)
    changed = {**PLAN, "analysis": {"standard_errors": "HC3"}}
    revise_design(design, ANN, TRIAL, Draft(changed, {}), {}, made_from=1)
    assert "The plan has changed since: these figures are of an earlier one." in shown(open_page(PAGE, design=TRIAL))


def test_it_is_asked_for_watched_and_ended(design: Registry, open_page: Any) -> None:
    page = open_page(PAGE, design=TRIAL)
    typed(page, "customers", "4,00")
    typed(page, "trials", "5000")
    press(page, "Simulate this plan")
    assert "The plan is being simulated, begun at" in shown(page)
    press(page, "End the simulation")
    job = progress(design, ANN, TRIAL, "diagnose")
    assert job is not None
    assert job.state == "stopped"
    assert "Ann ended it" in " ".join(refusals(page))
    with design.read(ANN) as reader:
        assert reader.diagnoses(TRIAL) == ()


def test_a_job_of_the_page_is_shown_once_it_is_done(design: Registry, open_page: Any) -> None:
    page = open_page(PAGE, design=TRIAL)
    typed(page, "customers", "400")
    typed(page, "trials", "2")
    press(page, "Simulate this plan")
    wait_until(lambda: (job := progress(design, ANN, TRIAL, "diagnose")) and job.state == "done")
    assert "2 trials of 400 customers" in shown(open_page(PAGE, design=TRIAL))


def test_what_is_no_number_is_refused_and_begins_nothing(design: Registry, open_page: Any) -> None:
    page = open_page(PAGE, design=TRIAL)
    typed(page, "trials", "many")
    press(page, "Simulate this plan")
    assert "many is no whole number" in " ".join(refusals(page))
    assert progress(design, ANN, TRIAL, "diagnose") is None


def test_who_may_not_is_told_who_may(design: Registry, open_page: Any, at_work: Any) -> None:
    at_work(Actor("Mo", "manager"))
    page = open_page(PAGE, design=TRIAL)
    assert "A designer or an analyst has it simulated." in shown(page)
    assert not any(button.label == "Simulate this plan" for button in page.button)


def test_a_plan_that_lacks_something_waits(design: Registry, open_page: Any) -> None:
    revise_design(design, ANN, TRIAL, Draft({**PLAN, "outcomes": []}, {}), {}, made_from=1)
    page = open_page(PAGE, design=TRIAL)
    assert "It can be simulated once nothing is missing in the plan" in shown(page)
    assert not any(button.label == "Simulate this plan" for button in page.button)


@pytest.mark.parametrize(("words", "number"), [("", None), ("1,000", 1000), (" 20 ", 20)])
def test_numbers_are_read_as_people_type_them(words: str, number: int | None) -> None:
    assert diagnosing._number(words) == number


@pytest.mark.parametrize("words", ["-5", "1.5", "²", "1e3", "9" * 10])
def test_what_is_no_number_is_none(words: str) -> None:
    with pytest.raises(ValueError, match="no whole number"):
        diagnosing._number(words)
