"""Amend: a locked plan becomes another. One person proposes, a second confirms; the original is kept and shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.orm import Session

from designs.amending import Amendment, Effect, Stage, admit
from designs.entries import AmendmentConfirmed, AmendmentProposed, AmendmentWithdrawn, Entry, entry_document
from designs.finding import Open
from designs.protocol import check, parse_canonical
from trials.access import Actor
from trials.errors import TrialRefused
from trials.life import Standing, require
from trials.randomiser.fixed import fixed, lock_row, refuse_other_reading
from trials.reasons import require_reason
from trials.registry import Registry, queries, tables
from trials.registry.amended import amendment_records, plan_values
from trials.registry.design_facts import still_to_sign
from trials.registry.plan import Plan, plan_of
from trials.registry.records import AmendmentRecord, LockRecord, PopulationRecord
from trials.registry.tables.columns import now
from trials.registry.unit_of_work import UnitOfWork
from trials.registry.versions import add_version, storable_path


@dataclass(frozen=True, slots=True)
class Proposed:
    """An amendment as it was proposed, and what is to be signed again before a second person can confirm it."""

    record: AmendmentRecord
    to_sign: tuple[Open, ...]


def amend(registry: Registry, actor: Actor, trial_id: str, protocol_path: str | Path, *, reason: str) -> Proposed:
    """Propose that a locked plan be another. The plan in force stays so until a second person has confirmed it.

    Args:
        registry: Where the trial is.
        actor: Who proposes.
        trial_id: The trial.
        protocol_path: The plan as it is to be, with its texts beside it.
        reason: Why.

    Raises:
        ProtocolRefused: The file is no protocol.
        TrialRefused: The plan is not locked, the draw is void, another amendment is open, no reason is given, or the
            amended plan cannot be drawn from the population that was locked.
        DesignRefused: Nothing changes, or what may not change any more.
    """
    path = storable_path(protocol_path, "rename it, and amend with it again")
    require_reason(reason, trial_id, "an amendment says why, for ever")
    found = check(path).checked
    with registry.inspect(actor, "amend", trial_id) as session:
        plan, effect = _admitted(session, trial_id, found.canonical)
    amended = replace(plan, protocol=parse_canonical(found.canonical), digest=found.digest, version=0, path=path)
    if effect == "plan":
        fixed(registry, actor, amended, _population(plan))
    elif effect == "unplanned":
        refuse_other_reading(plan, amended, _population(plan))
    with registry.write(actor, "amend", trial_id) as work:
        standing = queries.standing_of(work.session, trial_id)
        require(standing, "amend")
        if _admitted(work.session, trial_id, found.canonical) != (plan, effect):
            raise _changed_meanwhile(trial_id)
        stage = _stage(standing)
        version, kept = add_version(work, found, path)
        _put(
            work,
            trial_id,
            AmendmentProposed(
                kind="amendment_proposed",
                on=now().date(),
                version=version,
                amends=plan.version,
                plan=found.digest,
                stage=stage,
                effect=effect,
                reason=reason,
            ),
        )
        number = len(queries.amendments_of(work.session, trial_id))
        said = {"amendment": number, "version": version, "protocol_digest": found.digest, "effect": effect}
        work.commit({**said, "reason": reason.strip()} | ({"texts_kept": kept} if kept else {}))
    with registry.inspect(actor, "amend", trial_id) as session:
        (record,) = (each for each in amendment_records(session, trial_id) if each.number == number)
        amendment = queries.amendments_of(session, trial_id)[number - 1]
        return Proposed(record, still_to_sign(session, trial_id, amendment, now().date()))


def confirm_amendment(registry: Registry, actor: Actor, trial_id: str, number: int) -> AmendmentRecord:
    """Confirm an amendment that somebody else proposed: from here on it is in force.

    Args:
        registry: Where the trial is.
        actor: Who confirms, another person.
        trial_id: The trial.
        number: The amendment that was read.

    Raises:
        TrialRefused: No amendment is open or it is another one, the same person proposed it, something is still to be
            signed, or customers were assigned since it was proposed.
        DesignRefused: It changes what may not change any more.
    """
    with registry.inspect(actor, "confirm_amendment", trial_id) as session:
        amendment = _open(session, actor, trial_id, number)
        plan = plan_of(session, trial_id)
        amended = plan_of(session, trial_id, amendment.proposal.version)
    lock = _lock(registry, actor, plan, amended, amendment.proposal.effect)
    with registry.write(actor, "confirm_amendment", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "confirm_amendment", by=actor.name)
        if _open(work.session, actor, trial_id, number) != amendment or plan_of(work.session, trial_id) != plan:
            raise _changed_meanwhile(trial_id)
        _refuse_unsigned(still_to_sign(work.session, trial_id, amendment, now().date()), trial_id, number)
        work.add(lock_row(trial_id, lock))
        _put(work, trial_id, AmendmentConfirmed(kind="amendment_confirmed", on=now().date(), amendment=number))
        work.commit({**_said(amendment), "effect": amendment.proposal.effect})
    with registry.inspect(actor, "confirm_amendment", trial_id) as session:
        return amendment_records(session, trial_id)[number - 1]


def withdraw_amendment(registry: Registry, actor: Actor, trial_id: str, number: int, *, reason: str) -> AmendmentRecord:
    """Take back an amendment that is not in force. It stays on record.

    Args:
        registry: Where the trial is.
        actor: Who takes it back.
        trial_id: The trial.
        number: The amendment that was read.
        reason: Why.

    Raises:
        TrialRefused: None is open or it is another one, or no reason is given.
    """
    require_reason(reason, trial_id, "an amendment says why, for ever")
    with registry.write(actor, "withdraw_amendment", trial_id) as work:
        require(queries.standing_of(work.session, trial_id), "withdraw_amendment")
        amendment = _waiting(work.session, trial_id, number, "--amendment", "take back")
        entry = AmendmentWithdrawn(
            kind="amendment_withdrawn", on=now().date(), amendment=amendment.number, reason=reason
        )
        _put(work, trial_id, entry)
        work.commit({**_said(amendment), "reason": reason.strip()})
    with registry.inspect(actor, "withdraw_amendment", trial_id) as session:
        return amendment_records(session, trial_id)[amendment.number - 1]


def _stage(standing: Standing) -> Stage:
    if standing.released or standing.void:
        return "closed"
    return "drawn" if standing.seed_drawn else "locked"


def _admitted(session: Session, trial_id: str, canonical: str) -> tuple[Plan, Effect]:
    """The plan in force, and what an amendment of it by another would be."""
    standing = queries.standing_of(session, trial_id)
    require(standing, "amend")
    plan = plan_of(session, trial_id)
    stored = queries.protocol_of(session, trial_id, plan.version)
    effect, _ = admit(plan_values(stored.canonical), plan_values(canonical), _stage(standing), trial_id)
    return plan, effect


def _open(session: Session, actor: Actor, trial_id: str, number: int) -> Amendment:
    """The amendment that waits, if it is this one and may still take effect."""
    standing = queries.standing_of(session, trial_id)
    require(standing, "confirm_amendment", by=actor.name)
    amendment = _waiting(session, trial_id, number, "--confirm", "confirm")
    proposal = amendment.proposal
    before, after = (
        plan_values(queries.protocol_of(session, trial_id, version).canonical)
        for version in (plan_of(session, trial_id).version, proposal.version)
    )
    effect, _ = admit(before, after, _stage(standing), trial_id)
    if effect != proposal.effect:
        raise TrialRefused(
            "customers were assigned since this amendment was proposed",
            where=trial_id,
            rule="a plan is another before the draw, and what is added after it is unplanned",
            remedy=f"withdraw it (otm amend {trial_id} --withdraw REASON --amendment {number}), and propose it again "
            "as what it is now",
        )
    return amendment


def _waiting(session: Session, trial_id: str, number: int, option: str, do: str) -> Amendment:
    """The last amendment, if it is the one that somebody read."""
    amendment = queries.amendments_of(session, trial_id)[-1]
    if amendment.number != number:
        raise TrialRefused(
            f"the amendment that waits is number {amendment.number}",
            where=f"{trial_id}, {option}",
            rule="what is confirmed or taken back is what was read",
            remedy=f"read it (otm amend {trial_id}), then {do} that one",
        )
    return amendment


def _lock(registry: Registry, actor: Actor, plan: Plan, amended: Plan, effect: Effect) -> LockRecord:
    """The lock of the amended plan, with the population that was locked."""
    if effect == "plan":
        return fixed(registry, actor, amended, _population(plan))
    assert plan.lock is not None  # it was asked for
    return replace(
        plan.lock,
        protocol_version=amended.version,
        protocol_digest=amended.digest,
        locked_at=now(),
        locked_by=actor.name,
    )


def _population(plan: Plan) -> PopulationRecord:
    assert plan.lock is not None  # it was asked for
    return plan.lock.population


def _put(work: UnitOfWork, trial_id: str, entry: Entry) -> None:
    work.add(
        tables.DesignEntry(
            trial_id=trial_id,
            number=len(queries.entries_of(work.session, trial_id)) + 1,
            kind=entry.kind,
            document=entry_document(entry),
            recorded_at=now(),
            recorded_by=work.actor.name,
            role=work.actor.role,
        )
    )


def _said(amendment: Amendment) -> dict[str, object]:
    proposal = amendment.proposal
    return {
        "amendment": amendment.number,
        "version": proposal.version,
        "protocol_digest": proposal.plan,
        "proposed_by": amendment.proposed.by,
    }


def _changed_meanwhile(trial_id: str) -> TrialRefused:
    return TrialRefused(
        "the plan, or where the trial stands, changed meanwhile",
        where=trial_id,
        rule="an amendment is of the plan that was read; nothing was changed",
        remedy=f"look again (otm amend {trial_id}), then give the command again",
    )


def _refuse_unsigned(missing: Sequence[Open], trial_id: str, number: int) -> None:
    if missing:
        raise TrialRefused(
            "something is to be signed again first: "
            + "; ".join(f"{each.problem} ({each.clears.replace('_', ' ')} clears it)" for each in missing),
            where=f"{trial_id}, amendment {number}",
            rule="an amendment is signed again where it touches what was signed",
            remedy=f"put on record what they sign (otm design enter {trial_id} ENTRY), then confirm it",
        )
