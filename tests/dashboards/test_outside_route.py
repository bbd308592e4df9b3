"""A trial that was locked outside its route of approval says so on every page, for ever."""

from __future__ import annotations

from tests.dashboards.conftest import shown
from tests.small_registry import SMALL_DEBTS

WHY = "Locked outside the route of approval: its plan names no directorate"


def test_every_page_of_the_trial_says_so_with_the_reason(seen_page):
    for page in ("decision", "results"):
        words = shown(seen_page(page, trial=SMALL_DEBTS))
        assert "locked outside the route of approval" in words
        assert WHY in words


def test_the_portfolio_says_so_in_the_trials_row(seen_page):
    assert WHY in shown(seen_page("portfolio"))
