"""Why a trial is right: the ``behaviour``, the ``alternatives`` and the eight ``suitability`` questions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from designs.protocol.sections.scalars import Declared, Range, Scalar, Text, union_of


class Behaviour(Declared):
    who: Text
    action: Text
    by_day: Annotated[int, Field(gt=0)] | None = None
    observed_in: Text


class Alternative(Declared):
    option: Text
    reason: Text


Confidence = Literal["confident", "in_doubt"]


class Answer(Declared):
    """One of the eight suitability questions, with its evidence."""

    answer: (
        Annotated[
            bool | int | float | str | dict[str, Scalar], union_of("text, a number, true or false, or keys with these")
        ]
        | None
    ) = None
    administration: Range | None = None
    exchequer_loss: Range | None = None
    asks_for_review: bool | None = None
    evidence: Text
    confidence: Confidence


class Suitability(Declared):
    customers: Answer
    cost: Answer
    behaviour: Answer
    same_reason: Answer
    message: Answer
    reaction: Answer
    follow_up: Answer
    operations: Answer
