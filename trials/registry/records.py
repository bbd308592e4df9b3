"""What a reader of the registry gets: frozen values, never ORM objects."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    verdict_approach: str | None = None  # the verdict's arm, as it stands inside a sentence


@dataclass(frozen=True, slots=True)
class ProtocolRecord:
    """The version in force: the locked one, or the latest of a draft."""

    version: int
    digest: str
    canonical: str
    path: str  # where the file stood when it was registered


@dataclass(frozen=True, slots=True)
class PopulationRecord:
    """One load of a population file; ``digest`` names its snapshot."""

    name: str
    version: int
    digest: str
    file_name: str
    file_digest: str
    rows_read: int
    loaded: int
    rejected: int
    synthetic: bool
    loaded_at: datetime
    loaded_by: str
    kinds: dict[str, str] = field(default_factory=dict)  # of each column kept
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExclusionRecord:
    """Customers left out before the draw, by the first reason that applied to them."""

    reason: str
    customers: int


@dataclass(frozen=True, slots=True)
class LockRecord:
    protocol_digest: str
    population_digest: str
    eligible: int
    exclusions: tuple[ExclusionRecord, ...]
    findings: tuple[str, ...]
    locked_at: datetime
    locked_by: str


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """The seed, committed before anything is dealt. Stages alone get this; a screen gets ``AllocationRecord``."""

    commitment: str
    demonstration: bool
    committed_at: datetime
    committed_by: str
    seed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WaveRecord:
    """The units of one intake, frozen before they are dealt; the digests name snapshots."""

    number: int
    population: PopulationRecord
    units: int
    units_digest: str
    excluded_digest: str
    exclusions: tuple[ExclusionRecord, ...]


@dataclass(frozen=True, slots=True)
class AllocationRecord:
    """One wave's deal; a trial without waves has one."""

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
    exclusions: tuple[ExclusionRecord, ...] = ()
    index_date: date | None = None  # of every customer without a batch of their own
    seed: str | None = None  # after release only
    wave: int = 1


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
    code_digest: str = ""
    outcomes_version: int = 1


@dataclass(frozen=True, slots=True)
class IssueRecord:
    number: int
    arm: str
    channel: str
    customers: int
    file_digest: str
    issued_at: datetime
    issued_by: str


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """How many of an arm's customers a returned file speaks of."""

    arm: str
    allocated: int
    matched: int


@dataclass(frozen=True, slots=True)
class ReturnedFileRecord:
    """A file that came back from the field; ``matured`` is None where no day is declared."""

    kind: Literal["contacts", "outcomes"]
    version: int
    digest: str
    file_name: str
    file_digest: str
    rows_read: int
    loaded: int
    rejected: int
    matched: tuple[MatchRecord, ...]
    matured: bool | None
    loaded_at: datetime
    loaded_by: str


@dataclass(frozen=True, slots=True)
class VoidRecord:
    """A void asked for by one person; it holds once another has confirmed it. The draw is kept."""

    reason: str
    requested_by: str
    requested_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    reason: str
    released_by: str
    released_at: datetime


@dataclass(frozen=True, slots=True)
class TrialDetail:
    summary: TrialSummary
    protocol: dict[str, Any]  # canonical form
    protocol_digest: str
    allocation: AllocationRecord | None
    evaluation: EvaluationRecord | None
    decisions: tuple[DecisionRecord, ...] = ()
    population: PopulationRecord | None = None
    lock: LockRecord | None = None
    issues: tuple[IssueRecord, ...] = ()
    returned: tuple[ReturnedFileRecord, ...] = ()
    void: VoidRecord | None = None
    release: ReleaseRecord | None = None
    waves: tuple[AllocationRecord, ...] = ()  # every wave dealt; ``allocation`` is the first


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


@dataclass(frozen=True, slots=True)
class RejectionRecord:
    """Why one row of a file was not taken; rows count from 1, the header not counted."""

    row: int
    field: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class FileAccount:
    """A file as it was taken: ``read == loaded + rejected``. ``digest`` names the snapshot."""

    name: str
    read: int
    loaded: int
    rejected: int
    rejections: tuple[RejectionRecord, ...]
    digest: str
    file_digest: str
    warnings: tuple[str, ...] = ()
    matched: tuple[MatchRecord, ...] = ()
