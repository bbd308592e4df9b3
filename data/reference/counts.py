"""What a published trial leaves behind when only its counts are kept."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class PublishedArm:
    """One arm: customers assigned, and how many did what was hoped for.

    Args:
        name: As the paper calls it.
        customers: Assigned.
        successes: With the binary outcome.
        clusters: Households or other groups assigned whole; ``None`` where customers were assigned singly.
        collected: Money received, in the trial's currency; ``None`` where it was not measured.
        owed: Money owed at the start.
        technique: The behavioural technique, by the name of the service's list; ``None`` where none of it fits.
    """

    name: str
    customers: int
    successes: int
    clusters: int | None = None
    collected: float | None = None
    owed: float | None = None
    technique: str | None = None

    @property
    def rate(self) -> float:
        return self.successes / self.customers


@dataclass(frozen=True, slots=True)
class PublishedTrial:
    """A trial known by its counts. The comparison is the first arm.

    Args:
        id: Short name.
        title: What was tried.
        outcome: What a success is.
        citation: Where it was published.
        caveats: What the counts cannot show.
        arms: The comparison first.
        year: In which it was in the field.
        behaviour: What people were to do.
        people: Who they were.
        channel: By which they were contacted.
        part_of: The id of the trial whose people these are a part of.
        currency: Of the money, where there is any.
    """

    id: str
    title: str
    outcome: str
    citation: str
    caveats: str
    arms: tuple[PublishedArm, ...]
    year: int
    behaviour: str
    people: str
    channel: str = "letter"
    part_of: str | None = None
    currency: str | None = None

    @property
    def comparison(self) -> PublishedArm:
        return self.arms[0]

    def effect(self, name: str) -> float:
        """Difference in rates from the comparison; 0.01 is one percentage point.

        Examples:
            >>> from data.reference import SOCIAL_PRESSURE_2006
            >>> round(SOCIAL_PRESSURE_2006.effect("Neighbors"), 3)
            0.081
        """
        return next(arm for arm in self.arms if arm.name == name).rate - self.comparison.rate

    def rows(self) -> pa.Table:
        """One row per customer: ``arm`` and ``success``. Groups are not rebuilt."""
        arms = [arm.name for arm in self.arms for _ in range(arm.customers)]
        successes = [place < arm.successes for arm in self.arms for place in range(arm.customers)]
        return pa.table({"arm": arms, "success": successes})
