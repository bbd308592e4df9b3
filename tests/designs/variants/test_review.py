"""All that is open about the texts of a plan, from one call."""

from __future__ import annotations

import pytest

from designs.protocol.reading import parse_document
from designs.protocol.validation import examine
from designs.variants.checklists import bodies_of
from designs.variants.review import review_texts
from tests.designs.protocol.examples import ABSENT
from tests.designs.variants.test_reading_age import HARD
from tests.designs.variants.test_sign_offs import plan_of, recorded, signed, versions

GOOD = "Pay by {pay_by}. If you think that this is wrong, ring {contact_number}."
WELSH = "Talwch erbyn {pay_by}. Os ydych yn meddwl bod hyn yn anghywir, ffoniwch {contact_number}."
BOTH = ("arms[1].text", {"en": "letter.en.md", "cy": "letter.cy.md"})
PLAN = plan_of(("arms[2]", ABSENT), BOTH, ("arms[1].technique", "reminder"))
SUBJECTS = {"text/letter/en": GOOD, "text/letter/cy": WELSH}


def review(english: str | bytes | None = GOOD, welsh: str = WELSH, plan=PLAN, signs: bool = True):
    texts = {"letter.en.md": english, "letter.cy.md": welsh}
    contents = {
        name: text.encode() if isinstance(text, str) else text for name, text in texts.items() if text is not None
    }
    now = {"text/letter/en": versions(str(english)), "text/letter/cy": versions(welsh)}
    entries = [
        signed(body, str(text), subject)
        for subject, language, text in (("text/letter/en", "en", english), ("text/letter/cy", "cy", welsh))
        for body in bodies_of(language)
    ]
    return review_texts(plan, contents, now, recorded(*entries) if signs else [])


def codes(found) -> list[tuple[str, str, str]]:
    return [(item.code, item.severity, item.where) for item in found.open]


@pytest.mark.requirement("K12", "K13", "K14", "K15", "K18")
def test_a_plan_whose_texts_are_settled_has_nothing_open():
    found = review()
    assert codes(found) == []
    english, welsh = found.texts
    assert (english.written, english.readability.words, welsh.readability.age) == (GOOD, 12, None)
    assert [(item.body, item.state) for item in welsh.sign_offs] == [
        ("taa", "stands"), ("copgu", "stands"), ("communications", "stands"),
    ]  # fmt: skip


@pytest.mark.requirement("K12")
def test_what_each_check_finds_is_open_at_its_text():
    assert codes(review(GOOD + " We have opened a check.")) == [("check_opened", "blocks", "arms[1].text.en")]
    assert codes(review(welsh=WELSH + " Rydym wedi agor gwiriad.")) == [("check_opened", "blocks", "arms[1].text.cy")]
    assert codes(review(GOOD + HARD)) == [("hard_to_read", "warns", "arms[1].text.en")]
    assert codes(review(signs=False)) == [
        ("sign_off_missing", "blocks", where) for where in (*["arms[1].text.en"] * 2, *["arms[1].text.cy"] * 3)
    ]
    assert codes(review(welsh=GOOD)) == [("welsh_text_is_english", "blocks", "arms[1].text.cy")]
    assert codes(review(plan=plan_of(("arms[2]", ABSENT), BOTH))) == [
        ("technique_missing", "warns", "arms[1].technique")
    ]


def test_a_text_that_nobody_can_read_blocks():
    unreadable = [("text_unreadable", "blocks", "arms[1].text.en")]
    assert codes(review(b"PK\x03\x04\x00\xff")) == unreadable
    gone = review(None)
    assert codes(gone) == unreadable
    assert gone.texts[0].written is None
    assert gone.open[0].problem == "the plan names this text, and it is not there"


def test_an_approach_that_does_not_say_its_channel_has_to_say_the_most():
    plan = plan_of(("arms[2]", ABSENT), BOTH, ("arms[1].technique", "reminder"), ("arms[1].channel", ABSENT))
    assert ("rights_missing", "warns", "arms[1].text.en") in codes(
        review("Pay by {pay_by}: {contact_number}", plan=plan)
    )


def test_a_plan_that_is_hardly_begun_has_no_texts():
    begun = examine(parse_document(b'{"schema": 1, "id": "begun"}')).protocol
    assert review_texts(begun, {}, {}, ()) == review_texts(begun, {"a.md": b"Pay"}, {}, ())
    assert review_texts(begun, {}, {}, ()).open == ()
