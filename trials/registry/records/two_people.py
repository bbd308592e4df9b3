"""What takes two people: one asks, another confirms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAndConfirmed:
    """Asked for by one person; it holds once another has confirmed it."""

    reason: str
    requested_by: str
    requested_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None

    @property
    def holds(self) -> bool:
        """Whether the second person has confirmed it."""
        return self.confirmed_by is not None
