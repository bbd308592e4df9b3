"""What a text says otherwise than the wording now in use: in pieces, for a screen to mark."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final, Literal

from designs.protocol.models import Arm, Protocol
from designs.variants.folding import sentences

SegmentKind = Literal["same", "added", "removed"]
MOST_COMPARED: Final = 40_000
"""Pairs of pieces that are compared at most: beyond, all of the old text is removed and all of the new one added."""

_WORD = re.compile(r"^\s+|\S+\s*")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of one text or of both, with the white space after it."""

    kind: SegmentKind
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two versions of a text.

    Attributes:
        before: SHA-256 of the old version's bytes.
        after: SHA-256 of the new version's.
        by_words: All of both texts in order, word by word: ``same`` and ``removed`` together are the old text, and
            ``same`` and ``added`` the new one, to the character.
        by_sentences: The same, sentence by sentence.
    """

    before: str
    after: str
    by_words: tuple[Segment, ...]
    by_sentences: tuple[Segment, ...]


def difference(before: str, after: str, *, digests: tuple[str, str] | None = None) -> Difference:
    """What changed from one text to another.

    Args:
        before: The wording now in use.
        after: The text that would take its place.
        digests: SHA-256 of the bytes of either, where they are not the UTF-8 of the text.

    Examples:
        >>> found = difference("Pay now. Ring us.", "Pay today. Ring us.")
        >>> [(segment.kind, segment.text) for segment in found.by_words]
        [('same', 'Pay '), ('removed', 'now. '), ('added', 'today. '), ('same', 'Ring us.')]
        >>> [segment.text for segment in found.by_sentences if segment.kind == "added"]
        ['Pay today. ']
    """
    old, new = digests or (_digest(before), _digest(after))
    by_sentences = tuple(_segments(_by_sentence(before), _by_sentence(after)))
    return Difference(old, new, _merged(_by_words(by_sentences)), _merged(by_sentences))


def wording_in_use(plan: Protocol, arm: Arm) -> Arm | None:
    """The arm whose text an approach would replace: today's letter or call, of its own channel where there is one.

    Args:
        plan: As far as it is filled.
        arm: An approach of it.
    """
    today = [other for other in plan.arms or () if other.kind == "bau" and other.text and other.id != arm.id]
    return next((other for other in today if other.channel == arm.channel), today[0] if today else None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _by_sentence(text: str) -> list[str]:
    """The sentences of a text, each with what stands between it and the next."""
    starts = [span.start for span in sentences(text)]
    bounds = [0, *starts[1:], len(text)] if starts else [0, len(text)]
    return [text[start:end] for start, end in pairwise(bounds) if end > start]


def _segments(before: Sequence[str], after: Sequence[str]) -> Iterator[Segment]:
    """Runs of pieces that are the same, removed or added; where some take the place of others, removed comes first."""
    if len(before) * len(after) > MOST_COMPARED:
        yield from (Segment("removed", "".join(before)), Segment("added", "".join(after)))
        return
    for what, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            yield Segment("same", "".join(before[start:end]))
        else:
            yield Segment("removed", "".join(before[start:end]))
            yield Segment("added", "".join(after[new_start:new_end]))


def _by_words(by_sentences: Sequence[Segment]) -> Iterator[Segment]:
    """The same word by word: within sentences that take the place of others, words can be the same."""
    pieces = iter(by_sentences)
    for segment in pieces:
        if segment.kind == "same":
            yield segment
        else:
            yield from _segments(_WORD.findall(segment.text), _WORD.findall(next(pieces).text))


def _merged(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Neighbours of one kind together, and none of them empty."""
    merged: list[Segment] = []
    for segment in segments:
        if not segment.text:
            continue
        if merged and merged[-1].kind == segment.kind:
            merged[-1] = Segment(segment.kind, merged[-1].text + segment.text)
        else:
            merged.append(segment)
    return tuple(merged)
