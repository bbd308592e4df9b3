"""What is asked of single answers: the route that a reason opens, predicted reactions, follow-up, and no check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from designs.finding import Open
from designs.literals import Reaction
from designs.protocol.models import Protocol, Suitability
from designs.protocol.words import in_words

Route = Literal["go_on", "segments", "insight"]
"""Where the answer to the fourth question leads: on, to segments by reason, or to finding out."""

_ROUTES: Mapping[str, Route] = {"yes": "go_on", "no": "segments", "unknown": "insight"}


@dataclass(frozen=True, slots=True)
class PredictedReaction:
    """How many customers are expected to react in one way; ``share`` is from 0 to 1."""

    reaction: Reaction
    share: float


def route(plan: Protocol) -> Route | None:
    """Where the answer to whether all behave so for the same reason leads; None where it is not answered."""
    return None if plan.suitability is None else _ROUTES[plan.suitability.same_reason.answer]


def predicted_reactions(plan: Protocol) -> tuple[PredictedReaction, ...]:
    """The reactions that are predicted in figures, in the order of their names, to be set beside what happened."""
    answer = plan.suitability.reaction.answer if plan.suitability is not None else None
    shares = answer if isinstance(answer, Mapping) else {}
    given = [(reaction, shares[reaction]) for reaction in get_args(Reaction) if reaction in shares]
    return tuple(PredictedReaction(reaction, float(share)) for reaction, share in given if _is_share(share))


def open_in_answers(plan: Protocol, today: date) -> Iterator[Open]:
    """What single answers lack, in the order of the questions."""
    if plan.suitability is None:
        return
    labels = {arm.id: arm.label for arm in plan.arms or ()}
    yield from _same_reason(plan.suitability, today)
    yield from _message(plan.suitability)
    yield from _reaction(plan.suitability, predicted_reactions(plan))
    yield from _follow_up(plan.suitability, labels, today)


def _same_reason(answers: Suitability, today: date) -> Iterator[Open]:
    if _ROUTES[answers.same_reason.answer] != "insight":
        return
    insight, where = answers.same_reason.insight, "suitability.same_reason.insight"
    if insight is None:
        problem = "whether customers behave so for the same reason is not known, and nobody is to find out"
        remedy = "say what would find out, who does it, and by which day"
        yield Open("no_insight", "blocks", where, problem, remedy, "designer")
    elif insight.ready_on < today:
        problem = f"why customers behave so was to be known by {in_words(insight.ready_on)}, and is still not known"
        remedy = "answer the question by what was found, or give another day"
        yield Open("insight_overdue", "blocks", f"{where}.ready_on", problem, remedy, "designer")
    else:
        problem = f"why customers behave so is not known before {in_words(insight.ready_on)}"
        remedy = "answer the question by what is found"
        yield Open("insight_awaited", "warns", where, problem, remedy, "designer")


def _message(answers: Suitability) -> Iterator[Open]:
    opens, where = answers.message.opens_check, "suitability.message.opens_check"
    if opens is None:
        problem = "nobody says whether the message asks for information that would show that affairs are correct"
        yield Open("check_not_ruled_out", "blocks", where, problem, "say whether it does", "designer")
    elif opens:
        problem = "a message that asks for information to show that affairs are correct opens a compliance check"
        remedy = "write a message that asks for no such information, or open a check: that is no one-to-many approach"
        yield Open("opens_check", "blocks", where, problem, remedy, "designer")


def _reaction(answers: Suitability, predicted: Sequence[PredictedReaction]) -> Iterator[Open]:
    answer, where = answers.reaction.answer, "suitability.reaction.answer"
    if not predicted:
        problem = "nobody says in figures how customers will react"
        remedy = f"give the share of customers for some of: {', '.join(get_args(Reaction))}"
        yield Open("reactions_not_predicted", "blocks", where, problem, remedy, "designer")
    for name, share in answer.items() if isinstance(answer, Mapping) else ():
        if name not in get_args(Reaction):
            problem = f"\u201c{name}\u201d is no reaction that is counted later"
            remedy = f"name one of: {', '.join(get_args(Reaction))}"
            yield Open("reaction_not_known", "warns", f"{where}.{name}", problem, remedy, "designer")
        elif not _is_share(share):
            problem = f"{share} is no share of customers"
            yield Open(
                "reaction_no_share", "blocks", f"{where}.{name}", problem, "give a number from 0 to 1", "designer"
            )


def _follow_up(answers: Suitability, labels: Mapping[str, str], today: date) -> Iterator[Open]:
    answer, where = answers.follow_up, "suitability.follow_up"
    if answer.asks_for_review is None:
        problem = "nobody says whether the message asks customers to review a return"
        yield Open(
            "review_not_answered", "blocks", f"{where}.asks_for_review", problem, "say whether it does", "designer"
        )
    if answer.plan is None:
        if answer.asks_for_review:
            problem = "the message asks customers to review a return, and there is no plan to follow up"
            remedy = "say who follows up, how many they can take, from which day, and by which rule"
            yield Open("no_follow_up_plan", "blocks", f"{where}.plan", problem, remedy, "designer")
        return
    if answer.plan.starts_on < today:
        problem = f"the follow-up was to start on {in_words(answer.plan.starts_on)}, which has gone by"
        yield Open("follow_up_gone_by", "warns", f"{where}.plan.starts_on", problem, "give the day again", "designer")
    for name, rule in (answer.plan.by_arm or {}).items():
        if _plain(rule) != _plain(answer.plan.rule):
            problem = f"{labels.get(name, name)} is followed up by a rule of its own, so the arms could not be compared"
            remedy = "follow up every arm by the same rule"
            yield Open("follow_up_differs", "blocks", f"{where}.plan.by_arm.{name}", problem, remedy, "designer")


def _plain(rule: str) -> str:
    return " ".join(rule.casefold().split())


def _is_share(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1
