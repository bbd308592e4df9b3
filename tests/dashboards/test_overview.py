"""What nobody covers, what waits for whom, and whom trials share: the portfolio as an overview."""

import re

import pytest

from designs.drafting import draft_of_template
from tests.dashboards.conftest import shown, table_row
from tests.small_registry import FIVE_MESSAGES, SMALL_DEBTS, STALLED
from tests.trials.examples import FIRST, Files, allocated, write_csv
from trials.access import LOCAL_ACTOR, Actor
from trials.stages.design import begin_design
from trials.stages.overlap import overlap, shared_customers


def waits(page):
    """The rows of what waits for whoever looks."""
    return re.findall(r'<h2 id="waiting">Waiting for you</h2></div>\n(.*)', shown(page))


@pytest.mark.requirement("K05")
def test_two_trials_with_300_shared_customers_show_300_on_the_screen(open_page, empty_registry, tmp_path):
    everybody = "where: [{column: principal, at_least: 0}]"
    for trial, first in (("one", 0), ("two", 100), ("three", 9_000), ("four", 395)):
        files = Files(tmp_path / trial, trial=trial, population=trial, first=first)
        files.edit_protocol(lambda text: text.replace("where: [{column: principal, at_least: 32}]", everybody))
        write_csv(files.population, [row | {"hnw": 0} for row in files.customers])
        allocated(empty_registry, files, seed=f"{first:064x}")
    page = open_page("overlap", trial="one")
    assert "<span>300</span>" in table_row(page, "results?trial=two") or ">300<" in table_row(page, "results?trial=two")
    assert "Customers that trials share" in shown(page)
    assert dict(shared_customers(empty_registry, FIRST, "one")) == {"two": 300, "three": 0, "four": 5}
    for actor in (FIRST, Actor("An Analyst", "analyst")):
        told = dict(shared_customers(empty_registry, actor, "one"))
        assert told == {other: overlap(empty_registry, actor, "one", other) for other in told}


def test_fewer_than_ten_shared_customers_are_told_to_the_randomiser_alone(
    open_page, empty_registry, tmp_path, monkeypatch
):
    for trial, first in (("one", 0), ("four", 395)):
        files = Files(tmp_path / trial, trial=trial, population=trial, first=first)
        files.edit_protocol(lambda text: text.replace("at_least: 32", "at_least: 0"))
        write_csv(files.population, [row | {"hnw": 0} for row in files.customers])
        allocated(empty_registry, files, seed=f"{first:064x}")
    monkeypatch.setenv("OTM_ACTOR", "Ann:analyst")
    row = table_row(open_page("overlap", trial="one"), "results?trial=four")
    assert "Fewer than 10" in row
    assert ">5<" not in row


@pytest.mark.requirement("K05")
def test_behaviours_are_listed_with_the_segments_in_which_no_trial_covers_them(open_page, own_registry):
    draft, contents = draft_of_template("late-returns", "late-2027")
    begin_design(own_registry, LOCAL_ACTOR, "late-2027", draft, contents, origin={"kind": "template"})
    words = shown(open_page("portfolio"))
    assert "Not covered" in words
    assert "of a behaviour and a segment" in words


def test_what_waits_follows_from_the_role(open_page, monkeypatch):
    monkeypatch.setenv("OTM_ACTOR", "Mo:manager")
    (mine,) = waits(open_page("portfolio"))
    assert f'href="decision?trial={SMALL_DEBTS}"' in mine
    assert "Record a decision" in mine
    assert STALLED not in mine
    monkeypatch.setenv("OTM_ACTOR", "Rae:randomiser")
    (mine,) = waits(open_page("portfolio"))
    assert f'href="draw?trial={STALLED}"' in mine
    assert f'href="results?trial={FIVE_MESSAGES}"' in mine  # its finding is there, its draw not released
    assert "Record a decision" not in mine
    monkeypatch.setenv("OTM_ACTOR", "Rob:reviewer")
    assert waits(open_page("portfolio")) == []
    assert "Nothing waits for you." in shown(open_page("portfolio"))


def test_the_search_finds_words_of_what_a_trial_is_about_and_says_that_it_is_on(open_page):
    words = shown(open_page("portfolio", words="reason assessment five"))
    assert "1 of 6 trials: filters are on" in words
    assert "Five messages to late payers" in words
    assert "No trial matches these filters" in shown(open_page("portfolio", words="zebra"))
