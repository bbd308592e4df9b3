"""Long stages at work in processes of their own. No evidence: what a stage did is in its own rows and events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Float, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from trials.registry.tables.base import At, Json, Name, OptionalDigest, Prose, UnrecordedRow
from trials.registry.tables.columns import Instant

_RUNNING = text("state = 'running'")


class Job(UnrecordedRow):
    """One run of a long stage. Of a trial's runs of one stage a single one is ``running``: the UNIQUE key says so."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(
            "stage in ('load_population', 'lock', 'lock_outside', 'randomise', 'issue', 'evaluate', 'diagnose')",
            name="stage",
        ),
        CheckConstraint("state in ('running', 'done', 'failed', 'stopped')", name="state"),
        CheckConstraint("progress between 0 and 1", name="progress"),
        CheckConstraint("(state = 'running') = (finished_at is null)", name="finished"),
        Index("uq_job_running", "trial_id", "stage", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    trial_id: Mapped[str] = mapped_column(String(63))  # or a design's, whose plan is registered nowhere yet
    stage: Mapped[str] = mapped_column(String(16))
    started_by: Mapped[Name]
    role: Mapped[Name]
    started_at: Mapped[At]
    state: Mapped[str] = mapped_column(String(16))
    step: Mapped[Prose]
    progress: Mapped[float | None] = mapped_column(Float)
    result_digest: Mapped[OptionalDigest]
    refusal: Mapped[Json | None]
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    host: Mapped[str | None] = mapped_column(String(255))
    pid: Mapped[int | None]
    request: Mapped[Json | None]
