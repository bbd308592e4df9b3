"""How old a reader has to be for a text: the Flesch-Kincaid grade of its words and sentences, for each version of it.

Grade = 0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid and others 1975); the reading age is five years
more. Syllables are counted where a word may be hyphenated, which needs no dictionary of pronunciation: on the texts of
this service the grade comes out up to one year lower than by the dictionary of Carnegie Mellon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from pyphen import Pyphen

from designs.finding import Open
from designs.literals import Language
from designs.variants.folding import sentences

EDITION: Final = "flesch-kincaid 2026-11"
"""Of the formula, and of what counts as a word, a syllable and a sentence: where a score moves, it changes."""

FEW_WORDS: Final = 100
"""Below so many, one long word or short line moves the score by a year."""

LONGEST_WORD: Final = 60
"""Letters of a word that are hyphenated at once: none is longer, and what is longer takes its square in time."""

USUAL_AGE: Final = 9
"""Up to which GOV.UK writes for everybody."""

_MERGED = re.compile(r"\{\w{1,63}\}")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|&#?\w{1,31};|\bhttps?://\S+|\bwww\.\S+|\S{1,64}@\S{1,255}\.\S+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Readability:
    """How hard one version of a text reads.

    Attributes:
        score: The grade; None where nothing is measured.
        age: The reading age in years, at least five; None where nothing is measured.
        words: How many there are, a placeholder being one and a figure none.
        sentences: How many there are, headings and items of lists among them.
        edition: How it was measured.
        note: What to know of it, in words; None where it can be taken as it is.
    """

    score: float | None
    age: float | None
    words: int
    sentences: int
    edition: str = EDITION
    note: str | None = None


@lru_cache(maxsize=64)
def readability(text: str, language: Language) -> Readability:
    """How hard a text reads.

    Args:
        text: As written, with its placeholders in braces: each is one word of one syllable.
        language: Of the text. Welsh is not measured: the formula was fitted to English.

    Examples:
        >>> found = readability("You owe tax. Please pay it by {pay_by}, or ring us.", "en")
        >>> found.words, found.sentences, found.score
        (11, 2, -1.6)
        >>> readability("Talwch erbyn {pay_by}.", "cy").age is None
        True
    """
    plain = _MERGED.sub(" x ", _TAG.sub(" ", text))
    by_sentence = [found for start, end in sentences(plain) if (found := _WORD.findall(plain[start:end]))]
    words = [word for found in by_sentence for word in found]
    if language == "cy":
        return Readability(None, None, len(words), len(by_sentence), note="the reading age of Welsh is not measured")
    if not words:
        return Readability(None, None, 0, 0, note="there are no words to measure")
    grade = 0.39 * len(words) / len(by_sentence) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59
    note = f"of fewer than {FEW_WORDS} words a reading age means little" if len(words) < FEW_WORDS else None
    score = round(grade, 1)
    return Readability(score, max(5.0, round(score + 5, 1)), len(words), len(by_sentence), note=note)


def hard_to_read(found: Readability, where: str) -> Open | None:
    """What to do about a text that reads harder than GOV.UK writes; None where it does not, or nobody can tell.

    Args:
        found: How hard it reads.
        where: Its path in the plan, such as ``arms[1].text.en``.
    """
    if found.age is None or found.age <= USUAL_AGE or found.words < FEW_WORDS:
        return None
    problem = f"this text needs a reading age of {found.age:g}, and GOV.UK writes for {USUAL_AGE}"
    return Open("hard_to_read", "warns", where, problem, "use shorter sentences and plainer words", "copgu")


def _syllables(word: str) -> int:
    pieces = (word[start : start + LONGEST_WORD] for start in range(0, len(word), LONGEST_WORD))
    return sum(len(_hyphenation().positions(piece.lower())) + 1 for piece in pieces)


@cache
def _hyphenation() -> Pyphen:
    return Pyphen(lang="en_US")  # its patterns find more of the syllables than those of en_GB, in British texts too
