"""Questions about designs: drafts, their texts, and what is on record about them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from designs.amending import Amendment, amendments
from designs.consultation.route import route_of
from designs.drafting import Draft
from designs.entries import Recorded, parse_entry
from designs.protocol import Protocol
from trials.errors import RegistryRefused, TrialRefused
from trials.registry import tables
from trials.registry.records import DesignRecord, DiagnosisRecord, RevisionRecord

NO_DIRECTORATE: Final = "its plan names no directorate, so that nobody's approval was asked for"


def has_design(session: Session, trial_id: str) -> bool:
    """Whether a design of this id was begun."""
    return session.get(tables.Design, trial_id) is not None


def designs_begun(session: Session, only: str | None = None) -> tuple[DesignRecord, ...]:
    """Every design, by id; ``only`` limits it to one."""
    revision = tables.DesignRevision
    count = select(func.count()).where(revision.trial_id == tables.Design.id).correlate(tables.Design).scalar_subquery()
    query = select(tables.Design, count).order_by(tables.Design.id)
    rows = session.execute(query if only is None else query.where(tables.Design.id == only))
    return tuple(DesignRecord(row.id, dict(row.origin), row.begun_at, row.begun_by, number) for row, number in rows)


def design_of(session: Session, trial_id: str) -> DesignRecord:
    """One design.

    Raises:
        TrialRefused: Nobody began it.
    """
    for design in designs_begun(session, trial_id):
        return design
    raise TrialRefused(
        f"there is no design {trial_id!r}",
        rule="a design is known by the id that its protocol has",
        remedy=f"otm design list shows them all; to begin it: otm design begin {trial_id}",
    )


def revision_of_draft(session: Session, trial_id: str, number: int | None = None) -> RevisionRecord:
    """One revision of a design's draft; not given, the latest.

    Raises:
        TrialRefused: Nobody began the design, or it has no such revision.
    """
    latest = design_of(session, trial_id).revisions
    row = session.get(tables.DesignRevision, (trial_id, latest if number is None else number))
    if row is None:
        raise TrialRefused(
            f"there is no revision {number}",
            where=trial_id,
            rule=f"its revisions are numbered from 1 to {latest}",
            remedy=f"otm design history {trial_id}",
        )
    return _revision(row)


def revisions_of(session: Session, trial_id: str) -> tuple[RevisionRecord, ...]:
    """Every revision of a design's draft, in order."""
    table = tables.DesignRevision
    rows = session.scalars(select(table).where(table.trial_id == trial_id).order_by(table.number))
    return tuple(_revision(row) for row in rows)


def _revision(row: tables.DesignRevision) -> RevisionRecord:
    draft = Draft(dict(row.document), dict(row.texts))
    return RevisionRecord(row.number, row.made_from, draft, row.digest, row.saved_at, row.saved_by)


def texts_of_design(session: Session, trial_id: str, digests: Iterable[str]) -> dict[str, bytes]:
    """The texts of these digests, as they were saved.

    Raises:
        RegistryRefused: One does not give its digest any more, or is gone.
    """
    found: dict[str, bytes] = {}
    for digest in sorted(set(digests)):
        row = session.get(tables.DesignText, (trial_id, digest))
        try:
            content = base64.b64decode(row.content, validate=True) if row is not None else None
        except ValueError:
            content = None
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            raise RegistryRefused(
                f"a text of the draft was edited or is gone: nothing gives the digest {digest[:12]}…",
                where=trial_id,
                rule="a text is kept as it was saved",
                remedy="run otm verify to see what else was edited, then restore a backup",
            )
        found[digest] = content
    return found


def locked_outside(session: Session, locked: Mapping[str, Protocol]) -> dict[str, str]:
    """Why each of these locked trials is outside the route of approval; those that are on it are not there.

    Args:
        session: A read.
        locked: The plans by trial.
    """
    table = tables.DesignEntry
    rows = session.execute(
        select(table.trial_id, table.document).where(table.kind == "locked_outside", table.trial_id.in_(locked))
    )
    unnamed = {
        trial: NO_DIRECTORATE
        for trial, plan in locked.items()
        if plan.randomised_here and route_of(plan).kind == "outside"
    }
    return unnamed | {row.trial_id: str(row.document["reason"]) for row in rows}


def amendments_of(session: Session, trial_id: str) -> tuple[Amendment, ...]:
    """Every amendment of a trial's plan, in order.

    Raises:
        RegistryRefused: Something on record cannot be read any more.
    """
    return amendments(entries_of(session, trial_id))


def digests_kept(session: Session, trial_id: str) -> frozenset[str]:
    """The digests of the texts that a design's revisions have brought."""
    table = tables.DesignText
    return frozenset(session.scalars(select(table.digest).where(table.trial_id == trial_id)))


def entries_of(session: Session, trial_id: str) -> tuple[Recorded, ...]:
    """Everything on record about a design, in the order in which it was recorded.

    Raises:
        RegistryRefused: Something on record cannot be read any more.
    """
    table = tables.DesignEntry
    rows = session.scalars(select(table).where(table.trial_id == trial_id).order_by(table.number))
    return tuple(_recorded(row) for row in rows)


def diagnoses_of(session: Session, trial_id: str) -> tuple[DiagnosisRecord, ...]:
    """Every diagnosis of a design's plans, in the order in which they were made."""
    from analysis.diagnosis import diagnosis_of_document

    table = tables.StoredDiagnosis
    rows = session.scalars(select(table).where(table.trial_id == trial_id).order_by(table.number))
    return tuple(
        DiagnosisRecord(row.number, diagnosis_of_document(row.document), row.digest, row.made_at, row.made_by)
        for row in rows
    )


def _recorded(row: tables.DesignEntry) -> Recorded:
    try:
        entry = parse_entry(row.document)
    except ValueError as error:
        raise RegistryRefused(
            f"entry {row.number} about a design cannot be read",
            where=row.trial_id,
            rule="what is on record is written by this program alone, and read by it or a later one",
            remedy="run otm verify to see what was edited, then restore a backup",
        ) from error
    return Recorded(row.number, entry, row.recorded_at, row.recorded_by, row.role)
