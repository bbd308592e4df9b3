"""The review: whether one-to-many is the right approach as far as the plan and the record say, and what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from designs.entries import Recorded
from designs.finding import Open
from designs.protocol.models import Protocol
from designs.suitability.answers import Route, open_in_answers, route
from designs.suitability.behaviour import open_in_alternatives, open_in_behaviour
from designs.suitability.circumstances import open_to_those_in_difficulty
from designs.suitability.doubts import doubted, open_doubts, overrides
from designs.suitability.reasons import ReasonCount, open_in_reasons

Status = Literal["not_answered", "not_one_to_many", "may_not_be_appropriate", "overridden", "appropriate"]
"""What the answers say; ``overridden`` where every doubt was overridden, ``not_one_to_many`` where the message opens a
compliance check."""


@dataclass(frozen=True, slots=True)
class Review:
    """What the answers come to.

    Attributes:
        status: In one word.
        doubts: The questions in doubt.
        overrides: By which entry each doubt is overridden, by question.
        route: Where the answer about the reason leads.
        open: What is still to be settled, in the order of the plan.
    """

    status: Status
    doubts: tuple[str, ...]
    overrides: Mapping[str, Recorded]
    route: Route | None
    open: tuple[Open, ...]

    @property
    def sentence(self) -> str:
        """The status as people read it."""
        return _SENTENCES[self.status]


_SENTENCES: Mapping[Status, str] = {
    "not_answered": "The questions are not answered.",
    "not_one_to_many": "This is not a one-to-many approach: the message would open a compliance check.",
    "may_not_be_appropriate": "One-to-many may not be appropriate.",
    "overridden": "One-to-many may not be appropriate; an approver has overridden the doubt.",
    "appropriate": "Nothing in the answers speaks against one-to-many.",
}


def review(
    plan: Protocol, recorded: Sequence[Recorded], today: date, counts: Sequence[ReasonCount] | None = None
) -> Review:
    """What the answers of a plan come to.

    Args:
        plan: As far as it is filled; a section that is absent is None.
        recorded: What was put on record about it, in order.
        today: The day on which it is asked.
        counts: Customers who take part, by reason and confidence; None where no population is there yet.
    """
    doubts, held = doubted(plan), overrides(plan, recorded)
    found = [*open_in_behaviour(plan), *open_in_alternatives(plan)]
    if plan.suitability is None:
        problem = "the questions whether one-to-many is the right approach are not all answered"
        found.append(
            Open("not_answered", "blocks", "suitability", problem, "answer each with its evidence", "designer")
        )
    found += [*open_in_answers(plan, today), *open_in_reasons(plan, counts)]
    found += [*open_to_those_in_difficulty(plan), *open_doubts(plan, recorded)]
    return Review(_status(plan, doubts, held), doubts, held, route(plan), tuple(found))


def _status(plan: Protocol, doubts: Sequence[str], held: Mapping[str, Recorded]) -> Status:
    if plan.suitability is None:
        return "not_answered"
    if plan.suitability.message.opens_check:
        return "not_one_to_many"
    if doubts:
        return "overridden" if set(doubts) <= set(held) else "may_not_be_appropriate"
    return "appropriate"
