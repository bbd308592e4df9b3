"""The portfolio: what is there, what waits for whom, and filters that say they are on."""

import re

import pytest

from tests.dashboards.conftest import charts, shown, table_row
from tests.small_registry import SMALL_DEBTS, STALLED
from tests.trials.examples import FIRST, Files, locked
from trials.access import LOCAL_ACTOR
from trials.stages.register import register


def titles(page):
    return re.findall(r'<th scope="row"[^>]*><a [^>]*>([^<]+)</a>', shown(page))


def day(when):
    return f"{when.day} {when:%B %Y}"


def test_every_trial_has_its_row_with_state_verdict_next_action_and_who(seen_page, recorded):
    summary = recorded(SMALL_DEBTS).detail.summary
    row = table_row(seen_page("portfolio"), "Reminders for small Self Assessment debts")
    assert "Analysed" in row
    assert 'aria-label="Step 5 of 6"' in row
    assert summary.customers > 900
    assert f"<span>{summary.customers}</span>" in row
    assert "No further action, Plain reminder letter, SMS reminder and Outbound call" in row
    assert f'Registered <span class="otm-keep">{day(summary.created_on)}</span>' in row
    assert f'Evaluated <span class="otm-keep">{day(summary.evaluated_on)}</span>' in row
    assert "Scale the SMS reminder" in row
    assert "Record a decision" in row
    assert "Who: manager" in row
    assert f'href="decision?trial={SMALL_DEBTS}"' in row


def test_an_invalid_trial_says_that_its_files_are_to_be_corrected(seen_page):
    row = table_row(seen_page("portfolio"), "Letters to landlords")
    assert "Load the corrected files and evaluate again, or end it without a finding" in row
    assert "Who: analyst" in row
    assert "Record a decision" not in row


def test_a_trial_without_a_verdict_leads_to_its_results(seen_page):
    words = shown(seen_page("portfolio"))
    assert f'href="results?trial={STALLED}"' in words


def test_synthetic_trials_wear_a_line_at_the_top(seen_page):
    assert "Synthetic data" in shown(seen_page("portfolio")).splitlines()[0]


def test_real_trials_do_not(open_page, empty_registry, tmp_path):
    locked(empty_registry, Files(tmp_path / "files"), synthetic=False)
    words = shown(open_page("portfolio"))
    assert "Reminders for overdue debts" in words
    assert "Synthetic" not in words


def test_a_filter_narrows_the_rows_and_says_that_it_is_on(open_page):
    page = open_page("portfolio")
    assert "6 trials" in shown(page)
    page.multiselect(key="channel").select("SMS").run()
    assert titles(page) == [
        "Reminders for small Self Assessment debts",
        "Five messages to late payers of Self Assessment",
    ]
    assert "2 of 6 trials: filters are on" in shown(page)


def test_filters_combine_and_an_empty_result_says_what_to_do(open_page):
    page = open_page("portfolio")
    page.multiselect(key="state").select("Locked").run()
    page.multiselect(key="channel").select("SMS").run()
    assert titles(page) == []
    assert "No trial matches these filters" in shown(page)


def test_the_address_holds_the_filters(seen_page):
    page = seen_page("portfolio", state="Locked")
    assert titles(page) == ["Phone calls before the second penalty"]


def test_an_empty_portfolio_says_how_to_start(open_page, empty_registry):
    page = open_page("portfolio")
    assert "No trials yet. Start with a protocol, or load the demonstration." in shown(page)
    assert not charts(page)


def test_the_timeline_has_words_for_who_cannot_see_it(seen_page, small_registry):
    with small_registry.read(LOCAL_ACTOR) as reader:
        stalled = reader.trial(STALLED).summary
    (timeline,) = charts(seen_page("portfolio"))
    assert f"Phone calls before the second penalty, registered {day(stalled.created_on)}, Locked" in timeline.alt


def test_the_screen_says_that_the_local_actor_holds_every_role(seen_page):
    assert "You are working as local, the local default, which holds every role." in shown(seen_page("portfolio"))


def test_the_screen_says_which_role_somebody_holds(open_page, monkeypatch):
    monkeypatch.setenv("OTM_ACTOR", "Ann:analyst")
    assert "You are working as Ann, analyst." in shown(open_page("portfolio"))


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_a_title_from_a_file_is_never_markup(open_page, empty_registry, tmp_path, title):
    files = Files(tmp_path / "files")
    files.edit_protocol(lambda text: text.replace("title: Reminders for overdue debts", f'title: "{title}"'))
    register(empty_registry, FIRST, files.protocol)
    tables = [element.value for element in open_page("portfolio").get("html")]
    assert not any(title in table for table in tables)
    assert any("&lt;" in table for table in tables)
