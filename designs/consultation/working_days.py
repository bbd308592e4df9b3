"""Working days of England and Wales: neither weekends nor bank holidays.

The bank holidays are those of the Banking and Financial Dealings Act 1971 and of royal proclamations, and so follow
from a few rules and a short list of years in which they were moved or added; numpy counts the days. A library of the
world's holidays was tried, and tests hold this list to its answers. It takes half a second and 50 MB at every start,
and an older version of a package that is in use, for what a page says.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final, Literal

import numpy as np

from designs.protocol.rules.dates import FIRST_DAY, LAST_DAY

EDITION: Final = "proclamations until November 2026"
MONDAY, SATURDAY = 0, 5
_YEARS_AHEAD = 30  # counted past the last day of a trial, so that no sum of lead times runs out of years

_MOVED: Final[dict[date, date]] = {
    date(1995, 5, 1): date(1995, 5, 8),  # fifty years after the war in Europe
    date(2002, 5, 27): date(2002, 6, 4),  # golden jubilee
    date(2012, 5, 28): date(2012, 6, 4),  # diamond jubilee
    date(2020, 5, 4): date(2020, 5, 8),  # 75 years after the war in Europe
    date(2022, 5, 30): date(2022, 6, 2),  # platinum jubilee
}
_ADDED: Final = (
    date(1999, 12, 31),
    date(2002, 6, 3),
    date(2011, 4, 29),
    date(2012, 6, 5),
    date(2022, 6, 3),
    date(2022, 9, 19),
    date(2023, 5, 8),
)
"""The end of the millennium, jubilees, a wedding, a funeral and a coronation."""


def easter_sunday(year: int) -> date:
    """Easter of the western churches (the anonymous Gregorian computus, as Meeus gives it).

    Examples:
        >>> easter_sunday(2026).isoformat()
        '2026-04-05'
    """
    golden = year % 19
    century, of_century = divmod(year, 100)
    leaps, rest = divmod(century, 4)
    moon = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * rest + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def bank_holidays(year: int) -> tuple[date, ...]:
    """The bank holidays of a year that fall on weekdays, in order; substitute days stand for those at a weekend.

    Examples:
        >>> [day.isoformat()[5:] for day in bank_holidays(2026)]
        ['01-01', '04-03', '04-06', '05-04', '05-25', '08-31', '12-25', '12-28']
    """
    easter = easter_sunday(year)
    days = {
        easter - timedelta(2),
        easter + timedelta(1),
        nth_weekday(year, 5, 1, MONDAY),
        _last_monday(year, 5),
        _last_monday(year, 8),
    }
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = fixed
        while day.weekday() >= SATURDAY or day in days:
            day += timedelta(1)
        days.add(day)
    days = {_MOVED.get(day, day) for day in days} | {day for day in _ADDED if day.year == year}
    return tuple(sorted(days))


def nth_weekday(year: int, month: int, nth: int, weekday: int) -> date:
    """The ``nth`` of a weekday in a month, both counted as people and :mod:`datetime` do: from 1, Monday is 0.

    Examples:
        >>> nth_weekday(2026, 4, 2, 2).isoformat()
        '2026-04-08'
    """
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday(year: int, month: int) -> date:
    last = date(year, month, 31)  # of May and August
    return last - timedelta((last.weekday() - MONDAY) % 7)


@cache
def _calendar() -> np.busdaycalendar:
    years = range(FIRST_DAY.year, LAST_DAY.year + _YEARS_AHEAD)
    return np.busdaycalendar(holidays=[day for year in years for day in bank_holidays(year)])


def is_working_day(day: date) -> bool:
    """Whether people work on that day."""
    return bool(np.is_busday(np.datetime64(day), busdaycal=_calendar()))


def working_day_from(day: date) -> date:
    """That day, or the first working day after it."""
    return add_working_days(day, 0)


def add_working_days(day: date, days: int) -> date:
    """So many working days later, or, where negative, earlier.

    A day that is none counts as the next one, or, backwards, as the one before.

    Examples:
        >>> add_working_days(date(2026, 4, 2), 1).isoformat(), add_working_days(date(2026, 4, 8), -2).isoformat()
        ('2026-04-07', '2026-04-02')
    """
    roll: Literal["forward", "backward"] = "forward" if days >= 0 else "backward"
    moved: date = np.busday_offset(np.datetime64(day), days, roll=roll, busdaycal=_calendar()).astype(object)
    return moved


def working_days_between(start: date, end: date) -> int:
    """Working days from one day up to, and without, another; negative where that lies before.

    Examples:
        >>> working_days_between(date(2026, 4, 2), date(2026, 4, 8))
        2
    """
    return int(np.busday_count(np.datetime64(start), np.datetime64(end), busdaycal=_calendar()))
