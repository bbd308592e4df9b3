"""A designer declares what contact a trial brings, sees each day against capacity, and takes the batches that fit."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from designs.drafting import Draft
from tests.dashboards.conftest import ANN, charts, done, press, refusals, shown, table_row
from tests.designs.protocol.examples import Change, changed
from tests.designs.surge.test_forecast import SURGING
from trials.access import Actor
from trials.registry import Registry
from trials.stages.design import begin_design

pytestmark = pytest.mark.usefixtures("at_work")
DESIGN = SURGING["id"]
FORM, PAGE = "design/suitability", "design/surge"
SURGE = "suitability.operations.surge"


def begun(registry: Registry, *changes: Change) -> None:
    document = copy.deepcopy(changed(SURGING, *changes))
    begin_design(registry, ANN, DESIGN, Draft(document, {}), {}, origin={"kind": "empty"})


def draft_of(registry: Registry) -> dict[str, Any]:
    with registry.read(ANN, DESIGN) as reader:
        return dict(reader.design(DESIGN).draft.document)


def surge_of(registry: Registry) -> Any:
    return draft_of(registry)["suitability"]["operations"].get("surge")


def field(page: AppTest, *steps: str) -> Any:
    ending = "/".join(("suitability", "operations", "surge", *steps))
    return next(each for each in (*page.text_input, *page.text_area) if each.key.endswith(ending))


@pytest.mark.requirement("S16")
def test_contact_is_declared_without_a_file(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry, ("suitability.operations", {**SURGING["suitability"]["operations"], "surge": None}))
    page = open_page(FORM, design=DESIGN)
    field(page, "customers").set_value("40,000")
    field(page, "by_day").set_value("10, 50, 30, 10")
    field(page, "arms", "letter", "call").set_value("2, 5, 12")
    field(page, "arms", "letter", "write").set_value("2")
    field(page, "arms", "sms", "call").set_value("0").run()
    press(page, "Save")
    assert "Saved as revision 2." in done(page)
    assert surge_of(own_registry) == {
        "customers": 40_000,
        "by_day": [0.1, 0.5, 0.3, 0.1],
        "arms": {"letter": {"call": {"low": 0.02, "central": 0.05, "high": 0.12}, "write": 0.02}, "sms": {"call": 0}},
    }
    again = open_page(FORM, design=DESIGN)
    assert (field(again, "by_day").value, field(again, "arms", "letter", "call").value) == (
        "10, 50, 30, 10",
        "2, 5, 12",
    )


def test_what_is_not_touched_stays_as_the_file_has_it(own_registry: Registry, open_page: Any) -> None:
    thirds = {"by_day": [0.3333333, 0.3333333, 0.3333334], "arms": {"letter": {"call": 0.0123456}, "sms": {}}}
    begun(own_registry, (SURGE, {"customers": 10, **thirds}))
    page = open_page(FORM, design=DESIGN)
    field(page, "arms", "letter", "write").set_value("1").run()
    press(page, "Save")
    letter = {"call": 0.0123456, "write": 0.01}
    assert surge_of(own_registry) == {"customers": 10, **thirds, "arms": {"letter": letter, "sms": {}}}


def under(page: AppTest, label: str) -> str:
    """What stands at a field: its label, its hint and what is wrong."""
    return next(
        each.proto.body for each in page.get("html") if label in each.proto.body and "field-" in each.proto.body
    )


@pytest.mark.parametrize(
    ("steps", "typed", "label", "said"),
    [
        (("by_day",), "10, 50", "the share that does so on each day", "its sum is 1"),
        (("by_day",), "some, 50", "the share that does so on each day", "some"),
        (("arms", "letter", "call"), "5, 2, 12", "Letter: who get", "low, central and high ones in that order"),
        (("arms", "letter", "call"), "150", "Letter: who get in touch", "a share from 0 to 1"),
        (("arms", "letter", "call"), "few", "Letter: who get in touch", "a share from 0 to 1"),
        (("customers",), "0", "Customers in all arms together", "at least 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(
    own_registry: Registry, open_page: Any, steps: tuple[str, ...], typed: str, label: str, said: str
) -> None:
    begun(own_registry)
    page = open_page(FORM, design=DESIGN)
    field(page, *steps).set_value(typed).run()
    press(page, "Save")
    assert said in under(page, label)
    assert field(page, *steps).value == typed


def test_an_arm_without_a_prediction_is_asked_for_at_its_own_field(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry, (f"{SURGE}.arms", {"letter": {"call": 0.05}}))
    page = open_page(FORM, design=DESIGN)
    assert "0 is a prediction too" in under(page, "Sms: who get in touch")
    assert "0 is a prediction too" not in under(page, "Letter: who get in touch")


def test_figures_of_an_approach_that_is_gone_can_be_cleared(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry, (f"{SURGE}.arms.post", {"call": 0.1}))
    page = open_page(FORM, design=DESIGN)
    assert '"post" is not an arm' in under(page, "post, which is no approach of the plan any more").replace(
        "&#34;", '"'
    )
    field(page, "arms", "post", "call").set_value("").run()
    press(page, "Save")
    assert set(surge_of(own_registry)["arms"]) == {"letter", "sms"}


def test_customers_who_react_otherwise_are_named_and_taken_out(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry)
    page = open_page(FORM, design=DESIGN)
    next(each for each in page.text_input if each.key.endswith("/segment/name")).set_value("Late payers").run()
    press(page, "Add them")
    field(page, "segments", "late_payers", "share").set_value("25")
    field(page, "segments", "late_payers", "arms", "letter", "call").set_value("20").run()
    press(page, "Save")
    assert surge_of(own_registry)["segments"] == {"late_payers": {"share": 0.25, "arms": {"letter": {"call": 0.2}}}}
    again = open_page(FORM, design=DESIGN)
    assert "Customers who react otherwise: late payers" in shown(again)
    press(again, "Take out: late payers")
    press(again, "Save")
    assert "segments" not in surge_of(own_registry)


def test_a_name_that_can_be_none_is_refused(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry)
    page = open_page(FORM, design=DESIGN)
    next(each for each in page.text_input if each.key.endswith("/segment/name")).set_value("<b>late</b>").run()
    press(page, "Add them")
    assert "nothing was added" in refusals(page)[0]


@pytest.mark.requirement("S16")
def test_each_day_stands_against_capacity_and_the_batches_go_into_the_draft(
    own_registry: Registry, open_page: Any
) -> None:
    begun(own_registry)
    page = open_page(PAGE, design=DESIGN)
    words = shown(page)
    assert "400 can be taken in a day: 1 day is above capacity." in words
    assert "2 batches of at most 20,000 customers, 2 days apart" in words
    assert len(charts(page)) == 1
    assert "200" in table_row(page, "1 day after the first issue", "600")
    assert "surge" not in words
    assert "_" not in words
    press(page, "Put these batches into the draft")
    assert "Say first on which day" in refusals(page)[0]
    page.date_input[0].set_value(date(2026, 3, 9)).run()
    press(page, "Put these batches into the draft")
    assert "The draft has 2 batches now." in done(page)
    scheme = draft_of(own_registry)["randomisation"]
    days = {"batch_01": "2026-03-09", "batch_02": "2026-03-11"}
    assert (scheme["strata"], scheme["batches"]) == (
        ["region", "batch"], {"column": "batch", "at_random": True, "issue_on": days}
    )  # fmt: skip
    words = shown(page)
    assert "every day is at or under capacity" in words
    assert "Batch 2" in words
    press(page, "Issue everybody on one day instead")
    assert draft_of(own_registry)["randomisation"] == SURGING["randomisation"]


def test_the_column_of_batches_is_none_that_the_file_has(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry, ("analysis.covariates", ["batch"]), ("randomisation.allocation_date", "2026-03-09"))
    page = open_page(PAGE, design=DESIGN)
    press(page, "Put these batches into the draft")
    assert draft_of(own_registry)["randomisation"]["batches"]["column"] == "batch_2"


def test_who_may_not_change_the_draft_is_shown_no_way_to(own_registry: Registry, open_page: Any, at_work: Any) -> None:
    begun(own_registry)
    at_work(Actor("Kim", "analyst"))
    page = open_page(PAGE, design=DESIGN)
    assert "2 batches of at most 20,000 customers" in shown(page)
    assert [each.label for each in page.button if "draft" in each.label] == []


def test_a_plan_that_predicts_nothing_says_where_to(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry, ("suitability.operations", {**SURGING["suitability"]["operations"], "surge": None}))
    page = open_page(PAGE, design=DESIGN)
    assert "The saved plan predicts no contact." in shown(page)
    assert charts(page) == []
