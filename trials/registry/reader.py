"""What a screen holds: frozen answers, read in one transaction that is over before anything is drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from designs.drafting import Draft
from designs.entries import Recorded
from designs.gates import Gate, gates_of
from trials.access import Actor
from trials.concealment import concealed, concealed_certificate, concealed_event, sees_arms
from trials.errors import TrialRefused
from trials.registry import queries
from trials.registry.design_facts import facts_of
from trials.registry.past_plans import draft_of_trial
from trials.registry.plan import plan_allocated_under
from trials.registry.portfolio import portfolio
from trials.registry.records import (
    AuditEvent,
    DesignRecord,
    EvaluationRecord,
    RevisionRecord,
    TrialDetail,
    TrialSummary,
)


class Reader:
    """Read-only questions about the registry. No seed before its release, no customer's arm, ever.

    Counts by arm are the randomiser's until then: others get what :mod:`trials.concealment` leaves.
    """

    def __init__(self, session: Session, actor: Actor) -> None:
        self._session = session
        self._actor = actor

    def portfolio(self) -> tuple[TrialSummary, ...]:
        """One summary a trial, in order of id."""
        return portfolio(self._session)

    def trial(self, trial_id: str) -> TrialDetail:
        """Everything recorded about one trial.

        Raises:
            TrialRefused: There is no such trial.
        """
        session = self._session
        # What was allocated is shown under the plan that it was allocated under, whatever was locked since.
        plan = plan_allocated_under(session, trial_id)
        (summary,) = portfolio(session, trial_id)
        allocations = queries.allocations_of(session, trial_id)
        detail = TrialDetail(
            summary=summary,
            protocol=plan.protocol,
            canonical=queries.protocol_of(session, trial_id, plan.version).canonical,
            protocol_digest=plan.digest,
            allocation=next(iter(allocations), None),
            waves=allocations,
            evaluation=queries.evaluation_of(session, trial_id),
            decisions=queries.decisions_of(session, trial_id),
            population=None if plan.lock is None else plan.population,
            lock=plan.lock,
            issues=queries.issues_of(session, trial_id),
            returned=queries.returned_of(session, trial_id),
            void=queries.void_of(session, trial_id),
            release=queries.release_of(session, trial_id),
            evaluations=queries.evaluations_of(session, trial_id),
            corrections=queries.corrections_of(session, trial_id),
        )
        return detail if self._sees_arms(trial_id) else _concealed(detail)

    def _sees_arms(self, trial_id: str) -> bool:
        return sees_arms(self._actor) or queries.release_of(self._session, trial_id) is not None

    def evaluation(self, trial_id: str, number: int) -> EvaluationRecord:
        """One evaluation of a trial, whole, whatever it is: finding, update, attempt, or one that was replaced.

        Raises:
            TrialRefused: There is no such trial, or it has no such evaluation.
        """
        queries.require_trial(self._session, trial_id)
        if number not in queries.places_of(self._session, trial_id):
            raise TrialRefused(
                f"there is no evaluation {number}",
                where=trial_id,
                rule="evaluations are numbered in the order in which they were made",
                remedy="the results page lists them",
            )
        record = queries.evaluation_numbered(self._session, trial_id, number)
        return record if self._sees_arms(trial_id) else concealed_record(record)

    def draft(self, trial_id: str) -> dict[str, str]:
        """What the reader has typed about a trial and not recorded yet, by field; nobody else's."""
        return queries.draft_of(self._session, str(self._actor), trial_id)

    def designs(self) -> tuple[DesignRecord, ...]:
        """Every design that was begun, by id."""
        return queries.designs_begun(self._session)

    def design(self, trial_id: str, number: int | None = None) -> RevisionRecord:
        """One revision of a design's draft; not given, the latest.

        Raises:
            TrialRefused: There is no such design or revision.
        """
        return queries.revision_of_draft(self._session, trial_id, number)

    def revisions(self, trial_id: str) -> tuple[RevisionRecord, ...]:
        """Every revision of a design's draft, in order.

        Raises:
            TrialRefused: There is no such design.
        """
        queries.design_of(self._session, trial_id)
        return queries.revisions_of(self._session, trial_id)

    def design_texts(self, trial_id: str, revision: RevisionRecord) -> dict[str, bytes]:
        """The texts of a revision, by the path that its document gives them."""
        kept = queries.texts_of_design(self._session, trial_id, revision.draft.texts.values())
        return {path: kept[digest] for path, digest in revision.draft.texts.items()}

    def past_plan(self, trial_id: str, new_id: str) -> tuple[Draft, dict[str, bytes]]:
        """A registered trial's plan as the draft of a new one, and the bytes of its texts, by digest.

        Raises:
            TrialRefused: There is no such trial.
        """
        return draft_of_trial(self._session, trial_id, new_id)

    def gates(self, trial_id: str, today: date) -> tuple[Gate, ...]:
        """The gates of a design as it stands, each with what is missing for it and who clears that.

        Raises:
            TrialRefused: There is neither a design nor a trial of this id.
        """
        return gates_of(facts_of(self._session, trial_id, today))

    def entries(self, trial_id: str) -> tuple[Recorded, ...]:
        """Everything on record about a design or trial, in the order in which it was recorded."""
        return queries.entries_of(self._session, trial_id)

    def certificates(self, trial_id: str) -> tuple[dict[str, Any], ...]:
        """The certificate of each wave, with the seed once it is released; empty before the draw.

        Raises:
            TrialRefused: There is no such trial.
        """
        queries.require_trial(self._session, trial_id)
        void = queries.void_of(self._session, trial_id)
        sees = self._sees_arms(trial_id)
        return tuple(
            {
                **(certificate if sees else concealed_certificate(certificate)),
                "allocated_at": allocation.allocated_at.isoformat(),
                "allocated_by": allocation.allocated_by,
                "seed": allocation.seed,
                "void": void.reason if void is not None and void.holds else None,
            }
            for certificate, allocation in zip(
                queries.certificates_of(self._session, trial_id),
                queries.allocations_of(self._session, trial_id),
                strict=True,
            )
        )

    def audit(self, trial_id: str | None = None) -> tuple[AuditEvent, ...]:
        """The audit chain in order, or one trial's events."""
        events = queries.audit_events(self._session, trial_id)
        seen = {None: True} | {trial: self._sees_arms(trial) for trial in {event.trial for event in events} if trial}
        return tuple(
            event if seen[event.trial] else replace(event, detail=concealed_event(event.action, event.detail))
            for event in events
        )


def concealed_record(record: EvaluationRecord) -> EvaluationRecord:
    """A stored evaluation as others than the randomiser see it; its digest is that of the whole."""
    from analysis.document import from_document, to_document  # a list of trials has no need of it

    return replace(record, document=to_document(concealed(from_document(record.document))))


def _concealed(detail: TrialDetail) -> TrialDetail:
    waves = tuple(replace(wave, counts={}) for wave in detail.waves)
    return replace(
        detail,
        allocation=next(iter(waves), None),
        waves=waves,
        evaluation=None if detail.evaluation is None else concealed_record(detail.evaluation),
        issues=tuple(replace(issue, customers=None, manifest={}) for issue in detail.issues),
        returned=tuple(replace(file, matched=()) for file in detail.returned),
    )
