"""What is measured: the ``outcomes`` section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from designs.literals import Direction, Measure, OutcomeKind, OutcomeRole, Unit
from designs.protocol.sections.scalars import Code, Codes, Declared, Identifier, NotNegative, Positive, Text

UNITS: Mapping[OutcomeKind, tuple[Unit, ...]] = {
    "binary": (),  # a share of customers, which has no unit
    "amount": ("pounds", "minutes", "days", "number"),
    "count": ("number",),
    "time_to_event": ("days",),
}
"""The units that make sense for each kind of outcome; the first is the one that needs no saying."""


class Outcome(Declared):
    id: Identifier
    role: OutcomeRole
    kind: OutcomeKind
    label: Text | None = None  # for people
    unit: Unit | None = None
    direction: Direction | None = None
    column: Text | None = None
    missing: Codes = ()  # codes of its column that say that the outcome is not known
    true: Codes = ()  # codes that are a yes, where it is binary; nothing else is one
    false: Codes = ()
    happened_on: Text | None = None  # column of the day on which it happened
    day: Annotated[int, Field(gt=0)] | None = None
    time: Text | None = None
    event: Text | None = None
    event_codes: tuple[Code, ...] = ()  # values of the event's column that are the event, where it is no yes or no
    competing: tuple[Code, ...] = ()  # its values after which the event cannot come, such as remitted
    horizon: Positive | None = None
    marks: dict[Text, Positive] | None = None  # days to show beside the curves, such as penalties, by name
    cap: Positive | None = None
    margin: NotNegative | None = None
    coverage: Annotated[float, Field(gt=0, le=1)] | None = None  # instead of the analysis's
    baseline: NotNegative | None = None
    minimum_effect: Positive | None = None
    standard_deviation: Positive | None = None  # between customers; sizes an amount or a count
    intracluster_correlation: Annotated[float, Field(ge=0, le=1)] | None = None

    @property
    def measured_in(self) -> Measure:
        """What one unit of the outcome is: a share of customers where it is binary, else its unit.

        Examples:
            >>> Outcome(id="collected", role="secondary", kind="amount").measured_in
            'pounds'
            >>> Outcome(id="on_hold", role="secondary", kind="amount", unit="minutes").measured_in
            'minutes'
            >>> Outcome(id="paid", role="primary", kind="binary").measured_in
            'share'
        """
        if self.kind == "binary":
            return "share"
        return self.unit or UNITS[self.kind][0]

    @property
    def codes(self) -> tuple[tuple[int | str, ...], tuple[int | str, ...]] | None:
        """The codes that are the event and those that compete with it; None where the event is a yes or a no.

        Examples:
            >>> Outcome(id="wait", role="primary", kind="time_to_event", competing=(2,)).codes
            ((1,), (2,))
        """
        return (self.event_codes or (1,), self.competing) if self.event_codes or self.competing else None

    @property
    def header(self) -> str:
        """The file's column of an outcome that is no time to an event."""
        return self.column or self.id

    @property
    def coded(self) -> bool:
        """Whether it says itself what the codes of its column mean."""
        return bool(self.missing or self.true or self.false)

    @property
    def effect_in(self) -> Measure:
        """What one unit of its effect is: that of a time to an event is in the share with the event by the horizon.

        Examples:
            >>> Outcome(id="wait", role="primary", kind="time_to_event").effect_in
            'share'
        """
        return "share" if self.kind == "time_to_event" else self.measured_in

    @property
    def better_below_zero(self) -> bool:
        """Whether an effect below zero is the better one. A shorter time is more customers with the event by the
        horizon, and sooner is better unless the plan says that a longer time is.

        Examples:
            >>> Outcome(id="wait", role="primary", kind="time_to_event", direction="decrease").better_below_zero
            False
        """
        return self.direction == ("increase" if self.kind == "time_to_event" else "decrease")
