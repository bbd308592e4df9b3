"""Every table of the registry.

Rows are only ever added: a lock, a release or a void is a row of its own, and a trial's state follows from the rows
it has. What happens once per trial is UNIQUE per trial, because the trial's id is the primary key. No customer has a
row here: customers are in snapshots, which rows name by digest.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from trials.registry.columns import Document, Instant

Digest = Annotated[str, mapped_column(String(64))]
OptionalDigest = Annotated[str | None, mapped_column(String(64))]
Name = Annotated[str, mapped_column(String(255))]
Prose = Annotated[str, mapped_column(Text)]
At = Annotated[datetime, mapped_column(Instant)]
Json = Annotated[Any, mapped_column(Document)]
TrialKey = Annotated[str, mapped_column(String(63), primary_key=True)]
Number = Annotated[int, mapped_column(primary_key=True, autoincrement=False)]


class Row(DeclarativeBase):
    """The declarative base; every constraint has a name, so that a migration can speak of it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Installation(Row):
    """One row: which ledger key the ids of this registry were made with."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[Number]
    key_fingerprint: Mapped[Digest]
    created_at: Mapped[At]


class Trial(Row):
    __tablename__ = "trial"

    id: Mapped[TrialKey]
    registered_at: Mapped[At]
    registered_by: Mapped[Name]


class ProtocolVersion(Row):
    """The canonical form, whole; ``path`` is where the file stood, to notice an edit after the lock."""

    __tablename__ = "protocol_version"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("trial.id"))
    version: Mapped[Number]
    digest: Mapped[Digest]
    canonical: Mapped[Prose]
    path: Mapped[Prose]
    registered_at: Mapped[At]
    registered_by: Mapped[Name]


class PopulationVersion(Row):
    """One load of a population file under a name; ``digest`` names its snapshot."""

    __tablename__ = "population_version"
    __table_args__ = (
        UniqueConstraint("name", "digest"),
        CheckConstraint("rows_read = loaded + rejected", name="every_row_accounted_for"),
    )

    name: Mapped[Name] = mapped_column(primary_key=True)
    version: Mapped[Number]
    digest: Mapped[Digest]
    file_name: Mapped[Name]
    file_digest: Mapped[Digest]
    rows_read: Mapped[int]
    loaded: Mapped[int]
    rejected: Mapped[int]
    rejections_digest: Mapped[OptionalDigest]
    kinds: Mapped[Json]
    findings: Mapped[Json]
    synthetic: Mapped[bool]
    loaded_at: Mapped[At]
    loaded_by: Mapped[Name]


class TrialLock(Row):
    """From here on the plan and the population are fixed."""

    __tablename__ = "trial_lock"
    __table_args__ = (
        ForeignKeyConstraint(
            ["trial_id", "protocol_version"], ["protocol_version.trial_id", "protocol_version.version"]
        ),
        ForeignKeyConstraint(
            ["population_name", "population_version"], ["population_version.name", "population_version.version"]
        ),
    )

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("trial.id"))
    protocol_version: Mapped[int]
    protocol_digest: Mapped[Digest]
    population_name: Mapped[Name]
    population_version: Mapped[int]
    eligible: Mapped[int]
    exclusions: Mapped[Json]
    findings: Mapped[Json]
    locked_at: Mapped[At]
    locked_by: Mapped[Name]


class Draw(Row):
    """The seed with its commitment: one row a trial, before anything is dealt, for ever."""

    __tablename__ = "draw"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("trial_lock.trial_id"))
    seed: Mapped[Digest]
    commitment: Mapped[Digest] = mapped_column(unique=True)
    demonstration: Mapped[bool]
    committed_at: Mapped[At]
    committed_by: Mapped[Name]


class Wave(Row):
    """The units of one intake, frozen before they are dealt; a trial without waves has one.

    ``units_digest`` names those left by the protocol, the contact ledger and earlier waves, so that a retry after a
    crash deals the same customers whatever other trials have done since. The first wave commits with the seed.
    """

    __tablename__ = "wave"
    __table_args__ = (
        ForeignKeyConstraint(
            ["population_name", "population_version"], ["population_version.name", "population_version.version"]
        ),
    )

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    number: Mapped[Number]
    population_name: Mapped[Name]
    population_version: Mapped[int]
    units: Mapped[int]
    units_digest: Mapped[Digest]
    excluded_digest: Mapped[Digest]
    exclusions: Mapped[Json]
    frozen_at: Mapped[At]
    frozen_by: Mapped[Name]


class Allocation(Row):
    """One wave, dealt. ``index_date`` is day 0 of its customers unless their batch has a date of its own."""

    __tablename__ = "allocation"
    __table_args__ = (ForeignKeyConstraint(["trial_id", "wave"], ["wave.trial_id", "wave.number"]),)

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    wave: Mapped[Number]
    digest: Mapped[Digest]
    snapshot_digest: Mapped[Digest]
    algorithm: Mapped[Name]
    counts: Mapped[Json]
    certificate: Mapped[Json]
    index_date: Mapped[date]
    allocated_at: Mapped[At]
    allocated_by: Mapped[Name]


class IssueList(Row):
    __tablename__ = "issue_list"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    number: Mapped[Number]
    arm: Mapped[Name]
    channel: Mapped[Name]
    customers: Mapped[int]
    file_digest: Mapped[Digest]
    manifest: Mapped[Json]
    issued_at: Mapped[At]
    issued_by: Mapped[Name]


class ReturnedFile(Row):
    """One file that came back from the field: ``kind`` is ``contacts`` or ``outcomes``."""

    __tablename__ = "returned_file"
    __table_args__ = (
        CheckConstraint("kind in ('contacts', 'outcomes')", name="kind"),
        CheckConstraint("rows_read = loaded + rejected", name="every_row_accounted_for"),
    )

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[Number]
    digest: Mapped[Digest]
    file_name: Mapped[Name]
    file_digest: Mapped[Digest]
    rows_read: Mapped[int]
    loaded: Mapped[int]
    rejected: Mapped[int]
    rejections_digest: Mapped[OptionalDigest]
    matched: Mapped[Json]
    matured: Mapped[bool | None]
    loaded_at: Mapped[At]
    loaded_by: Mapped[Name]


class StoredEvaluation(Row):
    __tablename__ = "evaluation"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    number: Mapped[Number]
    digest: Mapped[Digest]
    protocol_digest: Mapped[Digest]
    data_digest: Mapped[Digest]
    code_digest: Mapped[Digest]
    outcomes_version: Mapped[int]
    contacts_version: Mapped[int | None]
    verdict_code: Mapped[Name]
    verdict_arm: Mapped[str | None] = mapped_column(String(255))
    verdict_segment: Mapped[str | None] = mapped_column(Text)
    verdict_sentence: Mapped[Prose]
    document: Mapped[Json]
    evaluated_at: Mapped[At]
    evaluated_by: Mapped[Name]


class Decision(Row):
    __tablename__ = "decision"
    __table_args__ = (
        ForeignKeyConstraint(["trial_id", "evaluation_number"], ["evaluation.trial_id", "evaluation.number"]),
        CheckConstraint("choice in ('accept', 'override')", name="choice"),
    )

    trial_id: Mapped[TrialKey]
    number: Mapped[Number]
    evaluation_number: Mapped[int]
    choice: Mapped[str] = mapped_column(String(16))
    verdict_code: Mapped[Name]
    action: Mapped[Prose]
    reason: Mapped[Prose]
    conditions: Mapped[str | None] = mapped_column(Text)
    review_on: Mapped[date]
    decided_at: Mapped[At]
    decided_by: Mapped[Name]


class Release(Row):
    """From here on the seed and the arms may be seen."""

    __tablename__ = "release"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    reason: Mapped[Prose]
    released_at: Mapped[At]
    released_by: Mapped[Name]


class VoidRequest(Row):
    __tablename__ = "void_request"
    __table_args__ = (UniqueConstraint("trial_id", "requested_by"),)

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    reason: Mapped[Prose]
    requested_at: Mapped[At]
    requested_by: Mapped[Name]


class VoidConfirmation(Row):
    """The second person's row; the database itself refuses the first person here."""

    __tablename__ = "void_confirmation"
    __table_args__ = (
        ForeignKeyConstraint(["trial_id", "requested_by"], ["void_request.trial_id", "void_request.requested_by"]),
        CheckConstraint("confirmed_by <> requested_by", name="two_people"),
    )

    trial_id: Mapped[TrialKey]
    requested_by: Mapped[Name]
    confirmed_at: Mapped[At]
    confirmed_by: Mapped[Name]


class AuditRow(Row):
    """One link of the audit chain; the two UNIQUE columns make a fork impossible."""

    __tablename__ = "audit_event"

    sequence: Mapped[Number]
    at: Mapped[At]
    actor: Mapped[Name]
    role: Mapped[Name]
    action: Mapped[Name]
    trial_id: Mapped[str | None] = mapped_column(String(63))
    detail: Mapped[Json]
    previous_hash: Mapped[Digest] = mapped_column(unique=True)
    hash: Mapped[Digest] = mapped_column(unique=True)
