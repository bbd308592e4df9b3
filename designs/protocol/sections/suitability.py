"""Why a trial is right: the ``behaviour``, the ``alternatives`` and the eight ``suitability`` questions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from designs.literals import Confidence, SameReason
from designs.protocol.sections.scalars import Declared, NotNegative, Range, Scalar, Text, union_of

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


class SameReasonAnswer(_Answer):
    """Whether all of them do so for the same reason."""

    answer: SameReason


class MessageAnswer(_Answer):
    """What message or change could influence it."""

    answer: InWords


class ReactionAnswer(_Answer):
    """How customers will react."""

    answer: InWords


class FollowUpAnswer(_Answer):
    """Whether the authority follows up, where customers are asked to review a return."""

    answer: InWords
    asks_for_review: bool | None = None


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


class Suitability(Declared):
    customers: CustomersAnswer
    cost: CostAnswer
    behaviour: BehaviourAnswer
    same_reason: SameReasonAnswer
    message: MessageAnswer
    reaction: ReactionAnswer
    follow_up: FollowUpAnswer
    operations: OperationsAnswer
