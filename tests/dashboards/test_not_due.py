"""Before everything is due the pages show the field's health and no effect; later cuts do not replace the finding."""

from __future__ import annotations

from datetime import date

import pytest

from tests.dashboards.conftest import charts, shown
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
