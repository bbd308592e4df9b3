"""The library's page: everything is found, null results too, and what is seen is what the role may see."""

import re

from designs.drafting import draft_of_template, empty_draft
from designs.entries import parse_entry
from tests.dashboards.conftest import details, refusals, shown, table_row
from tests.small_registry import FIVE_MESSAGES, LOST_OUTCOMES, SMALL_DEBTS
from tests.trials.examples import as_read
from trials.access import LOCAL_ACTOR
from trials.registry.tables.columns import now
from trials.stages.design import begin_design
from trials.stages.enter import enter


def test_the_page_lists_past_trials_beside_published_ones(seen_page):
    words = shown(seen_page("library"))
    assert "Reminders for small Self Assessment debts" in words
    assert "Three mailings against none, assigned by household" in words
    assert "Published elsewhere" in words
    assert "On: Paid by day 23" in words
    assert "paid_23" not in words
    assert "Scale the SMS reminder" in table_row(seen_page("library"), f"results?trial={SMALL_DEBTS}")


def test_a_trial_without_a_verdict_is_not_in_it(seen_page):
    assert "Phone calls before the second penalty" not in shown(seen_page("library"))


def test_an_invalid_trial_is_in_it_without_an_effect_and_with_the_reason(seen_page):
    row = table_row(seen_page("library"), f"results?trial={LOST_OUTCOMES}")
    assert "points" not in row
    assert "No effect is shown" in shown(seen_page("library"))


def test_a_design_that_ended_without_a_trial_is_in_it_with_what_is_done_instead(open_page, own_registry):
    begin_design(own_registry, LOCAL_ACTOR, "no-trial-2027", empty_draft("no-trial-2027"), {}, origin={"kind": "empty"})
    day = now().date().isoformat()
    entry = {
        "kind": "set_aside",
        "on": day,
        "instead": "something_else",
        "what": "Mend the form",
        "reason": "The form misleads",
    }
    enter(own_registry, LOCAL_ACTOR, "no-trial-2027", parse_entry(entry), read=as_read(own_registry, "no-trial-2027"))
    row = table_row(open_page("library"), "no-trial-2027")
    assert "Not appropriate" in row
    words = shown(open_page("library", words="misleads"))
    assert "Something else instead: Mend the form." in words
    assert "Reminders for small Self Assessment debts" not in words


def test_filters_stand_in_the_address_and_say_that_they_are_on(open_page):
    words = shown(open_page("library", behaviour="paid", channel="SMS", words="five"))
    assert re.search(r"1 of \d+ in the library", words)
    assert f"results?trial={FIVE_MESSAGES}" in words
    assert "Nothing in the library meets all of these" in shown(open_page("library", words="no-such-thing"))


def test_the_nearest_are_shown_while_designing_with_their_prior_and_one_click_away(open_page, own_registry):
    draft, contents = draft_of_template("sa-debts", "debts-2027")
    begin_design(own_registry, LOCAL_ACTOR, "debts-2027", draft, contents, origin={"kind": "template"})
    page = open_page("measures", design="debts-2027")
    (found,) = [piece for words, piece in details(page) if "nearest past trials found" in words]
    assert "Prior: " in found
    assert "nothing that this trial has shown" in found
    assert 'href="library?near=debts-2027"' in found
    own = shown(open_page("library", near="debts-2027"))
    assert "Nearest to" in own
    assert "Prior: " in own
    assert "is the mean of the four" in own
    assert own.count("<tr") <= 1 + 5


def test_a_design_that_is_hardly_begun_has_nothing_near(open_page, own_registry):
    begin_design(own_registry, LOCAL_ACTOR, "bare-2027", empty_draft("bare-2027"), {}, origin={"kind": "empty"})
    assert "No past trial is near to this one" in shown(open_page("library", near="bare-2027"))
    assert "No past trial is near to this one yet" in shown(open_page("measures", design="bare-2027"))


def test_the_nearest_to_a_design_that_is_not_there_is_refused(open_page):
    assert refusals(open_page("library", near="no-such-design"))
