"""Designing in the browser: the task list, a step that is filled in and saved, and two people on one draft."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from data.errors import Refused
from designs.drafting import Draft
from tests.dashboards.conftest import ANN, done, press, refusals, shown, table_row
from trials.access import Actor
from trials.registry import Registry
from trials.stages.design import begin_design, revise_design
from trials.stages.typed import keep_typed

DESIGN = "late-2027"
BEN = Actor("Ben", "designer")
STEPS = (
    "about", "suitability", "population", "approaches", "measures", "size", "money", "consultation", "sign_offs",
    "approval", "lock", "history", "file", "set_aside", "surge",
)  # fmt: skip


@pytest.fixture
def design(own_registry: Registry) -> Registry:
    draft = Draft({"schema": 1, "id": DESIGN, "title": "Late returns", "owner": "Team A"}, {})
    begin_design(own_registry, ANN, DESIGN, draft, {}, origin={"kind": "empty"})
    return own_registry


def draft_of(registry: Registry) -> dict[str, Any]:
    with registry.read(ANN, DESIGN) as reader:
        return dict(reader.design(DESIGN).draft.document)


def field(page: AppTest, name: str) -> Any:
    return next(each for each in (*page.text_input, *page.text_area) if each.key.endswith(f"/{name}"))


def test_designs_are_listed_and_begun(own_registry: Registry, open_page: Any) -> None:
    page = open_page("designs")
    page.text_input(key="design-id").set_value("reminder-2027").run()
    press(page, "Begin")
    assert "reminder-2027" in page.query_params["design"]
    with own_registry.read(ANN) as reader:
        assert [each.id for each in reader.designs()] == ["reminder-2027"]


def test_the_portfolio_shows_what_is_being_designed(design: Registry, open_page: Any) -> None:
    row = table_row(open_page("portfolio"), f"task_list?design={DESIGN}")
    assert "Late returns" in row
    assert "with nothing, by Ann" in row
    assert "steps done" in row
    assert "Who: The designer" in row


def test_a_name_that_cannot_be_one_is_refused(own_registry: Registry, open_page: Any) -> None:
    page = open_page("designs")
    page.text_input(key="design-id").set_value("Late Returns!").run()
    press(page, "Begin")
    assert "cannot be the id of a trial" in refusals(page)[0]


def test_the_task_list_says_what_is_missing_and_who_clears_it(design: Registry, open_page: Any) -> None:
    page = open_page("task_list", design=DESIGN)
    assert "Earliest launch" in shown(page)
    assert "Not started" in shown(page)
    assert "In progress" in shown(page)
    assert "The designer" in shown(page)


@pytest.mark.parametrize("step", STEPS)
def test_every_page_opens_on_a_draft_that_is_nearly_empty(design: Registry, open_page: Any, step: str) -> None:
    assert not refusals(open_page(step, design=DESIGN))


def test_what_is_typed_is_saved_as_a_revision(design: Registry, open_page: Any, at_work: Any) -> None:
    page = open_page("about", design=DESIGN)
    field(page, "owner").set_value("Team B").run()
    press(page, "Save")
    assert "Saved as revision 2." in done(page)
    assert draft_of(design)["owner"] == "Team B"


def test_what_is_typed_and_not_saved_outlives_the_page(design: Registry, open_page: Any, at_work: Any) -> None:
    field(open_page("about", design=DESIGN), "hypothesis").set_value("More file").run()
    again = open_page("about", design=DESIGN)
    assert field(again, "hypothesis").value == "More file"
    assert any("It is not saved yet" in each for each in done(again))
    assert "hypothesis" not in draft_of(design)


ELSEWHERE = "In another window you typed other words on this page"


def hypothesis(page: AppTest) -> str:
    return str(field(page, "hypothesis").value)


@pytest.mark.parametrize("done_with", ["Save", ""])
def test_words_in_one_window_are_not_lost_by_saving_or_clearing_in_another(
    design: Registry, open_page: Any, at_work: Any, done_with: str
) -> None:
    one, other = open_page("about", design=DESIGN), open_page("about", design=DESIGN)
    field(one, "hypothesis").set_value("From the one").run()
    field(other, "owner").set_value("From the other").run()
    if done_with:
        press(other, done_with)
    else:
        field(other, "owner").set_value("Team A").run()
    again = open_page("about", design=DESIGN)  # both windows are gone
    assert hypothesis(again) == "From the one"
    press(again, "Save")
    assert draft_of(design)["owner"] == ("From the other" if done_with else "Team A")
    assert draft_of(design)["hypothesis"] == "From the one"


def test_words_of_two_windows_are_both_kept_and_told(design: Registry, open_page: Any, at_work: Any) -> None:
    one, other = open_page("about", design=DESIGN), open_page("about", design=DESIGN)
    field(one, "hypothesis").set_value("From the one").run()
    field(other, "hypothesis").set_value("From the other").run()
    assert ELSEWHERE in shown(other)
    assert ELSEWHERE in shown(one.run())
    again = open_page("about", design=DESIGN)
    assert hypothesis(again) == "From the other"
    press(again, "Show those words here")
    assert hypothesis(again) == "From the one"
    press(again, "Show those words here")
    assert hypothesis(again) == "From the other"
    press(again, "Save")
    assert ELSEWHERE in shown(again)
    press(again, "Show those words here")
    press(again, "Save")
    assert "Ann has changed what you changed" in refusals(again)[0]


def test_what_was_gone_on_with_in_another_window_is_not_told_of_twice(
    design: Registry, open_page: Any, at_work: Any
) -> None:
    one = open_page("about", design=DESIGN)
    field(one, "hypothesis").set_value("Begun").run()
    other = open_page("about", design=DESIGN)
    assert hypothesis(other) == "Begun"
    assert ELSEWHERE not in shown(other)
    field(other, "hypothesis").set_value("Begun, and ended").run()
    assert ELSEWHERE not in shown(other)
    with design.read(ANN, DESIGN) as reader:
        assert len(reader.typed(DESIGN, "about")) == 1
    assert hypothesis(one.run()) == "Begun"  # it stands there still, so it is kept again, and told of
    assert ELSEWHERE in shown(other.run())
    press(other, "Save")
    assert draft_of(design)["hypothesis"] == "Begun, and ended"
    with design.read(ANN, DESIGN) as reader:
        assert [each.document["plan"]["hypothesis"] for each in reader.typed(DESIGN, "about")] == ["Begun"]


def test_what_an_earlier_release_kept_is_gone_on_with(design: Registry, open_page: Any, at_work: Any) -> None:
    typed = {"plan": {**draft_of(design), "hypothesis": "From before"}, "texts": {}, "contents": {}}
    keep_typed(design, ANN, DESIGN, "about", made_from=1, document=typed)
    page = open_page("about", design=DESIGN)
    assert hypothesis(page) == "From before"
    press(page, "Save")
    with design.read(ANN, DESIGN) as reader:
        assert reader.typed(DESIGN, "about") == ()


def test_nobody_sees_what_another_has_typed(design: Registry, open_page: Any, at_work: Any) -> None:
    field(open_page("about", design=DESIGN), "hypothesis").set_value("More file").run()
    at_work(BEN)
    assert field(open_page("about", design=DESIGN), "hypothesis").value == ""


def test_changes_of_two_people_are_put_together(design: Registry, open_page: Any, at_work: Any) -> None:
    page = open_page("about", design=DESIGN)
    field(page, "hypothesis").set_value("More file").run()
    revise_design(design, BEN, DESIGN, Draft({**draft_of(design), "owner": "Team B"}, {}), {}, made_from=1)
    press(page, "Save")
    assert "Ben saved meanwhile" in done(page)[0]
    assert draft_of(design)["owner"] == "Team B"
    assert draft_of(design)["hypothesis"] == "More file"
    assert field(page, "owner").value == "Team B"


@pytest.mark.parametrize(("choice", "title"), [(0, "Mine"), (1, "Theirs")])
def test_who_saves_second_chooses(design: Registry, open_page: Any, at_work: Any, choice: int, title: str) -> None:
    page = open_page("about", design=DESIGN)
    field(page, "title").set_value("Mine").run()
    revise_design(design, BEN, DESIGN, Draft({**draft_of(design), "title": "Theirs"}, {}), {}, made_from=1)
    press(page, "Save")
    assert "Ben has changed what you changed" in refusals(page)[0]
    assert "Mine" in shown(page)
    assert "Theirs" in shown(page)
    press(page, "Save with these")
    assert "Choose for each value" in refusals(page)[-1]
    next(radio for radio in page.radio if "conflict" in radio.key).set_value(choice).run()
    press(page, "Save with these")
    assert draft_of(design)["title"] == title
    assert not refusals(page) or "settle" in refusals(page)[0]


def test_what_is_typed_while_a_choice_is_shown_is_asked_of_too(design: Registry, open_page: Any, at_work: Any) -> None:
    page = open_page("about", design=DESIGN)
    field(page, "title").set_value("Mine").run()
    theirs = Draft({**draft_of(design), "title": "Theirs", "owner": "Ben's team"}, {})
    revise_design(design, BEN, DESIGN, theirs, {}, made_from=1)
    press(page, "Save")
    field(page, "owner").set_value("My team").run()
    next(radio for radio in page.radio if "conflict" in radio.key).set_value(0).run()
    press(page, "Save with these")
    assert draft_of(design)["owner"] == "Ben's team"
    choices = [radio for radio in page.radio if "conflict" in radio.key]
    assert len(choices) == 2
    for choice in choices:
        choice.set_value(0)
    page.run()
    press(page, "Save with these")
    assert (draft_of(design)["title"], draft_of(design)["owner"]) == ("Mine", "My team")


def test_a_new_text_is_laid_upon_no_other(design: Registry, open_page: Any, at_work: Any) -> None:
    arms = [{"id": "old", "kind": "otm", "label": "Old", "text": {"en": "wording/letter.en.md"}}]
    old = hashlib.sha256(b"The old letter.").hexdigest()
    draft = Draft({**draft_of(design), "arms": arms}, {"wording/letter.en.md": old})
    revise_design(design, ANN, DESIGN, draft, {old: b"The old letter."}, made_from=1)
    page = open_page("approaches", design=DESIGN)
    press(page, "Add another arm")
    field(page, "arms/1/id").set_value("letter").run()
    field(page, "arms/1/text/en").set_value("The new").run()
    field(page, "arms/1/text/en").set_value("The new letter.").run()
    press(page, "Save")
    with design.read(ANN, DESIGN) as reader:
        texts = reader.design_texts(DESIGN, reader.design(DESIGN))
    assert [arm["text"]["en"] for arm in draft_of(design)["arms"]] == ["wording/letter.en.md", "wording/letter-2.en.md"]
    assert texts == {"wording/letter.en.md": b"The old letter.", "wording/letter-2.en.md": b"The new letter."}


def test_a_text_of_two_arms_that_is_changed_for_one_stays_for_the_other(
    design: Registry, open_page: Any, at_work: Any
) -> None:
    arms = [{"id": name, "kind": "otm", "label": name, "text": {"en": "both.md"}} for name in ("one", "two")]
    both = hashlib.sha256(b"For both.").hexdigest()
    draft = Draft({**draft_of(design), "arms": arms}, {"both.md": both})
    revise_design(design, ANN, DESIGN, draft, {both: b"For both."}, made_from=1)
    page = open_page("approaches", design=DESIGN)
    field(page, "arms/0/text/en").set_value("For one.").run()
    press(page, "Save")
    with design.read(ANN, DESIGN) as reader:
        texts = reader.design_texts(DESIGN, reader.design(DESIGN))
    assert [texts[arm["text"]["en"]] for arm in draft_of(design)["arms"]] == [b"For one.", b"For both."]


@pytest.mark.parametrize(("choice", "words"), [(0, [b"Pay by Friday."]), (1, [])])
def test_words_that_somebody_wrote_in_an_arm_that_another_took_away_are_shown_and_chosen_of(
    design: Registry, open_page: Any, at_work: Any, choice: int, words: list[bytes]
) -> None:
    arms = [{"id": "letter", "kind": "otm", "label": "Letter", "text": {"en": "letter.md"}}]
    old = hashlib.sha256(b"Pay.").hexdigest()
    draft = Draft({**draft_of(design), "arms": arms}, {"letter.md": old})
    revise_design(design, ANN, DESIGN, draft, {old: b"Pay."}, made_from=1)
    page = open_page("approaches", design=DESIGN)
    field(page, "arms/0/text/en").set_value("Pay by Friday.").run()
    without = {key: value for key, value in draft_of(design).items() if key != "arms"}
    revise_design(design, BEN, DESIGN, Draft(without, {"letter.md": old}), {}, made_from=2)
    press(page, "Save")
    assert "Ben has changed what you changed" in refusals(page)[0]
    assert "Pay by Friday." in shown(page)
    next(radio for radio in page.radio if "conflict" in radio.key).set_value(choice).run()
    press(page, "Save with these")
    with design.read(ANN, DESIGN) as reader:
        texts = reader.design_texts(DESIGN, reader.design(DESIGN))
    assert [texts[arm["text"]["en"]] for arm in draft_of(design).get("arms", [])] == words


@pytest.mark.parametrize("path", ["../.ssh/keys", "/etc/motd", "protocol.yaml", "./protocol.yaml"])
def test_a_text_lies_nowhere_but_beside_its_plan(design: Registry, path: str) -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    with pytest.raises(Refused, match="no text can be written"):
        revise_design(design, ANN, DESIGN, Draft(draft_of(design), {path: digest}), {digest: b"x"}, made_from=1)


def test_two_texts_do_not_lie_upon_each_other(design: Registry) -> None:
    one, other = (hashlib.sha256(text).hexdigest() for text in (b"1", b"2"))
    draft = Draft(draft_of(design), {"a.md": one, "./a.md": other})
    with pytest.raises(Refused, match="no text can be written"):
        revise_design(design, ANN, DESIGN, draft, {one: b"1", other: b"2"}, made_from=1)


def test_what_is_no_number_is_kept_and_named_at_its_field(design: Registry, open_page: Any, at_work: Any) -> None:
    page = open_page("suitability", design=DESIGN)
    field(page, "suitability/customers/answer").set_value("1,200").run()
    field(page, "behaviour/by_day").set_value("soon").run()
    press(page, "Save")
    assert draft_of(design)["behaviour"]["by_day"] == "soon"
    assert draft_of(design)["suitability"]["customers"]["answer"] == 1200
    assert 'href="#field-behaviour-by_day"' in shown(page)


def test_members_come_and_go(design: Registry, open_page: Any, at_work: Any) -> None:
    page = open_page("approaches", design=DESIGN)
    press(page, "Add an arm")
    field(page, "arms/0/id").set_value("sms").run()
    field(page, "arms/0/label").set_value("Text message").run()
    field(page, "arms/0/text/en").set_value("Please pay.").run()
    press(page, "Add another arm")
    field(page, "arms/1/id").set_value("letter").run()
    press(page, "Save")
    arms = draft_of(design)["arms"]
    assert [arm["id"] for arm in arms] == ["sms", "letter"]
    assert arms[0]["text"] == {"en": "wording/sms.en.md"}
    with design.read(ANN, DESIGN) as reader:
        revision = reader.design(DESIGN)
        assert reader.design_texts(DESIGN, revision) == {"wording/sms.en.md": b"Please pay."}
    press(page, "Remove this arm")
    press(page, "Save")
    assert [arm["id"] for arm in draft_of(design)["arms"]] == ["letter"]


def test_a_reader_sees_and_cannot_change(design: Registry, open_page: Any, at_work: Any) -> None:
    at_work(Actor("Mo", "manager"))
    page = open_page("about", design=DESIGN)
    assert field(page, "title").disabled
    assert not [button for button in page.button if button.label.startswith("Save")]


def test_a_design_that_ended_is_only_read(design: Registry, open_page: Any, at_work: Any) -> None:
    page = open_page("set_aside", design=DESIGN)
    page.radio(key="instead").set_value(0).run()
    page.text_area(key="instead-what").set_value("Nothing is sent").run()
    page.text_area(key="instead-why").set_value("It would cost more than it brings").run()
    press(page, "End the design")
    assert "was set aside" in shown(open_page("about", design=DESIGN))


def test_values_that_nobody_touched_stay_as_they_were(own_registry: Registry, open_page: Any, at_work: Any) -> None:
    from designs.drafting import draft_of_file
    from designs.library import template_named

    draft, contents = draft_of_file(template_named("sa-debts").path)
    before = {**draft.document, "id": DESIGN}
    begin_design(own_registry, ANN, DESIGN, Draft(before, draft.texts), contents, origin={"kind": "template"})
    for step in STEPS[:7]:
        page = open_page(step, design=DESIGN)
        press(page, "Save")
        assert "Nothing had changed." in done(page)[0], step
