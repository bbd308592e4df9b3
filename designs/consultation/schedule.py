"""Activities that wait for each other: when each can start and be done, by how much it may slip, and the critical path.

The critical path method (Kelley & Walker 1959) in working days, on the standard library's topological order, with one
addition: an activity may end at a meeting, for which a paper is due some days before. The days between a paper that is
ready and its meeting count as part of the activity. So the critical path reaches from today to the launch and has no
slack; how much later the paper could come and still be in time is said apart, as days to spare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from graphlib import TopologicalSorter
from typing import Literal

from designs.consultation.meetings import Meeting, MeetingCalendar, meeting_for, next_meeting
from designs.consultation.working_days import add_working_days, working_day_from, working_days_between

State = Literal["done", "under_way", "next", "waiting"]


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that takes time.

    Attributes:
        id: Its name among the others.
        name: What people call it.
        clears: Who brings it to its end from where it is: a role, or the id of a body.
        lead_days: Working days from its start to its end; to the paper where it ends at a meeting.
        after: The activities that must be done before it starts.
        at_meeting: Whether a meeting ends it.
        started: When it started; None where it did not.
        finished: When it was done; None where it is not.
    """

    id: str
    name: str
    clears: str
    lead_days: int
    after: tuple[str, ...] = ()
    at_meeting: bool = False
    started: date | None = None
    finished: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An activity in its days. What is done lies in the days on which it happened, and anything else in days expected.

    Attributes:
        activity: Which.
        state: Done, under way, next (nothing is in its way) or waiting for others.
        start: The day on which it started, or can start.
        finish: The day on which it was done, or can be done: those that wait for it start on that day.
        slack: Working days by which it may slip and the launch stays; None for what is done.
        critical: Whether it has no slack.
        waits_for: The activities that it waits for, and which are not done.
        since: Since when it is under way, or nothing is in its way; None where it waits, is done, or never waited.
        overdue: Whether it is under way and was to be done before today.
        meeting: The one that ends it.
        spare_days: Working days by which its paper could come later and be in time for that meeting.
    """

    activity: Activity
    state: State
    start: date
    finish: date
    slack: int | None
    critical: bool
    waits_for: tuple[str, ...] = ()
    since: date | None = None
    overdue: bool = False
    meeting: Meeting | None = None
    spare_days: int | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All activities in their days.

    Attributes:
        today: The day for which it was made.
        rows: One for each activity, in the order given.
        critical_path: The ids of one chain of activities without slack, from now to the end.
        end: The day on which everything can be done; for a design, its earliest launch.
    """

    today: date
    rows: tuple[Row, ...]
    critical_path: tuple[str, ...]
    end: date

    @property
    def blocking(self) -> tuple[Row, ...]:
        """What keeps the rest waiting now: under way or next; the critical first, then by how long."""
        now = [row for row in self.rows if row.state in ("under_way", "next")]
        return tuple(sorted(now, key=lambda row: (not row.critical, row.since or self.today)))

    def row(self, activity: str) -> Row:
        """The row of an activity."""
        return next(row for row in self.rows if row.activity.id == activity)


@dataclass(frozen=True, slots=True)
class _Days:
    """Where the forward pass puts an activity; ``ready`` is when its work is done, or its paper."""

    start: date
    finish: date
    ready: date
    meeting: Meeting | None = None
    overdue: bool = False


def schedule(activities: Sequence[Activity], today: date, calendar: MeetingCalendar) -> Timeline:
    """Put activities into their days, as early as can be.

    What is under way takes its lead time from the day on which it started, and at least until today; what has not
    started starts when everything before it is done, and not before today.

    Args:
        activities: In the order in which they are shown.
        today: The day on which it is asked.
        calendar: The meetings that end those that a meeting ends.

    Raises:
        ValueError: There are none, two have one id, or one waits for what there is not.
        graphlib.CycleError: They wait for each other in a circle.
    """
    by_id = {activity.id: activity for activity in activities}
    if not activities or len(by_id) != len(activities):
        raise ValueError("there are no activities, or two have one id")
    unknown = {before for activity in activities for before in activity.after} - set(by_id)
    if unknown:
        raise ValueError(f"nothing is called {', '.join(sorted(unknown))}")
    order = tuple(TopologicalSorter({activity.id: activity.after for activity in activities}).static_order())
    days: dict[str, _Days] = {}
    for activity in (by_id[name] for name in order):
        days[activity.id] = _days_of(activity, days, today, calendar)
    open_ends = [days[activity.id].finish for activity in activities if activity.finished is None]
    end = max(open_ends or [place.finish for place in days.values()])
    latest = _latest_finishes(by_id, order, days, end)
    rows = tuple(_row(activity, by_id, days, latest) for activity in activities)
    return Timeline(today, rows, _critical_path(rows, end), end)


def _days_of(activity: Activity, days: Mapping[str, _Days], today: date, calendar: MeetingCalendar) -> _Days:
    now = working_day_from(today)
    if activity.finished is not None:
        return _Days(activity.started or activity.finished, activity.finished, activity.finished)
    if activity.started is not None and activity.at_meeting:  # its paper is in
        in_time = meeting_for(calendar, activity.started)
        missed = in_time.on < today
        meeting = next_meeting(calendar, today) if missed else in_time
        return _Days(activity.started, meeting.on, activity.started, meeting, overdue=missed)
    if activity.started is not None:
        expected = add_working_days(activity.started, activity.lead_days)
        finish = max(now, expected)
        return _Days(activity.started, finish, finish, overdue=expected < today)
    start = working_day_from(max([now, *(days[before].finish for before in activity.after)]))
    ready = add_working_days(start, activity.lead_days)
    if activity.at_meeting:
        meeting = meeting_for(calendar, ready)
        return _Days(start, meeting.on, ready, meeting)
    return _Days(start, ready, ready)


def _latest_finishes(
    by_id: Mapping[str, Activity], order: Sequence[str], days: Mapping[str, _Days], end: date
) -> dict[str, date]:
    """By when each must be done for the end to stay; what has started waits for nobody any more."""
    latest = dict.fromkeys(order, end)
    for name in reversed(order):
        activity, place = by_id[name], days[name]
        if activity.started is not None or activity.finished is not None:
            continue
        start = add_working_days(latest[name], -working_days_between(place.start, place.finish))
        for before in activity.after:
            latest[before] = min(latest[before], start)
    return latest


def _row(
    activity: Activity,
    by_id: Mapping[str, Activity],
    days: Mapping[str, _Days],
    latest: Mapping[str, date],
) -> Row:
    place = days[activity.id]
    if activity.finished is not None:
        return Row(activity, "done", place.start, place.finish, slack=None, critical=False)
    waits_for = tuple(before for before in activity.after if by_id[before].finished is None)
    slack = working_days_between(place.finish, latest[activity.id])
    state: State = "waiting" if waits_for else "next"
    since = None if waits_for else max((days[before].finish for before in activity.after), default=None)
    if activity.started is not None:
        state, since, waits_for = "under_way", activity.started, ()
    meeting = place.meeting
    return Row(
        activity=activity,
        state=state,
        start=place.start,
        finish=place.finish,
        slack=slack,
        critical=slack == 0,
        waits_for=waits_for,
        since=since,
        overdue=place.overdue,
        meeting=meeting,
        spare_days=None if meeting is None else max(0, working_days_between(place.ready, meeting.paper_due)),
    )


def _critical_path(rows: Sequence[Row], end: date) -> tuple[str, ...]:
    """Back from the end, each time to one without slack that was done on the very day on which the next could start."""
    critical = {row.activity.id: row for row in rows if row.critical}
    path: list[str] = []
    current = next((row for row in critical.values() if row.finish == end and not _is_before(row, critical)), None)
    while current is not None:
        path.append(current.activity.id)
        befores = [critical[before] for before in current.waits_for if before in critical]
        current = next((row for row in befores if row.finish == current.start), None)
    return tuple(reversed(path))


def _is_before(row: Row, critical: Mapping[str, Row]) -> bool:
    return any(row.activity.id in other.waits_for for other in critical.values())
