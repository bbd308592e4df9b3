"""Designing in a real browser: every page is accessible, and what somebody typed is lost by nobody's doing."""

from __future__ import annotations

import os
import signal

import pytest

from dashboards.forms.values import with_value
from designs.drafting import Draft, draft_of_template
from tests.browser.conftest import NARROW, WIDE, keep_screenshots, settled, start
from tests.browser.test_screens import beyond_the_edge, serious
from trials.access import LOCAL_ACTOR, Actor
from trials.registry import open_registry
from trials.settings import Settings
from trials.stages.design import begin_design, revise_design

DESIGN = "sa-2027"
BEN = Actor("Ben", "designer")
PAGES = (
    "task_list", "about", "suitability", "population", "approaches", "measures", "size", "money", "consultation",
    "sign_offs", "approval", "lock", "history", "file", "set_aside", "surge",
)  # fmt: skip
DARK = ("task_list", "suitability", "approaches", "consultation", "surge")
SURGE = {
    "customers": 160_000,
    "by_day": [0, 0.02, 0.06, 0.12, 0.16, 0.14, 0.11, 0.09, 0.08, 0.07, 0.05, 0.04, 0.03, 0.02, 0.01],
    "arms": {
        "simple": {"call": {"low": 0.05, "central": 0.08, "high": 0.11}, "write": 0.01},
        "norm": {"call": 0.08, "write": 0.01},
        "consequences": {"call": 0.12, "write": 0.02, "amend": 0.01},
        "call": {"call": 0.02},
    },
    "segments": {"late_payers": {"share": 0.2, "arms": {"consequences": {"call": 0.2}}}},
}


def begin(home):
    registry = open_registry(Settings(home=home))
    draft, contents = draft_of_template("sa-debts", DESIGN)
    document = with_value(draft.document, ("suitability", "operations", "surge"), SURGE)
    draft = Draft(with_value(document, ("randomisation", "allocation_date"), "2027-03-09"), draft.texts)
    begin_design(registry, LOCAL_ACTOR, DESIGN, draft, contents, origin={"kind": "template", "name": "sa-debts"})
    registry.close()


@pytest.fixture(scope="module")
def designed_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("designed") / "home"
    begin(home)
    return home


@pytest.mark.parametrize("name", ["designs", *PAGES])
def test_every_page_of_a_design_is_accessible_and_fits_a_desk_and_a_telephone(designed_home, visit, name):
    page = visit(designed_home, "designs" if name == "designs" else f"{name}?design={DESIGN}")
    assert page.locator("h1").count() == 1
    assert page.title() != "Design"
    for size in (WIDE, NARROW):
        keep_screenshots(page, f"design-{name}", size)
        assert serious(page) == []
        assert beyond_the_edge(page, size["width"]) == []


@pytest.mark.parametrize("name", DARK)
def test_the_dark_theme_of_a_design_is_as_accessible(designed_home, visit, name):
    page = visit(designed_home, f"{name}?design={DESIGN}", dark=True)
    keep_screenshots(page, f"design-{name}-dark", WIDE)
    assert serious(page) == []


def test_what_was_typed_outlives_a_server_that_is_killed(tmp_path, context):
    home = tmp_path / "home"
    begin(home)
    served = start(home)
    page = _opened(context, served, "about")
    box = page.get_by_role("textbox", name="Hypothesis")
    box.fill("A shorter letter helps.")
    box.press("Tab")
    page.get_by_text("Not saved yet. What you typed is kept").wait_for()
    os.kill(served.process.pid, signal.SIGKILL)
    served.process.wait()
    page.close()
    again = start(home)
    page = _opened(context, again, "about")
    assert page.get_by_role("textbox", name="Hypothesis").input_value() == "A shorter letter helps."
    assert page.get_by_text("What you typed here before is kept. It is not saved yet.").is_visible()
    page.close()
    again.process.terminate()
    again.process.wait()


def test_two_people_on_one_draft_are_told_and_choose(tmp_path, visit):
    home = tmp_path / "home"
    begin(home)
    page = visit(home, f"about?design={DESIGN}")
    page.get_by_role("textbox", name="Title").fill("Mine")
    page.get_by_role("textbox", name="Title").press("Tab")
    page.get_by_text("Not saved yet. What you typed is kept").wait_for()
    registry = open_registry(Settings(home=home))
    with registry.read(BEN, DESIGN) as reader:
        draft = reader.design(DESIGN).draft
    theirs = Draft({**draft.document, "title": "Theirs", "owner": "Ben's team"}, draft.texts)
    revise_design(registry, BEN, DESIGN, theirs, {}, made_from=1)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Ben has changed what you changed, in another way.").wait_for()
    settled(page)
    page.get_by_text("Keep mine", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Save with these").click()
    page.get_by_text("Saved as revision 3.").wait_for()
    with registry.read(BEN, DESIGN) as reader:
        saved = reader.design(DESIGN).draft.document
    registry.close()
    assert (saved["title"], saved["owner"]) == ("Mine", "Ben's team")


def _opened(context, served, name):
    context.request.get(served.entrance, max_retries=3)
    page = context.new_page()
    page.goto(f"{served.address}/{name}?design={DESIGN}")
    settled(page)
    return page


@pytest.mark.requirement("S16")
def test_batches_that_fit_are_taken_into_the_draft_and_each_day_is_then_within_capacity(tmp_path, visit):
    home = tmp_path / "home"
    begin(home)
    page = visit(home, f"surge?design={DESIGN}")
    page.get_by_text("can be taken in a day").first.wait_for()
    page.get_by_role("button", name="Put these batches into the draft").click()
    page.get_by_text("The draft has 2 batches now.").wait_for()
    settled(page)
    assert page.get_by_text("every day is at or under capacity").count() == 1
    for size in (WIDE, NARROW):
        keep_screenshots(page, "design-surge-batches", size)
        assert serious(page) == []
        assert beyond_the_edge(page, size["width"]) == []
