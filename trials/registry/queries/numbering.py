"""The number that a trial's next row of a table takes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def next_number(session: Session, table: type[Any], trial_id: str, *, kind: str | None = None) -> int:
    """1 + the highest number (or version) that a trial's rows of one table have, or those of one kind."""
    column = table.version if hasattr(table, "version") else table.number
    rows = select(func.max(column)).where(table.trial_id == trial_id)
    highest = session.scalar(rows if kind is None else rows.where(table.kind == kind))
    return 1 if highest is None else int(highest) + 1
