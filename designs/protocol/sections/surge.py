"""The contact that a trial itself brings: who calls, writes or amends a return, by arm, and on which day."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, model_validator

from designs.protocol.sections.scalars import Declared, Identifier, as_tuples, contradiction

_Share = Annotated[float, Field(ge=0, le=1)]
_Part = Annotated[float, Field(gt=0, le=1)]
_NEAR: Final = 1e-6  # thirds are written with six digits or more


class ContactShares(Declared):
    """The shares of an arm's customers who get in touch, each once, by way; 0 where one is not given."""

    call: _Share = 0.0
    write: _Share = 0.0
    amend: _Share = 0.0


class SurgeSegment(Declared):
    """Customers who are expected to react otherwise than the others: their share of all, and how, by arm."""

    share: _Part
    arms: Annotated[dict[Identifier, ContactShares], Field(min_length=1)]


class Surge(Declared):
    """What is predicted of the contact that the trial brings.

    Attributes:
        customers: How many are expected in all arms together.
        by_day: Of those who get in touch, the share that does so on each day after day 0, from day 0 on; the sum is 1.
        arms: How many get in touch, by arm id.
        segments: Those who react otherwise, by name; an arm that one does not name is as in ``arms``.
    """

    customers: Annotated[int, Field(ge=1, le=1_000_000_000)]
    by_day: Annotated[tuple[_Share, ...], Field(min_length=1, max_length=366)]
    arms: Annotated[dict[Identifier, ContactShares], Field(min_length=1)]
    segments: dict[Identifier, SurgeSegment] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return as_tuples(value)

    @model_validator(mode="after")
    def _whole(self) -> Surge:
        total = sum(self.by_day)
        if abs(total - 1.0) > _NEAR:
            problem = f"the days of by_day come to {total:.6g}"
            raise contradiction(problem, "it tells everybody who gets in touch apart by the day, so its sum is 1")
        shares = sum(segment.share for segment in self.segments.values())
        if shares > 1.0 + _NEAR:
            raise contradiction(
                f"the shares of segments come to {shares:.6g}",
                "no customer is in two segments, so their sum is 1 at most",
            )
        return self
