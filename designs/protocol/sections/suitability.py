"""Why a trial is right: the ``behaviour``, the ``alternatives`` and the eight ``suitability`` questions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from designs.literals import Confidence, QuestionsEdition, SameReason
from designs.protocol.sections.scalars import Declared, Identifier, NotNegative, Range, Scalar, Text, union_of
from designs.protocol.sections.surge import Surge

_expected = union_of("text, a number, true or false, or keys with these")
InWords = Annotated[bool | int | float | str | dict[str, Scalar], _expected]
"""An answer that people read and no code does."""


class Behaviour(Declared):
    who: Text
    action: Text
    by_day: Annotated[int, Field(gt=0)] | None = None
    observed_in: Text


class Alternative(Declared):
    option: Text
    reason: Text


class _Answer(Declared):
    """Every answer has its evidence, and says how sure it is."""

    evidence: Text
    confidence: Confidence


class CustomersAnswer(_Answer):
    """How many customers behave so."""

    answer: InWords


class CostAnswer(_Answer):
    """What it costs the department: to administer, and in tax not collected; in pounds."""

    answer: InWords | None = None
    administration: Range
    exchequer_loss: Range


class BehaviourAnswer(_Answer):
    """What precisely they do, or leave undone."""

    answer: InWords


class Insight(Declared):
    """What would find out why customers behave so, where that is not known."""

    method: Text
    owner: Text
    ready_on: date


class SameReasonAnswer(_Answer):
    """Whether all of them do so for the same reason."""

    answer: SameReason
    insight: Insight | None = None


class MessageAnswer(_Answer):
    """What message or change could influence it."""

    answer: InWords
    opens_check: bool | None = None  # whether it asks for information that would show that affairs are correct


class ReactionAnswer(_Answer):
    """How customers will react."""

    answer: InWords


class FollowUpPlan(Declared):
    """Who follows up, when, and how many they can take.

    Attributes:
        rule: who is followed up, and how.
        by_arm: a rule of its own, by the id of the arm; the review refuses one that differs.
    """

    owner: Text
    capacity_per_month: Annotated[int, Field(ge=1)]
    starts_on: date
    rule: Text
    by_arm: dict[Identifier, Text] | None = None


class FollowUpAnswer(_Answer):
    """Whether the authority follows up, where customers are asked to review a return."""

    answer: InWords
    asks_for_review: bool | None = None
    plan: FollowUpPlan | None = None


class ExpectedContact(Declared):
    """The contact that colleagues are to expect at roll-out, and what they can take: read by the verdict.

    Attributes:
        inbound_calls_per_1000: calls that 1,000 customers who are contacted make.
        peak_contacts_per_day: contacts on the busiest day.
        capacity_per_day: contacts that can be taken in a day.
    """

    inbound_calls_per_1000: NotNegative | None = None
    peak_contacts_per_day: NotNegative | None = None
    capacity_per_day: NotNegative | None = None


class OperationsAnswer(_Answer):
    """What sudden contact or amended returns do to operational colleagues.

    Keys that are no figures of :class:`ExpectedContact` remain a plain mapping: a rule refuses them when a file is
    loaded, and a plan that was locked before there was such a rule can still be read.
    """

    answer: Annotated[
        ExpectedContact | bool | int | float | str | dict[str, Scalar], Field(union_mode="left_to_right"), _expected
    ]
    surge: Surge | None = None


class FurtherAnswer(_Answer):
    """To a question that a later edition asks besides."""

    answer: InWords


class Suitability(Declared):
    edition: QuestionsEdition | None = None  # the first where absent
    customers: CustomersAnswer
    cost: CostAnswer
    behaviour: BehaviourAnswer
    same_reason: SameReasonAnswer
    message: MessageAnswer
    reaction: ReactionAnswer
    follow_up: FollowUpAnswer
    operations: OperationsAnswer
    risk_plan: FurtherAnswer | None = None
    legal_requirement: FurtherAnswer | None = None
    reputation: FurtherAnswer | None = None
    resource: FurtherAnswer | None = None
    timing: FurtherAnswer | None = None
    support: FurtherAnswer | None = None


FIRST_EDITION: Final[QuestionsEdition] = "CH600210-1"
_EIGHT = ("customers", "cost", "behaviour", "same_reason", "message", "reaction", "follow_up", "operations")
_FURTHER = ("risk_plan", "legal_requirement", "reputation", "resource", "timing", "support")
QUESTIONS: Final[Mapping[QuestionsEdition, tuple[str, ...]]] = {
    "CH600210-1": _EIGHT,
    "CH600210-2": (*_EIGHT, *_FURTHER),
}
"""The questions that each edition asks, by their keys and in its order."""
