"""The page of customers in a browser, by keyboard: a file is loaded, a rule is typed and counted, and nothing moves."""

from __future__ import annotations

import pytest

from designs.drafting import Draft
from tests.browser.conftest import NARROW, WIDE, keep_screenshots, settled
from tests.browser.test_screens import beyond_the_edge, serious
from tests.trials.examples import customers, write_csv
from trials.access import LOCAL_ACTOR
from trials.registry import open_registry
from trials.settings import Settings
from trials.stages.design import begin_design

DESIGN = "debts-2027"
PLAN = {
    "schema": 1, "id": DESIGN, "title": "Reminders for overdue debts",
    "population": {
        "unit": "customer_id", "where": [{"column": "principal", "at_least": 32}],
        "reasons": {"column": "reason", "confidence_column": "sure", "evidence": "calls in May", "warn_above": 0.1},
        "columns": {"reason": {"label": "reason for not paying", "levels": {"forgot": "customers who forgot"}}},
    },
}  # fmt: skip


def people():
    reasons = ("forgot", "forgot", "forgot", "cannot_pay", "unknown")
    rows = customers(400)
    return [
        {"area": "abc"[place % 3], **row, "reason": reasons[place % 5], "sure": ("known", "inferred")[place % 2]}
        for place, row in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("population")
    registry = open_registry(Settings(home=folder / "home"))
    begin_design(registry, LOCAL_ACTOR, DESIGN, Draft(PLAN, {}), {}, origin={"kind": "empty"})
    registry.close()
    write_csv(folder / "people.csv", people())
    return folder / "home"


def draft(home):
    registry = open_registry(Settings(home=home))
    with registry.read(LOCAL_ACTOR, DESIGN) as reader:
        found = reader.design(DESIGN).draft.document
    registry.close()
    return found


def press(page, name):
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    button.press("Enter")
    settled(page)


def pick(page, label, words):
    box = page.get_by_role("combobox", name=label)
    box.focus()
    box.press_sequentially(words)
    box.press("Enter")
    settled(page)
    page.keyboard.press("Tab")  # a list of several stays open until it is left
    settled(page)


@pytest.mark.requirement("S04", "S05", "S09")
def test_a_file_is_loaded_and_a_rule_is_typed_by_keyboard(home, visit):
    page = visit(home, f"population?design={DESIGN}")
    page.set_input_files("input[type=file]", home.parent / "people.csv")
    page.get_by_text("8 columns found").wait_for()
    settled(page)
    for column in ("area", "band", "hnw"):
        pick(page, "Columns that rules and segments may use", column)
    invented = page.get_by_role("radio", name="Invented ones, to try things out")
    invented.focus()
    invented.press("Space")
    settled(page)
    button = page.get_by_role("button", name="Load these customers")
    button.focus()
    button.press("Enter")
    page.get_by_text("Of 400 rows 400 were loaded and 0 rejected.").wait_for()
    settled(page)
    left = [row for row in people() if row["principal"] >= 32]
    page.get_by_text(f"{len(left)} of 400 customers take part.").wait_for()
    assert page.get_by_role("combobox", name="Condition 1: column").input_value() in ("", "principal")
    covered = sum(row["reason"] != "unknown" for row in left) / len(left)
    assert page.get_by_text(f"coverage {covered:.0%}").is_visible()
    assert page.get_by_text("more than the 10% that the plan allows").is_visible()

    press(page, "Add an exclusion")
    reason = page.get_by_role("textbox", name="Exclusion 1: why they are left out")
    reason.focus()
    reason.press_sequentially("Worked by the team for the wealthy")
    reason.press("Tab")
    settled(page)
    pick(page, "Exclusion 1: column", "hnw")
    pick(page, "Exclusion 1: test", "is at least")
    value = page.get_by_role("textbox", name="Exclusion 1: value")
    value.focus()
    value.press_sequentially("1")
    value.press("Tab")
    last = [row for row in left if not row["hnw"]]
    page.get_by_text(f"{len(last)} of 400 customers take part.").wait_for()
    settled(page)
    for size in (WIDE, NARROW):
        keep_screenshots(page, "population-loaded", size)
        assert serious(page) == []
        assert beyond_the_edge(page, size["width"]) == []
    page.set_viewport_size(WIDE)
    press(page, "Save")
    page.get_by_text("Saved as revision 2.").wait_for()
    held = draft(home)["population"]
    assert held["where"] == PLAN["population"]["where"]
    assert held["exclude"] == [
        {"when": {"column": "hnw", "at_least": 1}, "reason": "Worked by the team for the wealthy"}
    ]


def test_the_loaded_page_is_as_accessible_in_the_dark(home, visit):
    page = visit(home, f"population?design={DESIGN}", dark=True)
    keep_screenshots(page, "population-loaded-dark", WIDE)
    assert serious(page) == []
