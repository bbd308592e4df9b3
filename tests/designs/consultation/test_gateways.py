"""The two gateways: their turn, their meetings, their conditions, and the launches they forbid."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.consultation.errors import ConsultationRefused
from designs.consultation.gateways import (
    gateway_standings,
    gateways_missing,
    meetings_needed,
    planned_launch,
    refuse_launch,
)
from designs.consultation.meetings import CALENDAR, MeetingCalendar, OtherDay, meetings_from
from designs.consultation.recording import refuse
from designs.entries import Entry, Recorded
from designs.protocol.sections.randomisation import Batches, Randomisation, Wave
from tests.designs.consultation.records import consulted, day, decided, met, own_approval, plan_of, recorded, refused

STEERED, OWN = plan_of("WMBC"), plan_of("Debt Management")
JAN, FEB, MAR, APR, MAY = day(1, 14), day(2, 11), day(3, 11), day(4, 8), day(5, 13)
TODAY = day(5, 20)
CONDITIONS = {"decision": "approved_with_conditions", "conditions": ("brief the press", "fewer letters")}


def codes(*entries: Entry, plan: Any = STEERED, today: date = TODAY) -> list[tuple[str, str]]:
    return [(lack.code, lack.where) for lack in gateways_missing(recorded(*entries), plan, today)]


def test_both_gateways_are_open_until_they_are_passed() -> None:
    assert codes() == [("gateway_open", "gateway_1"), ("gateway_open", "gateway_2")]
    assert codes(plan=OWN) == codes(plan=plan_of(None)) == []
    assert codes(decided(1, MAR)) == [("gateway_open", "gateway_2")]
    assert codes(decided(1, MAR), decided(2, APR)) == []
    assert codes(decided(1, MAR, "deferred")) == codes(decided(1, MAR, "rejected")) == codes()
    assert codes(decided(1, MAR, "deferred"), decided(1, APR)) == [("gateway_open", "gateway_2")]


@pytest.mark.requirement("K10")
def test_conditions_are_tracked_until_each_is_met() -> None:
    entries: tuple[Entry, ...] = (decided(1, MAR, **CONDITIONS),)
    lacks = gateways_missing(recorded(*entries), STEERED, TODAY)
    assert [lack.code for lack in lacks] == ["condition_open", "condition_open", "gateway_open"]
    assert "brief the press" in lacks[0].problem
    entries += (met(1, 2, day(3, 20)),)
    (first, _) = gateway_standings(recorded(*entries))
    assert [condition.met_on for condition in first.conditions] == [None, day(3, 20)]
    assert [condition.number for condition in first.open_conditions] == [1]
    assert first.passed_on is None
    refused(lambda: refuse(decided(2, APR), recorded(*entries), STEERED, TODAY), "open conditions (1)")
    entries += (met(1, 1, day(3, 18)),)
    assert gateway_standings(recorded(*entries))[0].passed_on == day(3, 20)
    assert codes(*entries) == [("gateway_open", "gateway_2")]
    refuse(decided(2, APR), recorded(*entries), STEERED, TODAY)


def test_a_new_decision_replaces_the_conditions_of_the_last() -> None:
    entries = (decided(1, MAR, **CONDITIONS), met(1, 1, day(3, 20)), decided(1, APR, **CONDITIONS))
    assert [condition.met_on for condition in gateway_standings(recorded(*entries))[0].conditions] == [None, None]


@pytest.mark.requirement("K10")
@pytest.mark.parametrize(
    ("entry", "history", "words"),
    [
        (decided(1, day(3, 12)), (), "does not meet on 12 March 2026"),
        (decided(1, day(3, 4)), (), "11 March 2026"),
        (decided(1, day(6, 10)), (), "yet to come"),
        (decided(1, date(1026, 3, 11)), (), "no day of a trial"),
        (decided(2, MAR), (), "gateway 1 is not approved"),
        (decided(2, APR), (decided(1, MAR, "deferred"),), "gateway 1 is not approved"),
        (decided(2, APR), (decided(1, MAR, "rejected"),), "gateway 1 is not approved"),
        (decided(2, APR), (decided(1, MAR, **CONDITIONS),), "open conditions (1, 2)"),
        (decided(2, APR), (decided(1, APR),), "later meeting"),
        (decided(2, MAR), (decided(1, APR),), "later meeting"),
        (
            decided(2, APR),
            (decided(1, MAR, "approved_with_conditions", conditions=("a",)), met(1, 1, day(4, 9))),
            "passed on 9 April 2026",
        ),
        (decided(1, MAR), (decided(1, MAR),), "decides once"),
        (decided(1, MAR), (decided(1, APR, "deferred"),), "decides once"),
        (decided(1, MAY), (decided(1, MAR), decided(2, APR)), "gateway 2 is approved"),
        (decided(1, MAR, "approved_with_conditions"), (), "names none"),
        (decided(1, MAR, conditions=("a",)), (), "has conditions"),
        (decided(1, MAR, "rejected", conditions=("a",)), (), "has conditions"),
        (met(1, 1, MAR), (), "none that the group set"),
        (met(1, 3, MAR), (decided(1, MAR, **CONDITIONS),), "open: 1, 2"),
        (met(1, 1, APR), (decided(1, MAR, **CONDITIONS), met(1, 1, MAR)), "met already"),
        (met(1, 1, APR), (decided(1, MAR, "deferred", conditions=("a",)),), "none that the group set"),
        (met(2, 1, APR), (decided(1, MAR, **CONDITIONS),), "none that the group set"),
        (met(1, 1, day(3, 10)), (decided(1, MAR, **CONDITIONS),), "which is later"),
        (met(1, 1, day(5, 21)), (decided(1, MAR, **CONDITIONS),), "yet to come"),
        (own_approval(day(3, 10)), (), "cannot be approved by a route of its own"),
    ],
)  # fmt: skip
def test_what_cannot_be_put_on_record_about_a_gateway(entry: Entry, history: tuple[Entry, ...], words: str) -> None:
    refused(lambda: refuse(entry, recorded(*history), STEERED, TODAY), words)


@pytest.mark.parametrize(
    ("entry", "history"),
    [
        (decided(1, MAR), ()),
        (decided(1, MAR, **CONDITIONS), ()),
        (decided(1, MAR, "deferred", conditions=("bring the costs",)), ()),
        (decided(1, day(3, 12), extraordinary="the usual day was a strike"), ()),
        (decided(1, APR), (decided(1, MAR, "deferred"),)),
        (decided(1, APR), (decided(1, MAR, "rejected"),)),
        (decided(2, APR), (decided(1, MAR),)),
        (
            decided(2, APR),
            (decided(1, MAR, "approved_with_conditions", conditions=("a",)), met(1, 1, APR)),
        ),
        (decided(2, MAY), (decided(1, MAR), decided(2, APR))),  # the plan has changed, and is decided on again
        (decided(1, MAY), (decided(1, MAR), decided(2, APR, "rejected"))),
        (met(1, 1, MAR), (decided(1, MAR, **CONDITIONS),)),
    ],
)
def test_what_can(entry: Entry, history: tuple[Entry, ...]) -> None:
    refuse(entry, recorded(*history), STEERED, TODAY)


@pytest.mark.parametrize("plan", [OWN, plan_of(None), None])
def test_gateways_are_for_those_who_go_through_them(plan: Any) -> None:
    refused(lambda: refuse(decided(1, MAR), (), plan, TODAY), "RIS, ISBC, WMBC")


def lets_in(entry: Entry, history: tuple[Recorded, ...]) -> bool:
    try:
        refuse(entry, history, STEERED, TODAY)
    except ConsultationRefused:
        return False
    return True


def test_every_history_of_decisions_that_is_let_in_passes_the_gateways_in_turn() -> None:
    choices: list[Entry] = [
        decided(gateway, on, decision, conditions=("a",) if decision == "approved_with_conditions" else ())
        for gateway, on, decision in product(
            (1, 2), (MAR, APR, MAY), ("approved", "approved_with_conditions", "deferred", "rejected")
        )
    ]
    choices += [met(gateway, 1, on) for gateway, on in product((1, 2), (MAR, APR))]
    histories: list[tuple[Recorded, ...]] = [()]
    for length in range(3):
        histories += [
            recorded(*(record.entry for record in history), entry)
            for history in histories
            if len(history) == length
            for entry in choices
            if lets_in(entry, history)
        ]
    assert len(histories) > 100
    for history in histories:
        first, second = gateway_standings(history)
        if second.passed_on is not None:
            assert first.passed_on is not None
            assert first.decided_on is not None
            assert second.decided_on is not None
            assert first.decided_on < second.decided_on
            assert first.passed_on <= second.decided_on
        agreed = ("approved", "approved_with_conditions")
        for standing in (first, second):
            if standing.passed_on is not None:
                assert standing.decision in agreed
                assert standing.open_conditions == ()


@pytest.mark.requirement("K10")
def test_a_launch_before_the_meetings_that_are_needed_is_refused() -> None:
    for launch, today in ((APR, day(3, 2)), (day(5, 12), day(3, 2)), (day(2, 2), day(1, 2))):
        refused(lambda launch=launch, today=today: refuse_launch(launch, (), STEERED, today), "agreed at both gateways")
    refuse_launch(MAY, (), STEERED, day(3, 2))
    refuse_launch(day(3, 3), (), OWN, day(3, 2))
    refuse_launch(day(3, 3), (), plan_of(None), day(3, 2))
    once = recorded(decided(1, FEB))
    refused(lambda: refuse_launch(APR - timedelta(1), once, STEERED, day(3, 2)), "8 April 2026")
    refuse_launch(APR, once, STEERED, day(3, 2))
    handed_in = recorded(decided(1, FEB), consulted("camsg", day(2, 25)))
    refused(lambda: refuse_launch(day(3, 10), handed_in, STEERED, day(3, 2)), "11 March 2026")
    refuse_launch(MAR, handed_in, STEERED, day(3, 2))
    both = recorded(decided(1, JAN), decided(2, FEB))
    refuse_launch(FEB, both, STEERED, day(3, 2))
    refused(lambda: refuse_launch(FEB - timedelta(1), both, STEERED, day(3, 2)), "passed on 11 February 2026")
    conditions = recorded(decided(1, JAN), decided(2, FEB, **CONDITIONS))
    refused(lambda: refuse_launch(day(3, 1), conditions, STEERED, day(3, 2)), "2 March 2026 or later")
    refuse_launch(day(3, 2), conditions, STEERED, day(3, 2))


def test_a_paper_that_is_in_counts_for_its_meeting() -> None:
    paper = (consulted("camsg", day(2, 25)),)
    assert [meeting.on for meeting in meetings_needed(recorded(), day(3, 2))] == [APR, MAY]
    assert [meeting.on for meeting in meetings_needed(recorded(*paper), day(3, 2))] == [MAR, APR]
    # Its meeting went by without a decision: the paper is there for the next.
    assert [meeting.on for meeting in meetings_needed(recorded(*paper), day(3, 12))] == [APR, MAY]
    # On the day of its meeting it waits for that, and a paper on the day of a decision, after it, for the next.
    assert [meeting.on for meeting in meetings_needed(recorded(*paper), MAR)] == [MAR, APR]
    same_day = recorded(*paper, decided(1, MAR), consulted("camsg", MAR))
    assert gateway_standings(same_day)[1].handed_in_on == MAR
    assert gateway_standings(same_day[:2])[1].handed_in_on is None
    # A deferred paper is to be written anew.
    assert [meeting.on for meeting in meetings_needed(recorded(*paper, decided(1, MAR, "deferred")), day(3, 24))] == [
        MAY, day(6, 10),
    ]  # fmt: skip
    (lack, _) = gateways_missing(recorded(*paper), STEERED, day(3, 2))
    assert lack.clears == "camsg"
    assert "wait for the meeting on 11 March 2026" in lack.remedy
    (lack, _) = gateways_missing((), STEERED, day(3, 2))
    assert lack.clears == "designer"
    assert "hand in the paper by 23 March 2026 for the meeting on 8 April 2026" in lack.remedy


def test_what_a_deferred_or_rejected_gateway_says() -> None:
    for decision in ("deferred", "rejected"):
        (lack, _) = gateways_missing(recorded(decided(1, MAR, decision)), STEERED, TODAY)
        assert f"was {decision} on 11 March 2026" in lack.problem


@given(st.integers(0, 400), st.integers(0, 40))
def test_waiting_never_makes_a_launch_earlier(start: int, wait: int) -> None:
    today = day(1, 5) + timedelta(start)
    before, after = (meetings_needed((), when)[-1].on for when in (today, today + timedelta(wait)))
    assert today < before <= after
    with pytest.raises(ConsultationRefused):
        refuse_launch(before - timedelta(1), (), STEERED, today)
    refuse_launch(before, (), STEERED, today)


def randomised(**more: Any) -> Any:
    return plan_of("RIS", randomisation=Randomisation(method="complete", **more))


@pytest.mark.requirement("K10")
@pytest.mark.parametrize(
    ("plan", "launch"),
    [
        (None, None),
        (plan_of("RIS"), None),
        (randomised(), None),
        (randomised(allocation_date=day(3, 9)), day(3, 9)),
        (randomised(waves=(Wave(id="b", issue_on=day(4, 6)), Wave(id="a", issue_on=day(3, 9)))), day(3, 9)),
        (randomised(batches=Batches(column="batch", issue_on={"b": day(4, 6), "a": day(3, 9)})), day(3, 9)),
    ],
)
def test_the_plans_own_launch_is_held_against_the_meetings(plan: Any, launch: date | None) -> None:
    assert planned_launch(plan) == launch
    found = [lack for lack in gateways_missing((), plan, day(3, 2)) if lack.code == "launch_before_meeting"]
    assert len(found) == (launch is not None)
    if plan is not None and launch is not None:
        in_time = plan.model_copy(update={"randomisation": Randomisation(method="complete", allocation_date=MAY)})
        assert "launch_before_meeting" not in [lack.code for lack in gateways_missing((), in_time, day(3, 2))]
    for lack in found:
        assert (lack.severity, lack.where) == ("blocks", "randomisation")
        assert "13 May 2026" in lack.remedy


def test_another_calendar_can_be_put_in_its_place() -> None:
    calendar = MeetingCalendar("made up", 1, 0, 5, (OtherDay(2026, 4, day(4, 20), "Easter"),))
    assert [meeting.on for meeting in meetings_needed((), day(3, 2), calendar)] == [day(4, 20), day(5, 5)]
    refused(lambda: refuse(decided(1, MAR), (), STEERED, TODAY, calendar=calendar), "made up")
    refuse(decided(1, day(4, 20)), (), STEERED, TODAY, calendar=calendar)
    assert next(meetings_from(CALENDAR, day(4, 1))).on == APR
