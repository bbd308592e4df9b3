"""Decide: a named person records what is done about a verdict, why, and when it is looked at again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Literal, get_args

from trials.access import Actor
from trials.errors import TrialRefused
from trials.life import require
from trials.registry import Registry, queries, tables
from trials.registry.records import DecisionRecord, outcomes_gone
from trials.registry.tables.columns import now
from trials.seen import Read, require_outcomes_stand, require_read

Choice = Literal["accept", "override"]


def decide(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    *,
    choice: Choice,
    action: str,
    reason: str,
    conditions: str | None = None,
    review_on: date,
    finding: Read | None = None,
    also_read: Collection[Read] = (),
) -> DecisionRecord:
    """Record a decision on the finding, or on the latest attempt where there is none. Earlier decisions stay.

    An attempt has no verdict that could be accepted: its corrected files are evaluated again, or a decision that goes
    without a verdict (``override``) ends the trial, where its losses cannot be mended. So does one on a trial whose
    other waves are not drawn any more: it never comes to be due.

    Args:
        registry: Where the trial is.
        actor: Who decides.
        trial_id: The trial.
        choice: ``accept`` the verdict, or ``override`` it; on an attempt only the second.
        action: What is done.
        reason: Why.
        conditions: On what it depends, if on anything.
        review_on: When it is looked at again; after today.
        finding: The evaluation that was read, by number or digest; needed where the trial has several.
        also_read: Later ones that were read too: those with another verdict than the finding must be among them.

    Raises:
        TrialRefused: There is no evaluation, outcomes were not due at any, what its data make invalid is accepted, the
            draw is void, something is left out, or what was read is not, or not all of, what a decision rests on now;
            or outcomes that an accepted verdict rests on were withdrawn. One that overrides it is recorded, with what
            was withdrawn, and each page that tells of it says so.
    """
    _refuse_incomplete(trial_id, choice, action, reason, review_on)
    with registry.write(actor, "decide", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "decide")
        evaluation = queries.evaluation_to_decide_on(work.session, trial_id)
        require_read(work.session, trial_id, "decision", read=finding, rests_on=evaluation.id, also_read=also_read)
        if choice == "accept":
            require_outcomes_stand(work.session, trial_id, evaluation)
        if choice == "accept" and evaluation.role == "attempt":
            raise _attempt(trial_id, evaluation.id)
        if choice == "accept" and evaluation.role == "not_due":
            raise _not_due(trial_id)
        record = DecisionRecord(
            decided_at=now(),
            decided_by=actor.name,
            choice=choice,
            verdict_code=evaluation.document["verdict"]["code"],
            action=action.strip(),
            reason=reason.strip(),
            conditions=conditions.strip() or None if conditions else None,
            review_on=review_on,
            evaluation=evaluation.id,
            evaluation_digest=evaluation.digest,
        )
        work.add(
            tables.Decision(
                trial_id=trial_id,
                number=queries.next_number(work.session, tables.Decision, trial_id),
                evaluation_number=evaluation.id,
                choice=record.choice,
                verdict_code=record.verdict_code,
                action=record.action,
                reason=record.reason,
                conditions=record.conditions,
                review_on=record.review_on,
                decided_at=record.decided_at,
                decided_by=record.decided_by,
            )
        )
        lines, files = queries.evaluations_of(work.session, trial_id), queries.returned_of(work.session, trial_id)
        gone = [file.withdraws for file in outcomes_gone(files, lines, evaluation.id)]
        said = {"choice": choice, "verdict": record.verdict_code, "evaluation": evaluation.digest}
        work.commit(said | ({"withdrawn": gone} if gone else {}))
    return record


def _not_due(trial_id: str) -> TrialRefused:
    return TrialRefused(
        "there is no verdict to decide on",
        where=trial_id,
        rule="no effect is shown before all is due, and what is accepted is a finding",
        remedy="draw the other waves, and evaluate when all is due; or, where they will not be drawn, end the trial "
        "without a finding by a decision with --override",
    )


def _attempt(trial_id: str, evaluation: int) -> TrialRefused:
    return TrialRefused(
        f"evaluation {evaluation} is an attempt: its data are invalid, so it has no verdict that could be accepted",
        where=trial_id,
        rule="what is accepted is a finding, of data that passed their checks",
        remedy=f"load the corrected files, then otm evaluate {trial_id}; or, where nothing can mend them, end the "
        "trial without a finding by a decision with --override",
    )


def _refuse_incomplete(trial_id: str, choice: str, action: str, reason: str, review_on: date) -> None:
    if choice not in get_args(Choice):
        raise TrialRefused(f"{choice!r} is no choice", where=trial_id, rule=f"one of {', '.join(get_args(Choice))}")
    for name, text in (("action", action), ("reason", reason)):
        if not text.strip():
            raise TrialRefused(
                f"a decision needs its {name}", where=trial_id, rule="a decision can be read years later"
            )
    if review_on <= now().date():
        raise TrialRefused(
            f"the review on {review_on.isoformat()} is not ahead", where=trial_id, rule="a review date is after today"
        )
