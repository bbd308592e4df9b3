"""When the Campaigns Steering Group meets, and when a paper must be with it.

That it meets monthly is in the guidance. On which day, and how long before it wants its papers, is not: both are an
assumption, declared here with its edition until the group's own dates are put in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from designs.consultation.working_days import add_working_days, is_working_day, nth_weekday, working_day_from
from designs.protocol.rules.dates import LAST_DAY

_YEARS_AHEAD = 10  # beyond the last day of a trial
WEDNESDAY = 2


@dataclass(frozen=True, slots=True)
class OtherDay:
    """A month in which the group does not meet on its usual day.

    Attributes:
        year: Of the month.
        month: From 1.
        on: When it meets instead, in the same month; None where it does not meet.
        why: The reason.
    """

    year: int
    month: int
    on: date | None
    why: str


@dataclass(frozen=True, slots=True)
class MeetingCalendar:
    """A rule with its exceptions.

    Attributes:
        edition: Which calendar this is.
        nth: Which of the month's weekdays, from 1.
        weekday: Which weekday; Monday is 0.
        paper_days: Working days before a meeting on which its papers are due.
        exceptions: The months in which it is otherwise.

    Raises:
        ValueError: An exception is on no working day, or not in its own month.
    """

    edition: str
    nth: int
    weekday: int
    paper_days: int
    exceptions: tuple[OtherDay, ...] = ()

    def __post_init__(self) -> None:
        for moved in self.exceptions:
            if moved.on is None:
                continue
            if (moved.on.year, moved.on.month) != (moved.year, moved.month) or not is_working_day(moved.on):
                raise ValueError(f"{moved.on} is no working day of {moved.year}-{moved.month:02d}")


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting: its day, and the last day on which a paper for it may come."""

    on: date
    paper_due: date


CALENDAR: Final = MeetingCalendar("2026-11: the second Wednesday of a month", nth=2, weekday=WEDNESDAY, paper_days=10)
"""The calendar in force."""


def meetings_from(calendar: MeetingCalendar, day: date) -> Iterator[Meeting]:
    """Every meeting on that day or after it, in order."""
    for year in range(day.year, LAST_DAY.year + _YEARS_AHEAD):
        for month in range(day.month if year == day.year else 1, 13):
            on = _meeting_of(calendar, year, month)
            if on is not None and on >= day:
                yield Meeting(on, add_working_days(on, -calendar.paper_days))


def _meeting_of(calendar: MeetingCalendar, year: int, month: int) -> date | None:
    for moved in calendar.exceptions:
        if (moved.year, moved.month) == (year, month):
            return moved.on
    return working_day_from(nth_weekday(year, month, calendar.nth, calendar.weekday))


def next_meeting(calendar: MeetingCalendar, day: date) -> Meeting:
    """The first meeting on that day or after it.

    Examples:
        >>> next_meeting(CALENDAR, date(2026, 4, 1))
        Meeting(on=datetime.date(2026, 4, 8), paper_due=datetime.date(2026, 3, 23))
    """
    return next(meetings_from(calendar, day))


def meeting_for(calendar: MeetingCalendar, paper_ready: date) -> Meeting:
    """The first meeting for which a paper that is ready on that day is in time.

    Examples:
        >>> meeting_for(CALENDAR, date(2026, 3, 24)).on.isoformat()
        '2026-05-13'
    """
    return next(meeting for meeting in meetings_from(calendar, paper_ready) if paper_ready <= meeting.paper_due)


def is_meeting_day(calendar: MeetingCalendar, day: date) -> bool:
    """Whether the group's calendar has a meeting on that day."""
    return _meeting_of(calendar, day.year, day.month) == day
