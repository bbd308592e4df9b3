"""Check, and lock; draw and lists: from a draft to issue lists in the browser, each by whom it is for."""

from __future__ import annotations

import io
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import session, work
from designs.drafting import Draft, draft_of_file, judge_draft
from designs.library import template_named
from tests.dashboards.conftest import ANN, done, press, refusals, shown
from tests.trials.examples import Files
from trials.access import Actor
from trials.errors import AccessRefused, TrialRefused
from trials.jobs import progress
from trials.jobs.conducting import conduct
from trials.registry import Registry
from trials.registry.records import JobRecord, LongStage
from trials.stages.allocate import randomise
from trials.stages.design import begin_design, revise_design
from trials.stages.job import open_job
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register, register_draft
from trials.stages.void import confirm_void, request_void

BEN = Actor("Ben", "designer")
ADA, RAY = Actor("Ada", "administrator"), Actor("Ray", "randomiser")
DESIGN = "reminders"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


@pytest.fixture
def design(own_registry: Registry, files: Files) -> Registry:
    """A complete draft without a directorate, and its population."""
    draft, contents = draft_of_file(files.protocol)
    begin_design(own_registry, ANN, DESIGN, draft, contents, origin={"kind": "file"})
    load_population(own_registry, ANN, files.population, files.protocol, synthetic=True)
    return own_registry


def labels(page: AppTest) -> set[str]:
    return {button.label for button in page.button}


def ended(registry: Registry, stage: LongStage) -> JobRecord:
    for _ in range(6000):
        job = progress(registry, RAY if stage == "issue" else ANN, DESIGN, stage)
        assert job is not None
        if job.state != "running":
            return job
        time.sleep(0.02)
    raise AssertionError("it did not end")


def changed(registry: Registry, actor: Actor = BEN, **keys: Any) -> None:
    with registry.read(actor, DESIGN) as reader:
        revision = reader.design(DESIGN)
    draft = Draft({**revision.draft.document, **keys}, revision.draft.texts)
    revise_design(registry, actor, DESIGN, draft, {}, made_from=revision.number)


def test_a_draft_becomes_a_locked_plan_with_customers_assigned_and_lists(
    design: Registry, open_page: Any, at_work: Any
) -> None:
    page = open_page("design/lock", design=DESIGN)
    assert "Reminders for overdue debts" in shown(page)
    assert 'href="population?design=reminders"' in shown(page)
    press(page, "Register the plan as it stands")
    assert "Registered as version 1 of the plan." in done(page)
    press(page, "Look through the population")
    assert "Customers who can be assigned" in shown(page)
    press(page, "Lock the plan")
    assert ended(design, "lock").state == "done"
    with design.read(ANN, DESIGN) as reader:
        locked, revision = reader.trial(DESIGN), reader.design(DESIGN)
    loaded = judge_draft(revision.draft, day=session.today()).loaded
    assert loaded is not None
    assert locked.protocol_digest == loaded.digest
    assert locked.lock is not None
    assert locked.lock.locked_by == "Ann"
    page = open_page("design/lock", design=DESIGN)
    assert "The plan is locked." in shown(page)
    assert "Lock the plan" not in labels(page)

    page = open_page("draw", trial=DESIGN)
    assert "The randomiser assigns them." in shown(page)
    at_work(RAY)
    press(open_page("draw", trial=DESIGN), "Assign the customers")
    assert ended(design, "randomise").state == "done"
    page = open_page("draw", trial=DESIGN)
    assert "by Ray" in shown(page)
    press(page, "Write the lists")
    assert ended(design, "issue").state == "done"
    page = open_page("draw", trial=DESIGN)
    assert "reminders-letter-letter.csv" in shown(page)
    job = work.standing(DESIGN, "issue")
    assert job is not None
    names = zipfile.ZipFile(io.BytesIO(work.lists_as_archive(job))).namelist()
    assert {"reminders-letter-letter.csv", "reminders-sms-sms.csv"} <= set(names)
    at_work(ANN)
    assert "reminders-letter-letter.csv" not in shown(open_page("draw", trial=DESIGN))
    with pytest.raises(AccessRefused):
        work.lists_as_archive(job)
    at_work(RAY)
    # Those of an earlier job stay in sight, with who had them written, until they are removed.
    work.begin_issuing(DESIGN, ["letter"], [], "the first was lost")
    assert ended(design, "issue").state == "done"
    page = open_page("draw", trial=DESIGN)
    assert shown(page).count("Lists that Ray had written on") == 2
    taken = f"remove/{job.id}"
    next(button for button in page.button if button.key == taken).click().run()
    assert shown(page).count("Lists that Ray had written on") == 1
    page = press(page, "I have them: remove them from the server")
    assert "reminders-letter-letter.csv" not in shown(page)
    assert not list((design.home / "lists").iterdir())


def test_a_list_is_not_issued_again_without_a_reason(design: Registry, open_page: Any, at_work: Any) -> None:
    register_draft(design, ANN, DESIGN, 1)
    lock(design, ANN, DESIGN)
    at_work(RAY)
    press(open_page("draw", trial=DESIGN), "Assign the customers")
    ended(design, "randomise")
    press(open_page("draw", trial=DESIGN), "Write the lists")
    ended(design, "issue")
    page = open_page("draw", trial=DESIGN)
    next(radio for radio in page.radio if radio.key == f"arm/{DESIGN}").set_value(0).run()
    press(page, "Write the lists")
    assert "Say why it is issued again" in refusals(page)[0]


def test_lists_that_are_gone_are_said_to_be(design: Registry, open_page: Any, at_work: Any) -> None:
    register_draft(design, ANN, DESIGN, 1)
    lock(design, ANN, DESIGN)
    at_work(RAY)
    randomise(design, RAY, DESIGN)
    request = {"arms": ["letter"], "columns": [], "reason": None}
    conduct(design, RAY, open_job(design, RAY, DESIGN, "issue", "1" * 32, lambda _: False, request))
    shutil.rmtree(design.home / "lists")
    page = open_page("draw", trial=DESIGN)
    assert "are gone, and nobody removed them here" in refusals(page)[0]
    assert not page.get("download_button")
    assert "nobody removed them here" not in shown(press(page, "I know: say no more of it"))


def test_lists_of_a_void_draw_are_offered_to_nobody(design: Registry, open_page: Any, at_work: Any) -> None:
    register_draft(design, ANN, DESIGN, 1)
    lock(design, ANN, DESIGN)
    at_work(RAY)
    work.begin_randomising(DESIGN)
    ended(design, "randomise")
    work.begin_issuing(DESIGN, ["letter"], [], None)
    ended(design, "issue")
    assert "Take the lists out" in [each.label for each in open_page("draw", trial=DESIGN).get("download_button")]
    request_void(design, RAY, DESIGN, reason="the wrong customers")
    confirm_void(design, Actor("Mia", "manager"), DESIGN)
    page = open_page("draw", trial=DESIGN)
    assert not page.get("download_button")
    assert "send none of them, and remove them" in shown(page)
    assert "no list of it is issued" in shown(page)
    job = work.standing(DESIGN, "issue")
    assert job is not None
    with pytest.raises(TrialRefused, match="void"):
        work.lists_as_archive(job)
    assert "reminders-letter-letter.csv" not in shown(press(page, "Remove them from the server"))
    assert not list((design.home / "lists").iterdir())


def test_what_somebody_saved_meanwhile_is_not_registered_unread(design: Registry, open_page: Any, at_work: Any) -> None:
    page = open_page("design/lock", design=DESIGN)
    changed(design, title="Another")
    press(page, "Register the plan as it stands")
    assert "Ben saved revision 2 since revision 1 was read" in refusals(page)[0]
    press(page, "Register the plan as it stands")
    assert "Registered as version 1 of the plan." in done(page)


def test_a_draft_that_changed_after_it_was_registered_is_not_locked(
    design: Registry, open_page: Any, at_work: Any
) -> None:
    register_draft(design, ANN, DESIGN, 1)
    changed(design, title="Another")
    page = open_page("design/lock", design=DESIGN)
    assert "The draft has changed since version 1 of the plan was registered" in shown(page)
    assert "Lock the plan" not in labels(page)
    with pytest.raises(TrialRefused, match="Ben saved revision 2 of the draft since revision 1 was read"):
        lock(design, ANN, DESIGN, draft=1)
    with pytest.raises(TrialRefused, match="the draft has changed since version 1"):
        lock(design, ANN, DESIGN, draft=2)


def test_a_plan_read_as_one_version_is_not_locked_as_another(
    design: Registry, files: Files, open_page: Any, at_work: Any
) -> None:
    register_draft(design, ANN, DESIGN, 1)
    page = press(open_page("design/lock", design=DESIGN), "Look through the population")
    files.edit_protocol(lambda text: text.replace("raises payment", "hastens payment"))
    register(design, BEN, files.protocol)
    work.begin_lock(DESIGN, version=1, load=1, draft=1, without_governance=None)
    assert ended(design, "lock").state == "failed"
    page = open_page("design/lock", design=DESIGN)
    assert any("version of the plan 1 is not the last one" in each or "has changed" in each for each in refusals(page))
    with design.read(ANN, DESIGN) as reader:
        assert reader.trial(DESIGN).lock is None


def test_of_two_who_lock_at_once_one_does_and_the_other_is_told(design: Registry, at_work: Any) -> None:
    register_draft(design, ANN, DESIGN, 1)
    first = work.begin_lock(DESIGN, version=1, load=1, draft=1, without_governance=None)
    at_work(BEN)
    second = work.begin_lock(DESIGN, version=1, load=1, draft=1, without_governance=None)
    assert ended(design, "lock").state in ("done", "failed")
    if second.id == first.id:
        assert second.started_by == "Ann"
    with design.read(ANN, DESIGN) as reader:
        locked = reader.trial(DESIGN).lock
    assert locked is not None
    assert locked.locked_by == "Ann"


@pytest.fixture
def gated(own_registry: Registry) -> Registry:
    """A template with a directorate, whose gates are all open."""
    draft, contents = draft_of_file(template_named("late-returns").path)
    draft = Draft({**draft.document, "id": DESIGN}, draft.texts)
    begin_design(own_registry, ANN, DESIGN, draft, contents, origin={"kind": "template"})
    return own_registry


@pytest.mark.requirement("S18", "K09")
def test_open_gates_are_named_with_who_clears_each_and_since_when(
    gated: Registry, open_page: Any, at_work: Any
) -> None:
    page = open_page("design/lock", design=DESIGN)
    words = shown(page)
    for body in ("E&amp;C Strategy Unit", "KAI", "TAA", "COPGU"):
        assert body in words
    assert "Gateway 1: the idea" in words
    assert "Since" in words
    assert f"{session.today():%B %Y}" in words
    press(page, "Register the plan as it stands")
    assert "Lock the plan" not in labels(page)


def test_an_administrator_locks_outside_the_route_with_a_reason(design: Registry, open_page: Any, at_work: Any) -> None:
    register_draft(design, ANN, DESIGN, 1)
    assert "Lock it outside the route" not in labels(open_page("design/lock", design=DESIGN))
    at_work(ADA)
    page = press(open_page("design/lock", design=DESIGN), "Lock it outside the route")
    assert "No reason is given" in refusals(page)[0]
    page.text_area(key=f"lock/{DESIGN}/reason").set_value("A pilot of three days").run()
    press(page, "Lock it outside the route")
    assert ended(design, "lock_outside").state == "done"
    assert "A pilot of three days" in shown(open_page("draw", trial=DESIGN))
