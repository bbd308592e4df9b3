"""Every table of the registry, by subject.

Rows are only ever added: a lock, a release or a void is a row of its own, and a trial's state follows from the rows
it has. What happens once per trial is UNIQUE per trial, because the trial's id is the primary key. No customer has a
row here: customers are in snapshots, which rows name by digest.
"""

from __future__ import annotations

from trials.registry.tables.base import Row, UnrecordedRow
from trials.registry.tables.chain import AuditRow, Installation
from trials.registry.tables.conclusions import CorrectionConfirmation, CorrectionRequest, Decision, StoredEvaluation
from trials.registry.tables.designing import Design, DesignEntry, DesignRevision, DesignText, StoredDiagnosis
from trials.registry.tables.draws import Allocation, Draw, IssueList, Release, VoidConfirmation, VoidRequest, Wave
from trials.registry.tables.in_hand import Draft
from trials.registry.tables.jobs import Job
from trials.registry.tables.plans import LetterText, PopulationVersion, ProtocolVersion, Trial, TrialLock
from trials.registry.tables.returned_files import ReturnedFile

__all__ = [
    "Allocation",
    "AuditRow",
    "CorrectionConfirmation",
    "CorrectionRequest",
    "Decision",
    "Design",
    "DesignEntry",
    "DesignRevision",
    "DesignText",
    "Draft",
    "Draw",
    "Installation",
    "IssueList",
    "Job",
    "LetterText",
    "PopulationVersion",
    "ProtocolVersion",
    "Release",
    "ReturnedFile",
    "Row",
    "StoredDiagnosis",
    "StoredEvaluation",
    "Trial",
    "TrialLock",
    "UnrecordedRow",
    "VoidConfirmation",
    "VoidRequest",
    "Wave",
]
