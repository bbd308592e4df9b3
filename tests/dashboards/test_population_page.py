"""The page of customers: a file is sent and loaded, rules are made on its columns, and counts follow what is typed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import design_session, session, work
from dashboards.uploads import Upload
from designs.drafting import Draft
from tests.dashboards.conftest import ANN, press, refusals, shown
from tests.trials.examples import customers, write_csv
from trials.access import Actor
from trials.errors import AccessRefused
from trials.jobs import progress
from trials.registry import Registry
from trials.registry.records import JobRecord
from trials.stages.design import begin_design, revise_design
from trials.stages.population import load_population_of_draft

MO = Actor("Mo", "manager")

pytestmark = pytest.mark.usefixtures("at_work")
DESIGN = "debts-2027"
KEEP = {"principal": "number", "hnw": "number", "band": "text", "reason": "text", "sure": "text"}


def people(count: int = 400) -> list[dict[str, Any]]:
    """Three in five forgot, one in five cannot pay, and of one in five nobody knows why."""
    reasons = ("forgot", "forgot", "forgot", "cannot_pay", "unknown")
    return [
        {**row, "reason": reasons[place % 5], "sure": ("known", "inferred")[place % 2]}
        for place, row in enumerate(customers(count))
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "people.csv", people())


@pytest.fixture
def design(own_registry: Registry) -> Registry:
    draft = Draft({"schema": 1, "id": DESIGN, "title": "Debts", "population": {"unit": "customer_id"}}, {})
    begin_design(own_registry, ANN, DESIGN, draft, {}, origin={"kind": "empty"})
    return own_registry


@pytest.fixture
def loaded(design: Registry, file: Path) -> Registry:
    load_population_of_draft(design, ANN, file, DESIGN, keep=KEEP, synthetic=True)
    return design


def widget(page: AppTest, name: str) -> Any:
    return next(each for each in (*page.selectbox, *page.text_input) if each.key.endswith(name))


def choose(page: AppTest, name: str, words: str) -> AppTest:
    box = widget(page, name)
    box.set_value(box.options.index(words)).run()
    return page


def ended(registry: Registry) -> JobRecord:
    for _ in range(6000):
        job = progress(registry, ANN, DESIGN, "load_population")
        assert job is not None
        if job.state != "running":
            return job
        time.sleep(0.02)
    raise AssertionError("it did not end")


def document(registry: Registry) -> dict[str, Any]:
    with registry.read(ANN, DESIGN) as reader:
        return dict(reader.design(DESIGN).draft.document)


def population(registry: Registry, **keys: Any) -> None:
    with registry.read(ANN, DESIGN) as reader:
        revision = reader.design(DESIGN)
    held = {**revision.draft.document["population"], **keys}
    draft = Draft({**revision.draft.document, "population": held}, revision.draft.texts)
    revise_design(registry, ANN, DESIGN, draft, {}, made_from=revision.number)


def test_a_file_is_loaded_by_a_job_and_nothing_of_it_is_left(design: Registry, file: Path, open_page: Any) -> None:
    upload = Upload("C:\\Users\\ann\\people.csv", file.read_bytes())
    found = {column.name: column for column in work.look_into(upload)}
    assert (found["customer_id"].own, found["principal"].kind, found["reason"].values) == (True, "number", 3)
    work.begin_loading(DESIGN, upload, KEEP, synthetic=True)
    assert ended(design).refusal is None
    words = shown(open_page("design/population", design=DESIGN))
    assert "Load 1: people.csv" in words
    assert "Of 400 rows 400 were loaded and 0 rejected. Its customers are invented." in words
    assert "400 of 400 customers take part." in words
    assert not list((design.home / "arriving").iterdir())


def test_a_file_that_is_none_is_refused_with_what_is_wrong(design: Registry, open_page: Any) -> None:
    work.begin_loading(DESIGN, Upload("people.csv", b"customer_id\n"), {}, synthetic=True)
    assert ended(design).state == "failed"
    assert "Nothing came of it" in shown(open_page("design/population", design=DESIGN))
    assert refusals(open_page("design/population", design=DESIGN))
    assert not list((design.home / "arriving").iterdir())


def test_who_may_not_load_does_not(design: Registry, file: Path, at_work: Any) -> None:
    at_work(MO)
    with pytest.raises(AccessRefused):
        work.begin_loading(DESIGN, Upload("people.csv", file.read_bytes()), {}, synthetic=True)
    with pytest.raises(AccessRefused):
        work.look_into(Upload("people.csv", file.read_bytes()))
    assert not (design.home / "arriving").exists()


@pytest.mark.requirement("S04", "S09")
def test_counts_follow_a_rule_as_it_is_typed_and_add_up(loaded: Registry, open_page: Any) -> None:
    page = open_page("design/population", design=DESIGN)
    press(page, "Add a condition")
    choose(page, "where/0/column", "principal")
    choose(page, "where/0/test/number", "is at least")
    widget(page, "where/0/value/at_least/0").set_value("32").run()
    rows = people()
    left = [row for row in rows if row["principal"] >= 32]
    assert f"{len(left)} of 400 customers take part." in shown(page)
    assert "not saved yet" in shown(page).lower()
    press(page, "Add an exclusion")
    widget(page, "exclude/0/reason").set_value("Worked by another team").run()
    choose(page, "exclude/0/when/column", "hnw")
    choose(page, "exclude/0/when/test/number", "is")
    widget(page, "exclude/0/when/value/equals/0").set_value("1").run()
    last = [row for row in left if not row["hnw"]]
    words = shown(page)
    assert f"{len(last)} of 400 customers take part." in words
    assert f"−{400 - len(left)}" in words
    assert f"−{len(left) - len(last)}" in words
    press(page, "Save")
    held = document(loaded)["population"]
    assert held["where"] == [{"column": "principal", "at_least": 32}]
    assert held["exclude"] == [{"when": {"column": "hnw", "equals": 1}, "reason": "Worked by another team"}]
    press(page, "Remove condition 1")
    press(page, "Save")
    assert "where" not in document(loaded)["population"]


def test_two_conditions_hold_together(loaded: Registry, open_page: Any) -> None:
    page = open_page("design/population", design=DESIGN)
    press(page, "Add an exclusion")
    widget(page, "exclude/0/reason").set_value("Small and low").run()
    choose(page, "exclude/0/when/column", "band")
    choose(page, "exclude/0/when/test/text", "is one of")
    widget(page, "exclude/0/when/value/one_of/0").set_value("low, other").run()
    press(page, "Add what must hold as well: Exclusion 1")
    choose(page, "exclude/0/when/1/column", "principal")
    choose(page, "exclude/0/when/1/test/number", "is at least, and less than")
    widget(page, "exclude/0/when/1/value/between/0").set_value("20").run()
    widget(page, "exclude/0/when/1/value/between/1").set_value("60").run()
    gone = [row for row in people() if row["band"] == "low" and 20 <= row["principal"] < 60]
    assert f"{400 - len(gone)} of 400 customers take part." in shown(page)
    press(page, "Save")
    assert document(loaded)["population"]["exclude"][0]["when"] == [
        {"column": "band", "one_of": ["low", "other"]},
        {"column": "principal", "at_least": 20, "below": 60},
    ]


def test_a_rule_on_a_column_that_the_file_lacks_says_so(loaded: Registry, open_page: Any) -> None:
    population(loaded, where=[{"column": "age", "at_least": 3}])
    assert "has no column" in " ".join(refusals(open_page("design/population", design=DESIGN)))


@pytest.mark.parametrize("spelt", ["Forgot", "forgot ", "f\u043ergot"])
def test_a_value_that_no_customer_has_is_told_with_those_that_are_like_it(
    loaded: Registry, open_page: Any, spelt: str
) -> None:
    population(loaded, where=[{"column": "reason", "equals": "forgot"}])
    assert "no customer has" not in shown(open_page("design/population", design=DESIGN))
    population(loaded, where=[{"column": "reason", "equals": spelt}])
    said = shown(open_page("design/population", design=DESIGN))
    assert "no customer has" in said
    assert "in the column reason; the file has " in said
    assert "forgot" in said.partition("; the file has ")[2].partition(". ")[0]


@pytest.mark.requirement("S05")
def test_coverage_of_reasons_is_shown_and_warned_of_above_the_share(loaded: Registry, open_page: Any) -> None:
    population(
        loaded,
        reasons={"column": "reason", "confidence_column": "sure", "evidence": "calls in May", "warn_above": 0.1},
        columns={"reason": {"label": "reason", "levels": {"forgot": "customers who forgot"}}},
    )
    words = shown(open_page("design/population", design=DESIGN))
    assert "coverage 80%" in words
    assert "The reason of 80 of 400 customers (20%) is not known, more than the 10% that the plan allows." in words
    assert "Customers who forgot" in words
    with loaded.read(ANN, DESIGN) as reader:
        detail = reader.design_detail(DESIGN, session.today())
    assert detail.facts.counts is not None
    assert sum(count.customers for count in detail.facts.counts) == 400


@pytest.mark.requirement("S06")
def test_a_mixed_population_blocks_until_it_is_segmented(loaded: Registry) -> None:
    reasons = {"column": "reason", "confidence_column": "sure", "evidence": "calls in May"}
    population(loaded, reasons=reasons)

    def mixed() -> bool:
        with loaded.read(ANN, DESIGN) as reader:
            revision = reader.design(DESIGN)
            draft = Draft({**revision.draft.document, "directorate": "RIS"}, {})
        if "directorate" not in revision.draft.document:
            revise_design(loaded, ANN, DESIGN, draft, {}, made_from=revision.number)
        with loaded.read(ANN, DESIGN) as reader:
            gates = reader.gates(DESIGN, session.today())
        return any(each.code == "mixed_reasons" for gate in gates for each in gate.blocking)

    assert mixed()
    population(loaded, reasons={**reasons, "one_approach_because": "all get the same reminder by law"})
    assert not mixed()
    population(loaded, reasons=reasons)
    with loaded.read(ANN, DESIGN) as reader:
        revision = reader.design(DESIGN)
    segmented = {**revision.draft.document, "randomisation": {"method": "complete", "strata": ["reason"]}}
    revise_design(loaded, ANN, DESIGN, Draft(segmented, {}), {}, made_from=revision.number)
    assert not mixed()


def test_columns_and_levels_are_called_what_somebody_says(loaded: Registry, open_page: Any) -> None:
    page = open_page("design/population", design=DESIGN)
    box = next(each for each in (*page.radio, *page.selectbox) if each.key.startswith(f"label/{DESIGN}/"))
    box.set_value(box.options.index("reason")).run()
    widget(page, "columns/reason/label").set_value("reason for not paying").run()
    widget(page, "columns/reason/levels/forgot").set_value("customers who forgot").run()
    press(page, "Save")
    assert document(loaded)["population"]["columns"]["reason"] == {
        "label": "reason for not paying", "levels": {"forgot": "customers who forgot"},
    }  # fmt: skip


def test_what_was_typed_about_one_column_stays_when_another_is_chosen(loaded: Registry, open_page: Any) -> None:
    page = open_page("design/population", design=DESIGN)

    def look_at(column: str) -> None:
        box = next(each for each in (*page.radio, *page.selectbox) if each.key.startswith(f"label/{DESIGN}/"))
        box.set_value(box.options.index(column)).run()

    look_at("reason")
    widget(page, "columns/reason/label").set_value("why").run()
    look_at("band")
    widget(page, "columns/band/label").set_value("size of debt").run()
    look_at("reason")
    assert widget(page, "columns/reason/label").value == "why"
    press(page, "Save")
    columns = document(loaded)["population"]["columns"]
    assert (columns["reason"]["label"], columns["band"]["label"]) == ("why", "size of debt")


def test_rules_that_are_in_the_plan_stay_as_they_are_written(loaded: Registry, open_page: Any) -> None:
    held = {
        "where": [{"column": "principal", "at_least": 32.0, "at_most": 200}, {"column": "band", "missing": False}],
        "exclude": [
            {"when": [{"column": "hnw", "equals": True}, {"column": "band", "one_of": ["low"]}], "reason": "Rich",
             "agreement": "the team, 3 May"},
        ],
        "welsh": {"when": {"column": "band", "equals": "cy"}, "without_text": "exclude"},
    }  # fmt: skip
    population(loaded, **held)
    before = document(loaded)
    page = open_page("design/population", design=DESIGN)
    press(page, "Save")
    assert document(loaded) == before


def test_a_small_group_is_not_told_apart(design: Registry, tmp_path: Path, open_page: Any) -> None:
    rows = people(60)
    for row in rows[:4]:
        row["reason"] = "bereaved"
    load_population_of_draft(design, ANN, write_csv(tmp_path / "few.csv", rows), DESIGN, keep=KEEP, synthetic=True)
    population(design, reasons={"column": "reason", "confidence_column": "sure", "evidence": "calls in May"})
    words = shown(open_page("design/population", design=DESIGN))
    assert "too few to tell apart" in words
    assert ">4 (" not in words


def test_counts_of_the_same_rows_and_rules_are_made_once(loaded: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    from trials.registry import customers as counted

    with loaded.read(ANN, DESIGN) as reader:
        draft = reader.design(DESIGN).draft
    first = design_session.customers(draft)
    monkeypatch.setattr(counted, "_counted", lambda *_: pytest.fail("counted again"))
    assert design_session.customers(draft) == first


def test_a_load_while_the_page_is_open_changes_no_rule(loaded: Registry, tmp_path: Path, open_page: Any) -> None:
    population(loaded, where=[{"column": "principal", "at_least": 32}])
    before = document(loaded)
    page = open_page("design/population", design=DESIGN)
    widget(page, "where/0/value/at_least/0").set_value("40").run()
    rows = [{"aaa": 1, **row} for row in people()]
    keep = {"aaa": "number", "band": "text", "principal": "number"}
    load_population_of_draft(loaded, ANN, write_csv(tmp_path / "b.csv", rows), DESIGN, keep=keep, synthetic=True)
    page.run()
    page.run()
    assert widget(page, "where/0/column").value == sorted(["aaa", "band", "principal"]).index("principal")
    press(page, "Save")
    assert document(loaded)["population"]["where"] == [{"column": "principal", "at_least": 40}]
    assert {**document(loaded), "population": None} == {**before, "population": None}


def test_a_rule_of_one_approach_stays_when_another_is_looked_at(loaded: Registry, open_page: Any) -> None:
    with loaded.read(ANN, DESIGN) as reader:
        revision = reader.design(DESIGN)
    arms = [
        {"id": "nfa", "kind": "nfa", "label": "No further action"},
        {"id": "letter", "kind": "otm", "label": "Letter"},
        {"id": "sms", "kind": "otm", "label": "SMS"},
    ]
    revise_design(loaded, ANN, DESIGN, Draft({**revision.draft.document, "arms": arms}, {}), {}, made_from=1)
    page = open_page("design/population", design=DESIGN)

    def look_at(words: str) -> None:
        radio = next(each for each in page.radio if each.key.startswith(f"not_for/{DESIGN}/"))
        radio.set_value(radio.options.index(words)).run()

    look_at("Letter")
    press(page, "Add a rule")
    widget(page, "arms/1/not_for/0/reason").set_value("they cannot pay").run()
    choose(page, "arms/1/not_for/0/when/column", "reason")
    choose(page, "arms/1/not_for/0/when/test/text", "is")
    widget(page, "arms/1/not_for/0/when/value/equals/0").set_value("cannot_pay").run()
    look_at("SMS")
    look_at("Letter")
    press(page, "Save")
    rule = {"when": {"column": "reason", "equals": "cannot_pay"}, "reason": "they cannot pay"}
    assert document(loaded)["arms"][1]["not_for"] == [rule]
