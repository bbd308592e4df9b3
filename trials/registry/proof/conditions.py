"""What a condition of a table says, whichever way a database writes it down.

SQLite keeps a condition as it was given. PostgreSQL writes its own words (``between`` as two comparisons, ``in`` as
``= ANY (ARRAY[…])``, every text with its type), others after a dump was read in again, and others in another version.
"""

from __future__ import annotations

import re
from collections.abc import Collection

Said = tuple[object, ...]

_TOKEN = re.compile(
    r"""\s*('(?:[^']|'')*'|"(?:[^"]|"")*"|\d+(?:\.\d+)?(?![\w.])|\w+|::|<>|!=|<=|>=|[^\s\w])""", re.ASCII
)
_NAME = re.compile(r"[a-z_]\w*", re.ASCII)
_COMPARES = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_OF_TEXTS = ("text", "character varying")
# What PostgreSQL writes behind a part of its own accord, by what the part is. Any other type could change what is said:
# cut to a length, a number is another number, and numbers as texts have another order.
_OWN_TYPES: dict[str, Collection[str]] = {
    "text": _OF_TEXTS,
    "texts": tuple(f"{kind}[]" for kind in _OF_TEXTS),
    "number": ("double precision",),
}


def said_by(condition: str, texts: Collection[str]) -> Said | None:
    """What a condition says, the same for the same condition; None where it is none that this program would write.

    Args:
        condition: In SQL.
        texts: The columns that hold text; of these alone a cast to text says nothing.

    Examples:
        >>> said_by("kind in ('a', 'b')", {"kind"})
        ('in', ('name', 'kind'), ('texts', "'a'", "'b'"))
        >>> said_by("((kind)::text = ANY (ARRAY[('a'::character varying)::text, 'b'::text]))", {"kind"})
        ('in', ('name', 'kind'), ('texts', "'a'", "'b'"))
        >>> said_by("((share >= (0)::double precision) AND (share <= (1)::double precision))", ())
        ('and', ('>=', ('name', 'share'), ('number', '0')), ('<=', ('name', 'share'), ('number', '1')))
        >>> said_by("share between 0 and 1", ()) == _
        True
        >>> said_by("(kind)::character(1) = 'a'", {"kind"})
    """
    tokens = _tokens(condition)
    if tokens is None:
        return None
    reading = _Reading(tokens, texts)
    try:
        said = reading.whole()
    except (_NotOurs, RecursionError):
        return None
    return said if reading.at_end() else None


def _tokens(condition: str) -> list[str] | None:
    found, place, end = list[str](), 0, len(condition.rstrip(" \t\r\n\f"))
    while place < end:
        token = _TOKEN.match(condition, place)
        if token is None:
            return None
        found.append(token[1] if token[1][0] in "'\"" else token[1].lower())
        place = token.end()
    return found


class _NotOurs(Exception):
    """A condition that this program would not write."""


class _Reading:
    """One reading of a condition from its beginning to its end."""

    def __init__(self, tokens: list[str], texts: Collection[str]) -> None:
        self._tokens, self._place, self._texts = tokens, 0, texts

    def at_end(self) -> bool:
        return self._place == len(self._tokens)

    def whole(self) -> Said:
        return self._joined("or", lambda: self._joined("and", self._negated))

    def _next(self, *expected: str) -> bool:
        """Go past these tokens where they come next."""
        if tuple(self._tokens[self._place : self._place + len(expected)]) != expected:
            return False
        self._place += len(expected)
        return True

    def _require(self, expected: str) -> None:
        if not self._next(expected):
            raise _NotOurs

    def _take(self) -> str:
        if self.at_end():
            raise _NotOurs
        self._place += 1
        return self._tokens[self._place - 1]

    def _joined(self, word: str, part) -> Said:  # type: ignore[no-untyped-def]
        parts = [part()]
        while self._next(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else _flat(word, parts)

    def _negated(self) -> Said:
        return ("not", self._negated()) if self._next("not") else self._compared()

    def _compared(self) -> Said:
        left = self._sum()
        if self._next("is", "not", "null"):
            return ("not", ("null", left))
        if self._next("is", "null"):
            return ("null", left)
        if self._next("in", "("):
            return ("in", left, self._list(")"))
        if self._next("between"):
            low = self._sum()
            self._require("and")
            return _flat("and", [(">=", left, low), ("<=", left, self._sum())])
        if self._next("=", "any", "("):
            array = self._sum()
            self._require(")")
            if array[0] != "texts":
                raise _NotOurs
            return ("in", left, array)
        if not self.at_end() and self._tokens[self._place] in _COMPARES:
            return (_COMPARES[self._take()], left, self._sum())
        return left

    def _sum(self) -> Said:
        said = self._typed()
        while self._next("+"):
            said = ("+", said, self._typed())
        return said

    def _list(self, end: str) -> Said:
        parts = [self._sum()]
        while self._next(","):
            parts.append(self._sum())
        self._require(end)
        if any(part[0] != "text" for part in parts):
            raise _NotOurs
        return ("texts", *(part[1] for part in parts))

    def _typed(self) -> Said:
        said = self._part()
        while self._next("::"):
            kind = self._take()
            if (kind, *self._tokens[self._place : self._place + 1]) in (
                ("character", "varying"),
                ("double", "precision"),
            ):
                kind = f"{kind} {self._take()}"
            if self._next("[", "]"):
                kind += "[]"
            is_text = said[0] == "text" or (said[0] == "name" and said[1] in self._texts)
            if kind not in _OWN_TYPES.get("text" if is_text else str(said[0]), ()):
                raise _NotOurs
        return said

    def _part(self) -> Said:
        if self._next("("):
            said = self.whole()
            self._require(")")
            return said
        if self._next("array", "["):
            return self._list("]")
        token = self._take()
        if token[0] == "'":
            return ("text", token)
        if token[0].isdigit():
            return ("number", token)
        name = token[1:-1] if token[0] == '"' else token
        if not _NAME.fullmatch(name):
            raise _NotOurs
        return ("name", name)


def _flat(word: str, parts: list[Said]) -> Said:
    flat: list[object] = []
    for part in parts:
        flat += part[1:] if part[0] == word else [part]
    return (word, *flat)
