"""What TAA, COPGU and communications answer for when they sign a text: data with an edition, since guidance changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from designs.literals import Language
from designs.protocol.sections.scalars import Scalar

Body = Literal["taa", "copgu", "communications"]
BODIES: Final[tuple[Body, ...]] = ("taa", "copgu")
"""Who signs every text."""

NAMES: Final[Mapping[Body, str]] = MappingProxyType(
    {"taa": "TAA", "copgu": "COPGU", "communications": "Communications"}
)


def bodies_of(language: Language) -> tuple[Body, ...]:
    """Who signs a text in a language: what is in Welsh is signed by those who answer for the Welsh too.

    Examples:
        >>> bodies_of("en"), bodies_of("cy")
        (('taa', 'copgu'), ('taa', 'copgu', 'communications'))
    """
    return BODIES if language == "en" else (*BODIES, "communications")


@dataclass(frozen=True, slots=True)
class Point:
    """One question about a text.

    Attributes:
        id: The key of its answer.
        asks: The question as people read it.
        answers: What may be answered; to a question of yes or no also true or false.
        passes: With which of them the text can go out.
    """

    id: str
    asks: str
    answers: tuple[str, ...]
    passes: tuple[str, ...]

    def given(self, answer: Scalar | None) -> str | None:
        """The answer as one of :attr:`answers`; None where it is none of them, or there is none.

        Examples:
            >>> point = Point("rights", "Are the rights there?", ("yes", "no"), ("yes",))
            >>> point.given(True), point.given(" Yes"), point.given("perhaps")
            ('yes', 'yes', None)
        """
        words = ("yes" if answer else "no") if isinstance(answer, bool) else str(answer).strip().lower()
        return words if answer is not None and words in self.answers else None


def _yes(name: str, asks: str) -> Point:
    return Point(name, asks, ("yes", "no"), ("yes",))


CHECKLISTS: Final[Mapping[str, Mapping[Body, tuple[Point, ...]]]] = MappingProxyType(
    {
        "2026-11": MappingProxyType(
            {
                "taa": (
                    Point(
                        "opens_check",
                        "Does the text open a compliance check, or make a customer expect that one has been opened?",
                        ("yes", "no"),
                        ("no",),
                    ),
                    Point(
                        "disclosure",
                        "Is a disclosure that a customer makes after this text prompted or unprompted?",
                        ("unprompted", "prompted"),
                        ("unprompted",),
                    ),
                ),
                "copgu": (
                    _yes("rights", "Does the customer learn what their rights and responsibilities are?"),
                    _yes("what_to_do", "Is it clear what the customer is to do?"),
                    _yes("if_they_respond", "Does it say what happens if they respond?"),
                    _yes("if_they_do_not", "Does it say what happens if they do not respond?"),
                    _yes("contact_route", "Can the customer reach somebody who can help?"),
                    Point(
                        "tone",
                        "What is the tone of the text?",
                        ("supportive", "neutral", "firm", "unsuitable"),
                        ("supportive", "neutral", "firm"),
                    ),
                ),
                "communications": (
                    _yes("same_meaning", "Does the Welsh say what the English says, and no more?"),
                    _yes("good_welsh", "Is it correct and plain Welsh?"),
                    _yes("as_well_served", "Is a customer who reads it served no worse than in English?"),
                ),
            }
        ),
    }
)
"""The points of each body by edition, the oldest first."""

LATEST: Final = tuple(CHECKLISTS)[-1]
"""The edition that a new sign-off answers."""

SIZE_POINTS: Final[Mapping[str, tuple[Point, ...]]] = MappingProxyType(
    {"2026-11": (_yes("large_enough", "Is the sample large enough for what the trial is to find?"),)}
)
"""What KAI answers when it signs the size of the sample, by edition."""
