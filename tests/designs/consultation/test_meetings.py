"""The steering group's calendar: monthly, with a day for papers, and its exceptions."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.consultation.meetings import (
    CALENDAR,
    MeetingCalendar,
    OtherDay,
    is_meeting_day,
    meeting_for,
    meetings_from,
    next_meeting,
)
from designs.consultation.working_days import is_working_day, working_days_between
from designs.protocol.rules.dates import LAST_DAY
from tests.designs.consultation.records import day

DAYS = st.dates(date(1990, 1, 1), LAST_DAY)


def test_the_meetings_of_2026() -> None:
    meetings = [(meeting.on.isoformat()[5:], meeting.paper_due.isoformat()[5:])
                for meeting in meetings_from(CALENDAR, day(1, 1)) if meeting.on.year == 2026][:12]  # fmt: skip
    assert meetings == [
        ("01-14", "12-30"), ("02-11", "01-28"), ("03-11", "02-25"), ("04-08", "03-23"), ("05-13", "04-28"),
        ("06-10", "05-27"), ("07-08", "06-24"), ("08-12", "07-29"), ("09-09", "08-25"), ("10-14", "09-30"),
        ("11-11", "10-28"), ("12-09", "11-25"),
    ]  # fmt: skip


@given(DAYS)
def test_there_is_a_meeting_every_month_and_papers_are_due_before_it(start: date) -> None:
    first, second = islice(meetings_from(CALENDAR, start), 2)
    assert start <= first.on < second.on
    assert 20 <= (second.on - first.on).days <= 40
    assert is_working_day(first.on)
    assert is_meeting_day(CALENDAR, first.on)
    assert working_days_between(first.paper_due, first.on) == CALENDAR.paper_days
    assert next_meeting(CALENDAR, start) == first
    assert not any(is_meeting_day(CALENDAR, start + timedelta(days)) for days in range((first.on - start).days))


@given(DAYS)
def test_a_paper_in_time_is_for_that_meeting_and_a_day_later_for_the_next(start: date) -> None:
    meeting = meeting_for(CALENDAR, start)
    assert start <= meeting.paper_due
    assert meeting_for(CALENDAR, meeting.paper_due) == meeting
    assert meeting_for(CALENDAR, meeting.paper_due + timedelta(1)).on > meeting.on


def test_exceptions_hold_for_their_month_alone() -> None:
    calendar = MeetingCalendar(
        "made up", 2, 2, 10, (OtherDay(2026, 8, None, "summer"), OtherDay(2026, 12, day(12, 2), "before Christmas"))
    )
    days = [meeting.on for meeting in meetings_from(calendar, day(7, 1))][:6]
    assert days == [day(7, 8), day(9, 9), day(10, 14), day(11, 11), day(12, 2), day(1, 13, 2027)]
    assert not is_meeting_day(calendar, day(8, 12))
    assert not is_meeting_day(calendar, day(12, 9))
    assert is_meeting_day(calendar, day(12, 2))


def test_a_meeting_on_a_bank_holiday_is_on_the_next_working_day() -> None:
    mondays = MeetingCalendar("made up", 1, 0, 5)
    assert next_meeting(mondays, day(5, 1)).on == day(5, 5)
    assert not is_meeting_day(mondays, day(5, 4))


@pytest.mark.parametrize("on", [day(9, 2), day(8, 15), day(8, 31)])
def test_an_exception_is_on_a_working_day_of_its_month(on: date) -> None:
    with pytest.raises(ValueError, match="no working day of 2026-08"):
        MeetingCalendar("made up", 2, 2, 10, (OtherDay(2026, 8, on, "moved"),))


@pytest.mark.parametrize("start", [date(1990, 1, 1), LAST_DAY])
def test_the_calendar_reaches_as_far_as_the_days_of_a_trial(start: date) -> None:
    assert len(list(islice(meetings_from(CALENDAR, start), 24))) == 24
