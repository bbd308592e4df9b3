"""What comes back from the field."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from trials.registry.tables.base import At, Digest, Json, Name, Number, OptionalDigest, Row, TrialKey


class ReturnedFile(Row):
    """One file that came back from the field: ``kind`` is ``contacts`` or ``outcomes``.

    ``as_at`` is the day on which its outcomes were cut; contacts have none, nor have files of before there was one.
    ``mode`` is what became of what was there, and ``whole_digest`` all that is there since, with the customers who have
    a row and those with the primary outcome; files of before there were modes have none. A withdrawal is a row too, of
    no rows, and names the version that it takes back.
    """

    __tablename__ = "returned_file"
    __table_args__ = (
        CheckConstraint("kind in ('contacts', 'outcomes')", name="kind"),
        CheckConstraint("rows_read = loaded + rejected", name="every_row_accounted_for"),
        CheckConstraint("mode in ('first', 'add', 'correct', 'replace', 'withdraw')", name="mode"),
        CheckConstraint("(mode = 'withdraw') = (withdraws is not null and reason is not null)", name="withdrawal"),
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
    as_at: Mapped[date | None]
    loaded_at: Mapped[At]
    loaded_by: Mapped[Name]
    mode: Mapped[str] = mapped_column(String(16))
    whole_digest: Mapped[OptionalDigest]
    whole_as_at: Mapped[date | None]
    customers: Mapped[int | None]
    observed: Mapped[int | None]
    withdraws: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Text)
