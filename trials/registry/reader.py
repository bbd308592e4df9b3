"""What a screen holds: frozen answers, read in one transaction that is over before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from designs.amending import open_amendment
from designs.drafting import Draft, judge_draft
from designs.entries import Recorded
from designs.finding import Open
from designs.gates import Gate, gates_of
from designs.protocol import Protocol
from trials.access import Actor
from trials.concealment import concealed_certificate, concealed_event, sees_arms
from trials.errors import TrialRefused
from trials.registry import queries
from trials.registry.amended import amendment_records
from trials.registry.customers import Customers, customers_of, levels_of
from trials.registry.design_facts import facts_to_sign, loaded_population, still_to_sign
from trials.registry.dossier import Dossier, dossier_of
from trials.registry.library import ended_designs, past_trials
from trials.registry.past_plans import draft_of_trial
from trials.registry.plan import plan_allocated_under, plan_of
from trials.registry.portfolio import portfolio
from trials.registry.records import (
    AmendmentRecord,
    AuditEvent,
    DesignDetail,
    DesignRecord,
    DiagnosisRecord,
    EndedDesign,
    EvaluationRecord,
    PastTrial,
    PopulationRecord,
    RevisionRecord,
    TrialDetail,
    TrialSummary,
    Typed,
)
from trials.registry.told import told_evaluation, told_summary, told_trial


class Reader:
    """Read-only questions about the registry. No seed before its release, no customer's arm, ever.

    Counts by arm are the randomiser's until then: others get what :mod:`trials.concealment` leaves.
    """

    def __init__(self, session: Session, actor: Actor) -> None:
        self._session = session
        self._actor = actor

    def portfolio(self) -> tuple[TrialSummary, ...]:
        """One summary a trial, in order of id."""
        summaries = portfolio(self._session, sees_arms=sees_arms(self._actor))
        return tuple(summary if self._sees_arms(summary.id) else told_summary(summary) for summary in summaries)

    def past_trials(self) -> tuple[PastTrial, ...]:
        """Every trial that has a finding, is invalid, was decided, stopped or made void, by id, with its effects."""
        return past_trials(self._session, self.portfolio(), self._sees_arms)

    def ended_designs(self, today: date) -> tuple[EndedDesign, ...]:
        """Every design that ended without a trial, by id."""
        return ended_designs(self._session, today)

    def trial(self, trial_id: str) -> TrialDetail:
        """Everything recorded about one trial.

        Raises:
            TrialRefused: There is no such trial.
        """
        session = self._session
        # What was allocated is shown under the plan that it was allocated under, whatever was locked since.
        plan = plan_allocated_under(session, trial_id)
        in_force = plan_of(session, trial_id)
        (summary,) = portfolio(session, trial_id, sees_arms=sees_arms(self._actor))
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
            amended=None if in_force.version == plan.version else in_force.protocol,
        )
        return detail if self._sees_arms(trial_id) else told_trial(detail)

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
        return record if self._sees_arms(trial_id) else told_evaluation(record)

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

    def design_detail(self, trial_id: str, today: date) -> DesignDetail:
        """A design as a page shows it: its draft, its gates, and how far its plan has come.

        Raises:
            TrialRefused: There is no such design.
        """
        session = self._session
        design, revision = queries.design_of(session, trial_id), queries.revision_of_draft(session, trial_id)
        facts = facts_to_sign(session, trial_id, today)
        registered = queries.protocol_of(session, trial_id) if queries.is_registered(session, trial_id) else None
        lock = None if registered is None else queries.lock_of(session, trial_id)
        return DesignDetail(
            design=design,
            revision=revision,
            facts=facts,
            gates=gates_of(facts),
            version=None if registered is None else registered.version,
            current=registered is not None and _says(revision.draft, registered.digest, today),
            locked_on=None if lock is None else lock.locked_at.date(),
        )

    def plan_of_design(self, trial_id: str, today: date) -> Protocol | None:
        """A design's draft as far as it is filled, or the plan in force of a trial that was registered from a file.

        Raises:
            TrialRefused: There is neither a design nor a trial of this id.
        """
        return facts_to_sign(self._session, trial_id, today).plan

    def latest_load(self, trial_id: str) -> PopulationRecord | None:
        """The last load of a registered trial's population, or what a lock fixed; None before the first.

        Raises:
            TrialRefused: There is no such trial.
        """
        return plan_of(self._session, trial_id).population

    def customers(self, draft: Draft, today: date) -> tuple[PopulationRecord | None, Customers | None]:
        """The last load of the population that a draft names, and its customers as the draft has them.

        The draft need not be saved. No customers where nothing is loaded, or the draft's rules cannot be read yet.

        Raises:
            DesignRefused: The population has no column that a rule asks for.
            DataRefused: Its rows are not as they were frozen.
        """
        protocol = judge_draft(draft, day=today).protocol
        if protocol is None or protocol.population is None:
            return None, None
        loaded = loaded_population(self._session, protocol)
        return loaded, None if loaded is None else customers_of(self._session, protocol, loaded)

    def levels(self, population: PopulationRecord, column: str) -> Mapping[str | None, int]:
        """How many customers of a load have each value of a column; None is a blank."""
        return levels_of(self._session, population, column)

    def diagnoses(self, trial_id: str) -> tuple[DiagnosisRecord, ...]:
        """What was simulated of a design's plans, in the order in which it was."""
        return queries.diagnoses_of(self._session, trial_id)

    def typed(self, trial_id: str, page: str) -> tuple[Typed, ...]:
        """What the reader has typed on a page of a design and not saved yet, in each of their windows, the latest
        first; nobody else's."""
        return queries.typed_on(self._session, str(self._actor), trial_id, page)

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

    def design_text(self, trial_id: str, digest: str) -> bytes:
        """A text that some revision of a design has or had, by its digest.

        Raises:
            RegistryRefused: It is not there, or was edited.
        """
        return queries.texts_of_design(self._session, trial_id, [digest])[digest]

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
        return gates_of(facts_to_sign(self._session, trial_id, today))

    def plan_digest(self, trial_id: str, today: date) -> str | None:
        """The digest of what the gates are judged by: of a draft's revision, or of a registered plan.

        Raises:
            TrialRefused: There is neither a design nor a trial of this id.
        """
        return facts_to_sign(self._session, trial_id, today).digest

    def amendments(self, trial_id: str) -> tuple[tuple[AmendmentRecord, ...], tuple[Open, ...]]:
        """Every amendment of a trial's plan, in order, and what is still to be signed for the one that is open.

        Raises:
            TrialRefused: There is no such trial.
        """
        records = amendment_records(self._session, trial_id)
        waiting = open_amendment(queries.entries_of(self._session, trial_id))
        if waiting is None:
            return records, ()
        return records, still_to_sign(self._session, trial_id, waiting, datetime.now(UTC).date())

    def dossier(self, trial_id: str, today: date) -> Dossier:
        """All that is on record about a design, for the papers that are made of it.

        Raises:
            TrialRefused: There is neither a design nor a trial of this id.
        """
        return dossier_of(self._session, trial_id, today)

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
        """The audit chain in order, or one trial's events; without those that tell others of lists and contacts."""
        events = queries.audit_events(self._session, trial_id)
        seen = {None: True} | {trial: self._sees_arms(trial) for trial in {event.trial for event in events} if trial}
        told = (event if seen[event.trial] else _event(event) for event in events)
        return tuple(event for event in told if event is not None)


def _event(event: AuditEvent) -> AuditEvent | None:
    detail = concealed_event(event.action, event.detail)
    return None if detail is None else replace(event, detail=detail)


def _says(draft: Draft, digest: str, today: date) -> bool:
    """Whether a draft is the plan of this digest, to the letter."""
    loaded = judge_draft(draft, day=today).loaded
    return loaded is not None and loaded.digest == digest
