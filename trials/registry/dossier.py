"""All that is on record about one design, for the papers that are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from designs.gates import Facts
from designs.protocol import Protocol
from designs.protocol.day_zero import day_of_draw
from trials.life import State
from trials.registry import queries
from trials.registry.amended import amendment_records
from trials.registry.design_facts import facts_of
from trials.registry.plan import plan_of
from trials.registry.portfolio import portfolio
from trials.registry.records import AmendmentRecord, LockRecord, PopulationRecord


@dataclass(frozen=True, slots=True)
class Dossier:
    """A design, and what became of it.

    Attributes:
        trial: Its id.
        facts: The plan, its texts and everything on record, as the gates read it.
        revision: Of the draft that the plan is; None where it is a registered plan.
        version: Of the registered plan; None where it is a draft.
        digest: Of the registered plan, or of the draft.
        population: What the lock fixed, or else the latest load; None where nothing is loaded.
        lock: None while the plan may still change.
        outside: Why the plan was locked outside the route of approval; None where it was not.
        drawn_on: The day of the first draw, or that which stands for it; None before it.
        state: How far it has come.
        amendments: Of the plan that was locked, in order; those that were withdrawn too.
    """

    trial: str
    facts: Facts
    revision: int | None
    version: int | None
    digest: str
    population: PopulationRecord | None
    lock: LockRecord | None
    outside: str | None
    drawn_on: date | None
    state: State = "draft"
    amendments: tuple[AmendmentRecord, ...] = ()

    @property
    def plan(self) -> Protocol | None:
        """As far as it can be read."""
        return self.facts.plan

    @property
    def synthetic(self) -> bool:
        """Whether its customers are invented."""
        return self.population is not None and self.population.synthetic

    @property
    def customers(self) -> int | None:
        """Who can be assigned, once the lock has counted them; before it everybody in the load."""
        if self.lock is not None:
            return self.lock.eligible
        return None if self.population is None else self.population.loaded


def dossier_of(session: Session, trial_id: str, today: date) -> Dossier:
    """A design as it stands: its draft, while there is one that is not locked; else the registered plan.

    Raises:
        TrialRefused: There is neither a design nor a trial of this id.
    """
    facts = facts_of(session, trial_id, today)
    locked = queries.is_registered(session, trial_id) and queries.lock_of(session, trial_id) is not None
    if queries.has_design(session, trial_id) and not locked:
        revision = queries.revision_of_draft(session, trial_id)
        return Dossier(
            trial_id, facts, revision.number, None, revision.digest, _loaded(session, facts.plan), None, None, None
        )
    plan = plan_of(session, trial_id)
    allocations = queries.allocations_of(session, trial_id)
    (summary,) = portfolio(session, trial_id, sees_arms=False)  # papers are for everybody
    return Dossier(
        trial=trial_id,
        facts=facts,
        revision=None,
        version=plan.version,
        digest=plan.digest,
        population=plan.population,
        lock=plan.lock,
        outside=summary.outside,
        drawn_on=day_of_draw(plan.protocol, allocations[0].allocated_at.date()) if allocations else None,
        state=summary.state,
        amendments=amendment_records(session, trial_id),
    )


def _loaded(session: Session, plan: Protocol | None) -> PopulationRecord | None:
    if plan is None or plan.population is None or plan.id is None:
        return None
    return queries.latest_population(session, queries.population_name(plan))
