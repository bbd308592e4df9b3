"""The contact that a trial itself brings: who calls, writes or amends a return, by arm, and on which day."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from designs.literals import Scenario
from designs.protocol.sections.scalars import Declared, Identifier, Text, as_tuples, contradiction, union_of

_Share = Annotated[float, Field(ge=0, le=1)]
_Part = Annotated[float, Field(gt=0, le=1)]
_NEAR: Final = 1e-6  # thirds are written with six digits or more


class ShareRange(Declared):
    """A share that is not known exactly."""

    low: _Share
    central: _Share
    high: _Share

    @model_validator(mode="after")
    def _ordered(self) -> ShareRange:
        if not self.low <= self.central <= self.high:
            raise contradiction(
                f"{self.low:g}, {self.central:g} and {self.high:g} are not in ascending order",
                "low, central and high are in ascending order",
            )
        return self


_Reaction = Annotated[_Share | ShareRange, union_of("a share from 0 to 1, or low, central and high ones in that order")]


class ContactShares(Declared):
    """The shares of an arm's customers who get in touch, each once, by way; 0 where one is not given.

    A plain number is all three of low, central and high. It stays one, so that a plan that was locked with it is the
    plan it was.
    """

    call: _Reaction = 0.0
    write: _Reaction = 0.0
    amend: _Reaction = 0.0

    @property
    def exact(self) -> bool:
        """Whether none of them is a range."""
        return all(isinstance(share, float) for share in (self.call, self.write, self.amend))

    def at(self, scenario: Scenario) -> tuple[float, float, float]:
        """Who call, write and amend where customers react as low, as expected or as high as was declared."""
        call, write, amend = (
            share if isinstance(share, float) else getattr(share, scenario)
            for share in (self.call, self.write, self.amend)
        )
        return call, write, amend


class SurgeSegment(Declared):
    """Customers who are expected to react otherwise than the others: their share of all, and how, by arm."""

    share: _Part
    arms: Annotated[dict[Identifier, ContactShares], Field(min_length=1)]


def _everybody_has_a_day(days: tuple[float, ...]) -> tuple[float, ...]:
    total = sum(days)
    if abs(total - 1.0) > _NEAR:
        problem = f"its days come to {total:.6g}"
        raise contradiction(problem, "it tells everybody who gets in touch apart by the day, so its sum is 1")
    return days


def _nobody_is_in_two(segments: dict[str, SurgeSegment]) -> dict[str, SurgeSegment]:
    shares = sum(segment.share for segment in segments.values())
    if shares > 1.0 + _NEAR:
        problem = f"their shares come to {shares:.6g}"
        raise contradiction(problem, "no customer is in two segments, so their sum is 1 at most")
    return segments


class ContactColumns(Declared):
    """Columns of the outcomes that say on which day after day 0 a customer first got in touch, by way."""

    call: Text | None = None
    write: Text | None = None
    amend: Text | None = None

    @property
    def columns(self) -> dict[str, str]:
        """By way, the columns that are named."""
        named = {"call": self.call, "write": self.write, "amend": self.amend}
        return {way: column for way, column in named.items() if column is not None}


class Surge(Declared):
    """What is predicted of the contact that the trial brings.

    Attributes:
        customers: How many are expected in all arms together.
        by_day: Of those who get in touch, the share that does so on each day after day 0, from day 0 on; the sum is 1.
        arms: How many get in touch, by arm id.
        segments: Those who react otherwise, by name; an arm that one does not name is as in ``arms``.
        came: Where it will be seen who got in touch; None where it will not.
    """

    customers: Annotated[int, Field(ge=1, le=1_000_000_000)]
    by_day: Annotated[tuple[_Share, ...], Field(min_length=1, max_length=366), AfterValidator(_everybody_has_a_day)]
    arms: Annotated[dict[Identifier, ContactShares], Field(min_length=1)]
    segments: Annotated[dict[Identifier, SurgeSegment], AfterValidator(_nobody_is_in_two)] = Field(default_factory=dict)
    came: ContactColumns | None = None

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return as_tuples(value)
