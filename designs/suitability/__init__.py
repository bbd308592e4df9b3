"""Is one-to-many the right approach? The questions, what each answer rests on, and what is still to be settled."""

from designs.suitability.editions import Edition, Question, edition_of
from designs.suitability.reasons import ReasonCount, ReasonMix, count_reasons, mix_of
from designs.suitability.review import Review, review
from designs.suitability.staleness import answer_digests, rests_on, stale, unconfirmed

__all__ = [
    "Edition",
    "Question",
    "ReasonCount",
    "ReasonMix",
    "Review",
    "answer_digests",
    "count_reasons",
    "edition_of",
    "mix_of",
    "rests_on",
    "review",
    "stale",
    "unconfirmed",
]
