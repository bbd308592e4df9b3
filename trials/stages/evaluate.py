"""Evaluate: run the locked analysis on what came back, and store all that it says."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from analysis.document import to_document
from analysis.results import Evaluation, Look
from data.private import scratch_in
from trials.access import Actor
from trials.concealment import sees_arms
from trials.errors import TrialRefused
from trials.field.allocated import allocated_trial, with_amendments
from trials.field.cut import cut_of_evaluation
from trials.field.whole import Whole, newest_cut, whole_of
from trials.frames.code import code_digest
from trials.frames.evaluated import evaluated
from trials.frames.sources import Sources
from trials.life import require
from trials.progress import Progress, in_silence
from trials.registry import Registry, queries, tables
from trials.registry.records import EvaluationRecord
from trials.registry.tables.columns import digest_of, now
from trials.registry.told import told_evaluation


def evaluate(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    *,
    as_at: date | None = None,
    progress: Progress = in_silence,
) -> EvaluationRecord:
    """Evaluate a trial on the outcomes that are there. Earlier evaluations stay.

    The first that is due, and whose data pass their checks, is the finding; what comes later is an update of it.
    Where the protocol declares looks, a cut that has reached the next of them takes it: once, and in order. A look
    whose data fail a check is not taken. As at the day of a look that was taken, it is taken again on what is there
    now, and counts when two people put it in the place of the one before.

    What is returned to whoever is not the randomiser has no counts by arm before the release; what is stored is whole.

    Args:
        registry: Where the trial is.
        actor: Who evaluates.
        trial_id: The trial.
        as_at: The day as at which, where it is not the one on which the outcomes were cut.
        progress: Told before each step.

    Raises:
        TrialRefused: Nothing was allocated, no outcomes came, the draw is void, the protocol's file was edited, or
            real customers' outcomes are to be as at a day after their cut; or somebody else took a look meanwhile.
        AnalysisRefused: The data cannot be analysed as declared.
    """
    with registry.inspect(actor, "evaluate", trial_id) as session:
        sources = _sources(session, trial_id, as_at)
        looks = _looks(session, sources)
        salt = _salt(session, trial_id)
    evaluation = _evaluated(registry, sources, looks, progress)
    document = to_document(evaluation) | {"salt": salt}
    progress("recording the evaluation", 3, 4)
    with registry.write(actor, "evaluate", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "evaluate")
        if _looks(work.session, sources) != looks:
            raise TrialRefused(
                "somebody else took a look while this evaluation was made",
                where=trial_id,
                rule="a look is taken once, and each one allows for those before it",
                remedy="evaluate again",
            )
        _refuse_amended_meanwhile(work.session, sources)
        _refuse_chosen_look(sources, newest_cut(queries.returned_of(work.session, trial_id), "outcomes"), evaluation)
        record = EvaluationRecord(
            id=queries.next_number(work.session, tables.StoredEvaluation, trial_id),
            evaluated_at=now(),
            evaluated_by=actor.name,
            digest=digest_of(document),
            protocol_digest=evaluation.protocol_digest,
            data_digest=evaluation.data_digest,
            document=document,
            code_digest=code_digest(),
            outcomes_version=sources.outcomes.latest.version,
            as_at=sources.as_at,
        )
        work.add(_row(trial_id, record, evaluation, sources.contacts, _repeated(evaluation, looks)))
        place = queries.places_of(work.session, trial_id)[record.id]
        shown = sees_arms(actor) or queries.release_of(work.session, trial_id) is not None
        work.commit(
            {
                "evaluation_digest": record.digest,
                "data_digest": record.data_digest,
                "code_digest": record.code_digest,
                "as_at": sources.as_at.isoformat(),
                "verdict": evaluation.verdict.code,
                "role": place.role,
                **({"look": evaluation.look.number} if evaluation.look else {}),
            }
        )
    made = replace(record, role=place.role, count=place.count)
    return made if shown else told_evaluation(made)


def _sources(session: Session, trial_id: str, as_at: date | None) -> Sources:
    trial = allocated_trial(session, trial_id, "evaluate")
    returned = queries.returned_of(session, trial_id)
    outcomes = whole_of(returned, "outcomes")
    if outcomes is None:  # what an evaluation needs was asked before; a withdrawal may have come in between
        raise TrialRefused("no outcomes are loaded", where=trial_id, remedy=f"otm outcomes load {trial_id} FILE")
    return Sources(trial, outcomes, whole_of(returned, "contacts"), cut_of_evaluation(trial, as_at, outcomes.as_at))


def _salt(session: Session, trial_id: str) -> str:
    """What keeps an evaluation's digest from telling what is concealed of it.

    Whoever has all of a document but a few counts could else try each of them until the digest is right. It follows
    from the seed, which nobody has before the release, so that the same evaluation has the same digest.
    """
    draw = queries.draw_of(session, trial_id)
    assert draw is not None  # it was allocated
    return hmac.digest(draw.seed.encode(), f"the salt of evaluations of {trial_id}".encode(), "sha256").hex()[:32]


def _looks(session: Session, sources: Sources) -> dict[int, Look]:
    """The looks taken, by the number of their evaluation; where a plan has none, no evaluation is read for them."""
    plan = sources.trial.plan
    return {} if plan.protocol.analysis.looks is None else queries.looks_taken(session, plan.trial)


def _refuse_amended_meanwhile(session: Session, sources: Sources) -> None:
    """What an evaluation says of amendments is what was in force when it was recorded."""
    trial = sources.trial
    if with_amendments(session, trial).amendments != trial.amendments:
        raise TrialRefused(
            "the plan was amended while this evaluation was made",
            where=trial.plan.trial,
            rule="an evaluation says which amendments were in force",
            remedy="evaluate again",
        )


def _refuse_chosen_look(sources: Sources, newest: date, evaluation: Evaluation) -> None:
    """Refuse a look whose day is chosen when later outcomes are there: whoever may choose finds a day that says more.

    A look that was taken is taken again on its own day; one that was not is taken on the newest cut, or passed over.
    """
    look = evaluation.look
    if look is None or look.final or look.again or sources.as_at >= newest:
        return
    raise TrialRefused(
        f"look {look.number} cannot be taken as at {sources.as_at.isoformat()}, for outcomes as at "
        f"{newest.isoformat()} were loaded",
        where=f"{sources.trial.plan.trial}, --as-at",
        rule="a look is taken when its day comes, and never chosen among days gone by",
        remedy="evaluate the newest outcomes, without --as-at; a look that was passed over is not made up for",
    )


def _repeated(evaluation: Evaluation, looks: Mapping[int, Look]) -> int | None:
    """The evaluation whose look this one takes again."""
    look = evaluation.look
    if look is None or not look.again:
        return None
    return next(number for number, taken in looks.items() if taken.number == look.number)


def _evaluated(registry: Registry, sources: Sources, looks: Mapping[int, Look], progress: Progress) -> Evaluation:
    with scratch_in(registry.scratch_room) as scratch:
        taken = tuple(looks.values())
        return evaluated(registry.settings.engine, registry.snapshots, sources, taken, scratch, progress)


def _row(
    trial_id: str, record: EvaluationRecord, evaluation: Evaluation, contacts: Whole | None, repeats: int | None
) -> tables.StoredEvaluation:
    return tables.StoredEvaluation(
        trial_id=trial_id,
        number=record.id,
        digest=record.digest,
        protocol_digest=record.protocol_digest,
        data_digest=record.data_digest,
        code_digest=record.code_digest,
        outcomes_version=record.outcomes_version,
        contacts_version=contacts.latest.version if contacts else None,
        as_at=record.as_at,
        due_on=evaluation.maturity.due_on if evaluation.maturity else None,
        repeats=repeats,
        verdict_code=evaluation.verdict.code,
        verdict_arm=evaluation.verdict.arm,
        verdict_segment=record.document["verdict"]["segment"],
        verdict_sentence=evaluation.verdict.sentence,
        document=record.document,
        evaluated_at=record.evaluated_at,
        evaluated_by=record.evaluated_by,
    )
