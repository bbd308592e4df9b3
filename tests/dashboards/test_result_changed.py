"""A decision is about the result that its person read: none is recorded on one that came into its place meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dashboards import session
from tests.dashboards.conftest import refusals, shown
from tests.trials.examples import FIRST, SECOND, Files, allocated
from tests.trials.stages.test_findings import better, cut, detail_of, lossy, rows_of
from trials.access import LOCAL_ACTOR
from trials.registry.tables.columns import now
from trials.stages.correct import confirm_correction, request_correction
from trials.stages.decide import decide
from trials.stages.draft import keep_draft

KEPT = "The result changed since you typed what follows. It is kept"
CHANGED = "The result changed since you opened this page"
LATER = now().date() + timedelta(days=400)


@pytest.fixture
def trial(empty_registry, tmp_path):
    """A trial that was drawn, and evaluated with little to find."""
    files = Files(tmp_path / "files")
    allocated(empty_registry, files)
    cut(empty_registry, files, rows_of(files))
    return empty_registry, files


def fill(page, key, reason="It is so."):
    page.text_area(key=f"{key}-reason").input(reason)
    page.date_input(key=f"{key}-review").set_value(LATER)
    return page.button(key=f"{key}-record").click().run()


def replaced(registry, files):
    cut(registry, files, better(registry, files))
    request_correction(registry, FIRST, files.trial, reason="last year's file")
    confirm_correction(registry, SECOND, files.trial)


def test_a_finding_that_another_replaced_meanwhile_is_not_decided_on(trial, open_page):
    registry, files = trial
    page = open_page("decision", trial=files.trial)
    page.text_area(key=f"decision-{files.trial}-0-1-reason").input("Nothing was found.").run()
    replaced(registry, files)
    page = fill(page, f"decision-{files.trial}-0-1")
    said = refusals(page)[0]
    assert f"{CHANGED}: you read evaluation 1, and this is evaluation 2. Nothing was recorded" in said
    assert (
        "The verdict was “Not shown to beat no further action: do not scale” and is “Scale the SMS reminder”." in said
    )
    assert "Per 1,000 customers, paid: was " in said
    assert detail_of(registry, files).decisions == ()
    # The words are kept; what followed from the other verdict is not: what is done, and whether it is accepted.
    key = f"decision-{files.trial}-0-2"
    assert page.text_area(key=f"{key}-reason").value == "It is so."
    assert page.date_input(key=f"{key}-review").value == LATER
    assert page.text_input(key=f"{key}-action").value.startswith("Scale")
    assert page.radio(key=f"{key}-choice").value is None
    page = page.button(key=f"{key}-record").click().run()
    assert "Say first whether you accept" in refusals(page)[0]
    page.radio(key=f"{key}-choice").set_value("Accept")
    page = fill(page, key)  # now it was read
    assert not refusals(page)
    (decision,) = detail_of(registry, files).decisions
    assert (decision.evaluation, decision.verdict_code, decision.reason) == (2, "scale", "It is so.")


def test_a_draft_about_one_finding_is_kept_under_another_and_says_so_until_it_is_taken_up(trial, open_page):
    registry, files = trial
    page = open_page("decision", trial=files.trial)
    page.text_area(key=f"decision-{files.trial}-0-1-reason").input("Nothing was found.").run()
    again = open_page("decision", trial=files.trial)
    assert again.text_area(key=f"decision-{files.trial}-0-1-reason").value == "Nothing was found."
    assert KEPT not in shown(again)
    replaced(registry, files)
    key = f"decision-{files.trial}-0-2"
    after = open_page("decision", trial=files.trial)
    assert not refusals(after)
    assert KEPT in shown(after)
    assert after.text_area(key=f"{key}-reason").value == "Nothing was found."
    assert after.text_input(key=f"{key}-action").value.startswith("Scale")
    assert after.radio(key=f"{key}-choice").value is None
    after.text_area(key=f"{key}-reason").input("It works after all.").run()
    taken_up = open_page("decision", trial=files.trial)
    assert KEPT not in shown(taken_up)
    assert taken_up.radio(key=f"{key}-choice").value is None  # not yet said
    # One of an earlier release does not say what it is about.
    keep_draft(registry, LOCAL_ACTOR, files.trial, {"reason": "Nothing was found."})
    assert KEPT in shown(open_page("decision", trial=files.trial))


def test_an_attempt_that_the_finding_followed_is_not_decided_on(empty_registry, tmp_path, open_page):
    files = Files(tmp_path / "files")
    allocated(empty_registry, files)
    cut(empty_registry, files, lossy(empty_registry, files))
    page = open_page("decision", trial=files.trial)
    cut(empty_registry, files, better(empty_registry, files))
    page = fill(page, f"decision-{files.trial}-0-1")
    assert CHANGED in refusals(page)[0]
    assert detail_of(empty_registry, files).decisions == ()


def test_a_later_evaluation_is_read_before_the_finding_is_decided_on(trial, open_page):
    registry, files = trial
    page = open_page("decision", trial=files.trial)
    key = f"decision-{files.trial}-0-1"
    cut(registry, files, rows_of(files), after=40)  # it agrees
    page = fill(page, key)
    assert f"{CHANGED}: evaluation 2 has the same verdict as evaluation 1, which you read" in refusals(page)[0]
    assert page.text_area(key=f"{key}-reason").value == "It is so."
    cut(registry, files, better(registry, files), after=60)
    page = page.button(key=f"{key}-record").click().run()
    assert f"{CHANGED}: evaluation 3 has another verdict than evaluation 1" in refusals(page)[0]
    assert "The data were as at" in refusals(page)[0]
    assert detail_of(registry, files).decisions == ()
    page = page.button(key=f"{key}-record").click().run()
    assert not refusals(page)
    assert detail_of(registry, files).decisions[0].evaluation == 1


def test_a_decision_that_somebody_else_recorded_meanwhile_is_read_first(trial, open_page):
    registry, files = trial
    page = open_page("decision", trial=files.trial)
    terms = {"choice": "accept", "action": "Stop.", "reason": "It is.", "review_on": LATER}
    decide(registry, SECOND, files.trial, **terms)
    page = fill(page, f"decision-{files.trial}-0-1")
    assert "Second Person recorded a decision since you opened this page. Yours is not recorded." in refusals(page)[0]
    assert len(detail_of(registry, files).decisions) == 1
    key = f"decision-{files.trial}-1-1"
    assert page.text_area(key=f"{key}-reason").value == "It is so."
    assert not refusals(page.button(key=f"{key}-record").click().run())
    assert [row.reason for row in detail_of(registry, files).decisions] == ["It is.", "It is so."]


def test_what_changes_between_the_page_and_the_record_is_refused_by_the_record(trial, open_page, monkeypatch):
    registry, files = trial
    page = open_page("decision", trial=files.trial)
    record = session.decide

    def late(*args, **terms):
        replaced(registry, files)
        record(*args, **terms)

    monkeypatch.setattr(session, "decide", late)
    page = fill(page, f"decision-{files.trial}-0-1")
    assert "the result changed since it was read" in refusals(page)[0]
    assert detail_of(registry, files).decisions == ()
