"""One thing that a population says about the draw declared for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["blocking", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to settle, or to know, before the lock.

    Args:
        code: What kind it is.
        severity: ``blocking`` where the draw would refuse.
        where: The column, stratum or cluster.
        problem: What was found, with counts.
        risk: What it would do to the trial.
        remedy: What to do next.
        customers: How many are concerned.
    """

    code: str
    severity: Severity
    where: str
    problem: str
    risk: str
    remedy: str
    customers: int

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}. {self.risk}. To do: {self.remedy}."
