"""Working days: bank holidays as published, as a library lists them, and arithmetic that is counted day by day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.consultation.working_days import (
    add_working_days,
    bank_holidays,
    easter_sunday,
    is_working_day,
    nth_weekday,
    working_day_from,
    working_days_between,
)

LISTED = Path(__file__).with_name("bank_holidays.txt")
DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
# As GOV.UK publishes them for England and Wales; copied by hand.
PUBLISHED = {
    2024: "1 Jan, 29 Mar, 1 Apr, 6 May, 27 May, 26 Aug, 25 Dec, 26 Dec",
    2025: "1 Jan, 18 Apr, 21 Apr, 5 May, 26 May, 25 Aug, 25 Dec, 26 Dec",
    2026: "1 Jan, 3 Apr, 6 Apr, 4 May, 25 May, 31 Aug, 25 Dec, 28 Dec",
    2027: "1 Jan, 26 Mar, 29 Mar, 3 May, 31 May, 30 Aug, 27 Dec, 28 Dec",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_those_that_are_published(year: int) -> None:
    assert ", ".join(f"{day.day} {day:%b}" for day in bank_holidays(year)) == PUBLISHED[year]


def test_bank_holidays_are_those_that_a_library_lists() -> None:
    listed = 0
    for row in LISTED.read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            year, *days = row.split()
            assert [day.isoformat()[5:] for day in bank_holidays(int(year))] == days, year
            listed += 1
    assert listed == 111


def test_easter_is_a_sunday_in_its_five_weeks() -> None:
    for year in range(1990, 2131):
        easter = easter_sunday(year)
        assert easter.weekday() == 6
        assert date(year, 3, 22) <= easter <= date(year, 4, 25)


def test_the_nth_weekday_of_every_month_is_counted_out() -> None:
    for month in range(1, 13):
        for weekday in range(7):
            days = [day for number in range(1, 29) if (day := date(2026, month, number)).weekday() == weekday]
            assert [nth_weekday(2026, month, nth, weekday) for nth in (1, 2, 3, 4)] == days


@given(DAYS, st.integers(0, 70))
def test_days_are_added_one_by_one(start: date, days: int) -> None:
    day = start
    while not is_working_day(day):
        day += timedelta(1)
    assert working_day_from(start) == day
    for _ in range(days):
        day += timedelta(1)
        while not is_working_day(day):
            day += timedelta(1)
    assert add_working_days(start, days) == day
    assert working_days_between(start, day) == days
    assert add_working_days(day, -days) == working_day_from(start)


@given(DAYS)
def test_nobody_works_at_weekends_or_on_bank_holidays(day: date) -> None:
    assert is_working_day(day) == (day.weekday() < 5 and day not in bank_holidays(day.year))
    assert add_working_days(day, -1) < day < add_working_days(day, 1)


def test_the_days_around_christmas_and_easter() -> None:
    assert add_working_days(date(2026, 12, 24), 1) == date(2026, 12, 29)
    assert add_working_days(date(2026, 4, 7), -1) == date(2026, 4, 2)
    assert working_days_between(date(2026, 3, 30), date(2026, 4, 13)) == 8
