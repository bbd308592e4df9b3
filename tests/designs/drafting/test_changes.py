"""Changes: each told once, and two people's put together without losing a word of either."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from designs.drafting import Change, changes, merge
from designs.drafting.changes import ABSENT, ORDER, renamed

BEFORE: dict[str, Any] = {
    "title": "A",
    "arms": [{"id": "nfa", "share": 1}, {"id": "letter", "share": 1}],
    "randomisation": {"strata": ["region"]},
}


def test_a_member_of_a_list_is_known_by_its_id() -> None:
    after = {**BEFORE, "arms": [{"id": "sms"}, {"id": "nfa", "share": 1}, {"id": "letter", "share": 2}]}
    assert changes(BEFORE, after) == (
        Change(("arms", "letter", "share"), 1, 2),
        Change(("arms", "sms"), ABSENT, {"id": "sms"}),
    )


def test_an_order_is_a_change_of_its_own() -> None:
    after = {**BEFORE, "arms": [BEFORE["arms"][1], BEFORE["arms"][0]]}
    assert changes(BEFORE, after) == (Change(("arms", ORDER), ["nfa", "letter"], ["letter", "nfa"]),)


def test_types_are_told_apart() -> None:
    assert len(changes({"a": 1, "b": 1, "c": [], "d": "1"}, {"a": 1.0, "b": True, "c": {}, "d": 1})) == 4


def test_two_people_in_two_places_both_keep_their_words() -> None:
    mine = {**BEFORE, "title": "Mine", "arms": [*BEFORE["arms"], {"id": "sms"}]}
    theirs = {**BEFORE, "owner": "Theirs", "arms": [{"id": "call"}, *BEFORE["arms"]]}
    merged, conflicts = merge(BEFORE, mine, theirs)
    assert not conflicts
    assert merged["title"] == "Mine"
    assert merged["owner"] == "Theirs"
    assert [arm["id"] for arm in merged["arms"]] == ["call", "nfa", "letter", "sms"]


def test_two_people_in_one_place_are_both_told() -> None:
    mine = {**BEFORE, "arms": [{"id": "nfa", "share": 2}, BEFORE["arms"][1]]}
    theirs = {**BEFORE, "arms": [{"id": "nfa", "share": 3}, BEFORE["arms"][1]]}
    (conflict,) = merge(BEFORE, mine, theirs)[1]
    assert (conflict.path, conflict.before, conflict.mine, conflict.theirs) == (("arms", "nfa", "share"), 1, 2, 3)


def test_what_one_removed_and_the_other_changed_is_a_conflict() -> None:
    mine = {**BEFORE, "arms": [BEFORE["arms"][0]]}
    theirs = {**BEFORE, "arms": [BEFORE["arms"][0], {"id": "letter", "share": 9}]}
    for one, other in ((mine, theirs), (theirs, mine)):
        (conflict,) = merge(BEFORE, one, other)[1]
        assert conflict.path == ("arms", "letter")


def test_a_list_that_began_empty_takes_both() -> None:
    merged, conflicts = merge({"arms": []}, {"arms": [{"id": "a"}]}, {"arms": [{"id": "b"}]})
    assert not conflicts
    assert {arm["id"] for arm in merged["arms"]} == {"a", "b"}


def test_a_member_keeps_what_another_changed_in_it_when_it_has_a_new_id() -> None:
    mine = {**BEFORE, "arms": [BEFORE["arms"][0], {"id": "post", "share": 1}]}
    theirs = {**BEFORE, "arms": [BEFORE["arms"][0], {"id": "letter", "share": 9}]}
    for one, other in ((mine, theirs), (theirs, mine)):
        merged, conflicts = merge(BEFORE, one, other)
        assert not conflicts
        assert merged["arms"] == [BEFORE["arms"][0], {"id": "post", "share": 9}]


def test_two_new_ids_of_one_member_are_a_conflict() -> None:
    one, other = ({**BEFORE, "arms": [BEFORE["arms"][0], {"id": new, "share": 1}]} for new in ("post", "mail"))
    merged, (conflict,) = merge(BEFORE, one, other)
    assert (conflict.path, conflict.mine, conflict.theirs) == (("arms", "letter", "id"), "post", "mail")
    assert [each["id"] for each in merged["arms"]] == ["nfa", "mail"]
    assert [each["id"] for each in merge(BEFORE, one, other, frozenset({conflict.path}))[0]["arms"]] == ["nfa", "post"]


scalars = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", 1.0])
members = st.dictionaries(st.sampled_from(["share", "kind"]), scalars, max_size=2)
with_ids = st.lists(st.sampled_from(["nfa", "letter", "sms"]), unique=True, max_size=3).flatmap(
    lambda ids: st.tuples(*(members.map(lambda member, name=name: {"id": name, **member}) for name in ids)).map(list)
)
documents = st.dictionaries(
    st.sampled_from(["title", "arms", "outcomes"]),
    scalars | with_ids | st.lists(scalars, max_size=2) | st.dictionaries(st.sampled_from("xy"), scalars, max_size=2),
    max_size=3,
)


@given(documents, documents)
def test_there_is_a_change_where_there_is_a_difference(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert bool(changes(before, after)) == (repr(_sorted(before)) != repr(_sorted(after)))


@given(documents, documents, documents)
def test_nobodys_change_is_lost(before: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    merged, conflicts = merge(before, mine, theirs)
    if conflicts:
        return
    # Everything that either changed stands in what came of it: nothing of it differs but where the other changed it.
    for own, other in ((mine, theirs), (theirs, mine)):
        touched = _under_new_ids({change.path for change in changes(before, other)}, before, own)
        for change in changes(own, merged):
            assert any(_overlap(change.path, path) for path in touched), (change, touched)


@given(documents, documents)
def test_merging_with_nobody_changes_nothing(before: dict[str, Any], mine: dict[str, Any]) -> None:
    assert not changes(merge(before, mine, before)[0], mine)
    assert not changes(merge(before, before, mine)[0], mine)
    assert merge(before, mine, mine) == (mine, ())


def _under_new_ids(paths: set[tuple[str, ...]], before: dict[str, Any], own: dict[str, Any]) -> set[tuple[str, ...]]:
    """The paths, and those of members that have another id in ``own`` under that id too."""
    for key, members in before.items():
        names = [{each.get("id"): each for each in held if isinstance(each, dict)} if isinstance(held, list) else {}
                 for held in (members, own.get(key))]  # fmt: skip
        for old, (new, sure) in renamed(*names).items():
            if sure:
                paths = paths | {(key, new, *path[2:]) for path in paths if path[:2] == (key, old)}
    return paths


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter] or ORDER in (*one, *other)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
