"""A text as customers get it, as PDF: its own words alone, what is filled in marked, and the same bytes each time."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designs.literals import Language
from designs.protocol.models import Arm
from tests.trials.reporting.papers.examples import HOSTILE, SEEN
from tests.trials.reporting.papers.test_pdf import read, words
from trials.errors import TrialRefused
from trials.reporting.letters import KeptText, letter_pdf

SMS = Arm(id="sms", kind="otm", label="SMS reminder", channel="sms")


def kept(text: str, language: Language = "en", label: str = "SMS reminder") -> KeptText:
    arm = SMS.model_copy(update={"label": label})
    return KeptText("letters", arm, language, "0123456789abcdef" * 4, date(2026, 2, 2), text, synthetic=False)


def test_a_text_is_shown_line_by_line_with_what_is_filled_in():
    page = read(letter_pdf(kept("Dear {name},\n\nPay £5 now.\nRing us.\n\n\n**Thank you**"))).pages[0].extract_text()
    lines = [line.strip() for line in page.splitlines() if line.strip()]
    assert lines[1:5] == ["Dear {name},", "Pay £5 now.", "Ring us.", "**Thank you**"]
    assert lines[0].startswith("Preview for letters. SMS reminder: SMS, in English. Version 0123456789ab.")


@pytest.mark.parametrize(("language", "tag"), [("en", "en-GB"), ("cy", "cy-GB")])
def test_a_file_is_in_the_language_of_its_text(language: Language, tag: str):
    root = read(letter_pdf(kept("Annwyl {name}, ŵ ŷ", language))).trailer["/Root"]
    assert root["/Lang"] == tag
    assert b"pdfuaid" in root["/Metadata"].get_data()


def test_what_is_filled_in_is_marked_and_nothing_else_is():
    plainly, marked = (letter_pdf(kept(text)) for text in ("Dear (name), {not this}", "Dear {name}, (not this)"))
    drawn = [read(content).pages[0].get_contents().get_data() for content in (plainly, marked)]
    assert drawn[1].count(b"\nf\n") + drawn[1].count(b" f\n") > drawn[0].count(b"\nf\n") + drawn[0].count(b" f\n")


def test_a_text_is_text_whatever_it_looks_like():
    said = words(letter_pdf(kept(HOSTILE, label=HOSTILE[:40])))
    assert "".join(SEEN.split()) in said


def test_a_long_text_goes_on_over_pages_without_losing_a_line():
    pages = read(letter_pdf(kept("\n\n".join(f"line-{number}." for number in range(200))))).pages
    said = "".join(page.extract_text() for page in pages)
    assert len(pages) > 2
    assert all(f"line-{number}." in said for number in range(200))


@pytest.mark.parametrize("text", ["a" * 100_001, "a\n\n" * 2_000])
def test_a_text_that_no_letter_could_be_is_refused(text: str):
    with pytest.raises(TrialRefused, match="the text has"):
        letter_pdf(kept(text))


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_any_text_makes_a_file_and_always_the_same(text: str):
    assert letter_pdf(kept(text)) == letter_pdf(kept(text))
