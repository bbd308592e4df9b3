"""What is designed: plans in the making, revision by revision, and what people put on record about them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from trials.registry.tables.base import At, Digest, Json, Name, Number, Prose, Row, TrialKey


class Design(Row):
    """A trial in the making; ``id`` is the id that its protocol has, and ``origin`` what it began with."""

    __tablename__ = "design"

    id: Mapped[TrialKey]
    origin: Mapped[Json]
    begun_at: Mapped[At]
    begun_by: Mapped[Name]


class DesignText(Row):
    """A text of a draft, whole, in Base64: a revision holds the digest alone."""

    __tablename__ = "design_text"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("design.id"))
    digest: Mapped[Digest] = mapped_column(primary_key=True)
    content: Mapped[Prose]
    kept_at: Mapped[At]
    kept_by: Mapped[Name]


class DesignRevision(Row):
    """A draft as somebody saved it: the document in the shape of the protocol's file, and its texts by path.

    ``made_from`` is the revision that its author had before them; 0 for the first.
    """

    __tablename__ = "design_revision"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("design.id"))
    number: Mapped[Number]
    made_from: Mapped[int]
    document: Mapped[Json]
    texts: Mapped[Json]
    digest: Mapped[Digest]
    saved_at: Mapped[At]
    saved_by: Mapped[Name]


class DesignEntry(Row):
    """What was put on record about a design, or about a trial that was registered from a file and has none."""

    __tablename__ = "design_entry"

    trial_id: Mapped[TrialKey]
    number: Mapped[Number]
    kind: Mapped[str] = mapped_column(String(63))
    document: Mapped[Json]
    recorded_at: Mapped[At]
    recorded_by: Mapped[Name]
    role: Mapped[str] = mapped_column(String(63))


class StoredDiagnosis(Row):
    """What simulating a plan came to: simulated, and of the plan of this digest alone."""

    __tablename__ = "diagnosis"

    trial_id: Mapped[TrialKey] = mapped_column(ForeignKey("design.id"))
    number: Mapped[Number]
    plan_digest: Mapped[Digest]
    digest: Mapped[Digest]
    document: Mapped[Json]
    made_at: Mapped[At]
    made_by: Mapped[Name]
