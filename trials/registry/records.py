"""What a reader of the registry gets: frozen values, never ORM objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

TrialState = Literal[
    "draft", "suitability", "consulted", "gateway_1", "designed", "signed_off", "gateway_2", "locked", "allocated",
    "in_field", "data_cut", "analysed", "decided", "applied", "adapted", "stopped", "void",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """One row of the portfolio."""

    id: str
    title: str
    state: TrialState
    customers: int | None  # allocated, or eligible before allocation
    arms: tuple[str, ...]  # labels
    channels: tuple[str, ...]
    segments: tuple[str, ...]  # subgroup columns declared
    verdict_code: str | None
    verdict_arm: str | None
    verdict_segment: str | None
    verdict_sentence: str | None
    next_action: str
    next_actor: str
    created_on: date
    allocated_on: date | None
    evaluated_on: date | None
    decided_on: date | None
    synthetic: bool


@dataclass(frozen=True, slots=True)
class AllocationRecord:
    digest: str
    snapshot_digest: str
    population_digest: str
    algorithm: str
    seed_commitment: str
    seed_released: bool
    demonstration_seed: bool
    counts: dict[str, int]  # by arm
    allocated_at: datetime
    allocated_by: str
    voided: bool = False


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


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    id: int
    evaluated_at: datetime
    evaluated_by: str
    digest: str
    protocol_digest: str
    data_digest: str
    document: dict[str, Any]  # analysis.results.Evaluation as JSON


@dataclass(frozen=True, slots=True)
class TrialDetail:
    summary: TrialSummary
    protocol: dict[str, Any]  # canonical form
    protocol_digest: str
    allocation: AllocationRecord | None
    evaluation: EvaluationRecord | None
    decisions: tuple[DecisionRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditEvent:
    sequence: int
    at: datetime
    actor: str
    role: str
    action: str
    trial: str | None
    detail: dict[str, Any]
    previous_hash: str
    hash: str
