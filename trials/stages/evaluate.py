"""Evaluate: run the locked analysis on what came back, and store all that it says."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from sqlalchemy.orm import Session

import analysis.evaluate
from analysis.document import to_document
from analysis.frame import AnalysisFrame
from analysis.results import Evaluation, Exclusion, Flow
from analysis.sensitivity import with_sensitivity
from data.engine import open_engine
from trials.access import Actor
from trials.field.allocated import AllocatedTrial, allocated_trial
from trials.field.frame import Sources, assemble, frame_checks
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.records import EvaluationRecord, ReturnedFileRecord
from trials.registry.tables.columns import digest_of, now

_CODE = ("data", "designs", "analysis")


def evaluate(registry: Registry, actor: Actor, trial_id: str) -> EvaluationRecord:
    """Evaluate a trial on its latest file of outcomes. Earlier evaluations stay.

    Raises:
        TrialRefused: Nothing was dealt, no outcomes are loaded, the draw is void, or the protocol's file was edited.
        AnalysisRefused: The data cannot be analysed as declared.
    """
    with registry.inspect(actor, "evaluate", trial_id) as session:
        sources = _sources(session, trial_id)
    evaluation = _evaluated(registry, sources)
    document = to_document(evaluation)
    with registry.write(actor, "evaluate", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "evaluate")
        record = EvaluationRecord(
            id=queries.next_number(work.session, tables.StoredEvaluation, trial_id),
            evaluated_at=now(),
            evaluated_by=actor.name,
            digest=digest_of(document),
            protocol_digest=evaluation.protocol_digest,
            data_digest=evaluation.data_digest,
            document=document,
            code_digest=code_digest(),
            outcomes_version=sources.outcomes.version,
        )
        work.add(_row(trial_id, record, evaluation, sources.contacts))
        work.commit(
            {
                "evaluation_digest": record.digest,
                "data_digest": record.data_digest,
                "code_digest": record.code_digest,
                "verdict": evaluation.verdict.code,
            }
        )
    return record


def _sources(session: Session, trial_id: str) -> Sources:
    trial = allocated_trial(session, trial_id, "evaluate")
    returned = queries.returned_of(session, trial_id)
    outcomes = [file for file in returned if file.kind == "outcomes"]
    contacts = tuple(file for file in returned if file.kind == "contacts")
    return Sources(trial, max(outcomes, key=lambda file: file.version), contacts)


def _evaluated(registry: Registry, sources: Sources) -> Evaluation:
    # One thread: sums of doubles taken in one order are the same to the last bit, on every registry.
    engine = open_engine(registry.settings.engine, threads=1)
    plan = sources.trial.plan
    with tempfile.TemporaryDirectory(prefix="otm-frame-") as scratch:
        rows = assemble(engine, registry.snapshots, sources, Path(scratch))
        frame = AnalysisFrame(
            engine=engine,
            rows=rows,
            flow=_flow(sources.trial),
            checks=frame_checks(engine, registry.snapshots, rows, sources),
            data_digest=_data_digest(sources),
            synthetic=sources.trial.population.synthetic,
        )
        evaluation = analysis.evaluate.evaluate(frame, plan.protocol, protocol_digest=plan.digest)
        return with_sensitivity(frame, plan.protocol, evaluation)


def _flow(trial: AllocatedTrial) -> Flow:
    """Every customer accounted for: rows read, rejected, left out by reason, allocated."""
    populations = {wave.population.digest: wave.population for wave in trial.waves}.values()
    left_out: dict[str, int] = {}
    for wave in trial.waves:
        for exclusion in wave.exclusions:
            left_out[exclusion.reason] = left_out.get(exclusion.reason, 0) + exclusion.customers
    return Flow(
        rows_read=sum(population.rows_read for population in populations),
        rejected=sum(population.rejected for population in populations),
        excluded=tuple(Exclusion(reason, customers) for reason, customers in left_out.items()),
        allocated=sum(sum(allocation.counts.values()) for allocation in trial.allocations),
        analysed=0,  # the analysis counts them
    )


def _data_digest(sources: Sources) -> str:
    """SHA-256 over the digests of everything that the frame is made of."""
    return digest_of(
        {
            "populations": [wave.population.digest for wave in sources.trial.waves],
            "allocations": [allocation.digest for allocation in sources.trial.allocations],
            "outcomes": sources.outcomes.digest,
            "contacts": [file.digest for file in sources.contacts],
        }
    )


def code_digest() -> str:
    """SHA-256 over the source of everything that an evaluation rests on."""
    root = Path(__file__).resolve().parent.parent.parent
    digest = hashlib.sha256()
    for package in _CODE:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\x00" + path.read_bytes() + b"\x00")
    return digest.hexdigest()


def _row(
    trial_id: str, record: EvaluationRecord, evaluation: Evaluation, contacts: tuple[ReturnedFileRecord, ...]
) -> tables.StoredEvaluation:
    return tables.StoredEvaluation(
        trial_id=trial_id,
        number=record.id,
        digest=record.digest,
        protocol_digest=record.protocol_digest,
        data_digest=record.data_digest,
        code_digest=record.code_digest,
        outcomes_version=record.outcomes_version,
        contacts_version=contacts[-1].version if contacts else None,
        verdict_code=evaluation.verdict.code,
        verdict_arm=evaluation.verdict.arm,
        verdict_segment=record.document["verdict"]["segment"],
        verdict_sentence=evaluation.verdict.sentence,
        document=record.document,
        evaluated_at=record.evaluated_at,
        evaluated_by=record.evaluated_by,
    )
