"""A text as people look at it before it goes out: its paragraphs, what is wrong where, how hard it reads, what changed.

Nothing here is markup: words are cut into pieces, and a screen shows each piece as text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from analysis.wording.phrases import capitalised
from designs.finding import Open
from designs.gates import Facts
from designs.literals import Channel, Language, Severity
from designs.variants.differences import SegmentKind, difference
from designs.variants.reading_age import USUAL_AGE, Readability, readability
from designs.variants.sign_offs import PlannedText
from designs.variants.wording import MOST_CHARACTERS, Remark, as_text, check_wording
from trials.reporting.designing.words import clears_in_words
from trials.reporting.papers.characters import UNSEEN

WEIGHTS: Final[dict[Severity, str]] = {"blocks": "Must be settled", "warns": "To look at", "informs": "To know"}
_PARAGRAPH: Final = re.compile(r"(?:\r?\n[ \t]*){2,}")
_PART: Final = re.compile(r"(?P<placeholder>\{\w{1,63}\})|(?P<unseen>[^\n\r\t -~])")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text that is shown in one way.

    Attributes:
        text: The words; of a character that nobody would see, its number.
        placeholder: The mail merge puts something else in its place.
        unseen: It stands for a character that shows nothing, or changes how what follows is shown.
        marked: Somebody has to look at it.
        notes: The numbers of the notes that are about it, at the end of what they are about.
    """

    text: str
    placeholder: bool = False
    unseen: bool = False
    marked: bool = False
    notes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a sentence, or about what the text leaves out; ``number`` is its mark in the text, 0 for none."""

    number: int
    severity: Severity
    words: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with the notes on its sentences."""

    pieces: tuple[Piece, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A text that was looked at.

    Attributes:
        paragraphs: All of it, up to the characters that are searched.
        left_out: What it does not say, or what is wrong with all of it.
        reading: How hard it reads, in sentences.
    """

    paragraphs: tuple[Paragraph, ...]
    left_out: tuple[Note, ...]
    reading: tuple[str, ...]


@lru_cache(maxsize=64)
def letter(text: str, channel: Channel | None, language: Language) -> Letter:
    """A text with the findings at the sentences that they are about.

    Args:
        text: As written.
        channel: How customers get it; a letter's rules where it is not said yet.
        language: Of the text.

    Examples:
        >>> found = letter("We have opened a check.\\n\\nPay {amount}.", "sms", "en")
        >>> [(piece.text, piece.marked) for piece in found.paragraphs[0].pieces]
        [('We have ', False), ('opened a check', True), ('.', False)]
        >>> found.paragraphs[1].pieces[1]
        Piece(text='{amount}', placeholder=True, unseen=False, marked=False, notes=())
    """
    remarks = check_wording(text, channel or "letter", "text")
    placed = sorted((each for each in remarks if each.start is not None), key=lambda each: each.start or 0)
    numbered = list(enumerate(placed, 1))
    shown = text[:MOST_CHARACTERS]
    paragraphs = tuple(_paragraph(shown, start, end, numbered) for start, end in _paragraphs(shown))
    left_out = tuple(Note(0, each.open.severity, note_words(each.open)) for each in remarks if each.start is None)
    return Letter(paragraphs, left_out, reading_lines(readability(text, language)))


def as_written(facts: Facts, text: PlannedText) -> str | None:
    """What a text of the plan says; None where it is not there, or is no plain text."""
    content = None if text.name is None else facts.contents_by_name.get(text.name)
    return None if content is None else as_text(content)


def plain(text: str) -> tuple[Paragraph, ...]:
    """A text as customers would see it, all of it, with what the mail merge fills in marked.

    Examples:
        >>> [piece.text for piece in plain("Dear {name}\\u202e,")[0].pieces]
        ['Dear ', '{name}', '[U+202E]', ',']
    """
    return tuple(_paragraph(text, start, end, ()) for start, end in _paragraphs(text))


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _PARAGRAPH.finditer(text):
        if text[start : gap.start()].strip():
            yield start, gap.start()
        start = gap.end()
    if text[start:].strip():
        yield start, len(text)


def _paragraph(text: str, start: int, end: int, numbered: Sequence[tuple[int, Remark]]) -> Paragraph:
    mine = [(number, each) for number, each in numbered if each.start is not None and start <= each.start < end]
    spans = [
        (max(each.start or 0, start), min(each.end or 0, end), number)
        for number, each in numbered
        if each.start is not None and each.end is not None and each.start < end and each.end > start
    ]
    bounds = sorted({start, end, *(bound for first, last, _ in spans for bound in (first, last))})
    pieces: list[Piece] = []
    open_spans, coming = [], sorted(spans)
    for first, last in pairwise(bounds):
        while coming and coming[0][0] <= first:
            open_spans.append(coming.pop(0))
        open_spans = [span for span in open_spans if span[1] > first]
        ending = tuple(number for _, stop, number in open_spans if stop == last)
        parts = list(_parts(text[first:last], marked=bool(open_spans)))
        if ending and parts:
            parts[-1] = Piece(parts[-1].text, parts[-1].placeholder, parts[-1].unseen, parts[-1].marked, ending)
        pieces += parts
    return Paragraph(
        tuple(pieces), tuple(Note(number, each.open.severity, note_words(each.open)) for number, each in mine)
    )


def _parts(text: str, *, marked: bool) -> Iterator[Piece]:
    """What is filled in, and what nobody would see, apart from the rest."""
    place = 0
    for found in _PART.finditer(text):
        unseen = found["unseen"]
        if unseen is not None and unicodedata.category(unseen) not in UNSEEN:
            continue
        if place < found.start():
            yield Piece(text[place : found.start()], marked=marked)
        if unseen is None:
            yield Piece(found[0], placeholder=True, marked=marked)
        else:
            yield Piece(f"[U+{ord(unseen):04X}]", unseen=True, marked=marked)
        place = found.end()
    if place < len(text):
        yield Piece(text[place:], marked=marked)


def note_words(found: Open) -> str:
    """What is open about a text, what to do, and who clears it; in sentences."""
    return f"{capitalised(found.problem)}. {capitalised(found.remedy)}. Who: {clears_in_words(found.clears)}."


def reading_lines(found: Readability) -> tuple[str, ...]:
    """How hard a text reads.

    Examples:
        >>> reading_lines(readability("Please pay it by {pay_by}.", "en"))[0]
        '5 words in one sentence. Reading age 5 (Flesch-Kincaid grade -1.8); GOV.UK writes for 9.'
        >>> reading_lines(readability("Talwch erbyn {pay_by}.", "cy"))
        ('3 words in one sentence.', 'The reading age of Welsh is not measured.')
    """
    sentences = "one sentence" if found.sentences == 1 else f"{found.sentences:,} sentences"
    counted = f"{found.words:,} {'word' if found.words == 1 else 'words'} in {sentences}."
    if found.age is not None:
        counted += f" Reading age {found.age:g} (Flesch-Kincaid grade {found.score:g}); GOV.UK writes for {USUAL_AGE}."
    return (counted,) if found.note is None else (counted, f"{capitalised(found.note)}.")


@dataclass(frozen=True, slots=True)
class Change:
    """A run of one text or of both, in pieces."""

    kind: SegmentKind
    pieces: tuple[Piece, ...]


@lru_cache(maxsize=64)
def changed_from(before: str, after: str) -> tuple[Change, ...]:
    """What a text says otherwise than the one it takes the place of, word by word; nothing where they are the same.

    Examples:
        >>> [(change.kind, change.pieces[0].text) for change in changed_from("Pay now.", "Pay today.")]
        [('same', 'Pay '), ('removed', 'now.'), ('added', 'today.')]
        >>> changed_from("Pay now.", "Pay now.")
        ()
    """
    if before == after:
        return ()
    found = difference(before[:MOST_CHARACTERS], after[:MOST_CHARACTERS])
    return tuple(Change(each.kind, tuple(_parts(each.text, marked=False))) for each in found.by_words)
