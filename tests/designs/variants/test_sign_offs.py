"""A sign-off is of one version of one text: one changed character voids it, and each point left or failed is named."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.entries import Recorded, SignedOff
from designs.errors import DesignRefused
from designs.protocol.models import Protocol
from designs.protocol.reading import parse_document
from designs.protocol.validation import examine
from designs.variants.checklists import BODIES, CHECKLISTS, LATEST, bodies_of
from designs.variants.sign_offs import Version, open_texts, planned_texts, refuse_sign_off, sign_offs
from tests.designs.protocol.examples import ABSENT, HERE, Change, changed

PASSES = {
    "taa": {"opens_check": False, "disclosure": "unprompted"},
    "copgu": {
        "rights": True, "what_to_do": True, "if_they_respond": True, "if_they_do_not": True, "contact_route": True,
        "tone": "supportive",
    },
    "communications": {"same_meaning": True, "good_welsh": True, "as_well_served": True},
}  # fmt: skip
LETTER = "Pay by {pay_by}, or ring {contact_number}."
DAY, TODAY = date(2026, 3, 2), date(2026, 3, 9)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def at(day: int) -> datetime:
    return datetime(2026, 3, day, 12, tzinfo=UTC)


def versions(*texts: str) -> list[Version]:
    """Each a day after the other, from 1 March."""
    return [Version(digest(text), at(day)) for day, text in enumerate(texts, 1)]


def signed(body: str, text: str = LETTER, subject: str = "text/letter/en", **answers: object) -> SignedOff:
    given_ = {name: answer for name, answer in (PASSES[body] | answers).items() if answer is not None}
    return SignedOff(
        kind="signed_off", signatory=body, subject=subject, digest=digest(text), edition=LATEST, answers=given_,
        signed_by="the duty desk", on=DAY,
    )  # fmt: skip


def recorded(*entries: SignedOff) -> list[Recorded]:
    return [Recorded(number, entry, at(2), "ann", "designer") for number, entry in enumerate(entries, 1)]


def plan_of(*changes: Change) -> Protocol:
    """Two approaches, a letter and an SMS, changed."""
    named = (("arms[1].text", {"en": "letter.en.md"}), ("arms[2].text", {"en": "sms.en.md"}))
    examined = examine(parse_document(json.dumps(changed(HERE, *named, *changes)).encode()))
    assert examined.protocol is not None, examined.errors
    return examined.protocol


LETTER_ONLY = plan_of(("arms[2]", ABSENT))
NOW = {"text/letter/en": versions(LETTER)}


def states(*entries: SignedOff, texts: dict[str, list[Version]] | None = None, plan: Protocol = LETTER_ONLY):
    standing = sign_offs(plan, NOW if texts is None else texts, recorded(*entries))
    return {(item.text.subject, item.body): item.state for item in standing}


def test_every_point_has_an_answer_that_passes_and_one_that_fails():
    for edition in CHECKLISTS.values():
        assert set(edition) == set(bodies_of("cy"))
        for points in edition.values():
            assert len({point.id for point in points}) == len(points)
            assert all(set(point.passes) < set(point.answers) for point in points)
    assert {body: {point.id for point in CHECKLISTS[LATEST][body]} for body in PASSES} == {
        body: set(answers) for body, answers in PASSES.items()
    }


@pytest.mark.requirement("K12", "K13", "K14")
def test_a_text_is_signed_by_both_or_it_blocks():
    assert states() == {("text/letter/en", "taa"): "missing", ("text/letter/en", "copgu"): "missing"}
    assert states(signed("taa")) == {("text/letter/en", "taa"): "stands", ("text/letter/en", "copgu"): "missing"}
    (found,) = open_texts(LETTER_ONLY, NOW, recorded(signed("taa")))
    assert (found.code, found.severity, found.where) == ("sign_off_missing", "blocks", "arms[1].text.en")
    assert (found.clears, found.problem) == ("copgu", "COPGU has not signed the English text of letter")
    assert open_texts(LETTER_ONLY, NOW, recorded(signed("taa"), signed("copgu"))) == ()


@pytest.mark.requirement("K12", "K13", "K14")
@pytest.mark.parametrize("body", BODIES)
@given(data=st.data())
def test_one_changed_character_voids_both(body, data):
    place = data.draw(st.integers(0, len(LETTER) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda character: character != LETTER[place]))
    edited = LETTER[:place] + other + LETTER[place + 1 :]
    texts = {"text/letter/en": versions(LETTER, edited)}
    assert set(states(signed("taa"), signed("copgu"), texts=texts).values()) == {"void"}
    void = next(item for item in sign_offs(LETTER_ONLY, texts, recorded(signed(body))) if item.body == body)
    assert (void.state, void.void_since, void.record.number) == ("void", at(2), 1)


@pytest.mark.requirement("K12")
def test_void_says_since_when_and_who_signs_again():
    texts = {"text/letter/en": versions(LETTER, "other", LETTER, "two", "three")}
    found = open_texts(LETTER_ONLY, texts, recorded(signed("taa"), signed("copgu")))
    assert [(item.code, item.clears) for item in found] == [("sign_off_void", "taa"), ("sign_off_void", "copgu")]
    assert found[0].problem == (
        "TAA signed the English text of letter on 2 March 2026; it changed on 4 March 2026, and the sign-off is void"
    )


def test_a_text_that_is_what_was_signed_again_is_signed():
    texts = {"text/letter/en": versions(LETTER, "other", LETTER)}
    assert set(states(signed("taa"), signed("copgu"), texts=texts).values()) == {"stands"}


def test_of_one_version_the_last_word_counts():
    refused = signed("taa", opens_check=True)
    assert states(signed("taa"), refused)["text/letter/en", "taa"] == "incomplete"
    assert states(refused, signed("taa"))["text/letter/en", "taa"] == "stands"
    assert states(signed("taa"), signed("taa", text="an older one"))["text/letter/en", "taa"] == "stands"


def test_nobody_signs_for_another_body_arm_or_language():
    for entry in (signed("copgu"), signed("taa", subject="text/sms/en"), signed("taa", subject="text/letter/cy")):
        assert states(entry)["text/letter/en", "taa"] == "missing"


@pytest.mark.requirement("K13")
@pytest.mark.parametrize(("answer", "passes"), [("unprompted", True), ("prompted", False), (None, False), ("?", False)])
def test_taa_says_whether_a_disclosure_is_prompted(answer, passes):
    found = open_texts(LETTER_ONLY, NOW, recorded(signed("taa", disclosure=answer), signed("copgu")))
    assert (found == ()) == passes
    assert all("prompted or unprompted" in item.problem and item.clears == "taa" for item in found)


@pytest.mark.requirement("K14")
@pytest.mark.parametrize("body", BODIES)
def test_each_point_that_is_left_or_failed_is_named(body):
    other = next(name for name in BODIES if name != body)
    for point in CHECKLISTS[LATEST][body]:
        for bad in (None, *(answer for answer in point.answers if answer not in point.passes)):
            found = open_texts(LETTER_ONLY, NOW, recorded(signed(body, **{point.id: bad}), signed(other)))
            assert [(item.code, item.severity, item.clears) for item in found] == [
                ("sign_off_incomplete", "blocks", body)
            ]
            assert point.asks in found[0].problem
            assert ("without an answer" in found[0].problem) == (bad is None)
    nothing = signed(body).model_copy(update={"answers": {}})
    found = open_texts(LETTER_ONLY, NOW, recorded(nothing, signed(other)))
    assert len(found) == len(CHECKLISTS[LATEST][body])


@pytest.mark.parametrize("edition", [None, "1999-01"])
def test_without_an_edition_that_there_is_nothing_was_answered(edition):
    entry = signed("taa").model_copy(update={"edition": edition})
    assert states(entry)["text/letter/en", "taa"] == "incomplete"


@pytest.mark.requirement("K15")
def test_the_tone_is_shown_as_copgu_calls_it():
    tones = {item.body: item.tone for item in sign_offs(LETTER_ONLY, NOW, recorded(signed("copgu", tone="Firm")))}
    assert tones == {"taa": None, "copgu": "firm"}


@pytest.mark.requirement("K18")
def test_english_and_welsh_are_signed_each_for_itself():
    plan = plan_of(("arms[2]", ABSENT), ("arms[1].text.cy", "letter.cy.md"))
    texts = {"text/letter/en": versions(LETTER), "text/letter/cy": versions("Talwch.")}
    english = [signed(body) for body in BODIES]
    welsh = [signed(body, "Talwch.", "text/letter/cy") for body in bodies_of("cy")]
    assert [item.where for item in open_texts(plan, texts, recorded(*english))] == ["arms[1].text.cy"] * 3
    assert [item.where for item in open_texts(plan, texts, recorded(*welsh))] == ["arms[1].text.en"] * 2
    assert open_texts(plan, texts, recorded(*english, *welsh)) == ()
    texts["text/letter/cy"] = versions("Talwch.", "Talwch!")
    assert [item.code for item in open_texts(plan, texts, recorded(*english, *welsh))] == ["sign_off_void"] * 3


@pytest.mark.requirement("K18")
def test_communications_answer_for_the_welsh_and_for_nothing_else():
    plan = plan_of(("arms[2]", ABSENT), ("arms[1].text.cy", "letter.cy.md"))
    texts = {"text/letter/en": versions(LETTER), "text/letter/cy": versions("Talwch.")}
    others = [signed(body, text, f"text/letter/{language}") for body in BODIES
              for text, language in ((LETTER, "en"), ("Talwch.", "cy"))]  # fmt: skip
    (found,) = open_texts(plan, texts, recorded(*others))
    assert (found.clears, found.where, found.severity) == ("communications", "arms[1].text.cy", "blocks")
    for point in CHECKLISTS[LATEST]["communications"]:
        failed = signed("communications", "Talwch.", "text/letter/cy", **{point.id: False})
        (found,) = open_texts(plan, texts, recorded(*others, failed))
        assert point.asks in found.problem
    passed = signed("communications", "Talwch.", "text/letter/cy")
    assert open_texts(plan, texts, recorded(*others, passed)) == ()


def test_an_approach_without_a_text_blocks_and_what_is_no_approach_needs_none():
    plan = plan_of(("arms[1].text", ABSENT), ("arms[3]", {"id": "bau", "kind": "bau", "share": 1, "channel": "letter"}))
    assert [text.where for text in planned_texts(plan)] == ["arms[1].text.en", "arms[2].text.en"]
    assert [(item.code, item.where) for item in open_texts(plan, {}, ())][:1] == [("text_missing", "arms[1].text.en")]


def todays(text: dict[str, str]) -> Protocol:
    return plan_of(
        ("arms[2]", {"id": "today", "kind": "bau", "label": "Today", "share": 1, "channel": "letter", "text": text})
    )


@pytest.mark.requirement("K12")
@pytest.mark.parametrize(
    ("text", "bytes_of", "asked"),
    [
        ({"en": "new.md"}, {"en": "Pay."}, ["taa", "copgu"]),
        ({"en": "same.md", "en_in_use": "same.md"}, {"en": "Pay.", "en_in_use": "Pay."}, []),
        ({"en": "new.md", "en_in_use": "old.md"}, {"en": "Pay.", "en_in_use": "Pay."}, []),
        ({"en": "new.md", "en_in_use": "old.md"}, {"en": "Pay!", "en_in_use": "Pay."}, ["taa", "copgu"]),
        ({"en": "new.md", "en_in_use": "old.md"}, {"en": "Pay!"}, ["taa", "copgu"]),
        ({"en": digest("Pay."), "en_in_use": digest("Pay.")}, {"en": "Pay."}, []),
        ({"en": digest("Pay!"), "en_in_use": digest("Pay.")}, {"en": "Pay.", "en_in_use": "Pay."}, ["taa", "copgu"]),
        (
            {"en": "same.md", "en_in_use": "same.md", "cy": "cy.md"},
            {"en": "Pay.", "en_in_use": "Pay.", "cy": "Talwch."},
            ["taa", "copgu", "communications"],
        ),
    ],
)
def test_a_text_of_today_is_signed_unless_it_is_declared_as_in_use(text, bytes_of, asked):
    had = {f"text/today/{name}": versions(content) for name, content in bytes_of.items()}
    found = [item for item in open_texts(todays(text), had, ()) if item.where.startswith("arms[2]")]
    assert [item.clears for item in found] == asked
    assert all("_in_use" in item.remedy for item in found)


@pytest.mark.requirement("K12")
@pytest.mark.parametrize("names", [("same.md", "same.md"), ("new.md", "old.md"), (digest("Stay."), digest("Stay."))])
@pytest.mark.parametrize("declared", ["", "Pay."])
def test_what_is_written_after_the_declaration_is_not_in_use(names, declared):
    """Declared before there was a text, or of other words: whatever stands there now, nobody cleared it."""
    now = Version(digest("Stay."), at(2))
    first = Version(digest(declared) if declared else "", at(1))
    had = {"text/today/en": [Version(digest("Pay."), at(1)), now], "text/today/en_in_use": [first, now]}
    found = [
        item
        for item in open_texts(todays({"en": names[0], "en_in_use": names[1]}), had, ())
        if item.where.startswith("arms[2]")
    ]
    assert [item.clears for item in found] == ["taa", "copgu"]
    assert all("what was declared as in use (en_in_use)" in item.remedy for item in found)
    # Put back to the byte, it is what was declared.
    if declared:
        back = {name: [*texts, Version(digest("Pay."), at(3))] for name, texts in had.items()}
        plan = todays({"en": names[0], "en_in_use": names[1]} if names[0].endswith(".md") else
                      {"en": digest("Pay."), "en_in_use": digest("Pay.")})  # fmt: skip
        assert not [item for item in open_texts(plan, back, ()) if item.where.startswith("arms[2]")]


def test_a_new_text_of_today_can_be_signed():
    had = {"text/today/en": versions("Pay.")}
    refuse_sign_off(signed("taa", "Pay.", "text/today/en"), todays({"en": "new.md"}), had, TODAY)


def test_a_text_whose_bytes_are_gone_is_not_signed():
    assert set(states(signed("taa"), signed("copgu"), texts={}).values()) == {"void"}


def test_a_plan_that_is_hardly_begun_has_nothing_to_sign():
    examined = examine(parse_document(b'{"schema": 1, "id": "begun"}'))
    assert examined.protocol is not None
    assert open_texts(examined.protocol, {}, ()) == ()


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (signed("taa", subject="text/call/en"), "no text/call/en"),
        (signed("taa", "edited since"), "not the text of the plan"),
        (signed("taa").model_copy(update={"signatory": "kai"}), "does not sign texts"),
        (signed("taa").model_copy(update={"signatory": "communications"}), "does not sign texts in English"),
        (signed("taa").model_copy(update={"edition": None}), "edition is not known"),
        (signed("taa", colour="red"), "no such point"),
        (signed("taa", disclosure="perhaps"), "no answer"),
        (signed("taa").model_copy(update={"on": date(2026, 3, 10)}), "not here yet"),
    ],
)
def test_a_sign_off_that_says_nothing_is_refused(entry, says):
    with pytest.raises(DesignRefused, match=says):
        refuse_sign_off(entry, LETTER_ONLY, NOW, TODAY)


def test_what_a_body_said_is_put_on_record_whether_it_passes_or_not():
    for entry in (signed("taa"), signed("taa", opens_check=True), signed("copgu", rights=None)):
        refuse_sign_off(entry, LETTER_ONLY, NOW, TODAY)
