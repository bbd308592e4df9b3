"""An amendment of a locked plan, as it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from designs.amending import AmendedPlace, Effect, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentRecord:
    """One amendment, in force, open or withdrawn.

    Attributes:
        number: Its place among those of the trial, from 1.
        version: Of the plan, as amended.
        amends: The version that it amends, which is kept.
        digest: Of the amended plan.
        stage: Where the trial was when it was proposed.
        effect: What it is: a correction of the record, another plan before the draw, or an addition after it.
        reason: Why.
        changes: Every place of the plan that differs.
    """

    number: int
    version: int
    amends: int
    digest: str
    stage: Stage
    effect: Effect
    reason: str
    changes: tuple[AmendedPlace, ...]
    proposed_at: datetime
    proposed_by: str
    confirmed_at: datetime | None
    confirmed_by: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None

    @property
    def in_force(self) -> bool:
        """Whether a second person has confirmed it."""
        return self.confirmed_at is not None

    @property
    def open(self) -> bool:
        """Whether it waits for a second person."""
        return self.confirmed_at is None and self.withdrawn_at is None
