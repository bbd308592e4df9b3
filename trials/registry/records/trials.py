"""A trial as a whole: its line in the portfolio, and all that its pages show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from analysis.results import Segment
from designs.likeness import Traits
from designs.protocol import Protocol
from designs.protocol.words import ColumnWords
from trials.findings import Role
from trials.life import Next, State
from trials.registry.records.amendments import AmendmentRecord
from trials.registry.records.conclusions import (
    CorrectionRecord,
    DecisionLine,
    DecisionRecord,
    EvaluationLine,
    EvaluationRecord,
)
from trials.registry.records.draws import AllocationRecord, IssueRecord, ReleaseRecord, VoidRecord
from trials.registry.records.plans import LockRecord, PopulationRecord
from trials.registry.records.returned_files import ReturnedFileRecord


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """One row of the portfolio."""

    id: str
    title: str
    state: State
    customers: int | None  # allocated, or eligible before allocation
    arms: tuple[str, ...]  # labels
    channels: tuple[str, ...]
    segments: tuple[str, ...]  # subgroup columns declared
    verdict_code: str | None
    verdict_arm: str | None
    verdict_segment: Segment | None
    verdict_sentence: str | None
    next: Next
    created_on: date
    allocated_on: date | None
    evaluated_on: date | None
    decided_on: date | None  # of a decision that rests on the finding, or on an attempt where there is none
    synthetic: bool
    verdict_approach: str | None = None  # the verdict's arm, as it stands inside a sentence
    verdict_where: tuple[tuple[str, Segment], ...] = ()  # each approach, likewise, with a segment to scale it to
    evaluation: int | None = None  # the number of the evaluation that the verdict is of
    evaluation_digest: str | None = None
    evaluation_role: Role | None = None  # the finding, once there is one
    evaluation_count: int | None = None  # of its role: attempt 2
    as_at: date | None = None  # the day on which its data were cut
    decision: DecisionLine | None = None  # the latest, whether or not it still rests on the finding
    words: ColumnWords = field(default_factory=ColumnWords)  # what the plan calls its columns
    amendments: tuple[AmendmentRecord, ...] = ()  # of its plan since the lock; those open and withdrawn too
    outside: str | None = None  # why it is locked outside the route of approval; None where it is not
    about: Traits = field(default_factory=Traits)  # behaviour, segments, channels and techniques
    release_due: bool = False  # it has its finding, and the draw is not released
    comparison: str = "no further action"  # what the approaches are compared with, as it stands inside a sentence


@dataclass(frozen=True, slots=True)
class TrialDetail:
    summary: TrialSummary
    protocol: Protocol
    canonical: str  # its text as stored
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
    waves: tuple[AllocationRecord, ...] = ()  # every wave allocated; ``allocation`` is the first
    evaluations: tuple[EvaluationLine, ...] = ()  # all of them; ``evaluation`` is the finding, else the latest
    corrections: tuple[CorrectionRecord, ...] = ()
    amended: Protocol | None = None  # the plan in force, where it was amended after the draw

    @property
    def waves_to_come(self) -> bool:
        """Whether the plan has waves that are not drawn."""
        return len(self.waves) < len(self.protocol.randomisation.waves)
