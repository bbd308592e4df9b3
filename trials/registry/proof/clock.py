"""Time goes forward in the registry: nothing is recorded by a clock that is behind what was recorded already.

A decision dated before its draw, or an outcome before its letter, would follow from such a clock. One that runs ahead
is told by another: that of the database's machine, and that of the machine which keeps the folder. Where both are this
machine, nobody can tell here; but what such a clock recorded stops every later writer until the time has come.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trials.errors import RegistryRefused, TrialRefused
from trials.registry import queries
from trials.registry.tables import Row

ALLOWED: Final = timedelta(seconds=5)
"""By which the clocks of two machines at one registry may differ."""

APART_FROM_DATABASE: Final = timedelta(minutes=5)
"""By which the clocks of this machine and of the database's may differ; so much does Kerberos allow."""

APART_FROM_FOLDER: Final = timedelta(days=1)
"""And that of whoever keeps the folder: a file system that has the hour but not its zone is to stop nobody."""

_DATED_AFTER_THE_DRAW: Final = (
    "issued_at", "loaded_at", "evaluated_at", "decided_at", "released_at", "requested_at", "confirmed_at",
)  # fmt: skip


def recorded_at(session: Session, at: datetime) -> datetime:
    """The time of an event that is recorded now: never before that of the last one.

    Args:
        session: Of its transaction, which has the writers' turn.
        at: What the clock says.

    Raises:
        RegistryRefused: The clock is behind, or another than the database's.
    """
    _refuse_apart_from_database(session)
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


def machine_clock() -> datetime:
    """What this machine takes the time to be."""
    return datetime.fromtimestamp(time.time(), UTC)


def _refuse_apart_from_database(session: Session) -> None:
    """Refuse where the database's machine takes the time to be another; SQLite's is this one."""
    if session.get_bind().dialect.name != "postgresql":
        return
    asked = machine_clock()
    theirs = session.scalars(select(func.clock_timestamp())).one()
    if not asked - APART_FROM_DATABASE <= theirs <= machine_clock() + APART_FROM_DATABASE:
        raise _apart(asked, theirs, "of the database's machine", "five minutes")


def refuse_apart_from_folder(written: datetime) -> None:
    """Refuse where whoever keeps the folder takes the time to be another: by the mark on a file just written there.

    On a disk of this machine both are one clock.

    Args:
        written: When a file that was written and synced just now was last changed, as its file system has it.

    Raises:
        RegistryRefused: The two differ by more than a day.
    """
    here = machine_clock()
    if abs(here - written) > APART_FROM_FOLDER:
        raise _apart(here, written, "of the machine that keeps the folder", "a day")


def _apart(here: datetime, theirs: datetime, whose: str, allowed: str) -> RegistryRefused:
    return RegistryRefused(
        f"the clock of this machine says {_moment(here)}, and that {whose} {_moment(theirs.astimezone(UTC))}",
        where="clock",
        rule=f"days decide what is due and what came first, and clocks more than {allowed} apart are not both right; "
        "nothing was changed",
        remedy="set both right, as NTP does, then do it again",
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
