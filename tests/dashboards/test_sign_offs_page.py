"""Signing in the browser: read in full, answered point by point, bound to exactly what was shown."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboards import session
from designs.drafting import Draft, draft_of_file
from designs.entries import SignedOff
from designs.library import template_named
from designs.variants.checklists import CHECKLISTS, LATEST, SIZE_POINTS
from designs.variants.reading_age import readability
from tests.dashboards.conftest import done, press, refusals, shown, table_row
from tests.dashboards.test_wording_page import ANN, ARMS, DESIGN, HOSTILE, begun, digest
from trials.access import Actor
from trials.registry import Registry
from trials.stages.design import begin_design, revise_design

PAGE = "design/sign_offs"
RAE, KIT = Actor("Rae", "reviewer"), Actor("Kit", "analyst")
GOOD = "Pay by {pay_by}. If you think that this is wrong, ring {contact_number}."
CYMRAEG = "Talwch erbyn {pay_by}. Os ydych yn meddwl bod hyn yn anghywir, ffoniwch {contact_number}."
PASSES = {
    "taa": {"opens_check": "no", "disclosure": "unprompted"},
    "copgu": {"tone": "supportive"},
    "communications": {},
}  # fmt: skip
BODIES = ("taa", "copgu", "communications")


@pytest.fixture(autouse=True)
def at_work(monkeypatch: pytest.MonkeyPatch) -> Any:
    def work(actor: Actor) -> None:
        monkeypatch.setattr(session, "current_user", lambda: actor)

    work(RAE)
    return work


@pytest.fixture
def design(own_registry: Registry) -> Registry:
    begin(own_registry)
    return own_registry


def begin(registry: Registry, english: str = GOOD) -> None:
    arms = ({**ARMS[2], "text": {"en": "good.md", "cy": "da.md"}},)
    begun(registry, (ARMS[0], *arms), good=english, da=CYMRAEG)


def rewrite(registry: Registry, english: str, path: str = "good.md") -> None:
    with registry.read(ANN, DESIGN) as reader:
        latest = reader.design(DESIGN)
    draft = Draft(latest.draft.document, {**latest.draft.texts, path: digest(english)})
    revise_design(registry, ANN, DESIGN, draft, {digest(english): english.encode()}, made_from=latest.number)


def answer(page: AppTest, body: str, subject: str, leave: str | None = None, **others: str) -> AppTest:
    """Answer every point of a body about a text, but for one that is left."""
    for point in SIZE_POINTS[LATEST] if body == "kai" else CHECKLISTS[LATEST][body]:  # type: ignore[index]
        if point.id != leave:
            given = (PASSES.get(body, {}) | others).get(point.id, "yes")
            radio = next(each for each in page.radio if f"/{body}/{subject}/" in each.key
                         and each.key.endswith(f"/{point.id}"))  # fmt: skip
            radio.set_value(point.answers.index(given))
    return page.run()


def sign(page: AppTest, body: str, subject: str) -> AppTest:
    next(each for each in page.button if f"/{body}/{subject}/" in each.key).click()
    return page.run()


def signed(registry: Registry) -> list[SignedOff]:
    with registry.read(ANN, DESIGN) as reader:
        return [each.entry for each in reader.entries(DESIGN) if isinstance(each.entry, SignedOff)]


def opened(open_page: Any, body: str = "taa") -> AppTest:
    return open_page(PAGE, design=DESIGN, **{"for": body})  # type: ignore[no-any-return]


@pytest.mark.requirement("K12", "K13", "K14", "K18")
@pytest.mark.parametrize("body", BODIES)
def test_a_body_signs_the_text_that_it_read(design: Registry, open_page: Any, body: str) -> None:
    language, text = ("cy", CYMRAEG) if body == "communications" else ("en", GOOD)
    page = opened(open_page, body)
    assert "If you think that this is wrong" in shown(page) or language == "cy"
    sign(answer(page, body, f"text/letter/{language}"), body, f"text/letter/{language}")
    assert "has signed: New letter" in done(page)[0]
    (entry,) = signed(design)
    assert (entry.signatory, entry.subject, entry.digest) == (body, f"text/letter/{language}", digest(text))
    assert (entry.signed_by, entry.edition) == ("Rae", LATEST)
    assert set(entry.answers) == {point.id for point in CHECKLISTS[LATEST][body]}  # type: ignore[index]


@pytest.mark.requirement("K15")
def test_the_score_of_the_version_is_kept_with_its_sign_off(design: Registry, open_page: Any) -> None:
    sign(answer(opened(open_page, "copgu"), "copgu", "text/letter/en"), "copgu", "text/letter/en")
    found = readability(GOOD, "en")
    (entry,) = signed(design)
    assert entry.reading is not None
    assert (entry.reading.score, entry.reading.age, entry.reading.words) == (found.score, found.age, found.words)
    rewrite(design, GOOD + " Thank you for your cooperation.")
    page = opened(open_page, "copgu")
    sign(answer(page, "copgu", "text/letter/en", tone="firm"), "copgu", "text/letter/en")
    scores = {each.digest: each.reading.score for each in signed(design) if each.reading}
    assert len(set(scores.values())) == 2
    assert f"reading age {signed(design)[1].reading.age:g}" in shown(page)  # type: ignore[union-attr]


@pytest.mark.requirement("K13", "K14")
@pytest.mark.parametrize("body", BODIES)
def test_a_checklist_with_a_point_left_is_not_signed(design: Registry, open_page: Any, body: str) -> None:
    subject = "text/letter/cy" if body == "communications" else "text/letter/en"
    page = opened(open_page, body)
    point = CHECKLISTS[LATEST][body][-1]  # type: ignore[index]
    sign(answer(page, body, subject, leave=point.id), body, subject)
    assert signed(design) == []
    assert f'href="#{body}-{subject.replace("/", "-")}-{point.id}"' in shown(page)
    assert "Answer this before you sign." in shown(page)
    sign(answer(page, body, subject), body, subject)  # what was answered before is still there
    assert len(signed(design)) == 1


@pytest.mark.requirement("K12", "K13")
def test_what_does_not_pass_is_on_record_and_blocks(design: Registry, open_page: Any) -> None:
    page = opened(open_page)
    sign(answer(page, "taa", "text/letter/en", disclosure="prompted"), "taa", "text/letter/en")
    assert "It is on record, and does not pass: Is a disclosure" in done(page)[0]
    assert "Signed, and does not pass" in table_row(page, "New letter, in English")


@pytest.mark.requirement("K12", "K13", "K14")
@pytest.mark.parametrize("body", ["taa", "copgu"])
def test_one_changed_character_voids_it(design: Registry, open_page: Any, body: str) -> None:
    sign(answer(opened(open_page, body), body, "text/letter/en"), body, "text/letter/en")
    rewrite(design, GOOD.replace("wrong", "wrung"))
    page = opened(open_page, body)
    row = table_row(page, "New letter, in English")
    assert "Void since" in row
    assert "because the text changed; signed on" in row
    assert "What changed since it was signed" in shown(page)
    assert "<del" in shown(page)


@pytest.mark.requirement("K12")
def test_a_text_that_changed_while_it_was_read_is_not_signed(design: Registry, open_page: Any) -> None:
    page = answer(opened(open_page), "taa", "text/letter/en")
    rewrite(design, GOOD + "!")
    sign(page, "taa", "text/letter/en")
    assert signed(design) == []
    assert any("what was signed is not the text of the plan" in each for each in refusals(page))
    assert any("changed while you were reading it" in each for each in refusals(page))


@pytest.mark.requirement("K12")
def test_answers_about_a_text_are_not_taken_for_answers_about_the_next(design: Registry, open_page: Any) -> None:
    page = answer(opened(open_page), "taa", "text/letter/en")
    rewrite(design, GOOD + "!")
    page.run()
    assert "What changed while you were reading" in shown(page)
    sign(page, "taa", "text/letter/en")
    assert signed(design) == []
    assert "There" not in done(page)
    sign(answer(page, "taa", "text/letter/en"), "taa", "text/letter/en")
    assert [each.digest for each in signed(design)] == [digest(GOOD + "!")]


def test_several_texts_are_signed_on_one_page(design: Registry, open_page: Any) -> None:
    page = opened(open_page)
    for language in ("en", "cy"):
        answer(page, "taa", f"text/letter/{language}")
    for language in ("en", "cy"):
        sign(page, "taa", f"text/letter/{language}")
    assert {each.subject for each in signed(design)} == {"text/letter/en", "text/letter/cy"}
    assert "2 of 6 sign-offs stand." in shown(page)


@pytest.mark.requirement("K18")
def test_the_welsh_text_waits_for_its_own_sign_offs(design: Registry, open_page: Any) -> None:
    page = opened(open_page, "communications")
    assert table_row(page, "New letter, in Welsh").count("Missing; the text waits since") == 3
    assert table_row(page, "New letter, in English").count("Missing; the text waits since") == 2
    assert "Not needed" in table_row(page, "New letter, in English")
    assert not [each for each in page.radio if "/communications/text/letter/en/" in each.key]


@pytest.mark.parametrize(
    ("actor", "bodies"), [(ANN, None), (RAE, list(BODIES)), (KIT, ["kai"]), (Actor("Mo", "manager"), None)]
)
def test_each_role_signs_for_its_own_bodies(
    design: Registry, open_page: Any, at_work: Any, actor: Actor, bodies: list[str] | None
) -> None:
    at_work(actor)
    page = open_page(PAGE, design=DESIGN)
    offered = next(each for each in page.radio if each.key.endswith("/for")).options
    assert len(offered) == (4 if bodies is None else len(bodies))
    assert any("/sign" in each.key for each in page.button if each.key) == (actor == RAE)
    assert ("You can read everything here." in shown(page)) == (bodies is None)


def test_a_name_must_be_given(design: Registry, open_page: Any) -> None:
    page = answer(opened(open_page), "taa", "text/letter/en")
    next(each for each in page.text_input if each.key.endswith("/who")).set_value(" ").run()
    sign(page, "taa", "text/letter/en")
    assert refusals(page)
    assert signed(design) == []


def test_a_hostile_text_stays_text_where_it_is_signed(own_registry: Registry, open_page: Any) -> None:
    begin(own_registry, HOSTILE + " \u202eyap")
    page = opened(open_page)
    words = "".join(str(each.value) for each in page.main if each.type == "html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in words
    assert "<img" not in words
    assert "[U+202E]" in words


def test_a_text_of_64_kib_in_one_line_is_shown_in_full(own_registry: Registry, open_page: Any) -> None:
    long = "Pay " * 16_384
    begin(own_registry, long)
    assert long.rstrip() in shown(opened(open_page))


@pytest.fixture
def planned(own_registry: Registry) -> Registry:
    draft, contents = draft_of_file(template_named("sa-debts").path)
    begin_design(
        own_registry, ANN, DESIGN, Draft({**draft.document, "id": DESIGN}, draft.texts), contents,
        origin={"kind": "template"},
    )  # fmt: skip
    return own_registry


def replan(registry: Registry, arm: int, share: float) -> None:
    with registry.read(ANN, DESIGN) as reader:
        latest = reader.design(DESIGN)
    arms = [dict(each) for each in latest.draft.document["arms"]]
    arms[arm]["share"] = share
    draft = Draft({**latest.draft.document, "arms": arms}, latest.draft.texts)
    revise_design(registry, ANN, DESIGN, draft, {}, made_from=latest.number)


@pytest.mark.requirement("K07")
def test_kai_signs_everything_that_the_size_follows_from(planned: Registry, open_page: Any, at_work: Any) -> None:
    at_work(KIT)
    page = open_page(PAGE, design=DESIGN)
    for words in ("Expected with no further action", "Smallest effect worth finding", "Arms, and their shares",
                  "Chance of finding the smallest effect"):  # fmt: skip
        assert words in shown(page)
    press(page, "Sign for KAI: The size of the sample")
    assert signed(planned) == []
    assert "Answer this before you sign." in shown(page)
    press(answer(page, "kai", "sample_size", large_enough="no"), "Sign for KAI: The size of the sample")
    assert "does not pass: Is the sample large enough" in shown(page)
    press(answer(page, "kai", "sample_size"), "Sign for KAI: The size of the sample")
    assert "KAI has signed" in done(page)[0]
    assert "KAI signed the size of the sample on" in shown(page)
    replan(planned, 1, 3)
    page = open_page(PAGE, design=DESIGN)
    assert "signature on the size of the sample is void since" in shown(page)
    assert "because what it follows from changed; signed on" in shown(page)
    assert "No further action: 2; Simple letter: 3" in shown(page)  # as it is to be signed now


@pytest.mark.requirement("K07")
def test_a_size_that_changed_while_it_was_read_is_not_signed(planned: Registry, open_page: Any, at_work: Any) -> None:
    at_work(KIT)
    page = open_page(PAGE, design=DESIGN)
    answer(page, "kai", "sample_size")
    replan(planned, 1, 3)
    press(page, "Sign for KAI: The size of the sample")
    assert "not the size of the sample as the plan has it now" in refusals(page)[0]
    assert signed(planned) == []
