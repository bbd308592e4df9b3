"""A design's timeline: known dates give the known path, and what blocks says who clears it and since when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.consultation.gateways import meetings_needed
from designs.consultation.schedule import Timeline
from designs.consultation.timeline import (
    CONDITION_DAYS,
    LEADS_EDITION,
    LINE_DAYS,
    OWN_ROUTE_DAYS,
    PAPER_DAYS,
    SIGN_OFFS,
    WORK,
    launch_missing,
    timeline,
)
from designs.entries import Entry
from designs.protocol.sections.randomisation import Randomisation
from tests.designs.consultation.records import (
    EVERYBODY,
    TODAY,
    added,
    asked_and_answered,
    consulted,
    day,
    decided,
    line,
    met,
    own_approval,
    plan_of,
    recorded,
    responded,
    retired,
)
from tests.places import ROOT

STEERED, OWN, OUTSIDE = plan_of("RIS"), plan_of("Debt Management"), plan_of(None)
LINE = (line("grade_7", day(1, 5)), line("deputy_director", day(1, 6)))
INPUT = tuple(body for body in EVERYBODY if body != "camsg")
ALL_ASKED = (*LINE, *asked_and_answered(*INPUT, asked=day(1, 7), answered=day(1, 21)))
SIGNED = {"design": day(3, 10), **dict.fromkeys(SIGN_OFFS, day(3, 20))}


def made(*entries: Entry, plan: Any = STEERED, today: date = TODAY, **more: Any) -> Timeline:
    return timeline(recorded(*entries), plan, today, **more)


@pytest.mark.requirement("K19")
def test_known_dates_give_the_known_path() -> None:
    """Counted by hand from Monday 2 March 2026, over Easter and two bank holidays in May."""
    result = made()
    expected = {
        "line_grade_7": (day(3, 2), day(3, 5)),
        "line_deputy_director": (day(3, 5), day(3, 12)),
        "input/ec_strategy_unit": (day(3, 12), day(3, 26)),
        "input/kai": (day(3, 26), day(4, 20)),
        "gateway_1": (day(4, 20), day(5, 13)),
        "design": (day(5, 13), day(6, 11)),
        "sign_off_taa": (day(6, 11), day(6, 25)),
        "gateway_2": (day(6, 25), day(8, 12)),
        "lock": (day(8, 12), day(8, 13)),
        "launch": (day(8, 13), day(8, 20)),
    }
    assert result.critical_path == tuple(expected)
    assert {name: (result.row(name).start, result.row(name).finish) for name in expected} == expected
    assert result.end == day(8, 20)
    assert [result.row(gateway).spare_days for gateway in ("gateway_1", "gateway_2")] == [1, 19]
    assert {row.activity.id: row.slack for row in result.rows if row.slack} == {
        "input/ris_campaigns": 10,
        "input/taa": 5,
        "input/copgu": 5,
        "input/customer_directorate": 10,
        "input/communications": 5,
        "sign_off_kai": 5,
    }


@pytest.mark.requirement("K19")
def test_two_days_of_delay_before_a_paper_cost_a_month() -> None:
    entries = (*LINE, *asked_and_answered(*INPUT[:1], *INPUT[2:], asked=day(1, 7), answered=day(1, 21)), added("kai"))
    in_time, late = (made(*entries, consulted("kai", day(2, asked))) for asked in (23, 24))
    assert [result.row("input/kai").finish for result in (in_time, late)] == [day(3, 16), day(3, 17)]
    assert [result.row("gateway_1").finish for result in (in_time, late)] == [day(4, 8), day(5, 13)]
    assert late.end > in_time.end


def test_each_step_that_is_done_gives_way_to_the_next() -> None:
    steps: list[tuple[tuple[Entry, ...], dict[str, Any], list[tuple[str, str, date | None]]]] = [
        ((), {}, [("line_grade_7", "grade_7", None)]),
        (LINE[:1], {}, [("line_deputy_director", "deputy_director", day(1, 5))]),
        (LINE, {}, [("input/ec_strategy_unit", "designer", day(1, 6))]),
        (
            (*LINE, added("ec_strategy_unit"), consulted("ec_strategy_unit", day(1, 7))),
            {},
            [("input/ec_strategy_unit", "ec_strategy_unit", day(1, 7))],
        ),
        (ALL_ASKED, {}, [("gateway_1", "designer", day(1, 21))]),
        ((*ALL_ASKED, consulted("camsg", day(2, 25))), {}, [("gateway_1", "camsg", day(2, 25))]),
        ((*ALL_ASKED, decided(1, day(2, 11))), {}, [("design", "designer", day(2, 11))]),
        (
            (*ALL_ASKED, decided(1, day(2, 11))),
            {"finished": {"design": day(2, 20)}},
            [
                ("sign_off_taa", "taa", day(2, 20)),
                ("sign_off_copgu", "copgu", day(2, 20)),
                ("sign_off_communications", "communications", day(2, 20)),
                ("sign_off_kai", "kai", day(2, 20)),
            ],
        ),
        (
            (*ALL_ASKED, decided(1, day(2, 11))),
            {"finished": SIGNED, "today": day(3, 23)},
            [("gateway_2", "designer", day(3, 20))],
        ),
        (
            (*ALL_ASKED, decided(1, day(2, 11)), decided(2, day(4, 8))),
            {"finished": SIGNED, "today": day(4, 9)},
            [("lock", "designer", day(4, 8))],
        ),
        (
            (*ALL_ASKED, decided(1, day(2, 11)), decided(2, day(4, 8))),
            {"finished": SIGNED | {"lock": day(4, 10)}, "today": day(4, 13)},
            [("launch", "randomiser", day(4, 10))],
        ),
    ]
    for entries, more, expected in steps:
        result = made(*entries, **more)
        assert [(row.activity.id, row.activity.clears, row.since) for row in result.blocking] == expected
        assert result.critical_path[0] == expected[0][0]


def test_a_gateway_waits_for_its_meeting_its_conditions_or_a_new_paper() -> None:
    conditions = {"decision": "approved_with_conditions", "conditions": ("brief the press",)}
    handed_in = made(*ALL_ASKED, consulted("camsg", day(2, 25))).row("gateway_1")
    assert (handed_in.state, handed_in.finish, handed_in.overdue) == ("under_way", day(3, 11), False)
    on_the_day = made(*ALL_ASKED, consulted("camsg", day(2, 25)), today=day(3, 11)).row("gateway_1")
    assert (on_the_day.finish, on_the_day.overdue) == (day(3, 11), False)
    went_by = made(*ALL_ASKED, consulted("camsg", day(2, 25)), today=day(3, 12)).row("gateway_1")
    assert (went_by.state, went_by.finish, went_by.overdue) == ("under_way", day(4, 8), True)
    asked_for = made(*ALL_ASKED, decided(1, day(2, 11), **conditions))
    row = asked_for.row("gateway_1")
    assert (row.state, row.activity.clears, row.since, row.meeting) == ("under_way", "designer", day(2, 11), None)
    assert asked_for.row("design").state == "waiting"
    met_on = made(*ALL_ASKED, decided(1, day(2, 11), **conditions), met(1, 1, day(2, 18)))
    assert (met_on.row("gateway_1").state, met_on.row("design").since) == ("done", day(2, 18))
    deferred = made(*ALL_ASKED, consulted("camsg", day(1, 28)), decided(1, day(2, 11), "deferred")).row("gateway_1")
    assert (deferred.state, deferred.activity.clears, deferred.finish) == ("next", "designer", day(4, 8))


def test_a_missing_signature_of_the_line_holds_the_gateway_up() -> None:
    result = made(*ALL_ASKED[2:])
    assert result.row("gateway_1").waits_for == ("line_deputy_director",)
    assert result.critical_path[:3] == ("line_grade_7", "line_deputy_director", "gateway_1")


def test_own_routes_and_plans_outside_the_route() -> None:
    own = made(plan=OWN)
    ids = [row.activity.id for row in own.rows]
    assert "input/camsg" in ids
    assert "own_route" in ids
    assert not any("gateway" in name for name in ids)
    assert own.critical_path[-4:] == ("sign_off_taa", "own_route", "lock", "launch")
    assert own.end < made().end
    approved = made(own_approval(day(2, 16)), plan=OWN).row("own_route")
    assert (approved.state, approved.finish) == ("done", day(2, 16))
    assert [row.activity.id for row in made(plan=OUTSIDE).rows] == ["design", "lock", "launch"]
    assert timeline((), None, TODAY).end == made(plan=OUTSIDE).end


def test_who_was_added_takes_time_and_who_was_retired_takes_none() -> None:
    waiting = made(*ALL_ASKED, added("press_office"))
    assert waiting.row("gateway_1").waits_for == ("input/press_office",)
    assert "Input of PRESS_OFFICE" in waiting.row("input/press_office").activity.name
    gone = made(*ALL_ASKED, added("press_office"), retired("press_office", day(2, 16)))
    assert gone == made(*ALL_ASKED)
    again = made(*ALL_ASKED, consulted("kai", day(2, 16)))
    assert (again.row("input/kai").state, again.row("input/kai").since) == ("under_way", day(2, 16))
    reminded = made(*ALL_ASKED, consulted("kai", day(2, 16)), consulted("kai", day(2, 23)))
    assert reminded.row("input/kai") == again.row("input/kai")
    assert made(*ALL_ASKED, consulted("kai", day(2, 16)), responded("kai", day(2, 17))).row("input/kai").state == "done"


@pytest.mark.parametrize("plan", [STEERED, OWN])
def test_a_stakeholder_may_be_called_what_an_activity_is(plan: Any) -> None:
    names = {row.activity.id for row in made(plan=plan).rows if "/" not in row.activity.id} | {"register"}
    result = made(*(added(name) for name in names), plan=plan)
    assert {f"input/{name}" for name in names} < {row.activity.id for row in result.rows}
    assert result.end == made(plan=plan).end


def test_a_planned_launch_is_held_against_the_earliest() -> None:
    for launch, found in ((day(8, 19), 1), (day(8, 20), 0)):
        plan = plan_of("RIS", randomisation=Randomisation(method="complete", allocation_date=launch))
        lacks = launch_missing(made(plan=plan), plan)
        assert len(lacks) == found
        for lack in lacks:
            assert (lack.code, lack.severity) == ("launch_before_earliest", "warns")
            assert "20 August 2026" in lack.problem
            assert "Signature of the sponsor at grade 7" in lack.problem
    assert launch_missing(made(), STEERED) == ()


HISTORIES = [
    (),
    LINE,
    ALL_ASKED,
    (*ALL_ASKED, consulted("camsg", day(2, 25))),
    (*ALL_ASKED, decided(1, day(2, 11), "deferred")),
    (*ALL_ASKED, decided(1, day(2, 11))),
    (*ALL_ASKED, decided(1, day(1, 14)), decided(2, day(2, 11))),
]


@given(st.sampled_from(HISTORIES), st.integers(0, 300), st.integers(0, 60))
def test_no_launch_is_before_the_meetings_and_waiting_never_helps(
    history: tuple[Entry, ...], start: int, wait: int
) -> None:
    today = TODAY + timedelta(start)
    result = made(*history, today=today)
    needed = meetings_needed(recorded(*history), today)
    assert all(meeting.on < result.end for meeting in needed)
    assert result.end <= made(*history, today=today + timedelta(wait)).end


def test_the_guide_has_the_lead_times_as_they_are() -> None:
    text = " ".join((ROOT / "docs" / "design.md").read_text(encoding="utf-8").split())
    wording = {days for _, body, days in SIGN_OFFS.values() if body != "kai"}
    assert len(wording) == 1
    assert (
        f"signature at grade 7 {LINE_DAYS['grade_7']}, of the deputy director {LINE_DAYS['deputy_director']}, "
        f"a paper {PAPER_DAYS}, the design {WORK['design'][2]}, "
        f"sign-off of the sample size {SIGN_OFFS['sign_off_kai'][2]}, "
        f"of wording {wording.pop()} each, conditions {CONDITION_DAYS}, another route {OWN_ROUTE_DAYS}, "
        f"lock {WORK['lock'][2]}, draw and issue {WORK['launch'][2]} (edition {LEADS_EDITION}"
    ) in text
