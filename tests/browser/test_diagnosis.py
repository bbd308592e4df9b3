"""A plan is simulated from its size page: progress is seen, outlives the page and its server, and can be ended."""

from __future__ import annotations

import time

import pytest

from designs.drafting import Draft
from tests.browser.conftest import NARROW, PATIENCE, WIDE, keep_screenshots, settled, start
from tests.browser.test_screens import beyond_the_edge, serious
from tests.trials.stages.test_diagnose_record import PLAN, TRIAL
from trials.access import LOCAL_ACTOR
from trials.jobs import progress
from trials.registry import open_registry
from trials.settings import Settings
from trials.stages.design import begin_design
from trials.stages.diagnose import diagnose

SIZE = f"size?design={TRIAL}"


@pytest.fixture
def home(tmp_path):
    registry = open_registry(Settings(home=tmp_path / "home"))
    begin_design(registry, LOCAL_ACTOR, TRIAL, Draft(PLAN, {}), {}, origin={"kind": "empty"})
    registry.close()
    return tmp_path / "home"


def job_of(home):
    registry = open_registry(Settings(home=home))
    job = progress(registry, LOCAL_ACTOR, TRIAL, "diagnose")
    registry.close()
    return job


def typed(page, label, words):
    box = page.get_by_role("textbox", name=label)
    box.fill(words)
    box.press("Tab")
    settled(page)


def test_progress_is_seen_outlives_page_and_server_and_is_ended(home, context):
    server = start(home)
    context.request.get(server.entrance, max_retries=3)
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.set_viewport_size(WIDE)
    page.goto(f"{server.address}/{SIZE}")
    settled(page)
    typed(page, "Customers in each simulated trial", "400")
    typed(page, "Trials of each size of effect", "20000")
    page.get_by_role("button", name="Simulate this plan").click()
    page.get_by_text("The plan is being simulated, begun at").wait_for()
    page.get_by_text("all take about").wait_for()
    assert serious(page) == []
    page.goto(f"{server.address}/task_list?design={TRIAL}")
    settled(page)
    page.goto(f"{server.address}/{SIZE}")
    page.get_by_text("all take about").wait_for()
    server.process.kill()
    server.process.wait()
    page.close()
    before = job_of(home)
    assert before.state == "running"
    deadline = time.monotonic() + PATIENCE
    while (now := job_of(home)).progress <= before.progress:
        assert now.state == "running"
        assert time.monotonic() < deadline
        time.sleep(0.2)

    server = start(home)
    context.request.get(server.entrance, max_retries=3)
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(f"{server.address}/{SIZE}")
    page.get_by_text("all take about").wait_for()
    page.get_by_role("button", name="End the simulation").click()
    page.get_by_text("local ended it").wait_for()
    page.get_by_text("Nothing has been simulated of this design yet.").wait_for()
    assert job_of(home).state == "stopped"
    page.close()
    server.process.terminate()
    server.process.wait(timeout=20)


def test_what_was_simulated_is_seen_wide_and_narrow(home, visit):
    registry = open_registry(Settings(home=home))
    diagnose(registry, LOCAL_ACTOR, TRIAL, revision=1, replicates=4, customers=400)
    registry.close()
    page = visit(home, SIZE)
    page.get_by_text("Simulated: no customer is in it.").wait_for()
    for size in (WIDE, NARROW):
        keep_screenshots(page, "diagnosis", size)
        assert serious(page) == []
        assert beyond_the_edge(page, size["width"]) == []
