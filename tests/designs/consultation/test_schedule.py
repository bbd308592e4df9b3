"""The critical path: against every path there is, and by what must hold whatever the activities are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from graphlib import CycleError
from itertools import combinations, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.consultation.meetings import CALENDAR, meetings_from
from designs.consultation.schedule import Activity, Timeline, schedule
from designs.consultation.working_days import add_working_days, is_working_day, working_days_between
from tests.designs.consultation.records import TODAY, day


def made(*activities: Activity, today: date = TODAY) -> Timeline:
    return schedule(activities, today, CALENDAR)


def paths(activities: tuple[Activity, ...]) -> Iterator[tuple[Activity, ...]]:
    """Every chain from an activity that waits for nothing to any other."""

    def chains(activity: Activity) -> Iterator[tuple[Activity, ...]]:
        by_id = {each.id: each for each in activities}
        if not activity.after:
            yield (activity,)
        for before in activity.after:
            for chain in chains(by_id[before]):
                yield (*chain, activity)

    for activity in activities:
        yield from chains(activity)


def networks(size: int) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Every way in which so many activities can wait for those before them."""
    names = "abcd"[:size]
    choices = [
        [waits for count in range(place + 1) for waits in combinations(names[:place], count)] for place in range(size)
    ]
    yield from product(*choices)


@pytest.mark.requirement("K19")
def test_the_end_is_that_of_the_longest_path_in_every_small_network() -> None:
    seen = 0
    for leads in ((1, 2, 3, 5), (5, 3, 2, 1), (2, 2, 2, 2), (0, 4, 0, 1)):
        for waits in networks(4):
            activities = tuple(
                Activity(name, name, "designer", lead, after)
                for name, lead, after in zip("abcd", leads, waits, strict=True)
            )
            timeline = made(*activities)
            lengths = {path: sum(activity.lead_days for activity in path) for path in paths(activities)}
            longest = max(lengths.values())
            assert timeline.end == add_working_days(TODAY, longest)
            on_longest = {activity.id for path, length in lengths.items() if length == longest for activity in path}
            assert {row.activity.id for row in timeline.rows if row.critical} == on_longest
            found = tuple(timeline.row(name).activity for name in timeline.critical_path)
            assert sum(activity.lead_days for activity in found) == longest
            assert all(earlier.id in later.after for earlier, later in pairwise(found))
            for row in timeline.rows:  # by how much each may slip, by trying
                assert row.slack is not None
                for more, stays in ((row.slack, True), (row.slack + 1, False)):
                    slipped = tuple(
                        replace(each, lead_days=each.lead_days + more) if each is row.activity else each
                        for each in activities
                    )
                    assert (made(*slipped).end == timeline.end) == stays
            seen += 1
    assert seen == 4 * 64


@st.composite
def designs(draw: st.DrawFn) -> tuple[Activity, ...]:
    activities: list[Activity] = []
    for place in range(draw(st.integers(1, 8))):
        before = [activity.id for activity in activities]
        after = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
        started = draw(st.one_of(st.none(), st.integers(0, 60)))
        finished = draw(st.one_of(st.none(), st.integers(0, 60))) if draw(st.booleans()) else None
        activities.append(
            Activity(
                f"a{place}",
                "an activity",
                "designer",
                draw(st.integers(0, 30)),
                tuple(after),
                at_meeting=draw(st.booleans()),
                started=None if started is None else TODAY - timedelta(started),
                finished=None if finished is None else TODAY - timedelta(finished),
            )
        )
    return tuple(activities)


@given(designs(), st.data())
def test_a_delay_never_makes_the_end_earlier(activities: tuple[Activity, ...], data: st.DataObject) -> None:
    before = made(*activities)
    slower = data.draw(st.sampled_from(activities))
    delayed = tuple(
        replace(each, lead_days=each.lead_days + data.draw(st.integers(1, 20))) if each is slower else each
        for each in activities
    )
    assert made(*delayed).end >= before.end
    reopened = tuple(replace(each, started=None, finished=None) if each is slower else each for each in activities)
    if slower.finished is not None or (slower.started is not None and not slower.at_meeting):
        assert made(*reopened).end >= before.end
    if any(each.finished is None for each in activities):
        assert made(*activities, today=TODAY + timedelta(data.draw(st.integers(0, 40)))).end >= before.end


@given(designs())
def test_what_holds_of_every_timeline(activities: tuple[Activity, ...]) -> None:
    timeline = made(*activities)
    rows = {row.activity.id: row for row in timeline.rows}
    assert [row.activity for row in timeline.rows] == list(activities)
    meetings = {meeting.on for meeting in meetings_from(CALENDAR, day(1, 1)) if meeting.on <= timeline.end}
    for row in timeline.rows:
        assert row.critical == (row.slack == 0)
        if row.state == "done":
            assert (row.slack, row.finish) == (None, row.activity.finished)
            continue
        assert row.slack is not None
        assert row.slack >= 0
        assert row.finish >= TODAY
        assert is_working_day(row.finish)
        assert row.finish <= timeline.end
        assert row.start <= row.finish
        if row.activity.at_meeting:
            assert row.meeting is not None
            assert row.finish == row.meeting.on
            assert row.finish in meetings
            assert row.spare_days is not None
            assert row.spare_days >= 0
        if row.state in ("next", "waiting"):
            assert row.start >= TODAY
            assert all(row.start >= rows[before].finish for before in row.activity.after)
            if row.meeting is not None:
                ready = add_working_days(row.start, row.activity.lead_days)
                assert working_days_between(ready, row.meeting.paper_due) == row.spare_days
        assert (row.state == "waiting") == bool(row.waits_for)
    if any(row.state != "done" for row in timeline.rows):
        assert timeline.end == max(row.finish for row in timeline.rows if row.state != "done")
        path = [rows[name] for name in timeline.critical_path]
        assert path
        assert all(row.slack == 0 for row in path)
        assert path[-1].finish == timeline.end
        assert all(earlier.finish == later.start for earlier, later in pairwise(path))
        assert path[0].state == "under_way" or path[0].start == TODAY or path[0].state == "next"
        assert timeline.blocking


@given(designs(), st.data())
def test_a_slip_within_the_slack_moves_nothing(activities: tuple[Activity, ...], data: st.DataObject) -> None:
    before = made(*activities)
    row = data.draw(st.sampled_from(before.rows))
    if row.state in ("done", "under_way") or row.activity.at_meeting:
        return
    assert row.slack is not None
    slipped = tuple(
        replace(each, lead_days=each.lead_days + row.slack) if each is row.activity else each for each in activities
    )
    assert made(*slipped).end == before.end


def test_a_paper_may_be_late_by_its_days_to_spare_and_no_more() -> None:
    for lead in range(40):
        draft = Activity("draft", "draft", "designer", lead)
        gateway = Activity("gateway", "gateway", "camsg", 5, ("draft",), at_meeting=True)
        before = made(draft, gateway)
        spare = before.row("gateway").spare_days
        assert spare is not None
        assert made(replace(draft, lead_days=lead + spare), gateway).end == before.end
        assert made(replace(draft, lead_days=lead + spare + 1), gateway).end > before.end
        assert before.critical_path == ("draft", "gateway")


def test_what_is_under_way_takes_its_time_and_at_least_until_today() -> None:
    just = Activity("a", "a", "kai", 10, started=day(2, 16))  # expected today
    assert [(row.finish, row.overdue) for row in made(just).rows] == [(TODAY, False)]
    slow, done = Activity("a", "a", "kai", 10, started=day(2, 23)), Activity("b", "b", "kai", 10, started=day(2, 2))
    timeline = made(slow, done, Activity("c", "c", "designer", 1, ("a", "b")))
    assert [(row.finish, row.overdue, row.since) for row in timeline.rows] == [
        (day(3, 9), False, day(2, 23)), (TODAY, True, day(2, 2)), (day(3, 10), False, None),
    ]  # fmt: skip
    assert [row.activity.id for row in timeline.blocking] == ["a", "b"]
    assert timeline.critical_path == ("a", "c")


def test_what_is_next_is_next_since_the_last_before_it_was_done() -> None:
    befores = [Activity(name, name, "kai", 1, finished=day(2, number)) for name, number in (("a", 9), ("b", 16))]
    timeline = made(*befores, Activity("c", "c", "designer", 3, ("a", "b")), Activity("d", "d", "designer", 1))
    assert (timeline.row("c").state, timeline.row("c").since) == ("next", day(2, 16))
    assert (timeline.row("d").state, timeline.row("d").since) == ("next", None)
    assert timeline.row("c").start == TODAY


def test_a_weekend_is_no_day_to_start() -> None:
    timeline = made(Activity("a", "a", "designer", 1), today=day(4, 3))  # Good Friday
    assert (timeline.row("a").start, timeline.end) == (day(4, 7), day(4, 8))


def test_what_is_done_is_done() -> None:
    timeline = made(Activity("a", "a", "kai", 1, finished=day(2, 7)), Activity("b", "b", "kai", 1, finished=day(2, 3)))
    assert (timeline.end, timeline.critical_path, timeline.blocking) == (day(2, 7), (), ())


def test_a_network_is_a_network() -> None:
    a = Activity("a", "a", "kai", 1)
    for activities, words in (((), "no activities"), ((a, a), "one id"), ((replace(a, after=("b",)),), "called b")):
        with pytest.raises(ValueError, match=words):
            made(*activities)
    with pytest.raises(CycleError):
        made(replace(a, after=("b",)), Activity("b", "b", "kai", 1, ("a",)))
