"""What a text must not tell customers is found however it is written, and what is near to it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from designs.literals import Channel
from designs.variants.folding import fold
from designs.variants.wording import PHRASES, Remark, as_text, check_wording
from tests.designs.variants.phrase_examples import ENGLISH, NEAR_MISSES, WELSH
from tests.places import ROOT

EXAMPLES = {("en", name): text for name, text in ENGLISH.items()} | {("cy", name): text for name, text in WELSH.items()}
LETTER = "Dear {name},\n\nPay by {pay_by}. If you think that this is wrong, ring {contact_number}.\n\n"


def said(text: str) -> list[Remark]:
    """What is wrong with the words of a text, whatever it leaves out."""
    return [remark for remark in check_wording(text, "call", "arms[1].text.en") if remark.start is not None]


def missing(text: str, channel: Channel) -> set[str]:
    remarks = check_wording(text, channel, "arms[1].text.en")
    return {remark.open.code for remark in remarks if remark.start is None}


def test_every_phrase_of_the_lists_has_its_example():
    assert set(EXAMPLES) == {(phrase.language, phrase.id) for phrase in PHRASES}
    assert len(PHRASES) == len(EXAMPLES)


@pytest.mark.requirement("K12", "K13")
@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: f"{phrase.language}-{phrase.id}")
def test_a_phrase_is_found_in_its_sentence(phrase):
    text = LETTER + EXAMPLES[phrase.language, phrase.id]
    assert phrase.expression.search(fold(text).text)
    severity = "informs" if phrase.id == "heb-agor" else phrase.reason.severity  # "heb" denies it
    found = {remark.open.severity for remark in said(text) if _kind(remark) == phrase.reason.concern.split("_")[0]}
    assert found & {severity, "blocks"}  # of two on the same words, the weightier stands for both


def _kind(remark: Remark) -> str:
    return remark.open.code.split("_")[0]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_what_is_near_is_not_flagged(text):
    assert said(LETTER + text) == []


DISGUISES = {
    "capitals": str.upper,
    "lines": lambda text: text.replace(" ", "\n"),
    "windows lines": lambda text: text.replace(" ", " \r\n\t"),
    "hard spaces": lambda text: text.replace(" ", "\u00a0\u2009"),
    "soft hyphens": lambda text: "\u00ad".join(text),
    "nothing between": lambda text: "\u200b".join(text),
    "joined": lambda text: "\u2060\ufeff".join(text),
    "accents": lambda text: text.replace("e", "é").replace("a", "â"),
    "wide": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c not in ".'" else c for c in text),
    "cyrillic": lambda text: text.translate(str.maketrans("aeopcyx", "аеорсух")),
    "greek": lambda text: text.translate(str.maketrans("ova", "ονα")),
    "bold": lambda text: "**" + text.replace(" ", "** _") + "_",
    "tags": lambda text: "<b>" + text.replace(" ", "</b>&nbsp;<i>") + "</i>",
    "entities": lambda text: "".join(f"&#{ord(c)};" if c in "eoa" else c for c in text),
    "quotes": lambda text: "“" + text.replace(" a ", " a “") + "”",
    "apostrophes": lambda text: text.replace("'", "’"),
    "divided": lambda text: text.replace("check", "che-\nck").replace("gwiriad", "gwir-\n  iad"),
    "comments": lambda text: text.replace(" ", " <!-- a note! --> "),
    "links": lambda text: "[" + text.replace(" ", "](https://www.gov.uk/a.b) [") + "](x)",
    "dots": lambda text: text.replace(" ", " ... ").replace(" a ", "… a "),
    "underscores": lambda text: "_" + text.replace(" ", "_"),
    "backslashes": lambda text: text.replace("e", "\\e"),
    "dashes": lambda text: text.replace(" ", "–"),
}


@pytest.mark.requirement("K12")
@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("language", ["en", "cy"])
def test_no_disguise_hides_a_phrase(language, disguise):
    for name, text in (ENGLISH if language == "en" else WELSH).items():
        hidden = DISGUISES[disguise](text)
        plainly = {(remark.open.code, remark.open.severity) for remark in said(text)}
        assert {(remark.open.code, remark.open.severity) for remark in said(LETTER + hidden)} >= plainly, (name, hidden)


@pytest.mark.requirement("K12")
@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("We have opened a check.", "blocks"),
        ("We've opened a compliance check", "blocks"),
        ("We are opening an enquiry.", "blocks"),
        ("We opened an inquiry.", "blocks"),
        ("We have opened 3 checks.", "blocks"),
        ("We have opened enquiries into your affairs.", "blocks"),
        ("HMRC began two investigations in May.", "blocks"),
        ("A check into why you have not paid has been opened.", "blocks"),
        ("Do not ignore this: we have opened a check.", "blocks"),
        ("We have not only opened a check, we have fined you.", "blocks"),
        ("Mae gwiriad wedi'i agor.", "blocks"),
        ("If we have opened a check, this letter is not about it.", "warns"),
        ("If we open a check, we will write to you.", "warns"),
        ("If you are reading this, we have opened a check.", "blocks"),
        ("You may know that we have opened a check.", "blocks"),
        ("We might be opening a check.", "warns"),
        ("Byddwn yn agor gwiriad.", "warns"),
        ("This is not an enquiry into your tax affairs.", "informs"),
        ("No compliance officer has been assigned.", "informs"),
        ("A compliance officer has not been assigned.", "informs"),
        ("Send us proof of your income and identity.", "blocks"),
        ("We have not opened a check.", "informs"),
        ("We haven't opened a check.", "informs"),
        ("We have not yet opened a check.", "informs"),
        ("We write without opening a check.", "informs"),
        ("A check has not been opened.", "informs"),
        ("No check has been opened.", "informs"),
        ("We have opened no check.", "informs"),
        ("Nid ydym wedi agor gwiriad.", "informs"),
        ("Nid oes gwiriad wedi'i agor.", "informs"),
        ("Do not miss your last chance to tell us.", "warns"),
        ("You do not need to send us any evidence.", "informs"),
        ("Do not forget to send us proof of your income.", "blocks"),
        ("Send us documents to show that your return is not wrong.", "blocks"),
        ("Why not send us proof of your income?", "blocks"),
        ("We need proof of your income.", "blocks"),
    ],
)
def test_what_is_denied_tells_and_what_is_a_condition_warns(text, severity):
    assert [remark.open.severity for remark in said(text)] == [severity]


def test_a_remark_marks_the_words_in_their_sentence():
    text = "Dear {name},\n\nPay now. We have  **opened**\na check. Ring us."
    (remark,) = said(text)
    assert text[remark.start : remark.end] == "opened**\na check"
    assert text[slice(*remark.sentence)] == "We have  **opened**\na check."
    assert remark.open.problem.startswith('"opened** a check": this says that a compliance check has been opened')
    assert (remark.open.where, remark.open.clears) == ("arms[1].text.en", "designer")


def test_both_languages_are_looked_for_in_every_text():
    assert {remark.open.severity for remark in said("Mae arnoch £100. We have opened a check.")} == {"blocks"}
    assert {remark.open.severity for remark in said("You owe £100. Rydym wedi agor gwiriad.")} == {"blocks"}


def test_each_of_several_phrases_is_a_remark_of_its_own():
    text = (
        "We have opened a check. Send us proof of your income. This is your last chance to tell us. We opened an audit."
    )
    assert [(remark.open.code, remark.start) for remark in said(text)] == [
        ("check_opened", text.index("opened")),
        ("information_asked_for", text.index("Send")),
        ("check_opened", text.rindex("opened")),
        ("disclosure_threatened", text.index("last chance")),
    ]


@pytest.mark.requirement("K14")
@pytest.mark.parametrize(
    ("without", "text"),
    [
        (set(), "Pay by {pay_by}. If you think this is wrong, ring {contact_number}."),
        (set(), "Pay within 14 days. You may ask us to look again: 0300 200 3300."),
        (set(), "Talwch erbyn 31 Ionawr. Gallwch ofyn i ni edrych eto: ffoniwch 0300 200 1900."),
        ({"deadline_missing"}, "It was due by 31 January. If you disagree, ring {contact_number}."),
        ({"deadline_missing"}, "You owed it by {due_date}. You can appeal. Ring 0300 200 3300."),
        ({"deadline_missing"}, "It should have reached us by {due_date}. You can appeal. Ring 0300 200 3300."),
        ({"contact_route_missing"}, "Pay £0300 by 31 January. You have the right to appeal. Ring us."),
        ({"rights_missing"}, "Pay by {pay_by}, or ring {contact_number}."),
        ({"rights_missing", "deadline_missing", "contact_route_missing"}, "Pay now."),
    ],
)
def test_a_letter_gives_rights_a_deadline_and_a_contact(without, text):
    assert missing(text, "letter") == missing(text, "email") == without
    assert missing(text, "sms") == without - {"rights_missing"}
    assert missing(text, "call") == without & {"deadline_missing"}


def test_what_is_missing_is_copgus_and_stops_nothing_by_itself():
    for remark in check_wording("Pay now.", "letter", "arms[1].text.cy"):
        assert (remark.open.severity, remark.open.clears, remark.start) == ("warns", "copgu", None)


@pytest.mark.parametrize("text", ["", " \n\t\u00a0"])
def test_a_text_with_nothing_in_it_is_refused(text):
    (remark,) = check_wording(text, "sms", "arms[1].text.en")
    assert (remark.open.code, remark.open.severity) == ("text_empty", "blocks")


def test_the_texts_of_the_templates_say_nothing_of_the_kind():
    for path in sorted((ROOT / "designs/library/wording").glob("*.md")):
        channel: Channel = "sms" if "-sms." in path.name else "call" if "-call." in path.name else "letter"
        assert check_wording(Path(path).read_text(encoding="utf-8"), channel, path.name) == (), path.name


def test_a_text_is_read_from_bytes_where_it_is_one():
    assert as_text("Talwch £5.".encode("utf-8-sig")) == as_text("Talwch £5.".encode("utf-16")) == "Talwch £5."
    assert as_text(b"caf\xe9") is None
    assert as_text(b"PK\x00\x03") is None


@pytest.mark.parametrize(
    "text", ["send " * 20_000, "we have opened a " * 5_000, "<" * 50_000, "&" * 50_000, "\n" * 50_000 + "a"]
)
def test_a_long_text_is_checked_all_the_same(text):
    check_wording(text, "letter", "here")


def test_a_text_longer_than_any_message_is_not_searched():
    (remark,) = check_wording("We have opened a check. " * 5_000, "letter", "arms[1].text.en")
    assert (remark.open.code, remark.open.severity) == ("text_too_long", "blocks")
