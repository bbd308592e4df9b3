"""The reading age of a text: of its own words, in English, and with what makes it uncertain said."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.variants.reading_age import EDITION, FEW_WORDS, hard_to_read, readability
from tests.places import ROOT

LETTER = (ROOT / "designs/library/wording/sa-debts-norm.en.md").read_text(encoding="utf-8")
HARD = (
    "Notwithstanding antecedent correspondence concerning the aforementioned outstanding liability, immediate "
    "remittance of the accumulated consideration constitutes an unavoidable statutory obligation, the "
    "continued non-fulfilment of which necessitates the consideration of supplementary enforcement proceedings. "
) * 4


@pytest.mark.requirement("K15")
def test_the_score_is_that_of_the_formula():
    found = readability("The cat sat on the mat. It was a happy kitten.", "en")
    assert (found.words, found.sentences, found.edition) == (11, 2, EDITION)
    assert found.score == round(0.39 * 11 / 2 + 11.8 * 13 / 11 - 15.59, 1)  # hap-py and kit-ten have two syllables


@pytest.mark.requirement("K15")
def test_the_score_of_an_edition_does_not_move():
    """Where a new release of the hyphenation moves it, the edition has to change: scores are stored with it."""
    found = readability(LETTER, "en")
    assert (found.score, found.age, found.words, found.sentences, found.note) == (1.6, 6.6, 121, 13, None)
    assert EDITION == "flesch-kincaid 2026-11"


@pytest.mark.requirement("K15")
def test_what_reads_harder_is_older():
    easy, hard = readability(LETTER, "en"), readability(HARD, "en")
    assert easy.age < 9 < 20 < hard.age
    assert hard_to_read(easy, "arms[1].text.en") is None
    warning = hard_to_read(hard, "arms[1].text.en")
    assert (warning.code, warning.severity, warning.clears) == ("hard_to_read", "warns", "copgu")
    assert f"{hard.age:g}" in warning.problem


@pytest.mark.requirement("K15")
def test_welsh_is_not_measured_and_says_so():
    found = readability("Talwch erbyn {pay_by}. Ffoniwch ni.", "cy")
    assert (found.score, found.age, found.words, found.sentences) == (None, None, 5, 2)
    assert found.note == "the reading age of Welsh is not measured"
    assert hard_to_read(found, "arms[1].text.cy") is None


def test_of_few_words_it_means_little():
    few = readability("Pay {principal} now. " * ((FEW_WORDS - 1) // 3), "en")
    enough = readability("Pay {principal} now. " * ((FEW_WORDS + 2) // 3), "en")
    assert (few.words, few.note is None) == (99, False)
    assert (enough.words, enough.note) == (102, None)
    assert hard_to_read(readability("Notwithstanding antecedent correspondence.", "en"), "here") is None


def test_no_words_have_no_age():
    for text in ("", "£500, 0300 200 3300.", "***"):
        found = readability(text, "en")
        assert (found.score, found.age, found.words) == (None, None, 0)
        assert found.note


def test_marks_figures_and_addresses_are_no_words():
    plain = readability("Pay x now. Ring us.", "en")
    written = readability(
        "**Pay** {principal} now &nbsp; 500. <b>Ring</b> us 0300 200 3300 https://www.gov.uk/pay-tax.", "en"
    )
    assert (written.words, written.score) == (plain.words, plain.score) == (5, plain.score)


def test_an_item_of_a_list_is_a_sentence():
    assert readability("You need:\n\n- your reference;\n- what you earned.\n", "en").sentences == 3


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text):
    found = readability(text, "en")
    assert (found.score is None) == (found.words == 0)
    assert found.age is None or found.age >= 5


def test_it_is_frozen():
    with pytest.raises(FrozenInstanceError):
        readability("Pay.", "en").score = 1
