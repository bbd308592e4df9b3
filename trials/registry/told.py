"""What others than the randomiser are told of a trial before its release: its records, built up from what is named.

A record of a kind that is not named here is not made, and a field that is not named is not told. What the plan says,
and a design before its draw, tell no customer's arm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, Final, TypeVar

from trials.concealment import KEPT, concealed, concealed_exclusions, concealed_sentence
from trials.life import Next
from trials.registry.records import (
    AllocationRecord,
    AmendmentRecord,
    ChangedRecord,
    CorrectionRecord,
    CoverageRecord,
    DecisionLine,
    DecisionRecord,
    EvaluationLine,
    EvaluationRecord,
    ExclusionRecord,
    IssueRecord,
    JobRecord,
    JobRefusal,
    LockRecord,
    MatchRecord,
    PastTrial,
    PopulationRecord,
    ReleaseRecord,
    ReturnedFileRecord,
    TrialDetail,
    TrialSummary,
    VoidRecord,
)

TOLD: Final[Mapping[type, frozenset[str]]] = {
    TrialSummary: frozenset({
        "id", "title", "state", "customers", "arms", "channels", "segments", "verdict_code", "verdict_arm",
        "verdict_segment", "next", "created_on", "allocated_on", "evaluated_on", "decided_on", "synthetic",
        "verdict_approach", "verdict_where", "evaluation", "evaluation_digest", "evaluation_role", "evaluation_count",
        "as_at", "decision", "words", "amendments", "outside", "comparison", "about",
        "release_due",
    }),
    PastTrial: frozenset({"plan"}),
    Next: frozenset({"step", "role", "other_than", "due"}),
    DecisionLine: frozenset({"decided_on", "choice", "verdict_code", "evaluation", "outdated"}),
    AmendmentRecord: frozenset({
        "number", "version", "amends", "digest", "stage", "effect", "reason", "changes", "proposed_at", "proposed_by",
        "confirmed_at", "confirmed_by", "withdrawn_at", "withdrawn_by",
    }),
    TrialDetail: frozenset({
        "protocol", "canonical", "protocol_digest", "decisions", "population", "lock", "void", "release", "corrections",
        "amended",
    }),
    AllocationRecord: frozenset({
        "population_digest", "algorithm", "seed_commitment", "seed_released", "demonstration_seed", "allocated_at",
        "allocated_by", "voided", "index_date", "wave", "protocol_version",
    }),
    ExclusionRecord: frozenset({"reason", "customers"}),
    EvaluationRecord: frozenset({
        "id", "evaluated_at", "evaluated_by", "digest", "protocol_digest", "code_digest", "outcomes_version", "as_at",
        "role", "count",
    }),
    EvaluationLine: frozenset({
        "number", "role", "count", "as_at", "evaluated_at", "evaluated_by", "digest", "verdict_code", "verdict_arm",
        "verdict_segment", "outcomes_version",
    }),
    DecisionRecord: frozenset({
        "decided_at", "decided_by", "choice", "verdict_code", "action", "reason", "conditions", "review_on",
        "evaluation", "evaluation_digest",
    }),
    PopulationRecord: frozenset({
        "name", "version", "digest", "file_name", "file_digest", "rows_read", "loaded", "rejected", "synthetic",
        "loaded_at", "loaded_by", "kinds", "findings",
    }),
    LockRecord: frozenset({
        "protocol_version", "protocol_digest", "population_digest", "eligible", "exclusions", "findings", "locked_at",
        "locked_by", "population",
    }),
    ReturnedFileRecord: frozenset({
        "kind", "version", "digest", "file_name", "file_digest", "rows_read", "loaded", "rejected", "matured",
        "loaded_at", "loaded_by", "as_at", "rejections_digest", "mode", "whole_digest", "whole_as_at", "coverage",
        "withdraws", "reason",
    }),
    CoverageRecord: frozenset({"customers", "observed"}),
    VoidRecord: frozenset({"reason", "requested_by", "requested_at", "confirmed_by", "confirmed_at"}),
    ReleaseRecord: frozenset({"reason", "released_by", "released_at"}),
    CorrectionRecord: frozenset({
        "reason", "requested_by", "requested_at", "confirmed_by", "confirmed_at", "number", "replaced", "replacing",
        "changed", "evaluations",
    }),
    ChangedRecord: frozenset({"customers", "by_column", "vanished", "added"}),
    JobRecord: frozenset({
        "id", "trial", "stage", "started_by", "role", "started_at", "state", "step", "progress", "refusal",
        "finished_at", "host", "pid",
    }),
    JobRefusal: frozenset({"problem", "where", "rule", "remedy"}),
}  # fmt: skip
"""What others are told of each kind."""

UNTOLD: Final[Mapping[type, frozenset[str]]] = {
    Next: frozenset({"arms"}),
    TrialDetail: frozenset({"issues"}),  # a list of a wave of one names their arm
    AllocationRecord: frozenset({"counts", "seed"}),
    ReturnedFileRecord: frozenset({"matched"}),
}
"""What they are not told of them. What is in neither is given in another form."""

UNTOLD_WHOLE: Final = frozenset({IssueRecord, MatchRecord})
"""Kinds that nobody else is told of."""

_Made = TypeVar("_Made")


def told_summary(summary: TrialSummary) -> TrialSummary:
    """A line of the list of trials; its state and next step are already those of :func:`trials.life.as_told`."""
    return _told(summary, verdict_sentence=concealed_sentence(summary.verdict_code, summary.verdict_sentence))


def told_evaluation(record: EvaluationRecord) -> EvaluationRecord:
    """A stored evaluation as others than the randomiser see it; its digest is that of the whole, with its salt."""
    from analysis.document import from_document, to_document  # a list of trials has no need of it

    return _told(record, data_digest=KEPT, document=to_document(concealed(from_document(record.document))))


def told_trial(detail: TrialDetail) -> TrialDetail:
    """A trial without its counts by arm, its lists and its contacts."""
    waves = tuple(map(_allocation, detail.waves))
    return _told(
        detail,
        summary=told_summary(detail.summary),
        allocation=next(iter(waves), None),
        evaluation=None if detail.evaluation is None else told_evaluation(detail.evaluation),
        returned=tuple(_told(file, matched=()) for file in detail.returned if file.kind == "outcomes"),
        waves=waves,
        evaluations=tuple(map(_line, detail.evaluations)),
    )


def told_job(job: JobRecord) -> JobRecord:
    """A job; what a draw gave is the digest of its arms, each of which could be tried where they are few."""
    made = job.result_digest
    kept = KEPT if made is not None and job.stage == "randomise" else made
    return _told(job, result_digest=kept, request={})


def _line(line: EvaluationLine) -> EvaluationLine:
    return _told(line, verdict_sentence=concealed_sentence(line.verdict_code, line.verdict_sentence) or "")


def _allocation(wave: AllocationRecord) -> AllocationRecord:
    excluded = concealed_exclusions(wave.exclusions)
    return _told(wave, counts={}, digest=KEPT, snapshot_digest=KEPT, exclusions=excluded)


def _told(record: _Made, **given: Any) -> _Made:
    """The same of what is told of its kind, and what is given in another form."""
    kept = {name: _parts(getattr(record, name)) for name in TOLD[type(record)] if name not in given}
    return type(record)(**kept, **given)


def _parts(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_parts, value))
    of_the_record = is_dataclass(value) and type(value).__module__.startswith("trials.")
    return _told(value) if of_the_record else value
