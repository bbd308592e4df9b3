"""What is drawn: the seed, the frozen units, the allocation, the lists issued; its release or its void."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trials.registry.tables.base import At, Digest, Json, Name, Number, Prose, Row, TrialKey


class Draw(Row):
    """The seed with its commitment: one row a trial, before anything is allocated, for ever."""

    __tablename__ = "draw"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("trial.id"))
    seed: Mapped[Digest]
    commitment: Mapped[Digest] = mapped_column(unique=True)
    demonstration: Mapped[bool]
    committed_at: Mapped[At]
    committed_by: Mapped[Name]


class Wave(Row):
    """The units of one intake, frozen before they are allocated; a trial without waves has one.

    ``units_digest`` names those left by the protocol, the contact ledger and earlier waves, so that a retry after a
    crash allocates the same customers whatever other trials have done since, under the version of the protocol that
    was in force. The first wave commits with the seed.
    """

    __tablename__ = "wave"
    __table_args__ = (
        ForeignKeyConstraint(["trial_id", "protocol_version"], ["trial_lock.trial_id", "trial_lock.protocol_version"]),
        UniqueConstraint("trial_id", "number", "protocol_version"),  # what an allocation refers to
        ForeignKeyConstraint(
            ["population_name", "population_version"], ["population_version.name", "population_version.version"]
        ),
    )

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    number: Mapped[Number]
    protocol_version: Mapped[int]
    population_name: Mapped[Name]
    population_version: Mapped[int]
    units: Mapped[int]
    units_digest: Mapped[Digest]
    excluded_digest: Mapped[Digest]
    exclusions: Mapped[Json]
    frozen_at: Mapped[At]
    frozen_by: Mapped[Name]


class Allocation(Row):
    """One wave, allocated under the version of the protocol that its units were frozen under.

    ``index_date`` is day 0 of its customers unless their batch has a date of its own.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["trial_id", "wave", "protocol_version"], ["wave.trial_id", "wave.number", "wave.protocol_version"]
        ),
    )

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("draw.trial_id"))
    wave: Mapped[Number]
    protocol_version: Mapped[int]
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
