"""A decision is about the result that its person read: none is recorded on one that came into its place meanwhile."""

from __future__ import annotations

from datetime import date

import pytest

from dashboards import session
from tests.dashboards.conftest import refusals, shown
from tests.trials.examples import FIRST, SECOND, Files, allocated
from tests.trials.stages.test_findings import better, cut, detail_of, lossy, rows_of
from trials.access import LOCAL_ACTOR
from trials.stages.correct import confirm_correction, request_correction
from trials.stages.draft import keep_draft

CHANGED = "The result changed since you opened this page"
LATER = date(2999, 12, 31)


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
    assert f"{CHANGED}: you read evaluation 1, and this is evaluation 2. Nothing was recorded" in refusals(page)[0]
    assert detail_of(registry, files).decisions == ()
    key = f"decision-{files.trial}-0-2"
    assert page.text_area(key=f"{key}-reason").value == ""
    assert page.text_input(key=f"{key}-action").value.startswith("Scale")
    assert "Nothing was found." not in shown(page)
    page = fill(page, key)  # now it was read
    assert not refusals(page)
    (decision,) = detail_of(registry, files).decisions
    assert (decision.evaluation, decision.verdict_code, decision.reason) == (2, "scale", "It is so.")


def test_a_draft_about_one_finding_is_not_shown_under_another_after_a_reload(trial, open_page):
    registry, files = trial
    page = open_page("decision", trial=files.trial)
    page.text_area(key=f"decision-{files.trial}-0-1-reason").input("Nothing was found.").run()
    again = open_page("decision", trial=files.trial)
    assert again.text_area(key=f"decision-{files.trial}-0-1-reason").value == "Nothing was found."
    replaced(registry, files)
    after = open_page("decision", trial=files.trial)
    assert not refusals(after)
    assert after.text_area(key=f"decision-{files.trial}-0-2-reason").value == ""
    # Nor one of an earlier release, which does not say what it is about.
    keep_draft(registry, LOCAL_ACTOR, files.trial, {"reason": "Nothing was found."})
    assert open_page("decision", trial=files.trial).text_area(key=f"decision-{files.trial}-0-2-reason").value == ""


def test_an_attempt_that_the_finding_followed_is_not_decided_on(empty_registry, tmp_path, open_page):
    files = Files(tmp_path / "files")
    allocated(empty_registry, files)
    cut(empty_registry, files, lossy(empty_registry, files))
    page = open_page("decision", trial=files.trial)
    cut(empty_registry, files, better(empty_registry, files))
    page = fill(page, f"decision-{files.trial}-0-1")
    assert CHANGED in refusals(page)[0]
    assert detail_of(empty_registry, files).decisions == ()


def test_a_later_evaluation_that_disagrees_is_read_before_the_finding_is_decided_on(trial, open_page):
    registry, files = trial
    page = open_page("decision", trial=files.trial)
    key = f"decision-{files.trial}-0-1"
    cut(registry, files, rows_of(files), after=40)  # it agrees
    page = page.run()
    assert not refusals(page)
    cut(registry, files, better(registry, files), after=60)
    page = fill(page, key)
    assert f"{CHANGED}: evaluation 3 has another verdict than the finding." in refusals(page)[0]
    assert detail_of(registry, files).decisions == ()
    page = page.button(key=f"{key}-record").click().run()
    assert not refusals(page)
    assert detail_of(registry, files).decisions[0].evaluation == 1


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
