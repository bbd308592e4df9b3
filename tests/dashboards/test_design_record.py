"""What happens around a design, recorded in the browser: doubts, those who must be involved, gateways, confirmation."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import design_session, session
from designs.drafting import Draft, draft_of_template, empty_draft
from designs.entries import parse_entry
from tests.dashboards.conftest import done, press, refusals, shown
from tests.dashboards.test_design_pages import field
from tests.trials.examples import as_read
from trials.access import Actor
from trials.registry import Registry
from trials.registry.tables.columns import now
from trials.stages.design import begin_design, revise_design
from trials.stages.enter import enter

DESIGN = "sa-2027"
DESIGNER, MANAGER = Actor("Ann", "designer"), Actor("Mo", "manager")


@pytest.fixture
def design(own_registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    draft, contents = draft_of_template("sa-debts", DESIGN)
    begin_design(own_registry, DESIGNER, DESIGN, draft, contents, origin={"kind": "template", "name": "sa-debts"})
    monkeypatch.setattr(session, "current_user", lambda: DESIGNER)
    return own_registry


def work_as(monkeypatch: pytest.MonkeyPatch, actor: Actor) -> None:
    monkeypatch.setattr(session, "current_user", lambda: actor)


def entries(registry: Registry) -> list[Any]:
    with registry.read(DESIGNER, DESIGN) as reader:
        return [each.entry for each in reader.entries(DESIGN)]


def draft_of(registry: Registry) -> Draft:
    with registry.read(DESIGNER, DESIGN) as reader:
        return reader.design(DESIGN).draft


def in_doubt(registry: Registry, question: str) -> None:
    draft = draft_of(registry)
    answers = {**draft.document["suitability"]}
    answers[question] = {**answers[question], "confidence": "in_doubt"}
    with registry.read(DESIGNER, DESIGN) as reader:
        number = reader.design(DESIGN).number
    changed = Draft({**draft.document, "suitability": answers}, draft.texts)
    revise_design(registry, DESIGNER, DESIGN, changed, {}, made_from=number)


def choose(page: AppTest, label: str, words: str) -> AppTest:
    """Choose an option by its words."""
    for each in (*page.radio, *page.selectbox):
        if each.label == label and words in each.options:
            each.set_value(each.options.index(words))
            return page.run()
    raise AssertionError(f"{label}: {words} is not offered")


def test_a_stakeholder_is_added_asked_and_answers(design: Registry, open_page: Any) -> None:
    page = open_page("consultation", design=DESIGN)
    choose(page, "Who is it about?", "E C Strategy Unit")
    field(page, "contact").set_value("the unit's mailbox").run()
    field(page, "input_needed").set_value("Does it overlap?").run()
    next(each for each in page.date_input if each.key.endswith("needed_by")).set_value(session.today()).run()
    press(page, "Add to the register")
    assert "It is on record." in done(page)
    press(page, "Record that it was asked")
    choose(page, "What it said", "Agreed, with conditions")
    press(page, "Record what it said")
    assert [each.kind for each in entries(design)] == ["stakeholder_added", "consulted", "responded"]
    assert "Agreed, with conditions" in shown(page)


def test_who_must_be_involved_cannot_be_retired(design: Registry, open_page: Any) -> None:
    page = open_page("consultation", design=DESIGN)
    choose(page, "Who is it about?", "TAA")
    assert all("not involved any more" not in option for radio in page.radio for option in radio.options)


def test_what_is_missing_in_an_entry_is_named_and_what_was_typed_stays(design: Registry, open_page: Any) -> None:
    page = open_page("consultation", design=DESIGN)
    choose(page, "Who is it about?", "TAA")
    field(page, "contact").set_value("a mailbox").run()
    press(page, "Add to the register")
    assert "input_needed" in refusals(page)[-1]
    assert field(page, "contact").value == "a mailbox"
    assert entries(design) == []


def test_the_line_is_signed_by_who_approves(design: Registry, open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page("consultation", design=DESIGN)
    assert "This is recorded by the role manager." in shown(page)
    work_as(monkeypatch, MANAGER)
    page = open_page("consultation", design=DESIGN)
    choose(page, "Who signed", "The sponsor at grade 7")
    field(page, "signed_by").set_value("Head of campaigns").run()
    press(page, "Record the signature")
    assert [each.kind for each in entries(design)] == ["line_signed_off"]


@pytest.mark.requirement("K10")
@pytest.mark.requirement("K19")
def test_the_earliest_launch_and_what_blocks_it_are_shown(design: Registry, open_page: Any) -> None:
    page = open_page("consultation", design=DESIGN)
    assert "It waits for: Signature of the sponsor at grade 7" in shown(page)
    assert "What blocks now" in shown(page)
    assert "critical path" in shown(page)


@pytest.mark.requirement("S17")
def test_a_doubt_needs_the_override_of_who_approves(
    design: Registry, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_doubt(design, "reaction")
    page = open_page("suitability", design=DESIGN)
    assert "One-to-many may not be appropriate" in shown(page)
    assert "This is recorded by the role manager." in shown(page)
    work_as(monkeypatch, MANAGER)
    page = open_page("suitability", design=DESIGN)
    press(page, "Let the design go on")
    assert refusals(page)
    field(page, "reason").set_value("The trial will show it").run()
    press(page, "Let the design go on")
    assert [each.kind for each in entries(design)] == ["doubt_overridden"]
    assert "Mo let the design go on" in shown(page)


@pytest.mark.requirement("S18")
def test_a_confirmed_answer_is_stale_when_what_it_rests_on_changes(design: Registry, open_page: Any) -> None:
    page = open_page("approval", design=DESIGN)
    choose(page, "For which gate?", "Gateway 1: 8 answers to confirm")
    press(page, "Every answer still holds")
    assert [each.kind for each in entries(design)] == ["answers_confirmed"]
    draft = draft_of(design)
    population = {**draft.document["population"], "cooling_off_days": 90}
    changed = Draft({**draft.document, "population": population}, draft.texts)
    revise_design(design, DESIGNER, DESIGN, changed, {}, made_from=1)
    page = open_page("suitability", design=DESIGN)
    assert "changed since Ann confirmed it" in shown(page)
    page = open_page("history", design=DESIGN)
    assert "What changes have made void" in shown(page)
    assert "or what it rests on, changed after it was confirmed" in shown(page)


@pytest.mark.requirement("K10")
def test_an_approval_for_another_directorate_is_told_as_void(design: Registry, open_page: Any) -> None:
    draft = draft_of(design)
    assert draft.document["directorate"] == "RIS"
    decision = {"kind": "gateway_decided", "gateway": 1, "decision": "approved", "extraordinary": "it met for this one"}
    enter(
        design, MANAGER, DESIGN, parse_entry({**decision, "on": now().date().isoformat()}), read=as_read(design, DESIGN)
    )
    another = Draft({**draft.document, "directorate": "ISBC"}, draft.texts)
    revise_design(design, DESIGNER, DESIGN, another, {}, made_from=1)
    void = "the plan is another since: the directorate (it was RIS)"
    assert f"void, for {void}" in shown(open_page("approval", design=DESIGN))
    for name in ("task_list", "lock", "history"):
        assert void in shown(open_page(name, design=DESIGN)), name


def test_a_gateway_is_decided_with_conditions_and_they_are_met(
    design: Registry, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_as(monkeypatch, MANAGER)
    page = open_page("approval", design=DESIGN)
    choose(page, "Which gateway", "Gateway 1: is the idea worth designing?")
    choose(page, "What the group decided", "Approved, with conditions")
    field(page, "conditions").set_value("Brief the press").run()
    press(page, "Record the decision")
    # Before the paper and everybody's input, or on a day without a meeting, it is refused with the rule.
    assert refusals(page)
    field(page, "extraordinary").set_value("It met for this one").run()
    press(page, "Record the decision")
    said = refusals(page)
    if not said:
        choose(page, "Which condition?", "Gateway 1, 1: Brief the press")
        field(page, "how").set_value("Briefed on Monday").run()
        press(page, "Record that it is met")
        assert [each.kind for each in entries(design)] == ["gateway_decided", "condition_met"]


def test_the_task_list_tells_what_waits_for_whom(design: Registry, open_page: Any) -> None:
    page = open_page("task_list", design=DESIGN)
    assert "8 answers are not confirmed for gateway 1" in shown(page)
    assert "The sponsor at grade 7" in shown(page)


def test_the_paper_and_the_entries_are_taken_out_where_they_are_needed(design: Registry, open_page: Any) -> None:
    page = open_page("approval", design=DESIGN)
    assert [each.label for each in page.get("download_button")] == ["The paper, as PDF", "The paper, for Word"]
    page = open_page("file", design=DESIGN)
    assert len(page.get("download_button")) == 1 + 3 * 3
    assert design_session.paper_file(DESIGN, ".pdf").startswith(b"%PDF")
    assert design_session.registration_file(DESIGN, "uk", ".json").startswith(b"{")


def saved_meanwhile(registry: Registry, **values: Any) -> None:
    """A colleague's revision, while a page is open."""
    with registry.read(DESIGNER, DESIGN) as reader:
        revision = reader.design(DESIGN)
    draft = Draft({**revision.draft.document, **values}, revision.draft.texts)
    revise_design(registry, Actor("Bo", "designer"), DESIGN, draft, {}, made_from=revision.number)


def filled(page: AppTest, name: str) -> str:
    """Fill in what one act asks for; the words of its button."""
    if name == "own_route_approved":
        field(page, "route").set_value("The board").run()
        field(page, "approved_by").set_value("The director").run()
        return "Record the approval"
    if name == "gateway_decided":
        choose(page, "Which gateway", "Gateway 1: is the idea worth designing?")
        choose(page, "What the group decided", "Approved")
        field(page, "extraordinary").set_value("It met for this one").run()
        return "Record the decision"
    if name == "answers_confirmed":
        choose(page, "For which gate?", page.radio[0].options[0])
        return "Every answer still holds"
    if name == "doubt_overridden":
        field(page, "reason").set_value("The trial will show it").run()
        return "Let the design go on"
    if name == "line_signed_off":
        choose(page, "Who signed", "The sponsor at grade 7")
        field(page, "signed_by").set_value("Head of campaigns").run()
        return "Record the signature"
    choose(page, "What is done instead", "No further action")
    page.text_area[0].set_value("Nothing").run()
    page.text_area[1].set_value("It costs too much").run()
    return "End the design"


ACTS = {
    "own_route_approved": "approval", "gateway_decided": "approval", "answers_confirmed": "approval",
    "doubt_overridden": "suitability", "line_signed_off": "consultation", "set_aside": "set_aside",
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_what_a_colleague_saved_while_a_page_was_open_is_not_put_on_record_unseen(
    design: Registry, open_page: Any, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    work_as(monkeypatch, Actor("Lo", "all"))
    if act == "own_route_approved":
        saved_meanwhile(design, directorate="Debt Management")
    if act == "doubt_overridden":
        in_doubt(design, "reaction")
    page = open_page(ACTS[act], design=DESIGN)
    button = filled(page, act)
    population = {**draft_of(design).document["population"], "cooling_off_days": 90}
    another = "WMBC" if act in ("gateway_decided", "line_signed_off") else draft_of(design).document["directorate"]
    saved_meanwhile(design, population=population, directorate=another)
    press(page, button)
    assert entries(design) == []
    assert "by Bo" in str(refusals(page))
    # The page shows the plan as it is now: pressed again, it is about that.
    press(page, button)
    assert [each.kind for each in entries(design)] == [act]


def test_a_button_that_was_pressed_on_a_page_that_is_gone_does_nothing_later(
    design: Registry, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    work_as(monkeypatch, Actor("Lo", "all"))
    in_doubt(design, "reaction")
    page = open_page("suitability", design=DESIGN)
    button = filled(page, "doubt_overridden")
    in_doubt_before = draft_of(design).document["suitability"]
    sure = {**in_doubt_before, "reaction": {**in_doubt_before["reaction"], "confidence": "confident"}}
    saved_meanwhile(design, suitability=sure)
    press(page, button)  # nothing is in doubt any more, and the button is not there
    saved_meanwhile(design, suitability=in_doubt_before)
    page.run()
    assert entries(design) == []


def test_a_draft_of_before_that_is_no_file_says_why(
    own_registry: Registry, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trials.stages.design.refuse_unkept", lambda draft, design: None)  # as it was
    content = b"Pay."
    digest = hashlib.sha256(content).hexdigest()
    draft = Draft(empty_draft(DESIGN).document, {"a.md": digest, "A.md": digest})
    begin_design(own_registry, DESIGNER, DESIGN, draft, {digest: content}, origin={"kind": "empty"})
    assert "no text can be written at" in str(refusals(open_page("file", design=DESIGN)))


@pytest.mark.requirement("K10")
def test_a_decision_of_an_earlier_day_says_what_has_changed_since(
    own_registry: Registry, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gateway 1, which may be older than the design, and is then of the directorate that was named first."""
    draft, contents = draft_of_template("sa-debts", DESIGN)
    begin_design(own_registry, DESIGNER, DESIGN, draft, contents, origin={"kind": "empty"})
    saved_meanwhile(own_registry, directorate="WMBC")
    work_as(monkeypatch, Actor("Lo", "all"))
    page = open_page("approval", design=DESIGN)
    button = filled(page, "gateway_decided")
    yesterday = now().date() - timedelta(days=1)
    next(each for each in page.date_input if "decision" in each.key).set_value(yesterday).run()
    press(page, button)
    assert "It is about revision 1 of the draft" in done(page)[0]
    assert "Since then changed: the directorate (it was RIS)" in done(page)[0]
    assert "void, for the plan is another since: the directorate" in shown(page)
