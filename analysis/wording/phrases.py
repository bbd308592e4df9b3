"""Phrases: capitals, lists, dates, and identifiers as words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime


def capitalised(words: str) -> str:
    """Words at the start of a sentence; a name that is written small stays so.

    >>> capitalised("the e-mail"), capitalised("iXBRL letter")
    ('The e-mail', 'iXBRL letter')
    """
    first = words.split(maxsplit=1)[0] if words.strip() else ""
    return words if first[:1].islower() and _holds_capitals(first[1:]) else words[:1].upper() + words[1:]


def uncapitalised(label: str) -> str:
    """A label as it stands within a sentence: initials, references and names with capitals of their own keep them.

    >>> uncapitalised("Plain reminder letter"), uncapitalised("A letter"), uncapitalised("E-mail reminder")
    ('plain reminder letter', 'a letter', 'e-mail reminder')
    >>> uncapitalised("HMRC's letter"), uncapitalised("P800 letter"), uncapitalised("A/B test")
    ("HMRC's letter", 'P800 letter', 'A/B test')
    """
    first = label.split(maxsplit=1)[0] if label.strip() else ""
    is_initial = len(first) == 1 and first != "A"
    return label if is_initial or _holds_capitals(first[1:]) else label[:1].lower() + label[1:]


def _holds_capitals(letters: str) -> bool:
    """Whether a word goes on in capitals or figures, as initials and references do."""
    return any(letter.isupper() or letter.isdigit() for letter in letters)


def sentence_case(identifier: str) -> str:
    """An identifier as a phrase.

    >>> sentence_case("allocation_counts")
    'Allocation counts'
    """
    phrase = identifier.replace("_", " ").replace("-", " ").strip()
    return phrase[:1].upper() + phrase[1:]


def listed(items: tuple[str, ...] | list[str], last: str = "and") -> str:
    """Items as a list within a sentence.

    >>> listed(["letter", "SMS", "call"]), listed(["letter", "SMS"], "or")
    ('letter, SMS and call', 'letter or SMS')
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def shortened(digest: str | None, length: int = 12) -> str:
    """The start of a digest, enough to tell two apart by eye.

    >>> shortened("3fa9b2c4d5e6f708")
    '3fa9b2c4d5e6…'
    """
    if not digest:
        return "none"
    return digest if len(digest) <= length else f"{digest[:length]}…"


def day(value: date | None) -> str:
    """A date in full.

    >>> day(date(2026, 11, 21))
    '21 November 2026'
    """
    return "not yet" if value is None else f"{value.day} {value:%B %Y}"


def moment(value: datetime | None) -> str:
    """A date and a time of day.

    >>> moment(datetime(2026, 11, 21, 9, 5))
    '21 November 2026 at 09:05'
    """
    return "not yet" if value is None else f"{day(value)} at {value:%H:%M}"


def level_labels(levels: Iterable[str]) -> dict[str, str]:
    """Each level of a column as it is shown: in sentence case, unless two of them would then look the same.

    >>> level_labels(["cannot_pay", "forgot"])
    {'cannot_pay': 'Cannot pay', 'forgot': 'Forgot'}
    >>> level_labels(["a", "A", "a-b", "a b"])
    {'a': 'a', 'A': 'A', 'a-b': 'a-b', 'a b': 'a b'}
    """
    labels = {level: sentence_case(level) for level in levels}
    return labels if len(set(labels.values())) == len(labels) else {level: level for level in labels}
