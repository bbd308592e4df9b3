"""Two people's drafts put together: an arm and the texts that it is sent are one thing.

The plan names a text, and the text lies beside it. Compared each by itself, an arm could go and leave behind the words
that somebody wrote in it meanwhile. So a text is compared where the plan names it: its file's name and its words.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import PurePosixPath
from typing import Any, Final

from designs.drafting.changes import Conflict, Path, merge
from designs.drafting.draft import Draft, named_paths, texts_replaced

FILE: Final = "(file)"
"""The step of a path that stands for the name of a text's file."""

WORDS: Final = "(words)"
"""The step of a path that stands for the words of a text, by their SHA-256."""


def join(
    before: Draft, mine: Draft, theirs: Draft, kept: frozenset[Path] = frozenset()
) -> tuple[Draft, tuple[Conflict, ...]]:
    """Two people's changes to one draft, put together.

    Args:
        before: What both began with.
        mine: What one made of it.
        theirs: What the other made of it, which stands already.
        kept: Where both changed one value, and somebody has chosen, the paths at which ``mine`` is kept.

    Returns:
        The draft with every change in it, and each value that both changed in different ways, as :func:`merge` has
        them. A text's words stand at the place of the plan that names it: :data:`FILE` and :data:`WORDS`.

    Examples:
        >>> before = Draft({"arms": [{"id": "a", "text": {"en": "a.md"}}]}, {"a.md": "1"})
        >>> edited = Draft(before.document, {"a.md": "2"})
        >>> filed = Draft({"arms": [{"id": "a", "text": {"en": "b.md"}}]}, {"b.md": "1"})
        >>> join(before, edited, filed)[0].texts
        {'b.md': '2'}
        >>> [conflict.path for conflict in join(before, edited, Draft({"arms": []}, {}))[1]]
        [('plan', 'arms', 'a')]
    """
    named = frozenset(name for draft in (before, mine, theirs) for name in named_paths(draft))
    whole, conflicts = merge(_whole(before, named), _whole(mine, named), _whole(theirs, named), kept)
    found: dict[str, str] = {}
    taken = {*named, *whole["texts"]}
    document = _named_again(whole["plan"], found, taken)
    left = {
        name: digest
        for name, digest in theirs.texts.items()
        if name in named and name in mine.texts and name not in found
    }
    return Draft(document, {**left, **whole["texts"], **found}), conflicts


def _whole(draft: Draft, named: frozenset[str]) -> dict[str, Any]:
    """A draft as one document in which each text stands where the plan names it; those that no plan names, beside."""

    def with_words(name: str) -> dict[str, str]:
        return {FILE: name, **({WORDS: draft.texts[name]} if name in draft.texts else {})}

    beside = {name: digest for name, digest in draft.texts.items() if name not in named}
    return {"plan": texts_replaced(draft.document, with_words), "texts": beside}


def _named_again(value: Any, found: dict[str, str], taken: set[str]) -> Any:
    """A document that names its texts again; what lies in each file is added to ``found``.

    One file cannot hold two texts. Where one person changed it and another named it for one more arm meanwhile, the
    second text has a file of its own, as on the pages.
    """
    if is_text(value):
        name, digest = value[FILE], value.get(WORDS)
        if digest is None:
            return name
        if found.setdefault(name, digest) != digest:
            path = PurePosixPath(name)
            stem, ending = path.name.split(".")[0], "".join(path.suffixes)
            free = (str(path.with_name(f"{stem}-{number}{ending}")) for number in count(2))
            name = next(each for each in free if found.get(each) == digest or each not in taken)
            taken.add(name)
            found[name] = digest
        return name
    if isinstance(value, Mapping):
        return {key: _named_again(each, found, taken) for key, each in value.items()}
    return [_named_again(each, found, taken) for each in value] if isinstance(value, list) else value


def is_text(value: Any) -> bool:
    """Whether a value of a conflict is a text: the name of its file and, where there are any, its words."""
    return (
        isinstance(value, Mapping)
        and FILE in value
        and value.keys() <= {FILE, WORDS}
        and all(isinstance(each, str) for each in value.values())
    )
