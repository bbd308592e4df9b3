"""Time goes forward in the registry: nothing is recorded by a clock that is behind what was recorded already.

A decision dated before its draw, or an outcome before its letter, would follow from such a clock. Of a clock that runs
ahead nobody can tell here; but what it recorded stops every later writer until the time has come.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from trials.errors import RegistryRefused, TrialRefused
from trials.registry import queries
from trials.registry.tables import Row

ALLOWED: Final = timedelta(seconds=5)
"""By which the clocks of two machines at one registry may differ."""

_DATED_AFTER_THE_DRAW: Final = (
    "issued_at", "loaded_at", "evaluated_at", "decided_at", "released_at", "requested_at", "confirmed_at",
)  # fmt: skip


def recorded_at(session: Session, at: datetime) -> datetime:
    """The time of an event that is recorded now: never before that of the last one.

    Args:
        session: Of its transaction, which has the writers' turn.
        at: What the clock says.

    Raises:
        RegistryRefused: The clock is behind.
    """
    latest = queries.latest_change(session)
    if latest is None or at >= latest.at:
        return at
    if at >= latest.at - ALLOWED:
        return latest.at
    raise RegistryRefused(
        f"the clock of this machine says {_moment(at)}, and the registry's last event (number {latest.sequence}, "
        f"{latest.action.replace('_', ' ')}, by {latest.actor}) was recorded at {_moment(latest.at)}",
        where="clock",
        rule="nothing is dated before what was recorded before it; nothing was changed",
        remedy="set the clock of this machine right, then do it again; where this clock is right and the other ran "
        "ahead, wait until that time or restore a backup of before that event",
    )


def refuse_before_draw(session: Session, trial: str | None, row: Row) -> None:
    """Refuse a row of a trial's field, results or decisions that is dated before the draw that it rests on.

    Raises:
        TrialRefused: It is.
    """
    name = next((name for name in _DATED_AFTER_THE_DRAW if getattr(row, name, None) is not None), None)
    drawn = None if name is None or trial is None else queries.last_drawn_at(session, trial)
    if name is None or drawn is None or getattr(row, name) >= drawn - ALLOWED:
        return
    raise TrialRefused(
        f"this {row.__tablename__.replace('_', ' ')} would be dated {_moment(getattr(row, name))}, before the draw of "
        f"{_moment(drawn)}",
        where=trial,
        rule="what rests on a draw comes after it; nothing was changed",
        remedy="set the clock of this machine right, then do it again",
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
