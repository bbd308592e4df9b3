"""What is concluded, as it is read: evaluations and decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    id: int
    evaluated_at: datetime
    evaluated_by: str
    digest: str
    protocol_digest: str
    data_digest: str
    document: dict[str, Any]  # analysis.results.Evaluation as JSON
    code_digest: str = ""
    outcomes_version: int = 1
    as_at: date | None = None  # the day on which its data were cut; None of one made before there was such a day


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    decided_at: datetime
    decided_by: str
    choice: Literal["accept", "override"]
    verdict_code: str
    action: str
    reason: str
    conditions: str | None
    review_on: date
