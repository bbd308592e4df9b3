"""What a trial is about, in words that trials are compared by, and how much two trials are alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from designs.protocol.models import Protocol
from designs.protocol.words import column_words

HOW_NEAR: Final = (
    "Four things count alike: the words of the behaviour, the segments, the channels and the behavioural techniques. "
    "Of each, what both trials have is divided by what either has; how near a trial is is the mean of the four."
)
"""The rule of :func:`likeness`, as people read it."""

_SAYS_LITTLE: Final = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "customer", "customers", "day", "days", "do", "does", "for",
    "from", "has", "have", "her", "his", "in", "is", "it", "its", "no", "not", "of", "on", "or", "that", "the",
    "their", "them", "they", "to", "under", "was", "were", "when", "which", "who", "whose", "will", "with", "within",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Traits:
    """What a trial is about.

    Attributes:
        behaviour: What customers are to do, as the plan says it; the primary outcome where the plan says nothing.
        segments: What its segments are called.
        channels: By which customers are contacted.
        techniques: Of its approaches, in small letters.
    """

    behaviour: str = ""
    segments: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    techniques: frozenset[str] = frozenset()


def traits_of(plan: Protocol) -> Traits:
    """What a plan, which may be partly filled, is about.

    Args:
        plan: As far as it is filled.
    """
    behaviour, outcomes = plan.behaviour, plan.outcomes or ()
    primary = next((outcome for outcome in outcomes if outcome.role == "primary"), None)
    measured = "" if primary is None else primary.label or primary.id.replace("_", " ")
    arms = [arm for arm in plan.arms or () if arm.kind == "otm"]
    return Traits(
        behaviour=measured if behaviour is None else behaviour.action,
        segments=frozenset(segments_of(plan).values()),
        channels=frozenset(arm.channel for arm in arms if arm.channel is not None),
        techniques=frozenset(folded(arm.technique) for arm in arms if arm.technique is not None),
    )


def segments_of(plan: Protocol) -> dict[str, str]:
    """What each column of a plan's segments is called within a sentence."""
    if plan.analysis is None or plan.population is None:
        return {}
    words = column_words(plan)
    return {
        subgroup.column: words.label(subgroup.column) or subgroup.column.replace("_", " ")
        for subgroup in plan.analysis.subgroups
    }


def folded(words: str) -> str:
    """Words without capitals, accents or signs, which neither separate trials nor bring them together.

    Examples:
        >>> folded("Social-Norms,  état")
        'social norms etat'
    """
    parts = unicodedata.normalize("NFKD", words.casefold())
    plain = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", plain))


def telling_words(words: str) -> frozenset[str]:
    """The words of a sentence that say what it is about; a plural is its singular.

    Examples:
        >>> sorted(telling_words("Pay the debts by day 23"))
        ['debt', 'pay']
    """
    return frozenset(
        word[:-1] if word.endswith("s") and len(word) > 3 else word
        for word in folded(words).split()
        if word not in _SAYS_LITTLE and not word.isdigit()
    )


def likeness(first: Traits, second: Traits) -> float:
    """How much two trials are alike, from 0 to 1: the mean over four things of what both have in what either has.

    Of what neither has, nothing is alike (Jaccard's index, where 0/0 is 0).

    Examples:
        >>> sms = Traits("pay the debt", channels=frozenset({"sms"}))
        >>> likeness(sms, Traits("pay the debt", channels=frozenset({"sms", "letter"})))
        0.375
    """
    pairs: tuple[tuple[AbstractSet[str], AbstractSet[str]], ...] = (
        (telling_words(first.behaviour), telling_words(second.behaviour)),
        (frozenset(map(folded, first.segments)), frozenset(map(folded, second.segments))),
        (first.channels, second.channels),
        (first.techniques, second.techniques),
    )
    return sum(len(own & other) / len(own | other) if own | other else 0.0 for own, other in pairs) / len(pairs)
