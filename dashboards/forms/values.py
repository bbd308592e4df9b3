"""Values of a draft by path, and how each is typed. Pure: a document goes in, another comes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from dashboards.forms.fields import Kind, Path

_RANGE: Final = ("low", "central", "high")
REACTIONS: Final = (("call", "Call"), ("write", "Write"), ("amend", "Amend a return"))
"""Ways in which customers get in touch, by key, with the words for each."""
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?(\d{1,18}(\.\d{0,15})?|\.\d{1,15})")


def value_at(document: Any, path: Path) -> Any:
    """What stands at a path; None where nothing does.

    Examples:
        >>> value_at({"arms": [{"id": "nfa"}]}, ("arms", 0, "id"))
        'nfa'
        >>> value_at({"arms": "none"}, ("arms", 0, "id")) is None
        True
    """
    for step in path:
        if isinstance(step, int):
            document = document[step] if isinstance(document, list) and step < len(document) else None
        else:
            document = document.get(step) if isinstance(document, Mapping) else None
    return document


def with_value(document: Mapping[str, Any], path: Path, value: Any) -> Any:
    """A document with another value at a path; None takes it away, and what it leaves empty above it.

    Examples:
        >>> with_value({"behaviour": {"who": "debtors"}}, ("behaviour", "action"), "pays")
        {'behaviour': {'who': 'debtors', 'action': 'pays'}}
        >>> with_value({"id": "a", "behaviour": {"who": "debtors"}}, ("behaviour", "who"), None)
        {'id': 'a'}
    """
    changed = _with(document, path, value)
    return {} if changed is None else changed


def _with(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        members = list(document) if isinstance(document, list) else []
        if step < len(members):
            # A member that is left empty stays, so that those after it keep their places.
            changed = _with(members[step], rest, value)
            members[step] = {} if changed is None else changed
        return members
    kept = dict(document) if isinstance(document, Mapping) else {}
    inner = _with(kept.get(step), rest, value)
    if inner is None:
        kept.pop(step, None)
    else:
        kept[step] = inner
    return kept or None


def as_typed(value: Any, kind: Kind) -> str:
    """A value as it is typed into a field of text.

    Examples:
        >>> as_typed(0.28, "percent"), as_typed(160000, "number"), as_typed(["debt_band", "reason"], "lines")
        ('28', '160000', 'debt_band\\nreason')
    """
    if value is None:
        return ""
    if kind == "percent" and _is_number(value):
        return _plain(round(float(value) * 100, 10))
    if kind == "percents" and isinstance(value, Mapping) and set(value) == set(_RANGE):
        value = [value[part] for part in _RANGE]
    if kind == "percents" and isinstance(value, list):
        return ", ".join(as_typed(each, "percent") for each in value)
    if kind == "percents":
        return as_typed(value, "percent")
    if kind == "lines" and isinstance(value, list):
        return "\n".join(as_typed(each, "line") for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _plain(value) if _is_number(value) else str(value)


def from_typed(text: str, kind: Kind) -> Any:
    """The value that a text stands for; what is no number stays as it was typed, so that the rule can say so.

    Examples:
        >>> from_typed("28", "percent"), from_typed("1,000", "number"), from_typed("about ten", "number")
        (0.28, 1000, 'about ten')
        >>> from_typed("25, 50, 25", "percents")
        [0.25, 0.5, 0.25]
        >>> from_typed(" ", "line") is None
        True
    """
    if not text.strip():
        return None
    if kind == "percents":
        return [from_typed(part, "percent") for part in re.split(r"[,;\s]+", text.strip(" \t\n,;")) if part != "%"]
    if kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if kind in ("number", "percent"):
        number = _number(text)
        if number is None:
            return text.strip()
        return round(number / 100, 12) if kind == "percent" else number
    return text.strip() if kind == "line" else text


def share_or_range(text: str) -> Any:
    """The share that a text in percent stands for, or the low, central and high one where it is three.

    Examples:
        >>> share_or_range("4"), share_or_range("2, 4, 8")
        (0.04, {'low': 0.02, 'central': 0.04, 'high': 0.08})
        >>> share_or_range("2 4"), share_or_range("") is None
        ('2 4', True)
    """
    shares = from_typed(text, "percents")
    if not shares:
        return None
    if len(shares) == len(_RANGE):
        return dict(zip(_RANGE, shares, strict=True))
    return shares[0] if len(shares) == 1 else text.strip()


def reactions_told(value: Any) -> str:
    """Who calls, writes and amends a return, in percent.

    Examples:
        >>> reactions_told({"call": {"low": 0.02, "central": 0.04, "high": 0.08}, "write": 0.01})
        'Call 4 (2 to 8), write 1'
    """
    told = []
    for way, words in REACTIONS:
        share = value.get(way) if isinstance(value, Mapping) else None
        if isinstance(share, Mapping) and set(share) == set(_RANGE):
            low, central, high = (as_typed(share[part], "percent") for part in _RANGE)
            told.append(f"{words.lower()} {central} ({low} to {high})")
        elif share is not None:
            told.append(f"{words.lower()} {as_typed(share, 'percent')}")
    said = ", ".join(told)
    return said[:1].upper() + said[1:] or "nobody"


def _number(text: str) -> int | float | None:
    plain = re.sub(r"(?<=\d),(?=\d{3}(\D|$))", "", text.strip().removeprefix("£").removesuffix("%").strip())
    if _WHOLE.fullmatch(plain):
        return int(plain)
    return float(plain) if _DECIMAL.fullmatch(plain) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(number: float) -> str:
    if isinstance(number, int) or (number == int(number) and abs(number) < 1e15):
        return str(int(number))
    return f"{number:.15g}" if abs(number) >= 1e-4 else f"{number:.15f}".rstrip("0")
