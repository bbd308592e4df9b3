"""A text as phrases are looked up in it, and where each of its characters stands in the text as written.

A phrase may be hidden, by somebody or by their editor, in letters that only look alike, invisible characters, marks of
emphasis or line breaks. All of that is folded away; a place in what is left leads back to the text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

LOOK_ALIKES: Final = {
    ord(letter): plain
    for letters, plains in (
        ("аеорсухіјѕһԁԛԝкмтвнпг", "aeopcyxijshdqwkmtbhnr"),  # Cyrillic
        ("αοερνικτυχγβηωϲ", "aoepviktuxybnwc"),  # Greek
        ("ıɡɑօոսհց", "igaonuhg"),  # Latin with no fold of their own, Armenian
    )
    for letter, plain in zip(letters, plains, strict=True)
}
"""What a letter of another alphabet is taken for, by its number: those that look alike in common fonts."""

_PIECE = re.compile(
    r"\{\w{1,63}\}"  # what the mail merge fills in
    r"|<!--.{0,1000}?-->|</?[a-zA-Z][^<>]{0,200}>|\]\([^()\s]{0,300}\)"  # comments, tags, where a link leads
    r"|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});"
    r"|\.{2,}|-[ \t]*\r?\n[ \t]*|.",
    re.DOTALL,
)
_DROPPED = frozenset('*`~#|\\"“”„‟«»()[]<>')
_APOSTROPHES = frozenset("'’‘‛ʼ＇´′")
_BLOCK_TAG = re.compile(r"</?(?:p|br|div|li|ul|ol|h\d|tr|td|th|table)\b", re.IGNORECASE)


class Span(NamedTuple):
    """Where something stands in a text: from ``start`` to before ``end``, in characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded.

    Attributes:
        text: In small Latin letters without accents, one space between words, no marks of emphasis or quotation.
        origins: Of each of its characters, where the piece that it comes from starts in the text as written.
        ends: Of each, where that piece ends.
    """

    text: str
    origins: array[int]
    ends: array[int]

    def span(self, start: int, end: int) -> Span:
        """Where the characters from ``start`` to before ``end`` stand in the text as written."""
        return Span(self.origins[start], self.ends[end - 1])


def fold(text: str, *, joined: bool = False) -> Folded:
    """Fold a text.

    Args:
        text: As written.
        joined: Whether a hyphen at the end of a line divides one word, which is then put together again; otherwise it
            stands between two words. Nobody can tell which it was, so whoever looks for something folds both ways.

    Examples:
        >>> fold("We have **оpened**\\n a com\\u00adpliance\\u00a0check.").text
        'we have opened a compliance check.'
        >>> fold("a com-\\npliance check", joined=True).text
        'a compliance check'
    """
    letters: list[str] = []
    origins, ends = array("l"), array("l")
    for piece in _PIECE.finditer(text):
        for letter in _folded(piece[0], joined=joined):
            if letter == " " and (not letters or letters[-1] == " "):
                continue
            letters.append(letter)
            origins.append(piece.start())
            ends.append(piece.end())
    return Folded("".join(letters), origins, ends)


def _folded(piece: str, *, joined: bool) -> Iterator[str]:
    if len(piece) > 1:
        if piece[0] == "{":  # what the mail merge puts in stays as it is
            yield from piece.lower()
            return
        if piece[0] in "<]":  # a tag, a comment, or where a link leads
            yield from " " if _BLOCK_TAG.match(piece) else ""
            return
        if piece[0] == ".":
            yield " "
            return
        if piece[0] == "-":
            yield from "" if joined else " "
            return
        piece = html.unescape(piece)
    piece = piece.replace("\u2026", " ")
    for character in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", piece).casefold()):
        yield from _plain(character)


def _plain(character: str) -> str:
    if character in _DROPPED or unicodedata.category(character) in ("Cf", "Mn", "Me"):
        return ""
    if character in _APOSTROPHES:
        return "'"
    if character.isspace() or character in "/_" or unicodedata.category(character) in ("Pd", "Cc"):
        return " "
    return LOOK_ALIKES.get(ord(character), character)


_SENTENCE_END = re.compile(r"[.!?]+[\"'”’)\]*_]*(?=\s|$)|\n[ \t]*(?=\n|[-*•]\s|\d{1,2}[.)]\s)|(?<=[:;])[ \t]*\n")
_ONLY_A_NUMBER = re.compile(r"\s*(?:\d{1,3}|[a-z])\.$", re.IGNORECASE)


def sentences(text: str) -> tuple[Span, ...]:
    """Where the sentences of a text stand, without the white space around them: in order, and none of them empty.

    A blank line ends a sentence, and so does the next item of a list; the number of an item is part of it.

    Examples:
        >>> [text[a:b] for text in ["Pay now. Or ring us!\\n\\n1. Go there\\n2. Pay"] for a, b in sentences(text)]
        ['Pay now.', 'Or ring us!', '1. Go there', '2. Pay']
    """
    spans: list[Span] = []
    start = 0
    for end in (*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)):
        part = text[start:end]
        if _ONLY_A_NUMBER.match(part) and end < len(text):
            continue
        if part.strip():
            first = start + len(part) - len(part.lstrip())
            spans.append(Span(first, first + len(part.strip())))
        start = end
    return tuple(spans)
