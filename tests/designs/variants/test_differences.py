"""What a text says otherwise: nothing lost of either, and nothing marked that is the same."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.variants.differences import MOST_COMPARED, Segment, difference, wording_in_use
from tests.designs.variants.test_sign_offs import plan_of

TEXTS = st.text(alphabet=st.sampled_from("ab .\n!é-\u00a0\r"), max_size=60) | st.text(max_size=40)


def texts_of(segments: tuple[Segment, ...]) -> tuple[str, str]:
    """The old and the new text that segments are of."""
    return tuple("".join(segment.text for segment in segments if segment.kind in ("same", kind)) for kind in KINDS)


KINDS = ("removed", "added")


@pytest.mark.requirement("S13")
@given(TEXTS, TEXTS)
def test_no_character_of_either_is_lost(before, after):
    found = difference(before, after)
    assert texts_of(found.by_words) == texts_of(found.by_sentences) == (before, after)
    assert all(segment.text for segment in (*found.by_words, *found.by_sentences))
    for segments in (found.by_words, found.by_sentences):
        assert all(first.kind != second.kind for first, second in pairwise(segments))


@given(TEXTS)
def test_a_text_is_the_same_as_itself(text):
    found = difference(text, text)
    assert found.by_words == found.by_sentences == ((Segment("same", text),) if text else ())
    assert found.before == found.after


@pytest.mark.requirement("S13")
def test_one_changed_word_is_marked_alone():
    before = "Dear {name},\n\nPlease pay by {pay_by}. Ring us.\n"
    found = difference(before, before.replace("Please pay", "Pay"))
    assert found.by_words == (
        Segment("same", "Dear {name},\n\n"),
        Segment("removed", "Please pay "),
        Segment("added", "Pay "),
        Segment("same", "by {pay_by}. Ring us.\n"),
    )
    assert [(segment.kind, segment.text) for segment in found.by_sentences if segment.kind != "same"] == [
        ("removed", "Please pay by {pay_by}. "),
        ("added", "Pay by {pay_by}. "),
    ]


@pytest.mark.parametrize("changed", ["Pay now.", "Pay  now. ", "pay now. ", "Pay now.\u00a0"])
def test_one_changed_character_is_a_difference(changed):
    found = difference("Pay now. ", changed)
    assert found.before != found.after
    assert {segment.kind for segment in found.by_words} > {"added"}


@pytest.mark.requirement("S13")
def test_the_hash_of_either_is_kept():
    found = difference("Talwch £5.", "Talwch £6.")
    assert found.before == hashlib.sha256("Talwch £5.".encode()).hexdigest()
    assert found.after == hashlib.sha256("Talwch £6.".encode()).hexdigest()
    assert difference("a", "b", digests=("1" * 64, "2" * 64)).after == "2" * 64


def test_texts_too_long_to_compare_are_removed_and_added_whole():
    before, after = ("a " * 1_001), ("a " * 1_000)
    assert MOST_COMPARED < 1_001 * 1_000
    assert difference(before, after).by_words == (Segment("removed", before), Segment("added", after))


@pytest.mark.requirement("S13")
def test_the_wording_in_use_is_that_of_todays_approach_on_the_channel():
    def today(name, channel):
        text = {"en": f"{name}.md"}
        return {"id": name, "kind": "bau" if name == "bau" else "otm", "share": 1, "channel": channel, "text": text}

    letter, sms = plan_of().arms[1:3]
    assert wording_in_use(plan_of(), letter) is None
    assert wording_in_use(plan_of(("arms[3]", today("bau", "sms"))), sms).id == "bau"
    assert wording_in_use(plan_of(("arms[3]", today("bau", "sms"))), letter).id == "bau"
    both = plan_of(("arms[0]", {**today("bau", "call"), "id": "old-call"}), ("arms[3]", today("bau", "letter")))
    plan = both.model_copy(
        update={
            "arms": tuple(arm.model_copy(update={"kind": "bau"}) if arm.id == "old-call" else arm for arm in both.arms)
        }
    )
    assert wording_in_use(plan, letter).id == "bau"
