"""The number that a trial's next row of a table takes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def next_number(session: Session, table: type[Any], trial_id: str, *conditions: Any) -> int:
    """1 + the highest number (or version) that a trial's rows of one table have."""
    column = table.version if hasattr(table, "version") else table.number
    highest = session.scalar(select(func.max(column)).where(table.trial_id == trial_id, *conditions))
    return 1 if highest is None else int(highest) + 1
