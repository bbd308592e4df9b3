"""Segments as headings and in sentences: by the words that a plan declares of its columns, else by their names."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import Segment
from designs.protocol.words import ColumnWords, says_who


def segment_words(segment: Segment, words: ColumnWords | None = None) -> str:
    """A segment as it stands in a sentence.

    >>> segment_words(Segment("prior_late", "2"))
    'prior late is 2'
    """
    said = (words or ColumnWords()).customers(segment.column, segment.level)
    return said or f"{name_as_words(segment.column)} is {segment.level.replace('_', ' ')}"


def scaled_to(segments: Sequence[tuple[str, Segment]], words: ColumnWords | None = None) -> str:
    """To whom each approach is to be scaled, behind \u201cScale\u201d.

    >>> from designs.protocol.models import ColumnDeclaration
    >>> words = ColumnWords({"reason": ColumnDeclaration(levels={"forgot": "customers who forgot"})})
    >>> scaled_to([("the letter", Segment("reason", "forgot"))], words)
    'the letter to customers who forgot'
    >>> scaled_to([("the letter", Segment("reason", "forgot"))])
    'the letter to a segment: reason is forgot'
    """
    said = [(approach, segment_words(segment, words)) for approach, segment in segments]
    if len(said) == 1:
        ((approach, where),) = said
        return f"{approach} to {where}" if says_who(where) else f"{approach} to a segment: {where}"
    named = [f"{approach} {'to' if says_who(where) else 'where'} {where}" for approach, where in said]
    return f"to segments: {'; '.join(named)}"


def name_as_words(column: str) -> str:
    """A column's name as it stands in a sentence.

    >>> name_as_words("prior_late")
    'prior late'
    """
    return column.replace("_", " ")
