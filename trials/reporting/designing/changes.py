"""What changed between two revisions of a draft, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from designs.drafting import ABSENT, Change
from trials.reporting.designing.words import place_in_words

_DIGEST = 64


def change_lines(changed: Iterable[Change]) -> list[tuple[str, str, str]]:
    """Where, before and after, of each value that changed.

    Examples:
        >>> change_lines([Change(("plan", "title"), ABSENT, "A reminder")])
        [('Title', 'Nothing', 'A reminder')]
        >>> change_lines([Change(("texts", "wording/sms.en.md"), "a" * 64, "b" * 64)])
        [('The text wording/sms.en.md', 'The text aaaaaaaa', 'The text bbbbbbbb')]
    """
    return [(_where(change.path), in_words(change.before), in_words(change.after)) for change in changed]


def _where(path: tuple[str, ...]) -> str:
    if path[0] == "texts":
        return f"The text {path[-1]}"
    return place_in_words(".".join(path[1:]))


def in_words(value: Any) -> str:
    """A value of a plan as people read it."""
    if value is ABSENT or value is None:
        return "Nothing"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str) and len(value) == _DIGEST and set(value) <= set("0123456789abcdef"):
        return f"The text {value[:8]}"
    if isinstance(value, dict):
        return "; ".join(f"{place_in_words(str(key)).lower()}: {in_words(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(in_words, value))
    return str(value)
