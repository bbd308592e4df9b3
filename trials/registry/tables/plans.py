"""What is planned: trials, the versions of their protocols, the populations loaded, the locks."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trials.registry.tables.base import At, Digest, Json, Name, Number, OptionalDigest, Prose, Row, TrialKey


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


class LetterText(Row):
    """A text that an arm of the trial is sent, whole: what its protocol holds is the digest alone.

    ``name`` is its path as the protocol's file has it, and ``content`` its bytes in Base64, for a text is any file.
    """

    __tablename__ = "letter_text"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("trial.id"))
    digest: Mapped[Digest] = mapped_column(primary_key=True)
    name: Mapped[Prose]
    content: Mapped[Prose]
    kept_at: Mapped[At]
    kept_by: Mapped[Name]


class PopulationVersion(Row):
    """One load of a population file under a name; ``digest`` names its snapshot, which several loads may have."""

    __tablename__ = "population_version"
    __table_args__ = (CheckConstraint("rows_read = loaded + rejected", name="every_row_accounted_for"),)

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
    """From here on a version of the plan and its population are fixed.

    A trial is locked once; a version locked later is an amendment, and what was allocated before it stays with the
    version that it was allocated under.
    """

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
    protocol_version: Mapped[Number]
    protocol_digest: Mapped[Digest]
    population_name: Mapped[Name]
    population_version: Mapped[int]
    eligible: Mapped[int]
    exclusions: Mapped[Json]
    findings: Mapped[Json]
    locked_at: Mapped[At]
    locked_by: Mapped[Name]
