"""The page of approaches: how each text reads, what is wrong at its sentence, what changed, and for whom it is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import design_session, session
from designs.drafting import Draft
from tests.dashboards.conftest import refusals, shown
from tests.dashboards.test_design_pages import draft_of, field, press
from trials.access import Actor
from trials.registry import Registry
from trials.stages.design import begin_design

DESIGN, PAGE = "late-2027", "design/approaches"
ANN = Actor("Ann", "designer")
TODAY = "Pay your tax now.\n\nRing us."
ENGLISH = "Pay your tax by {pay_by}, please.\n\nWe have opened a check.\n\nRing us."
WELSH = "Talwch eich treth erbyn {pay_by}."
WRITTEN = {"today.en.md": TODAY, "letter.en.md": ENGLISH, "letter.cy.md": WELSH}
ARMS: tuple[dict[str, Any], ...] = (
    {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1},
    {"id": "today", "kind": "bau", "label": "Today’s letter", "share": 1, "channel": "letter",
     "text": {"en": "today.en.md"}},
    {"id": "letter", "kind": "otm", "label": "New letter", "share": 1, "channel": "letter", "technique": "reminder",
     "text": {"en": "letter.en.md", "cy": "letter.cy.md"},
     "not_for": [{"when": {"column": "hardship", "equals": True}, "reason": "it would not help them"}]},
)  # fmt: skip


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def begun(registry: Registry, arms: Any = ARMS, **texts: str) -> None:
    written = WRITTEN | {f"{name}.md": text for name, text in texts.items()}
    names = [name for arm in arms for name in arm.get("text", {}).values()]
    digests = {name: digest(written[name]) for name in names}
    contents = {digest(written[name]): written[name].encode() for name in names}
    document = {
        "schema": 1, "id": DESIGN, "title": "Late returns", "owner": "Team A", "directorate": "RIS", "arms": list(arms),
        "population": {
            "unit": "customer_id",
            "columns": {"hardship": {"kind": "boolean", "levels": {"true": "customers in hardship"}}},
        },
    }  # fmt: skip
    begin_design(registry, ANN, DESIGN, Draft(document, digests), contents, origin={"kind": "empty"})


@pytest.fixture(autouse=True)
def at_work(monkeypatch: pytest.MonkeyPatch) -> Callable[[Actor], None]:
    def work(actor: Actor) -> None:
        monkeypatch.setattr(session, "current_user", lambda: actor)

    work(ANN)
    return work


@pytest.fixture
def page(own_registry: Registry, open_page: Any) -> AppTest:
    begun(own_registry)
    opened: AppTest = open_page(PAGE, design=DESIGN)
    return opened


@pytest.mark.requirement("S13", "S08")
def test_what_changed_against_todays_letter_is_marked_word_by_word(page: AppTest, own_registry: Registry) -> None:
    words = shown(page)
    assert "What changed against the wording in use today (Today’s letter)" in words
    assert "<del" in words
    assert '<ins><span class="otm-hidden" lang="en">Added: </span>by <span' in words
    assert digest(ENGLISH) in own_registry_digests(own_registry)  # the version that is shown is the one that is kept


def own_registry_digests(registry: Registry) -> set[str]:
    with registry.read(ANN, DESIGN) as reader:
        return set(reader.design(DESIGN).draft.texts.values())


@pytest.mark.requirement("S13")
def test_the_difference_follows_what_is_typed_before_it_is_saved(page: AppTest) -> None:
    field(page, "arms/2/text/en").set_value(TODAY).run()
    assert "It is word for word the wording in use today (Today’s letter)." in shown(page)
    assert "This wording is not saved yet." in shown(page)


def test_without_an_arm_of_today_it_says_why_nothing_is_compared(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry, (ARMS[0], ARMS[2]))
    assert "There is nothing to compare it with" in shown(open_page(PAGE, design=DESIGN))


@pytest.mark.requirement("S13")
def test_todays_wording_is_given_without_an_arm_and_kept(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry, (ARMS[0], ARMS[2]))
    page = open_page(PAGE, design=DESIGN)
    field(page, "arms/1/text/en_in_use").set_value(TODAY).run()
    assert "What changed against the wording in use today (as it was given)" in shown(page)
    press(page, "Save")
    assert draft_of(own_registry)["arms"][1]["text"]["en_in_use"] == "wording/letter.en_in_use.md"
    assert digest(TODAY) in own_registry_digests(own_registry)
    assert "<ins>" in shown(open_page(PAGE, design=DESIGN))


@pytest.mark.requirement("K12")
def test_a_finding_stands_at_its_sentence(page: AppTest) -> None:
    words = shown(page)
    assert (
        "We <mark>have opened a check</mark><sup>[1]</sup>." in words or "opened a check</mark><sup>[1]</sup>" in words
    )
    place = words.index("</mark><sup>[1]</sup>")
    assert "[1] <strong>Must be settled:</strong>" in words[place : place + 320]


@pytest.mark.requirement("K12", "K13", "K14")
@pytest.mark.parametrize(
    ("text", "said"),
    [("We have opened a check. Ring 0300 000 0011 by {pay_by} if you disagree.", "opened a check</mark>"),
     ("You lose the right to make an unprompted disclosure.", "<mark>"),
     ("Hello.", "does not seem to give the day by which it is to be done")],
)  # fmt: skip
def test_what_is_typed_is_looked_at_before_it_is_saved(page: AppTest, text: str, said: str) -> None:
    field(page, "arms/2/text/en").set_value(text).run()
    assert said in shown(page)


@pytest.mark.requirement("K15")
def test_how_hard_each_version_reads_and_its_tone_are_shown(page: AppTest) -> None:
    assert "13 words in 3 sentences. Reading age" in shown(page)
    assert "The reading age of Welsh is not measured" in shown(page)
    assert "Tone: COPGU says it when it signs." in shown(page)
    field(page, "arms/2/text/en").set_value("Pay. " * 200).run()
    assert "200 words in 200 sentences. Reading age 5 " in shown(page)


@pytest.mark.requirement("K18", "S07")
def test_who_is_not_sent_an_approach_is_said(page: AppTest) -> None:
    assert "Not for customers in hardship: it would not help them." in shown(page)
    assert "Customers who prefer Welsh are sent the Welsh text." in shown(page)
    field(page, "arms/2/text/cy").set_value("").run()
    assert "there is no Welsh text, and the plan does not say who prefers Welsh" in shown(page)


@pytest.mark.requirement("S13")
def test_the_technique_is_one_of_the_list_and_another_stays(own_registry: Registry, open_page: Any) -> None:
    begun(own_registry, (*ARMS[:2], {**ARMS[2], "technique": "Charm"}))
    page = open_page(PAGE, design=DESIGN)
    chosen = next(each for each in page.selectbox if each.key.endswith("arms/2/technique"))
    assert chosen.options[-1] == "Charm"
    press(page, "Save")
    assert draft_of(own_registry)["arms"][2]["technique"] == "Charm"
    next(each for each in page.selectbox if each.key.endswith("arms/2/technique")).set_value(5).run()
    press(page, "Save")
    assert draft_of(own_registry)["arms"][2]["technique"] == "social norm"


HOSTILE = (
    "# Title **bold** [l](http://evil.test/l) <script>alert(1)</script> <b>x</b> :smile: $x$\n\n"
    "<img src=http://evil.test/h.png onerror=alert(1)>"
)


def test_a_hostile_text_stays_text(page: AppTest) -> None:
    field(page, "arms/2/text/en").set_value(HOSTILE).run()
    words = "".join(str(each.value) for each in page.main if each.type == "html")
    assert "<script>alert" not in words
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in words
    assert "<img" not in words


def test_what_nobody_would_see_in_a_text_is_seen(page: AppTest) -> None:
    field(page, "arms/2/text/en").set_value("Pay \u202eyap\u202c n\u200bow \x07.").run()
    for number in ("202E", "202C", "200B", "0007"):
        assert f'<span class="otm-unseen">[U+{number}]</span>' in shown(page)


@pytest.mark.parametrize("text", ["a" * 65_536, "a " * 32_768, "a@" * 32_768, "<a " * 21_845, "We have opened a check "
                                  * 2_849])  # fmt: skip
def test_a_text_of_64_kib_in_one_line_is_shown(own_registry: Registry, open_page: Any, text: str) -> None:
    begun(own_registry, (*ARMS[:2], {**ARMS[2], "text": {"en": "long.md"}}), long=text)
    page = open_page(PAGE, design=DESIGN)
    assert field(page, "arms/2/text/en").value == text
    press(page, "Save")
    assert own_registry_digests(own_registry) == {digest(TODAY), digest(text)}
    assert not [each for each in refusals(page) if "settle" not in each]


@pytest.mark.requirement("S13")
def test_a_saved_text_is_taken_out_as_customers_get_it(page: AppTest) -> None:
    def offered() -> list[str]:
        return [button.proto.label for button in page.get("download_button")]

    assert offered() == ["English as PDF: Today’s letter", "English as PDF: New letter", "Welsh as PDF: New letter"]
    assert design_session.letter_file(DESIGN, "letter", "cy").startswith(b"%PDF")
    field(page, "arms/2/text/en").set_value("Another.").run()
    assert offered() == ["English as PDF: Today’s letter", "Welsh as PDF: New letter"]


@pytest.mark.requirement("K12")
@pytest.mark.parametrize(
    ("in_use", "said"), [(None, "TAA: not signed."), ("today.en.md", "the wording in use today, and nobody signs it")]
)
def test_a_text_of_what_is_done_today_is_looked_through_and_says_who_signs_it(
    own_registry: Registry, open_page: Any, in_use: str | None, said: str
) -> None:
    text = {"en": "today.en.md"} | ({} if in_use is None else {"en_in_use": in_use})
    begun(own_registry, ({"id": "nfa", "kind": "nfa", "label": "None", "share": 1}, {**ARMS[1], "text": text}))
    words = shown(open_page(PAGE, design=DESIGN))
    assert said in words
    assert "the day by which it is to be done" in words  # a finding on today's own wording
