"""What is folded away, and the way back to the text as written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.variants.folding import LOOK_ALIKES, fold, sentences


@given(st.text(max_size=200), st.booleans())
def test_places_lead_back_into_the_text_and_never_backwards(text, joined):
    folded = fold(text, joined=joined)
    spans = [folded.span(at, at + 1) for at in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert [span.start for span in spans] == sorted(span.start for span in spans)
    assert "  " not in folded.text
    assert not folded.text.startswith(" ")


@given(st.text(max_size=200))
def test_what_is_folded_stays_as_it_is(text):
    once = fold(text).text
    if not set(once) & set("&-{}"):  # an entity of an entity is another entity
        assert fold(once).text == once


@given(st.text(alphabet="ab.!? \n1-*:", max_size=80))
def test_sentences_hold_every_word_once_and_in_order(text):
    spans = sentences(text)
    assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert all(first.end <= second.start for first, second in pairwise(spans))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pay now. Or ring!", ["Pay now.", "Or ring!"]),
        ("1. Go there.\n2. Pay.", ["1. Go there.", "2. Pay."]),
        ("You need:\n\n- this;\n- that.\n", ["You need:", "- this;", "- that."]),
        ("It is 3.5 % at gov.uk/pay now", ["It is 3.5 % at gov.uk/pay now"]),
        ("**Pay by {pay_by}.** You can.", ["**Pay by {pay_by}.**", "You can."]),
        ("Dear {name},\n\nPay", ["Dear {name},", "Pay"]),
        ("One line\ngoes on", ["One line\ngoes on"]),
        ("", []),
    ],
)
def test_where_a_sentence_ends(text, expected):
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_a_look_alike_is_a_latin_letter():
    assert all(plain.isascii() and plain.isalpha() and number > 127 for number, plain in LOOK_ALIKES.items())
