"""What was due when the data were cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class DueShare:
    """One outcome in one arm.

    Attributes:
        outcome: Its id.
        day: On which day after day 0 it is due.
        arm: The arm's id.
        customers: Everyone allocated to it.
        due: Those whose day had come.
    """

    outcome: str
    day: int
    arm: str
    customers: int
    due: int


@dataclass(frozen=True, slots=True)
class DueBy:
    """How many customers, all arms, have every outcome due by a day."""

    day: date
    customers: int


@dataclass(frozen=True, slots=True)
class Maturity:
    """How much was due on the day of a cut.

    Attributes:
        as_at: The day on which the data were cut.
        due_on: The day on which everything is due, for everybody in every arm.
        shares: Of every outcome that the verdict needs, arm by arm.
        due_by: Each day on which more customers come to have every outcome due, of those allocated so far.
        to_come: Whether customers of later waves are still to be allocated, or to be due; then nothing is complete.
    """

    as_at: date
    due_on: date
    shares: tuple[DueShare, ...] = ()
    due_by: tuple[DueBy, ...] = ()
    to_come: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything was due."""
        return self.as_at >= self.due_on and not self.to_come

    def share(self, outcome: str) -> float:
        """Which part of all customers one outcome was due for, 0 to 1; 1 of an outcome that has no day."""
        rows = [row for row in self.shares if row.outcome == outcome]
        customers = sum(row.customers for row in rows)
        return sum(row.due for row in rows) / customers if customers else 1.0

    @property
    def customers(self) -> int:
        """Everyone allocated so far."""
        return self.due_by[-1].customers if self.due_by else 0

    @property
    def due(self) -> int:
        """Customers with every outcome due at the cut: the information that a look has."""
        return max((row.customers for row in self.due_by if row.day <= self.as_at), default=0)

    def reached_on(self, customers: float) -> date | None:
        """The first day by which so many customers have every outcome due; None where no day is known yet."""
        return next((row.day for row in self.due_by if row.customers >= customers), None)
