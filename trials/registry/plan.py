"""The plan in force: a trial's protocol as the registry holds it, and the promise that its file still says the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from data.errors import Refused
from designs.amending import open_amendment, planned_version
from designs.protocol import Protocol, digest_as_written
from trials.errors import TrialRefused
from trials.registry import queries
from trials.registry.records import LockRecord, PopulationRecord


@dataclass(frozen=True, slots=True)
class Plan:
    """One trial's protocol, and what is fixed around it.

    Attributes:
        protocol: From the canonical form; texts are digests.
        digest: SHA-256 of the canonical form.
        version: Which registered version this is.
        path: Where the file stood.
        lock: None while the plan may still change.
        population: What the lock froze, or the latest load while there is no lock.
    """

    protocol: Protocol
    digest: str
    version: int
    path: Path
    lock: LockRecord | None
    population: PopulationRecord | None

    @property
    def trial(self) -> str:
        return self.protocol.id


def plan_of(session: Session, trial_id: str, version: int | None = None) -> Plan:
    """One version of a trial's plan; not given, the one in force: the last locked, or the latest of a draft.

    Raises:
        TrialRefused: There is no such trial.
    """
    record = queries.protocol_of(session, trial_id, version)
    protocol = queries.stored_protocol(record.canonical)
    lock = queries.lock_of(session, trial_id, record.version)
    population = (
        queries.latest_population(session, queries.population_name(protocol))
        if lock is None
        else queries.locked_population(session, trial_id, record.version)
    )
    return Plan(protocol, record.digest, record.version, Path(record.path), lock, population)


def plan_allocated_under(session: Session, trial_id: str) -> Plan:
    """The plan that a trial's latest wave was allocated under, whatever was locked since.

    Before anything is allocated, the one in force.

    Raises:
        TrialRefused: There is no such trial.
    """
    allocations = queries.allocations_of(session, trial_id)
    if not allocations:
        return plan_of(session, trial_id)
    return plan_at_draw(session, trial_id, allocations[-1].protocol_version)


def plan_at_draw(session: Session, trial_id: str, version: int) -> Plan:
    """The plan that the draw was made by, of a version that a wave of it was allocated under.

    A later wave is allocated under the plan in force, which may have been amended since the draw: in nothing that
    assigns anybody, and never in what was planned.

    Raises:
        TrialRefused: There is no such trial.
    """
    return plan_of(session, trial_id, planned_version(version, queries.amendments_of(session, trial_id)))


def refuse_edited_file(session: Session, trial_id: str) -> None:
    """Refuse to go on where the plan in force is locked and the file that it came from says something else.

    A file that has been moved away says nothing; what counts is the locked text in the registry.

    Raises:
        TrialRefused: There is no such trial, or the protocol's file was edited after the lock.
    """
    plan = plan_of(session, trial_id)
    if plan.lock is not None and edited_since(session, plan):
        raise edited_after_lock(plan, plan.path)


def edited_since(session: Session, plan: Plan) -> bool:
    """Whether the file of the plan in force says neither that plan nor an amendment that is on record and open."""
    if not edited(plan):
        return False
    proposed = open_amendment(queries.entries_of(session, plan.trial))
    if proposed is None:
        return True
    try:
        return digest_as_written(plan.path) != proposed.proposal.plan
    except Refused:
        return True


def edited(plan: Plan) -> bool:
    """Whether the file that was registered is still there and gives another digest."""
    if not plan.path.is_file():
        return False
    try:
        return digest_as_written(plan.path) != plan.digest
    except Refused:
        return True


def refuse_other_than_locked(plan: Plan, digest: str, path: Path) -> None:
    """Refuse a file of another digest that claims to be a locked trial's protocol.

    Raises:
        TrialRefused: The trial is locked and the file differs.
    """
    if plan.lock is not None and digest != plan.digest:
        raise edited_after_lock(plan, path)


def edited_after_lock(plan: Plan, path: Path) -> TrialRefused:
    """The refusal of a protocol that changed after its lock."""
    return TrialRefused(
        "the protocol was edited after the lock",
        where=str(path),
        rule=f"trial {plan.trial} is locked with digest {plan.digest[:12]}…, and a locked plan does not change",
        remedy=f"put the file back as it was locked, amend the plan (otm amend {plan.trial} PROTOCOL --reason TEXT), "
        "or register the new plan as a trial with an id of its own",
    )
