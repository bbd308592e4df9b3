"""What is wrong with the wording of one text: what it must not tell customers, and what it leaves out."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, get_args

from designs.finding import Open
from designs.literals import Channel, Severity
from designs.variants.contents import CONTENTS, REQUIRED
from designs.variants.english import ENGLISH
from designs.variants.folding import Folded, Span, fold, sentences
from designs.variants.phrases import Phrase
from designs.variants.welsh import WELSH

EDITION: Final = "2026-11"
"""Of the phrases and of what each channel has to say."""

MOST_CHARACTERS: Final = 100_000
"""Of a text that is searched at all: some twenty pages."""

PHRASES: Final[tuple[Phrase, ...]] = (*ENGLISH, *WELSH)

_DENIED_BEFORE = re.compile(
    r"(?:\b(?:(?<!why )not|no|never|without|nor|cannot|need not|no need|no plans?"
    r"|not (?:need|have|asking you|going|planning|intend\w*|plan|want\w*)|heb|ddim"
    r"|nid (?:ydym|ydyn ni|yw|oes angen)(?: \w+)?|peidi\w+ a|dim angen)|n't(?: (?:need|have|want|plan))?)"
    r"(?: (?:yet|currently|now|at present|at this stage|today|to|i|wedi|yn))* $"
)
_DENIED_WITHIN = re.compile(
    r"\b(?:no|not|never|no longer)\b(?! (?:only|just|merely))|n't\b|\b(?:nid|nad|heb|ddim|ni|na|dim)\b"
)
_CONDITION_BEFORE = re.compile(
    r"\b(?:(?:if|unless|whether|in case|before|until|os|oni bai|cyn i|cyn)(?: [a-z'{}_]+){0,3}"
    r"|(?:may|might|could|would|byddwn|bydd|gallwn|gallem|efallai)(?: (?:also|then|have|be|now|soon|ni|hefyd))*) $"
)
_DENIED = "this is denied here, and may be read all the same: "
_OFFERED = re.compile(r"\b(?:we|hmrc|colleagues|it|letter|page)(?:'ll| (?:will|can|may|could|also|shall|would))* $")
_ASKED_BY_US = re.compile(r"need|requir|request|ask")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the wording of a text.

    Attributes:
        open: What it is, what to do, and who clears it.
        start: Where the words that it is about start in the text as written; None where something is missing.
        end: Where they end.
        sentence: Where the sentence stands that they start in.
    """

    open: Open
    start: int | None = None
    end: int | None = None
    sentence: Span | None = None


@lru_cache(maxsize=64)
def check_wording(text: str, channel: Channel, where: str) -> tuple[Remark, ...]:
    """What is wrong with a text, first what blocks, then in the order of the text.

    Phrases of both languages are looked for in every text: one in English is no better in a Welsh letter.

    Args:
        text: As customers get it, with its placeholders in braces.
        channel: How they get it, which says what it has to hold.
        where: Its path in the plan, such as ``arms[1].text.en``.

    Examples:
        >>> [remark.open.code for remark in check_wording("We have opened a check. Ring 0300 000 0011.", "sms", "here")]
        ['check_opened', 'deadline_missing']
    """
    if not text.strip():
        problem = "there is nothing in this text"
        return (Remark(Open("text_empty", "blocks", where, problem, "write the text", "designer")),)
    if len(text) > MOST_CHARACTERS:
        problem = f"this text has {len(text):,} characters, and no message has more than {MOST_CHARACTERS:,}"
        return (Remark(Open("text_too_long", "blocks", where, problem, "keep what customers get alone", "designer")),)
    spans = sentences(text)
    remarks = [*_said(text, spans, where), *_left_out(text, spans, channel, where)]
    severities = get_args(Severity)
    return tuple(sorted(remarks, key=lambda remark: (severities.index(remark.open.severity), remark.start or 0)))


@dataclass(frozen=True, slots=True)
class _Match:
    phrase: Phrase
    severity: Severity
    span: Span


def _said(text: str, spans: tuple[Span, ...], where: str) -> Iterator[Remark]:
    for match in _worst(_matches(text)):
        reason, (start, end) = match.phrase.reason, match.span
        words = " ".join(text[start:end].split())
        denied = match.severity == "informs"  # no phrase weighs so little of itself
        yield Remark(
            Open(
                reason.concern,
                match.severity,
                where,
                f'"{words}": {_DENIED if denied else ""}{reason.because}',
                reason.remedy,
                "taa" if match.severity != "blocks" else "designer",
            ),
            start,
            end,
            next(span for span in reversed(spans) if span.start <= start),
        )


def _matches(text: str) -> Iterator[_Match]:
    for folded in {view.text: view for view in (fold(text), fold(text, joined=True))}.values():
        for phrase in PHRASES:
            for match in phrase.expression.finditer(folded.text):
                if _is_offered(phrase, folded, match):
                    continue
                yield _Match(phrase, _severity(phrase, folded, match), folded.span(*match.span()))


def _is_offered(phrase: Phrase, folded: Folded, match: re.Match[str]) -> bool:
    """Whether it is the department that gives something here, as in "we can send a statement of your account"."""
    asks = phrase.reason.concern == "information_asked_for" and not _ASKED_BY_US.match(match[0])
    return asks and _OFFERED.search(folded.text[max(0, match.start() - 80) : match.start()]) is not None


def _severity(phrase: Phrase, folded: Folded, match: re.Match[str]) -> Severity:
    """How much a phrase weighs here: one that is denied only tells, and a condition or a possibility warns."""
    before = folded.text[max(0, match.start() - 80) : match.start()]
    within = " ".join(words for name, words in match.groupdict().items() if words)
    if _DENIED_BEFORE.search(before) or _DENIED_WITHIN.search(within):
        return "informs"
    opened = phrase.reason.concern == "check_opened"
    return "warns" if opened and _CONDITION_BEFORE.search(before) else phrase.reason.severity


def _worst(matches: Iterator[_Match]) -> list[_Match]:
    """One of those that overlap and are of a kind: the weightiest, then the first, then the longest."""
    severities = get_args(Severity)

    def place(match: _Match) -> tuple[int, int, int]:
        return severities.index(match.severity), match.span.start, -match.span.end

    kept: dict[str, list[_Match]] = {}
    taken: dict[str, bytearray] = {}
    for match in sorted(matches, key=place):
        kind, (start, end) = _kind(match), match.span
        mine = taken.setdefault(kind, bytearray(MOST_CHARACTERS))
        if not any(mine[start:end]):
            mine[start:end] = b"\1" * (end - start)
            kept.setdefault(kind, []).append(match)
    return [match for found in kept.values() for match in found]


def _kind(match: _Match) -> str:
    return match.phrase.reason.concern.split("_")[0]


def _left_out(text: str, spans: tuple[Span, ...], channel: Channel, where: str) -> Iterator[Remark]:
    folded = [fold(text[start:end]).text for start, end in spans]
    for part in REQUIRED[channel]:
        content = CONTENTS[part]
        if any(
            content.found_by.search(sentence) and not (content.unless and content.unless.search(sentence))
            for sentence in folded
        ):
            continue
        problem = f"this text does not seem to give {content.name}"
        yield Remark(Open(f"{part}_missing", "warns", where, problem, content.remedy, "copgu"))


def as_text(content: bytes) -> str | None:
    """A text from its bytes: UTF-8, or UTF-16 that says so; None where it is neither, and nobody can check its words.

    Examples:
        >>> as_text(b"Pay now."), as_text(bytes([0x50, 0x4B, 0xFF]))
        ('Pay now.', None)
    """
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
