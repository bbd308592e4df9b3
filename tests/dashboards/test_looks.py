"""The pages of a trial with looks: which was taken, which is due, and at an early end which estimates are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.dashboards.conftest import charts, shown
from tests.trials.examples import Files, allocated
from tests.trials.stages.test_looks import ALL_DUE, LOW_DUE, cut, planned


@pytest.fixture
def trial(empty_registry, tmp_path):
    """A trial of two batches, drawn and served."""
    files = planned(Files(tmp_path / "looks", count=1_200), "{fractions: [0.3, 0.9], may: harm_and_benefit}")
    allocated(empty_registry, files)
    return empty_registry, files


@pytest.mark.parametrize("view", ["decision", "results"])
def test_a_look_that_is_due_and_one_that_was_taken(trial, open_page, view):
    registry, files = trial
    cut(registry, files, LOW_DUE - timedelta(days=1))
    words = shown(open_page(view, trial=files.trial))
    assert "Look 1 of 3" in words
    assert "due 25 February 2026" in words
    taken = cut(registry, files, LOW_DUE)
    assert taken.look.action == "go_on"
    page = open_page(view, trial=files.trial)
    words = shown(page)
    assert "No verdict yet: outcomes are not due" in words
    assert "Go on" in words
    assert "25 February 2026" in words
    assert "£" not in words
    assert charts(page) == []


def test_an_early_end_is_shown_with_both_estimates(trial, open_page):
    registry, files = trial
    ended = cut(registry, files, LOW_DUE, letter=0.5)
    assert ended.look.action == "stop_for_benefit"
    page = open_page("decision", trial=files.trial)
    words = shown(page)
    assert ended.verdict.sentence in words
    assert "These are the estimates as observed at look 1 of 3, which ended the trial; allowing for the looks" in words
    assert "As observed at look 1 of 3, which ended the trial:" in words
    assert "Ended with a verdict: an approach passes" in words
    assert words.count("Not needed: the trial had ended") == 2
    assert charts(page)
    words = shown(open_page("results", trial=files.trial))
    assert "Allowing for the looks" in words
    assert "Median-unbiased estimate" in words


def test_the_end_after_a_look(trial, open_page):
    registry, files = trial
    cut(registry, files, LOW_DUE)
    end = cut(registry, files, ALL_DUE)
    assert end.look.action == "final"
    words = shown(open_page("decision", trial=files.trial))
    assert "The final analysis" in words
    assert "as observed at look" not in words
