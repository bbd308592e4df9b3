"""The review gathers the room, and the refusal names everybody who is missing."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.consultation import BODIES, ConsultationRefused, refuse, review
from designs.entries import Entry
from designs.protocol.rules.dates import FIRST_DAY, LAST_DAY
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

LINE = (line("grade_7", day(1, 5)), line("deputy_director", day(1, 6)))
ASKED = asked_and_answered(*EVERYBODY, asked=day(1, 6), answered=day(1, 12))
GATEWAYS = (decided(1, day(1, 14)), decided(2, day(2, 11)))
READY = (*LINE, *ASKED, *GATEWAYS)
STEERED, OWN = plan_of("ISBC"), plan_of("Debt Management")


def codes(*entries: Entry, plan: Any = STEERED, **more: Any) -> list[str]:
    return [lack.code for lack in review(recorded(*entries), plan, TODAY, **more).open]


def blocking(*entries: Entry) -> str:
    """Everything that stands in the way, in words."""
    found = review(recorded(*entries), STEERED, TODAY).open
    return "; ".join(lack.problem for lack in found if lack.severity == "blocks")


def test_a_design_that_lacks_nothing_goes_on() -> None:
    for plan, entries in ((STEERED, READY), (OWN, (*LINE, *ASKED, own_approval(day(2, 16))))):
        reviewed = review(recorded(*entries), plan, TODAY)
        assert reviewed.open == ()
        assert len(reviewed.register) == 8
        assert [signed.grade for signed in reviewed.line] == ["grade_7", "deputy_director"]
        assert reviewed.timeline.blocking[0].activity.id == "design"
    assert [gateway.gateway for gateway in review(recorded(*READY), STEERED, TODAY).gateways] == [1, 2]
    assert review(recorded(*READY), OWN, TODAY).gateways == ()


@pytest.mark.requirement("K03")
@pytest.mark.parametrize("absent", EVERYBODY)
def test_whichever_of_the_eight_is_missing_is_named(absent: str) -> None:
    """Its place is there, it was even asked, and it has not answered; or it is not there at all."""
    others = tuple(entry for entry in READY if getattr(entry, "body", None) != absent)
    if absent == "camsg":
        others = tuple(entry for entry in others if entry.kind != "gateway_decided")
    body = BODIES.find(absent)
    assert body is not None
    for entries in (others, (*others, added(absent))):
        problems = blocking(*entries)
        for other in BODIES.bodies:
            assert (other.name in problems) == (other is body)


def test_everything_that_is_open_is_named_at_once() -> None:
    problems = blocking()
    for name in ("a grade 7", "a deputy director", "register of stakeholders is empty", "gateway 1", "gateway 2"):
        assert name in problems
    assert all(body.name in problems for body in BODIES.bodies)


def test_what_comes_later_is_not_asked_for_before_the_first_gateway() -> None:
    assert codes(*LINE, *ASKED, before="gateway_1") == []
    assert codes(*LINE, *ASKED) == ["gateway_open", "gateway_open"]
    assert codes(*LINE, *ASKED, plan=OWN, before="gateway_1") == []
    assert codes(*LINE, *ASKED, plan=OWN) == ["own_route_not_approved"]
    assert codes(*LINE, *ASKED, plan=plan_of(None), before="gateway_1") == ["no_directorate"]
    assert codes(before="gateway_1")[:3] == ["line_not_signed", "line_not_signed", "register_empty"]


def test_a_launch_before_the_lead_times_only_warns() -> None:
    soon = plan_of("ISBC", randomisation=Randomisation(method="complete", allocation_date=day(3, 3)))
    reviewed = review(recorded(*READY), soon, TODAY)
    assert [lack.code for lack in reviewed.open] == ["launch_before_earliest"]
    assert [lack.severity for lack in reviewed.open] == ["warns"]


def test_what_other_rooms_have_done_moves_the_launch() -> None:
    before = review(recorded(*READY), STEERED, TODAY)
    after = review(recorded(*READY), STEERED, TODAY, finished={"design": day(2, 12)})
    assert after.timeline.end < before.timeline.end


BODY = st.sampled_from([*EVERYBODY, "press_office", "design", "lock", "register", "gateway_1"])
DAY = st.dates(FIRST_DAY, LAST_DAY)
GATEWAY, DECISION = st.sampled_from([1, 2]), st.sampled_from(["approved", "approved_with_conditions", "deferred"])
ENTRIES = st.one_of(
    st.builds(added, BODY, DAY, needed_by=DAY),
    st.builds(retired, BODY, DAY),
    st.builds(consulted, BODY, DAY),
    st.builds(responded, BODY, DAY),
    st.builds(line, st.sampled_from(["grade_7", "deputy_director"]), DAY),
    st.builds(decided, GATEWAY, DAY, DECISION, conditions=st.sampled_from([(), ("a",), ("a", "b")])),
    st.builds(met, GATEWAY, st.integers(1, 3), DAY),
    st.builds(own_approval, DAY),
)


@given(st.lists(ENTRIES, max_size=15), st.sampled_from([STEERED, OWN, plan_of(None), None]), DAY)
def test_whatever_is_on_record_there_is_a_review_of_it(entries: list[Entry], plan: Any, today: date) -> None:
    """Records of before may hold what would be refused now, in any order and on any day."""
    reviewed = review(recorded(*entries), plan, today)
    assert reviewed.timeline.end >= today
    assert reviewed.timeline.critical_path
    assert len({row.activity.id for row in reviewed.timeline.rows}) == len(reviewed.timeline.rows)
    for lack in reviewed.open:
        assert lack.problem
        assert lack.remedy
        assert lack.clears
    for entry in entries:
        with suppress(ConsultationRefused):
            refuse(entry, recorded(*entries), plan, today)
