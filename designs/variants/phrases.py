"""What a phrase to look for is, and the lists of them: data with an edition, since guidance and habits change.

A phrase is written as a regular expression over a folded text (:mod:`designs.variants.folding`): small letters, no
accents, one space between words. ``GAP`` stands for a few words between two others of the same sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from designs.literals import Language, Severity

Concern = Literal["check_opened", "check_threatened", "disclosure_threatened", "information_asked_for"]
"""What a phrase may tell a customer: that a compliance check is open, or will be; that they can no longer disclose
unprompted; or that they are to show that their affairs are correct, which opens a check."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why phrases are in the list.

    Attributes:
        concern: What they may tell a customer.
        severity: How much one weighs where it is neither denied nor a condition.
        because: The same for whoever has to reword the text, as the end of a sentence.
        remedy: What to do.
    """

    concern: Concern
    severity: Severity
    because: str
    remedy: str


SAYS_OPEN: Final = Reason(
    "check_opened",
    "blocks",
    "this says that a compliance check has been opened, which a message to many must not say",
    "say what the customer should do, and leave out any check",
)
READS_AS_OPEN: Final = Reason(
    "check_opened",
    "warns",
    "a customer may take it that a compliance check has been opened",
    "reword it, or have the TAA answer for it in the sign-off of this text",
)
SPEAKS_OF_ONE: Final = Reason(
    "check_threatened",
    "warns",
    "this speaks of a check to come, so that what the customer tells next may count as prompted",
    "reword it, or have the TAA answer for it in the sign-off of this text",
)
MAY_JEOPARDISE: Final = Reason(
    "disclosure_threatened",
    "warns",
    "this may jeopardise the customer's right to make an unprompted disclosure",
    "reword it, or have the TAA answer for it in the sign-off of this text",
)
ASKS_TO_SHOW: Final = Reason(
    "information_asked_for",
    "blocks",
    "asking for information to show that affairs are correct opens a compliance check, which is not one-to-many",
    "ask customers to look at their affairs themselves, or write to each of them by the ordinary route",
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of saying what a message must not say.

    Attributes:
        id: Its name, which no other phrase of its language has.
        language: Of the phrase; texts of either language are searched for those of both.
        reason: Why it is in the list.
        expression: What is looked for. Its named groups hold the words in which a denial would stand.
    """

    id: str
    language: Language
    reason: Reason
    expression: re.Pattern[str]


def listed(reason: Reason, language: Language, patterns: Mapping[str, str]) -> Iterator[Phrase]:
    """Phrases that are in the list for one reason, from their patterns by id."""
    for name, pattern in patterns.items():
        yield Phrase(name, language, reason, re.compile(rf"\b(?:{pattern})"))


def gap(most: int) -> str:
    """At most so many words of the same sentence, and the space before what comes next."""
    return rf"(?:[,;:]? [^ .!?,;:]+){{0,{most}}}?[,;:]? "
