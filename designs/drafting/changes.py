"""What changed between two revisions of a draft, and two people's changes put together.

A list whose members have ids (arms, outcomes) is compared member by member, wherever each stands; any other list is one
value. Nothing here knows what a key means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    before: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[Conflict, ...]]:
    """Two people's changes to one document, put together.

    Args:
        before: What both began with.
        mine: What one made of it.
        theirs: What the other made of it, which stands already.

    Returns:
        The document with every change in it, and each value that both changed in different ways: it is as ``theirs``
        has it, and nothing may be saved before somebody has chosen.

    Examples:
        >>> merge({"title": "A"}, {"title": "A", "owner": "us"}, {"title": "B"})
        ({'title': 'B', 'owner': 'us'}, ())
        >>> merge({"title": "A"}, {"title": "C"}, {"title": "B"})[1]
        (Conflict(path=('title',), before='A', mine='C', theirs='B'),)
    """
    conflicts: list[Conflict] = []
    merged = _merge(before, mine, theirs, (), conflicts)
    return merged, tuple(conflicts)


def settled(
    before: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any], kept: frozenset[Path]
) -> dict[str, Any]:
    """Two people's changes to one document, put together, where somebody has chosen between those that exclude each
    other.

    Args:
        before: What both began with.
        mine: What one made of it.
        theirs: What the other made of it.
        kept: Where both changed one value, the paths at which ``mine`` is kept; elsewhere it is as ``theirs`` has it.

    Examples:
        >>> settled({"title": "A"}, {"title": "C"}, {"title": "B"}, frozenset({("title",)}))
        {'title': 'C'}
        >>> settled({"title": "A"}, {"title": "C"}, {"title": "B"}, frozenset())
        {'title': 'B'}
    """
    merged: dict[str, Any] = _merge(before, mine, theirs, (), [], kept)
    return merged


def _merge(
    before: Any, mine: Any, theirs: Any, path: Path, conflicts: list[Conflict], kept: frozenset[Path] = frozenset()
) -> Any:
    if _same(mine, theirs) or _same(mine, before):
        return theirs
    if _same(theirs, before):
        return mine
    ours, others = _parts(mine), _parts(theirs)
    first = {} if before is ABSENT else _parts(before)
    if ours is None or others is None or first is None or isinstance(mine, list) != isinstance(theirs, list):
        conflicts.append(Conflict(path, before, mine, theirs))
        return mine if path in kept else theirs
    merged = {}
    for key in dict.fromkeys((*others, *ours)):
        value = _merge(
            first.get(key, ABSENT), ours.get(key, ABSENT), others.get(key, ABSENT), (*path, key), conflicts, kept
        )
        if value is not ABSENT:
            merged[key] = value
    if not isinstance(theirs, list):
        return merged
    return _in_order(list(first), list(ours), list(others), merged, path, conflicts, kept)


def _in_order(
    before: list[str], mine: list[str], theirs: list[str], merged: dict[str, Any], path: Path,
    conflicts: list[Conflict], kept_mine: frozenset[Path],
) -> list[Any]:  # fmt: skip
    """The members of a list in the order of whoever changed it; those that I added come where I put them, or last."""
    kept = [key for key in before if key in merged and key in mine and key in theirs]
    my_order, their_order = ([key for key in order if key in kept] for order in (mine, theirs))
    if my_order in (kept, their_order):
        order = [key for key in theirs if key in merged]
    elif their_order == kept:
        order = [key for key in mine if key in merged]
    else:
        conflicts.append(Conflict((*path, ORDER), before, mine, theirs))
        order = [key for key in (mine if (*path, ORDER) in kept_mine else theirs) if key in merged]
    return [merged[key] for key in (*order, *(key for key in merged if key not in order))]


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
