"""Amendments of a trial's plan as they are read: what each changes, who proposed and who confirmed it, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from designs.amending import Amendment, amended_places
from designs.protocol.canonical import canonical_json
from trials.registry import queries, tables
from trials.registry.records import AmendmentRecord


def amendment_records(session: Session, trial_id: str) -> tuple[AmendmentRecord, ...]:
    """Every amendment of one trial, in order; those that were withdrawn too.

    Raises:
        TrialRefused: There is no such trial.
        RegistryRefused: Something on record cannot be read any more.
    """
    queries.require_trial(session, trial_id)
    return tuple(_record(session, trial_id, each) for each in queries.amendments_of(session, trial_id))


def amended_trials(session: Session, among: Iterable[str]) -> dict[str, tuple[AmendmentRecord, ...]]:
    """The amendments of those of these trials that have any."""
    table = tables.DesignEntry
    query = select(table.trial_id).where(table.kind == "amendment_proposed", table.trial_id.in_(tuple(among)))
    return {trial: amendment_records(session, trial) for trial in sorted(set(session.scalars(query)))}


def plan_values(canonical: str) -> dict[str, Any]:
    """A plan that is stored as plain values, with whatever this program says that an earlier one left unsaid."""
    values: dict[str, Any] = json.loads(canonical_json(queries.stored_protocol(canonical), {}))
    return values


def _record(session: Session, trial_id: str, amendment: Amendment) -> AmendmentRecord:
    proposal, confirmed, withdrawn = amendment.proposal, amendment.confirmed, amendment.withdrawn
    before, after = (
        plan_values(queries.protocol_of(session, trial_id, version).canonical)
        for version in (proposal.amends, proposal.version)
    )
    return AmendmentRecord(
        number=amendment.number,
        version=proposal.version,
        amends=proposal.amends,
        digest=proposal.plan,
        stage=proposal.stage,
        effect=proposal.effect,
        reason=proposal.reason,
        changes=amended_places(before, after),
        proposed_at=amendment.proposed.at,
        proposed_by=amendment.proposed.by,
        confirmed_at=None if confirmed is None else confirmed.at,
        confirmed_by=None if confirmed is None else confirmed.by,
        withdrawn_at=None if withdrawn is None else withdrawn.at,
        withdrawn_by=None if withdrawn is None else withdrawn.by,
    )
