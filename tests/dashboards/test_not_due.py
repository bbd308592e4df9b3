"""Before everything is due the pages show the field's health and no effect; later cuts do not replace the finding."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.dashboards.conftest import charts, details, refusals, shown
from tests.small_registry import LATE_RETURNS, LOST_OUTCOMES, STALLED, drawn_and_cut
from trials.access import LOCAL_ACTOR
from trials.stages.evaluate import evaluate


@pytest.fixture
def early(own_registry, tmp_path):
    drawn_and_cut(own_registry, tmp_path / "files", date(2025, 1, 10))
    return own_registry


def test_the_managers_page_says_when_there_can_be_a_verdict_and_nothing_of_an_effect(early, open_page):
    page = open_page("decision", trial=STALLED)
    words = shown(page)
    assert "No verdict yet: outcomes are not due" in words
    assert "before 29 January 2025, and the data are as at 10 January 2025" in words
    assert "Before everything was due, 1: evaluation 1, data as at 10 January 2025." in words
    assert "There is nothing to decide on before every outcome is due." in words
    assert "£" not in words
    assert "per 1,000" not in words.lower()
    assert charts(page) == []
    assert [button.label for button in page.button if button.label == "Record the decision"] == []


def test_the_analysts_page_has_its_sections_and_no_estimate(early, open_page):
    page = open_page("results", trial=STALLED)
    words = shown(page)
    assert "No effect is estimated before every outcome is due." in words
    assert "Due so far, of what is counted on day 23" in words or "every outcome is due for every customer on" in words
    assert "£" not in words
    assert charts(page) == []


def test_the_portfolio_says_until_when_it_waits(early, open_page):
    words = shown(open_page("portfolio"))
    assert "Load the outcomes when they are due on 29 January 2025" in words


def test_a_finding_an_attempt_and_an_update_are_shown_as_what_they_are(own_registry, open_page):
    assert "Finding: evaluation 1, data as at 12 January 2026." in shown(open_page("decision", trial=LATE_RETURNS))
    assert "Attempt 1: evaluation 1" in shown(open_page("decision", trial=LOST_OUTCOMES))
    evaluate(own_registry, LOCAL_ACTOR, LATE_RETURNS)
    words = shown(open_page("results", trial=LATE_RETURNS))
    assert "1 later update is listed under Reproduce" in words
    assert "Update 1" in words


@pytest.fixture
def updated(own_registry):
    """A finding, and an update of the same file evaluated again."""
    evaluate(own_registry, LOCAL_ACTOR, LATE_RETURNS)
    return own_registry


def other_evaluations(page):
    """The links to them: (address, words). The line that opens them counts them."""
    ((words, links),) = [one for one in details(page) if one[0].startswith("Other evaluations of this trial")]
    found = re.findall(r'<a href="([^"]*)" target="_self">(.*?)</a>', links)
    assert words.endswith(f": {len(found)}")
    return found


def test_every_evaluation_is_one_link_away_and_an_update_is_shown_as_no_verdict_of_the_trial(updated, open_page):
    page = open_page("results", trial=LATE_RETURNS)
    assert other_evaluations(page) == [
        (f"results?trial={LATE_RETURNS}&amp;evaluation=2", "Update 1: evaluation 2, data as at 12 January 2026")
    ]
    assert "the verdict of the trial is that of its finding" not in shown(page)
    update = open_page("results", trial=LATE_RETURNS, evaluation="2")
    words = shown(update)
    assert "Update 1, evaluation 2: the verdict of the trial is that of its finding, evaluation 1." in words
    assert "Update 1: evaluation 2, data as at 12 January 2026." in words
    with updated.read(LOCAL_ACTOR) as reader:
        stored = reader.evaluation(LATE_RETURNS, 2)
    assert stored.digest in words
    (back,) = other_evaluations(update)
    assert back[1] == "Finding: evaluation 1, data as at 12 January 2026"


def test_the_managers_page_is_always_of_the_finding(updated, open_page):
    words = shown(open_page("decision", trial=LATE_RETURNS, evaluation="2"))
    assert "Finding: evaluation 1, data as at 12 January 2026." in words
    assert "Update 1: evaluation 2" not in words


@pytest.mark.parametrize("named", ["9", "0", "two", "-1", "²"])
def test_an_address_that_names_no_evaluation_is_refused_and_shows_the_finding(open_page, named):
    page = open_page("results", trial=LATE_RETURNS, evaluation=named)
    assert "there is no evaluation" in refusals(page)[0]
    assert "Finding: evaluation 1" in shown(page)


def test_an_early_cut_beside_a_later_finding_shows_no_effect(early, open_page):
    """An evaluation of before the day stays what it was, once there is a finding."""
    evaluate(early, LOCAL_ACTOR, STALLED, as_at=date(2025, 1, 29))
    page = open_page("results", trial=STALLED, evaluation="1")
    words = shown(page)
    assert "Before everything was due, 1: evaluation 1, data as at 10 January 2025." in words
    assert "No effect is estimated before every outcome is due." in words
    assert charts(page) == []
