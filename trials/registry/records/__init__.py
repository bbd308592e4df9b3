"""What a reader of the registry gets: frozen values, never ORM objects."""

from __future__ import annotations

from trials.registry.records.amendments import AmendmentRecord
from trials.registry.records.chain import AuditEvent
from trials.registry.records.conclusions import (
    ChangedRecord,
    CorrectionRecord,
    DecisionLine,
    DecisionRecord,
    EvaluationLine,
    EvaluationRecord,
    EvaluationRow,
)
from trials.registry.records.designing import DesignDetail, DesignRecord, DiagnosisRecord, RevisionRecord, Typed
from trials.registry.records.draws import (
    AllocationRecord,
    DrawRecord,
    IssueRecord,
    JobLists,
    ReleaseRecord,
    VoidRecord,
    WaveRecord,
)
from trials.registry.records.jobs import JobRecord, JobRefusal, JobState, LongStage
from trials.registry.records.library import EndedDesign, PastTrial
from trials.registry.records.plans import (
    EnteredRecord,
    ExclusionRecord,
    LockRecord,
    PopulationRecord,
    ProtocolRecord,
    TextRecord,
)
from trials.registry.records.returned_files import (
    CoverageRecord,
    FileAccount,
    LoadMode,
    MatchRecord,
    RejectionRecord,
    ReturnedFileRecord,
    ReturnedKind,
    ReturnedMode,
    UnreadableRecord,
    outcomes_gone,
    standing_loads,
)
from trials.registry.records.trials import TrialDetail, TrialSummary

__all__ = [
    "AllocationRecord",
    "AmendmentRecord",
    "AuditEvent",
    "ChangedRecord",
    "CorrectionRecord",
    "CoverageRecord",
    "DecisionLine",
    "DecisionRecord",
    "DesignDetail",
    "DesignRecord",
    "DiagnosisRecord",
    "DrawRecord",
    "EndedDesign",
    "EnteredRecord",
    "EvaluationLine",
    "EvaluationRecord",
    "EvaluationRow",
    "ExclusionRecord",
    "FileAccount",
    "IssueRecord",
    "JobLists",
    "JobRecord",
    "JobRefusal",
    "JobState",
    "LoadMode",
    "LockRecord",
    "LongStage",
    "MatchRecord",
    "PastTrial",
    "PopulationRecord",
    "ProtocolRecord",
    "RejectionRecord",
    "ReleaseRecord",
    "ReturnedFileRecord",
    "ReturnedKind",
    "ReturnedMode",
    "RevisionRecord",
    "TextRecord",
    "TrialDetail",
    "TrialSummary",
    "Typed",
    "UnreadableRecord",
    "VoidRecord",
    "WaveRecord",
    "outcomes_gone",
    "standing_loads",
]
