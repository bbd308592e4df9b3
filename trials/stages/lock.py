"""Lock: from here on the plan and its population are fixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from designs.consultation.route import route_of
from designs.drafting import judge_draft
from designs.entries import LockedOutside, entry_document
from designs.finding import Open
from designs.gates import Gate, missing_before_lock
from trials.access import Actor, UseCase
from trials.errors import TrialRefused
from trials.field.mailable import IssueColumns, issue_columns
from trials.life import require
from trials.progress import Progress, in_silence
from trials.randomiser.fixed import fixed, lock_row
from trials.reasons import require_reason
from trials.registry import Registry, queries, tables
from trials.registry.design_facts import facts_of_plan, refuse_set_aside
from trials.registry.plan import Plan, edited, plan_of
from trials.registry.records import LockRecord, PopulationRecord
from trials.registry.tables.columns import now
from trials.registry.unit_of_work import UnitOfWork
from trials.seen import require_latest_read


@dataclass(frozen=True, slots=True)
class Lockable:
    """What a lock fixes, before it does: the lock as it would be recorded, and what the issue lists can hold."""

    record: LockRecord
    lists: tuple[IssueColumns, ...]
    open: tuple[tuple[Gate, Open], ...] = ()  # what stands in the way on its route


def check_lock(registry: Registry, actor: Actor, trial_id: str) -> Lockable:
    """All that a lock would say, and refuse, with no effect. Open gates are told, and refuse nothing here.

    Raises:
        TrialRefused: As :func:`lock`.
        ProtocolRefused: As :func:`lock`.
    """
    return _lockable(registry, actor, trial_id)[2]


def lock(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    *,
    version: int | None = None,
    load: int | None = None,
    before: Callable[[Lockable], None] | None = None,
    without_governance: str | None = None,
    draft: int | None = None,
    progress: Progress = in_silence,
) -> LockRecord:
    """Fix a trial's plan and the latest load of its population.

    A plan that names its directorate has passed the gates of its route. One that names none has no route, and is
    locked outside it, which every later page says.

    Args:
        registry: Where the trial is.
        actor: Who locks.
        trial_id: The trial.
        version: The version of the plan that was read; needed where there are several and the last is another's.
        load: The load of the population that was read; needed likewise.
        before: Is told what will be fixed before it is.
        without_governance: Why it is locked although gates of its route are open: an administrator's word, and shown
            for ever.
        draft: The revision of the draft that was read, where the plan is one: it is the latest, and what is registered.
        progress: Told before each step.

    Raises:
        TrialRefused: The trial is locked already, its file was edited since it was registered, its population is not
            loaded or was loaded under other declarations, nobody is left to allocate, its first issue day has gone
            by, its first wave has more customers than are planned, the draw would be refused, or a gate of its route
            is open; or what was read is not the last version or load, or the draft says something else than the plan.
        AccessRefused: The actor may not lock outside the route.
        ProtocolRefused: The population lacks a column, or one was measured after today.
    """
    progress("looking through the population", 0, 2)
    plan, population, lockable = _lockable(registry, actor, trial_id, outside=without_governance is not None)
    if without_governance is None:
        _refuse_without_route(registry, plan)
        refuse_open_gates(lockable.open, trial_id)
    if before is not None:
        before(lockable)
    record = lockable.record
    progress("fixing the plan and its population", 1, 2)
    with registry.write(actor, _use_case(without_governance is not None), trial_id) as work:
        if _ready(work.session, trial_id) != (plan, population):
            raise TrialRefused(
                "the plan or its population changed while it was being locked", where=trial_id, remedy="lock again"
            )
        registered = queries.versions_registered(work.session, trial_id)
        require_latest_read(trial_id, actor, "version of the plan", "--version", registered, version)
        if draft is not None:
            _refuse_other_draft(work.session, plan, draft)
        loads = queries.populations_loaded(work.session, population.name)
        require_latest_read(trial_id, actor, "load of the population", "--load", loads, load)
        standing = missing_before_lock(facts_of_plan(work.session, plan, now().date()))
        if without_governance is None:
            refuse_open_gates(standing, trial_id)
        else:
            work.add(_outside(work, trial_id, without_governance, standing))
        work.add(lock_row(trial_id, record))
        work.commit(
            {
                "protocol_digest": plan.digest,
                "population": population.name,
                "population_version": population.version,
                "population_digest": population.digest,
                "eligible": record.eligible,
                **({} if without_governance is None else {"without_governance": without_governance}),
            },
            action="lock",
        )
    return record


def _refuse_other_draft(session: Session, plan: Plan, read: int) -> None:
    latest = queries.revision_of_draft(session, plan.trial)
    if latest.number != read:
        raise TrialRefused(
            f"{latest.saved_by} saved revision {latest.number} of the draft since revision {read} was read",
            where=plan.trial,
            rule="what is locked is the draft as it was read",
            remedy="read what changed, register it, then lock",
        )
    loaded = judge_draft(latest.draft, day=now().date()).loaded
    if loaded is None or loaded.digest != plan.digest:
        raise TrialRefused(
            f"the draft has changed since version {plan.version} of the plan was registered",
            where=plan.trial,
            rule="what is locked is what was registered, and a draft that says something else is no longer it",
            remedy="register the draft as it is now, then lock; or put the draft back as it was",
        )


def _use_case(outside: bool) -> UseCase:
    return "lock_outside" if outside else "lock"


def _refuse_without_route(registry: Registry, plan: Plan) -> None:
    if registry.settings.require_route and route_of(plan.protocol).kind == "outside":
        raise TrialRefused(
            "the plan names no directorate",
            where=plan.trial,
            rule="in this registry a plan is locked by the route of its directorate (OTM_REQUIRE_ROUTE)",
            remedy="name the directorate in the protocol and register it; an administrator may lock it outside any "
            f"route, for ever shown: otm lock {plan.trial} --without-governance REASON",
        )


def refuse_open_gates(missing: Sequence[tuple[Gate, Open]], trial_id: str) -> None:
    """Refuse a lock while a gate of the route is open; all that is missing is named, with who clears it.

    Raises:
        TrialRefused: Something is.
    """
    if missing:
        gates = dict.fromkeys(gate.name.replace("_", " ") for gate, _ in missing)
        raise TrialRefused(
            f"{len(gates)} {'gate is' if len(gates) == 1 else 'gates are'} open ({', '.join(gates)}): "
            + "; ".join(f"{each.problem} ({each.clears.replace('_', ' ')} clears it)" for _, each in missing),
            where=trial_id,
            rule="a plan that names its directorate is locked when the gates of its route are passed",
            remedy=f"otm design gates {trial_id} says what to do about each; an administrator may lock it outside its "
            f"route, for ever shown: otm lock {trial_id} --without-governance REASON",
        )


def _outside(work: UnitOfWork, trial_id: str, reason: str, missing: Sequence[tuple[Gate, Open]]) -> tables.DesignEntry:
    require_reason(reason, trial_id, "a lock outside the route says why")
    told = tuple(f"{gate.name.replace('_', ' ')}: {each.problem}" for gate, each in missing)
    entry = LockedOutside(kind="locked_outside", on=now().date(), reason=reason, open=told)
    return tables.DesignEntry(
        trial_id=trial_id,
        number=len(queries.entries_of(work.session, trial_id)) + 1,
        kind=entry.kind,
        document=entry_document(entry),
        recorded_at=now(),
        recorded_by=work.actor.name,
        role=work.actor.role,
    )


def _lockable(
    registry: Registry, actor: Actor, trial_id: str, *, outside: bool = False
) -> tuple[Plan, PopulationRecord, Lockable]:
    with registry.inspect(actor, _use_case(outside), trial_id) as session:
        plan, population = _ready(session, trial_id)
        missing = missing_before_lock(facts_of_plan(session, plan, now().date()))
    _refuse_edit_since_registration(plan)
    record = fixed(registry, actor, plan, population)
    return plan, population, Lockable(record, issue_columns(plan.protocol, population.kinds), missing)


def _ready(session: Session, trial_id: str) -> tuple[Plan, PopulationRecord]:
    require(queries.standing_of(session, trial_id), "lock")
    refuse_set_aside(queries.entries_of(session, trial_id), trial_id)
    plan = plan_of(session, trial_id)
    if plan.population is None:
        raise TrialRefused(
            f"no population is loaded under the name {queries.population_name(plan.protocol)!r}",
            where=trial_id,
            rule="the population is frozen before the plan is locked",
            remedy=f"otm population load FILE --protocol {plan.path.name}",
        )
    return plan, plan.population


def _refuse_edit_since_registration(plan: Plan) -> None:
    if edited(plan):
        raise TrialRefused(
            "the protocol was edited after it was registered",
            where=str(plan.path),
            rule="what is locked is what was registered",
            remedy=f"otm register {plan.path.name}, then lock",
        )
