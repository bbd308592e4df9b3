"""What changed between two revisions of a draft, and two people's changes put together.

A list whose members have ids (arms, outcomes) is compared member by member, wherever each stands; any other list is one
value. Nothing here knows what a key means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

Path = tuple[str, ...]


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()
"""What stands where nothing is written."""

ORDER: Final = "(order)"
"""The step of a path that stands for the order of a list's members."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; ``before`` or ``after`` is :data:`ABSENT` where there is none."""

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Conflict:
    """One value that two people changed, each in another way.

    Attributes:
        path: Where.
        before: What it was when both began.
        mine: What the one who saves now has.
        theirs: What somebody else has saved meanwhile.
    """

    path: Path
    before: Any
    mine: Any
    theirs: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every value that differs between two documents, in the order of the first, then of the second.

    Examples:
        >>> changes({"title": "A", "arms": [{"id": "nfa"}]}, {"title": "B", "arms": [{"id": "nfa", "share": 2}]})
        (Change(path=('title',), before='A', after='B'), Change(path=('arms', 'nfa', 'share'), before=absent, after=2))
    """
    return tuple(_changes(before, after, ()))


def _changes(before: Any, after: Any, path: Path) -> Iterator[Change]:
    one, other = _parts(before), _parts(after)
    if one is None or other is None or isinstance(before, list) != isinstance(after, list):
        if not _same(before, after):
            yield Change(path, before, after)
        return
    for key in dict.fromkeys((*one, *other)):
        yield from _changes(one.get(key, ABSENT), other.get(key, ABSENT), (*path, key))
    if isinstance(before, list) and _kept_order(list(one), other) != _kept_order(list(other), one):
        yield Change((*path, ORDER), list(one), list(other))


def merge(
    before: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any],
    kept: frozenset[Path] = frozenset(),
) -> tuple[dict[str, Any], tuple[Conflict, ...]]:  # fmt: skip
    """Two people's changes to one document, put together.

    A member of a list that one person gave another id stays one member: what the other changed in it is in it, and
    where both gave it another id, or one took it away, it is a value that both changed.

    Args:
        before: What both began with.
        mine: What one made of it.
        theirs: What the other made of it, which stands already.
        kept: Where both changed one value, and somebody has chosen, the paths at which ``mine`` is kept.

    Returns:
        The document with every change in it, and each value that both changed in different ways: it is as ``theirs``
        has it but for those in ``kept``, and nothing may be saved before somebody has chosen.

    Examples:
        >>> merge({"title": "A"}, {"title": "A", "owner": "us"}, {"title": "B"})
        ({'title': 'B', 'owner': 'us'}, ())
        >>> merge({"title": "A"}, {"title": "C"}, {"title": "B"})[1]
        (Conflict(path=('title',), before='A', mine='C', theirs='B'),)
        >>> merge({"title": "A"}, {"title": "C"}, {"title": "B"}, frozenset({("title",)}))[0]
        {'title': 'C'}
    """
    merging = _Merging(kept)
    return merging.value(before, mine, theirs, ()), tuple(merging.conflicts)


class _Merging:
    """One merge under way: where mine is kept, and what both changed."""

    def __init__(self, kept: frozenset[Path]) -> None:
        self.kept = kept
        self.conflicts: list[Conflict] = []

    def value(self, before: Any, mine: Any, theirs: Any, path: Path) -> Any:
        if _same(mine, theirs) or _same(mine, before):
            return theirs
        if _same(theirs, before):
            return mine
        ours, others = _parts(mine), _parts(theirs)
        first = {} if before is ABSENT else _parts(before)
        if ours is None or others is None or first is None or isinstance(mine, list) != isinstance(theirs, list):
            return self._either(before, mine, theirs, path)
        if not isinstance(mine, list):
            return self._members(first, ours, others, path, frozenset())
        ours, others, unsure = _under_first_ids(first, ours, others)
        merged = self._members(first, ours, others, path, unsure)
        return self._in_order(list(first), list(ours), list(others), merged, path)

    def _either(self, before: Any, mine: Any, theirs: Any, path: Path) -> Any:
        self.conflicts.append(Conflict(path, before, mine, theirs))
        return mine if path in self.kept else theirs

    def _members(
        self, first: dict[str, Any], ours: dict[str, Any], others: dict[str, Any], path: Path, unsure: frozenset[str]
    ) -> dict[str, Any]:
        merged = {}
        for key in dict.fromkeys((*others, *ours)):
            three = (first.get(key, ABSENT), ours.get(key, ABSENT), others.get(key, ABSENT))
            both = not any(_same(*two) for two in combinations(three, 2))
            ways = self._either if key in unsure and both else self.value
            value = ways(*three, (*path, key))
            if value is not ABSENT:
                merged[key] = value
        return merged

    def _in_order(
        self, before: list[str], mine: list[str], theirs: list[str], merged: dict[str, Any], path: Path
    ) -> list[Any]:
        """The members of a list in the order of whoever changed it; those that I added come where I put them, or
        last."""
        kept = [key for key in before if key in merged and key in mine and key in theirs]
        my_order, their_order = ([key for key in order if key in kept] for order in (mine, theirs))
        if my_order in (kept, their_order):
            order = [key for key in theirs if key in merged]
        elif their_order == kept:
            order = [key for key in mine if key in merged]
        else:
            order = [key for key in self._either(before, mine, theirs, (*path, ORDER)) if key in merged]
        return [merged[key] for key in (*order, *(key for key in merged if key not in order))]


def _under_first_ids(
    first: dict[str, Any], ours: dict[str, Any], others: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], frozenset[str]]:
    """Both people's members by the ids under which both began, whatever they are called now.

    Also those of which nobody can be sure that they are the members of before: what another changed in one of these
    is never put into it in silence.
    """
    mine, theirs = renamed(first, ours), renamed(first, others)
    mine = {old: new for old, new in mine.items() if new[0] not in others or theirs.get(old, ("",))[0] == new[0]}
    theirs = {old: new for old, new in theirs.items() if new[0] not in ours or mine.get(old, ("",))[0] == new[0]}
    unsure = frozenset(old for names in (mine, theirs) for old, (_, sure) in names.items() if not sure)
    return _by_first_id(ours, mine), _by_first_id(others, theirs), unsure


def _by_first_id(members: dict[str, Any], names: Mapping[str, tuple[str, bool]]) -> dict[str, Any]:
    old = {new: first for first, (new, _) in names.items()}
    return {old.get(key, key): member for key, member in members.items()}


def renamed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    """Members that have another id than before: the old id, the new one, and whether nothing else of them changed.

    A member that is gone is taken for one that came if all else in them is the same, or if it stood at the same place
    of a list that is as long as it was, or if at least half of its values are the same.

    Examples:
        >>> renamed({"letter": {"id": "letter", "share": 1}}, {"post": {"id": "post", "share": 1}})
        {'letter': ('post', True)}
        >>> renamed({"letter": {"id": "letter", "share": 1}}, {"post": {"id": "post", "share": 2}})
        {'letter': ('post', False)}
    """
    gone = [key for key in before if key not in after]
    came = [key for key in after if key not in before]
    found: dict[str, tuple[str, bool]] = {}
    sure = [(old, new) for old in gone for new in came if _but_id(before[old]) == _but_id(after[new])]
    for old, new in sure:
        if [one for one, _ in sure].count(old) == [one for _, one in sure].count(new) == 1:
            found[old] = (new, True)
    places = {key: place for place, key in enumerate(before)}, {key: place for place, key in enumerate(after)}
    for old in gone:
        for new in came:
            in_place = len(before) == len(after) and places[0][old] == places[1][new]
            free = old not in found and all(new != taken for taken, _ in found.values())
            if free and (in_place or _alike(before[old], after[new])):
                found[old] = (new, False)
    return found


def _but_id(member: Any) -> str:
    """A member's values but its id, so that two are equal where a file would have them the same."""
    return repr(sorted((key, repr(value)) for key, value in member.items() if key != "id"))


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    own = [key for key in one if key != "id"]
    return bool(own) and 2 * sum(_same(one[key], other.get(key, ABSENT)) for key in own) >= len(own)


def _parts(value: Any) -> dict[str, Any] | None:
    """A mapping's values by key, or a list's members by id; None for a value that is compared whole."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list):
        ids = [member.get("id") if isinstance(member, Mapping) else None for member in value]
        if all(isinstance(name, str) for name in ids) and len(set(ids)) == len(ids):
            return {str(name): member for name, member in zip(ids, value, strict=True)}
    return None


def _same(one: Any, other: Any) -> bool:
    """Whether two values are one: unlike Python, 1 is neither 1.0 nor true, since a file tells them apart."""
    if type(one) is not type(other) and not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return False
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(_same(*pair) for pair in zip(one, other, strict=True))
    return bool(one == other)


def _kept_order(keys: list[str], other: Mapping[str, Any]) -> list[str]:
    return [key for key in keys if key in other]
