"""Two people's drafts put together: an arm, its file and its words are one thing, whoever changes which of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.drafting import Draft, join
from designs.drafting.draft import named_paths
from designs.drafting.joining import FILE, WORDS

OLD, NEW, OTHER = "0" * 64, "1" * 64, "2" * 64


def draft(*arms: dict[str, Any], **texts: str) -> Draft:
    return Draft({"arms": list(arms)}, {f"{name}.md": digest for name, digest in texts.items()})


def arm(name: str, file: str | None = None, **values: Any) -> dict[str, Any]:
    return {"id": name, "kind": "otm", "label": "Letter", **({"text": {"en": f"{file}.md"}} if file else {}), **values}


NFA = {"id": "nfa", "kind": "nfa"}
BEFORE = draft(NFA, arm("letter", "letter"), letter=OLD)
EDITED = draft(NFA, arm("letter", "letter"), letter=NEW)


def both_ways(mine: Draft, theirs: Draft) -> list[tuple[Draft, tuple[Any, ...]]]:
    return [join(BEFORE, mine, theirs), join(BEFORE, theirs, mine)]


@pytest.mark.parametrize(
    "removed",
    [
        draft(NFA, letter=OLD),  # as the page does it: the text stays beside
        draft(NFA),
        draft(NFA, arm("letter"), letter=OLD),  # only the text goes
        draft(NFA, {"id": "letter", "text": {}}, letter=OLD),
    ],
)
def test_a_text_that_one_edited_and_the_other_took_away_is_a_conflict(removed: Draft) -> None:
    for joined, conflicts in both_ways(EDITED, removed):
        assert len(conflicts) == 1
        assert conflicts[0].path[:3] == ("plan", "arms", "letter")
        assert NEW in repr((conflicts[0].mine, conflicts[0].theirs))
        assert {OLD, NEW} & set(joined.texts.values()) or not named_paths(joined)


def test_whoever_chooses_the_edited_text_has_it_with_its_arm() -> None:
    removed = draft(NFA)
    (conflict,) = join(BEFORE, EDITED, removed)[1]
    joined, _ = join(BEFORE, EDITED, removed, frozenset({conflict.path}))
    assert joined.whole == EDITED.whole
    assert join(BEFORE, EDITED, removed)[0].whole == removed.whole


@pytest.mark.parametrize("left_behind", [{}, {"letter": OLD}])
def test_a_text_that_one_edited_goes_with_the_file_that_the_other_renamed(left_behind: dict[str, str]) -> None:
    filed = draft(NFA, arm("letter", "post"), post=OLD, **left_behind)
    for joined, conflicts in both_ways(EDITED, filed):
        assert not conflicts
        assert named_paths(joined) == ("post.md",)
        assert joined.texts["post.md"] == NEW


def test_two_names_for_one_file_are_a_conflict() -> None:
    one, other = draft(NFA, arm("letter", "post"), post=OLD), draft(NFA, arm("letter", "mail"), mail=OLD)
    for joined, (conflict,) in both_ways(one, other):
        assert conflict.path == ("plan", "arms", "letter", "text", "en", FILE)
        assert {conflict.mine, conflict.theirs} == {"post.md", "mail.md"}
        assert len(joined.texts) == 1


def test_two_names_for_one_arm_are_a_conflict_and_not_two_arms() -> None:
    one, other = draft(NFA, arm("post", "letter"), letter=OLD), draft(NFA, arm("mail", "letter"), letter=OLD)
    for joined, (conflict,) in both_ways(one, other):
        assert conflict.path == ("plan", "arms", "letter", "id")
        assert len(joined.document["arms"]) == 2


def test_a_name_and_a_text_of_one_arm_are_put_together() -> None:
    called = draft(NFA, arm("post", "letter"), letter=OLD)
    for joined, conflicts in both_ways(EDITED, called):
        assert not conflicts
        assert joined.whole == draft(NFA, arm("post", "letter"), letter=NEW).whole


def test_what_may_be_a_new_name_or_another_arm_is_a_conflict_where_the_other_changed_it() -> None:
    another = draft(NFA, {"id": "call", "kind": "otm", "channel": "phone"})
    called = draft(NFA, arm("post", "letter", label="Post"), letter=OLD)
    for changed in (EDITED, called):
        for joined, (conflict,) in both_ways(another, changed):
            assert conflict.path == ("plan", "arms", "letter")
            assert len(joined.document["arms"]) == 2
    assert not join(BEFORE, another, BEFORE)[1]


def test_an_arm_that_one_renamed_and_the_other_took_away_is_a_conflict() -> None:
    called = draft(NFA, arm("post", "letter"), letter=OLD)
    for _, (conflict,) in both_ways(called, draft(NFA, letter=OLD)):
        assert conflict.path == ("plan", "arms", "letter")


def test_a_name_that_another_arm_has_taken_meanwhile_makes_no_arm_of_two() -> None:
    before = draft(NFA, arm("letter"), arm("sms"))
    mine, theirs = draft(NFA, arm("post"), arm("sms")), draft(NFA, arm("letter"), arm("post", label="Text"))
    joined, conflicts = join(before, mine, theirs)
    assert conflicts
    ids = [each["id"] for each in joined.document["arms"]]
    assert len(ids) == len(set(ids))


def test_two_people_who_write_one_new_text_are_both_told() -> None:
    before = draft(NFA, arm("letter"))
    one, other = draft(NFA, arm("letter", "letter"), letter=NEW), draft(NFA, arm("letter", "letter"), letter=OTHER)
    (conflict,) = join(before, one, other)[1]
    assert (conflict.path[-1], conflict.mine, conflict.theirs) == (WORDS, NEW, OTHER)


def test_a_file_that_one_changed_and_the_other_named_once_more_keeps_both_texts() -> None:
    twice = draft(NFA, arm("letter", "letter"), arm("sms", "letter", label="Text"), letter=OLD)
    for joined, conflicts in both_ways(EDITED, twice):
        assert not conflicts
        texts = {each["id"]: joined.texts[each["text"]["en"]] for each in joined.document["arms"] if "text" in each}
        assert texts == {"letter": NEW, "sms": OLD}


def test_a_text_that_no_plan_names_is_compared_by_itself() -> None:
    before, one, other = (Draft({}, {"note.md": digest}) for digest in (OLD, NEW, OTHER))
    assert join(before, one, before)[0].texts == {"note.md": NEW}
    assert [conflict.path for conflict in join(before, one, other)[1]] == [("texts", "note.md")]


files = st.sampled_from([None, "a", "b"])
arms = st.lists(st.tuples(st.sampled_from(["x", "y", "z"]), files), unique_by=lambda each: each[0], max_size=3)
drafts = st.tuples(arms, st.sampled_from([OLD, NEW, OTHER]), st.sampled_from([OLD, NEW, OTHER])).map(
    lambda each: draft(*(arm(name, file, label=name) for name, file in each[0]), a=each[1], b=each[2])
)


@given(drafts, drafts, drafts)
def test_no_words_that_somebody_wrote_are_lost_untold(before: Draft, mine: Draft, theirs: Draft) -> None:
    joined, conflicts = join(before, mine, theirs)
    assert all(name in joined.texts for name in named_paths(joined))
    if conflicts:
        return
    kept = {joined.texts[name] for name in named_paths(joined)}
    for own, other in ((mine, theirs), (theirs, mine)):
        wrote = {own.texts[name] for name in named_paths(own)} - {before.texts[name] for name in named_paths(before)}
        assert wrote <= kept, (own, other)


@given(drafts, drafts)
def test_joining_with_nobody_changes_no_arm_and_no_text_of_one(before: Draft, mine: Draft) -> None:
    for joined in (join(before, mine, before)[0], join(before, before, mine)[0]):
        assert joined.document == mine.document
        assert {name: joined.texts[name] for name in named_paths(joined)} == {
            name: mine.texts[name] for name in named_paths(mine)
        }
