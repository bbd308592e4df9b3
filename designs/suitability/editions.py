"""The questions that are asked before customers are contacted, by edition of the Compliance Handbook (CH600210).

The wording is ours. The guidance has changed its list before, so a plan names the edition that it answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from designs.literals import QuestionsEdition
from designs.protocol.models import FIRST_EDITION, Protocol

Part = Literal["behaviour", "population", "arms", "outcomes", "randomisation", "decision"]
"""A section of the plan that an answer may rest on."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        id: Its key under ``suitability``.
        asks: The question, as people read it.
        evidence: What shows that the answer is right.
        rests_on: The parts of the plan from which the answer follows: it is stale when one of them changes.
    """

    id: str
    asks: str
    evidence: str
    rests_on: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """A set of questions.

    Attributes:
        name: As a plan names it.
        source: Where the guidance stands.
        questions: In the order in which they are asked.
    """

    name: QuestionsEdition
    source: str
    questions: tuple[Question, ...]

    def question(self, question_id: str) -> Question:
        return next(question for question in self.questions if question.id == question_id)


_EIGHT: Final = (
    Question(
        "customers",
        "How many customers are involved?",
        "A count by the rules of the population, and the day on which it was made.",
        ("population",),
    ),
    Question(
        "cost",
        "What does it cost the department, to administer and in tax that is not collected?",
        "Low, central and high figures, each with its source.",
        ("population", "arms", "decision"),
    ),
    Question(
        "behaviour",
        "What precisely is the behaviour that should change?",
        "The outcome that shows it, and the day by which it is counted.",
        ("behaviour", "outcomes"),
    ),
    Question(
        "same_reason",
        "Do all of them behave like this for the same reason?",
        "Interviews, calls or replies that tell why, and how surely each customer's reason is known.",
        ("population",),
    ),
    Question(
        "message",
        "What message, or what change to existing messages, could influence it?",
        "What is known of such messages, from past trials and from customers.",
        ("arms",),
    ),
    Question(
        "reaction",
        "How will these customers react?",
        "Shares who pay, file, call, complain, do nothing or have an agent answer, and where the figures come from.",
        ("population", "arms"),
    ),
    Question(
        "follow_up",
        "If customers are asked to review a return, is it followed up?",
        "Who follows up, how many they can take and from when, agreed with them.",
        ("arms",),
    ),
    Question(
        "operations",
        "What do sudden contact and amended returns do to operational colleagues?",
        "Contact expected on the busiest day, and what can be taken, from the staffing plan.",
        ("population", "arms", "randomisation"),
    ),
)
_FURTHER: Final = (
    Question(
        "risk_plan",
        "Which risk does it answer, and how does it serve the plan for that risk?",
        "The entry in the risk plan.",
        ("behaviour", "population"),
    ),
    Question(
        "legal_requirement",
        "Does the law require this contact, or limit it?",
        "The provision, or the advice that there is none.",
        ("arms",),
    ),
    Question(
        "reputation",
        "How would it look to the public if it were reported?",
        "What communications colleagues say of it.",
        ("population", "arms"),
    ),
    Question(
        "resource",
        "Who does the work, and are they free to do it?",
        "What each team agreed to.",
        ("arms", "randomisation", "decision"),
    ),
    Question(
        "timing",
        "Is this the right time of the year for these customers and for colleagues?",
        "The calendar of filing, payments and other campaigns.",
        ("population", "randomisation"),
    ),
    Question(
        "support",
        "How do customers who need support get it?",
        "What those who give extra support say of the message, and who is left out of it.",
        ("population", "arms"),
    ),
)
EDITIONS: Final[Mapping[QuestionsEdition, Edition]] = {
    "CH600210-1": Edition("CH600210-1", "Compliance Handbook, CH600210", _EIGHT),
    "CH600210-2": Edition("CH600210-2", "Compliance Handbook, CH600210, as it asks more", (*_EIGHT, *_FURTHER)),
}


def edition_of(plan: Protocol) -> Edition:
    """The edition that a plan answers: the first where it names none."""
    named = plan.suitability.edition if plan.suitability is not None else None
    return EDITIONS[named or FIRST_EDITION]
