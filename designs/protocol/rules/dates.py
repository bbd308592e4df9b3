"""Rules about days: which there are, and that those of a plan come in the order in which a trial is conducted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from designs.protocol.consistency import Breach, reads
from designs.protocol.errors import KeyPath
from designs.protocol.models import Protocol

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)
MOST_DAYS = 3660  # ten years
A_DAY = f"a day is from {FIRST_DAY} to {LAST_DAY}"
_SPAN = f"a number of days is at most {MOST_DAYS:,}, which is ten years"


def _dates(days: dict[KeyPath, date | None]) -> Iterator[Breach]:
    for path, day in days.items():
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            yield Breach(path, f"{day} is no day of a trial", A_DAY)


def _spans(spans: dict[KeyPath, float | None]) -> Iterator[Breach]:
    for path, days in spans.items():
        if days is not None and days > MOST_DAYS:
            yield Breach(path, f"{days:,.0f} days is too long", _SPAN)


def issue_days(protocol: Protocol) -> dict[KeyPath, date]:
    """Day 0 of each wave or batch that the plan declares, by its path."""
    scheme = protocol.randomisation
    days: dict[KeyPath, date] = {
        ("randomisation", "waves", number, "issue_on"): wave.issue_on for number, wave in enumerate(scheme.waves)
    }
    batches = {} if scheme.batches is None else scheme.batches.issue_on
    return days | {("randomisation", "batches", "issue_on", name): day for name, day in batches.items()}


@reads("randomisation")
def days_of_randomisation_are_days(protocol: Protocol) -> Iterator[Breach]:
    yield from _dates(
        {("randomisation", "allocation_date"): protocol.randomisation.allocation_date, **issue_days(protocol)}
    )


@reads("clock")
def days_of_the_clock_are_days(protocol: Protocol) -> Iterator[Breach]:
    clock = protocol.clock
    if clock is not None:
        yield from _dates({("clock", "drawn_on"): clock.drawn_on, ("clock", "cut_on"): clock.cut_on})


@reads("population")
def contacts_are_kept_apart_for_a_time(protocol: Protocol) -> Iterator[Breach]:
    population, limit = protocol.population, protocol.population.contact_limit
    yield from _spans(
        {
            ("population", "cooling_off_days"): population.cooling_off_days,
            ("population", "contact_limit", "days"): None if limit is None else limit.days,
        }
    )


@reads("outcomes")
def outcomes_are_due_in_their_time(protocol: Protocol) -> Iterator[Breach]:
    for position, outcome in enumerate(protocol.outcomes):
        path: KeyPath = ("outcomes", position)
        yield from _spans({(*path, "day"): outcome.day, (*path, "horizon"): outcome.horizon})


@reads("behaviour")
def behaviour_comes_in_its_time(protocol: Protocol) -> Iterator[Breach]:
    if protocol.behaviour is not None:
        yield from _spans({("behaviour", "by_day"): protocol.behaviour.by_day})


@reads("outcomes")
def a_time_is_due_at_its_horizon(protocol: Protocol) -> Iterator[Breach]:
    """Two days for one comparison would leave open which of them is meant."""
    for position, outcome in enumerate(protocol.outcomes):
        timed = outcome.kind == "time_to_event" and outcome.horizon is not None
        if timed and outcome.day is not None and outcome.day != outcome.horizon:
            problem = f"day {outcome.day} is not the horizon, day {outcome.horizon:g}"
            rule_text = "a time to an event is compared at its horizon; leave day out, or give the same"
            yield Breach(("outcomes", position, "day"), problem, rule_text)


@reads("randomisation")
def nobody_is_contacted_before_the_draw(protocol: Protocol) -> Iterator[Breach]:
    planned = protocol.randomisation.allocation_date
    for path, day in issue_days(protocol).items():
        if planned is not None and day < planned:
            problem = f"{day} is before the draw planned for {planned}, in randomisation.allocation_date"
            yield Breach(path, problem, "customers are assigned before they are contacted")


@reads("randomisation", "clock")
def invented_days_come_in_order(protocol: Protocol) -> Iterator[Breach]:
    """The clock says when the draw is: nothing else may say another day, or one before it."""
    if protocol.clock is None:
        return
    drawn_on, planned = protocol.clock.drawn_on, protocol.randomisation.allocation_date
    if planned is not None and planned != drawn_on:
        problem = f"{planned} is not {drawn_on}, the clock's day of the draw"
        rule_text = "with a clock, clock.drawn_on is the day of the draw; leave allocation_date out, or give the same"
        yield Breach(("randomisation", "allocation_date"), problem, rule_text)
    for path, day in issue_days(protocol).items():
        if day < drawn_on:
            problem = f"{day} is before the draw on {drawn_on}, in clock.drawn_on"
            yield Breach(path, problem, "customers are assigned before they are contacted")


RULES = (
    days_of_randomisation_are_days,
    days_of_the_clock_are_days,
    contacts_are_kept_apart_for_a_time,
    outcomes_are_due_in_their_time,
    behaviour_comes_in_its_time,
    a_time_is_due_at_its_horizon,
    nobody_is_contacted_before_the_draw,
    invented_days_come_in_order,
)
