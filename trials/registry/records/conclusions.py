"""What is concluded, as it is read: evaluations and decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from trials.findings import Role
from trials.registry.records.two_people import AskedAndConfirmed


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
    role: Role = "finding"
    count: int = 1  # of its role: update 2, attempt 1


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """An evaluation as its row has it, with what it was made of: what a proof compares."""

    number: int
    digest: str
    protocol_digest: str
    data_digest: str
    code_digest: str
    outcomes_version: int
    contacts_version: int | None
    as_at: date | None
    evaluated_at: datetime
    verdict_code: str
    verdict_arm: str | None
    verdict_sentence: str
    document: Any


@dataclass(frozen=True, slots=True)
class EvaluationLine:
    """One of a trial's evaluations in a list of them all."""

    number: int
    role: Role
    count: int
    as_at: date | None
    evaluated_at: datetime
    evaluated_by: str
    digest: str
    verdict_code: str
    verdict_sentence: str
    verdict_arm: str | None = None
    verdict_segment: str | None = None
    outcomes_version: int = 1

    def agrees(self, other: EvaluationLine) -> bool:
        """Whether both have the same verdict, of the same approach and in the same segment."""
        mine = self.verdict_code, self.verdict_arm, self.verdict_segment
        return mine == (other.verdict_code, other.verdict_arm, other.verdict_segment)


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """How two files of outcomes differ, as the audit chain has it."""

    customers: int
    by_column: dict[str, int]
    vanished: int
    added: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRecord(AskedAndConfirmed):
    """A correction. The old finding is kept.

    ``changed`` is what the corrected outcomes change: how many customers, by column, and who is gone or new. None
    of one that was asked for before this was said. ``evaluations`` is how many there were when it was confirmed.
    """

    number: int
    replaced: int
    replacing: int
    changed: ChangedRecord | None = None
    evaluations: int | None = None


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
    evaluation: int = 1  # the number of the evaluation that it rests on
    evaluation_digest: str = ""


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """The latest decision on a trial, in a list of trials."""

    decided_on: date
    choice: Literal["accept", "override"]
    verdict_code: str
    evaluation: int
    outdated: bool  # what it rests on is not, or no longer, the finding
