"""Segments and columns in sentences: by the words that the plan declares of them, else by their names."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import Segment
from analysis.wording.phrases import listed
from designs.protocol.words import ColumnWords


def customers_with(words: ColumnWords, segments: Sequence[Segment], last: str = "and") -> str:
    """The customers of one segment or several, within a sentence.

    Examples:
        >>> from designs.protocol.models import ColumnDeclaration
        >>> words = ColumnWords({"reason": ColumnDeclaration(levels={"forgot": "customers who forgot"})})
        >>> customers_with(words, [Segment("reason", "forgot")])
        'customers who forgot'
        >>> customers_with(words, [Segment("reason", "forgot"), Segment("age", "old")], "or")
        'customers who forgot or customers with age = old'
        >>> customers_with(ColumnWords(), [Segment("reason", "forgot"), Segment("age", "old")])
        'customers with reason = forgot and age = old'
    """
    said = [words.customers(segment.column, segment.level) for segment in segments]
    if not any(said):
        return f"customers with {listed([str(segment) for segment in segments], last)}"
    named = zip(said, segments, strict=True)
    return listed([customers or f"customers with {segment}" for customers, segment in named], last)


def segment_within(words: ColumnWords, segment: Segment) -> str:
    """A segment where a sentence has not said that it is of customers.

    Examples:
        >>> segment_within(ColumnWords(), Segment("reason", "forgot"))
        'reason = forgot'
    """
    return words.customers(segment.column, segment.level) or str(segment)
