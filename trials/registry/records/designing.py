"""What is designed, as it is read: a design and the revisions of its draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from designs.drafting import Draft


@dataclass(frozen=True, slots=True)
class DesignRecord:
    """A trial in the making.

    Attributes:
        id: The id that its protocol has.
        origin: What it began with: ``kind`` (``empty``, ``template``, ``trial`` or ``file``) and its ``name``.
        revisions: How many its draft has had.
    """

    id: str
    origin: dict[str, Any]
    begun_at: datetime
    begun_by: str
    revisions: int


@dataclass(frozen=True, slots=True)
class RevisionRecord:
    """A draft as somebody saved it; ``made_from`` is the revision that they had before them, 0 for none."""

    number: int
    made_from: int
    draft: Draft
    digest: str
    saved_at: datetime
    saved_by: str
