"""One event of the audit chain, as it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditEvent:
    sequence: int
    at: datetime
    actor: str
    role: str
    action: str
    trial: str | None
    detail: dict[str, Any]
    previous_hash: str
    hash: str
