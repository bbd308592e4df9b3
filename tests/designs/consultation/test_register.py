"""The register: who stands where, who is missing, and what it refuses."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.consultation.bodies import BODIES
from designs.consultation.errors import ConsultationRefused
from designs.consultation.register import missing, refuse
from designs.consultation.standing import standings
from designs.entries import Entry, Recorded
from tests.designs.consultation.records import (
    EVERYBODY,
    TODAY,
    added,
    asked_and_answered,
    changed,
    consulted,
    day,
    decided,
    plan_of,
    recorded,
    refused,
    responded,
    retired,
)

STEERED, OWN = plan_of("RIS"), plan_of("Debt Management")


def codes(*entries: Entry, plan: Any = STEERED, **more: Any) -> dict[str, str]:
    return {lack.where: lack.code for lack in missing(recorded(*entries), plan, TODAY, **more)}


@pytest.mark.requirement("K01")
@pytest.mark.parametrize("plan", [None, plan_of(None), STEERED, OWN])
def test_an_empty_register_blocks(plan: Any) -> None:
    lacks = missing((), plan, TODAY, before="gateway_1")
    assert (lacks[0].code, lacks[0].severity, lacks[0].clears) == ("register_empty", "blocks", "designer")
    assert "E&C Strategy Unit" in lacks[0].remedy


@pytest.mark.requirement("K03")
def test_each_of_the_eight_is_named_until_its_outcome_is_on_record() -> None:
    everybody = {body: asked_and_answered(body) for body in EVERYBODY}
    assert codes(*sum(everybody.values(), ())) == {}
    for absent in EVERYBODY:
        others = sum((entries for body, entries in everybody.items() if body != absent), ())
        (lack,) = missing(recorded(*others), OWN, TODAY)
        body = BODIES.find(absent)
        assert body is not None
        assert body.name in lack.problem
        assert (lack.code, lack.severity, lack.where) == ("not_in_register", "blocks", absent)
        for entries, code in ((everybody[absent][:1], "not_asked"), (everybody[absent][:2], "awaited")):
            (lack,) = missing(recorded(*others, *entries), OWN, TODAY)
            assert body.name in lack.problem
            assert (lack.code, lack.severity, lack.where) == (code, "blocks", absent)
            assert lack.clears == (absent if code == "awaited" else "designer")


def test_they_are_named_in_the_order_of_the_guidance() -> None:
    entries = (added("press_office"), added("taa"), added("kai"))
    assert [lack.where for lack in missing(recorded(*entries), OWN, TODAY)] == [*EVERYBODY, "press_office"]
    assert [standing.body for standing in standings(recorded(*entries), TODAY)] == ["kai", "taa", "press_office"]


def test_somebody_who_was_added_is_waited_for_until_retired() -> None:
    everybody = asked_and_answered(*EVERYBODY)
    assert codes(*everybody, added("press_office")) == {"press_office": "not_asked"}
    assert codes(*everybody, added("press_office"), consulted("press_office", day(2, 9))) == {"press_office": "awaited"}
    assert codes(*everybody, added("press_office"), retired("press_office", day(2, 9))) == {}


def test_who_is_asked_again_has_not_answered() -> None:
    entries = (*asked_and_answered("kai", asked=day(2, 3), answered=day(2, 10)), consulted("kai", day(2, 16)))
    (standing,) = standings(recorded(*entries), TODAY)
    assert (standing.status, standing.since, standing.first_asked_on) == ("asked", day(2, 16), day(2, 3))
    assert codes(*entries)["kai"] == "awaited"
    (standing,) = standings(recorded(*entries, responded("kai", day(2, 20), "no_comment")), TODAY)
    assert (standing.status, standing.since, standing.outcome) == ("responded", day(2, 20), "no_comment")


def test_a_reminder_does_not_start_the_wait_anew() -> None:
    (standing,) = standings(recorded(added("kai"), consulted("kai", day(2, 3)), consulted("kai", day(2, 24))), TODAY)
    assert (standing.since, standing.asked_on, standing.status) == (day(2, 3), day(2, 24), "asked")


def test_late_is_who_owes_an_answer_after_its_day() -> None:
    due = {"needed_by": day(2, 27)}
    for entries, late in (
        ((added("kai", **due),), True),
        ((added("kai", **due), consulted("kai", day(2, 3))), True),
        ((added("kai", **due), consulted("kai", day(2, 3)), responded("kai", day(3, 1))), False),
        ((added("kai", needed_by=TODAY),), False),
        ((added("kai", **due), changed("kai", day(2, 26), needed_by=day(3, 9))), False),
        ((added("press", **due), retired("press", day(2, 20))), False),
    ):
        (standing,) = standings(recorded(*entries), TODAY)
        assert standing.late is late, entries
    (lack,) = (lack for lack in missing(recorded(added("kai", **due)), OWN, TODAY) if lack.where == "kai")
    assert "needed by 27 February 2026" in lack.problem


def test_an_objection_is_an_outcome_and_is_said() -> None:
    others = asked_and_answered(*(body for body in EVERYBODY if body != "taa"))
    entries = (*others, added("taa"), consulted("taa", day(2, 3)), responded("taa", day(2, 10), "objected"))
    (lack,) = missing(recorded(*entries), OWN, TODAY)
    assert (lack.code, lack.severity, lack.clears) == ("objected", "warns", "taa")


def test_the_steering_group_says_its_part_at_the_gateways() -> None:
    others = asked_and_answered(*(body for body in EVERYBODY if body != "camsg"))
    entries = (*others, added("camsg"))
    assert codes(*entries, before="gateway_1") == {}
    assert codes(*entries, plan=OWN, before="gateway_1") == {"camsg": "not_asked"}
    assert codes(*entries) == {"camsg": "not_asked"}
    handed_in = (*entries, consulted("camsg", day(1, 28)))
    assert codes(*handed_in) == {"camsg": "awaited"}
    for decision, lack in (
        ("approved", {}),
        ("approved_with_conditions", {}),
        ("deferred", {"camsg": "not_asked"}),
        ("rejected", {"camsg": "objected"}),
    ):
        assert codes(*handed_in, decided(1, day(2, 11), decision)) == lack
    assert codes(*entries, consulted("camsg", day(2, 11)), decided(1, day(2, 11))) == {}
    again = (*handed_in, decided(1, day(2, 11)), consulted("camsg", day(2, 25)))
    assert codes(*again) == {"camsg": "awaited"}
    late_record = (*entries, consulted("camsg", day(2, 25)), decided(1, day(2, 11)))
    assert codes(*late_record) == {"camsg": "awaited"}


@pytest.mark.requirement("K02")
@pytest.mark.parametrize("body", EVERYBODY)
def test_nobody_who_must_be_involved_is_retired(body: str) -> None:
    named = BODIES.find(body)
    assert named is not None
    for history in ((added(body),), asked_and_answered(body)):
        refused(
            lambda history=history: refuse(retired(body, day(2, 20)), recorded(*history), TODAY),
            named.name, "must be involved in all one-to-many approaches",
        )  # fmt: skip


@pytest.mark.requirement("K02")
def test_others_come_go_and_come_back() -> None:
    history = (added("press_office"), retired("press_office", day(2, 9)))
    refuse(history[0], (), TODAY)
    refuse(history[1], recorded(history[0]), TODAY)
    (standing,) = standings(recorded(*history), TODAY)
    assert (standing.status, standing.since, standing.retired_because) == (
        "retired", day(2, 9), "not touched after all",
    )  # fmt: skip
    back = added("press_office", day(2, 16))
    refuse(back, recorded(*history), TODAY)
    (standing,) = standings(recorded(*history, back), TODAY)
    assert (standing.status, standing.retired_because, standing.asked_on) == ("not_asked", None, None)


SPELT_OTHERWISE = (
    "KAI", "k.a.i.", "\uff2b\uff21\uff29", "KA\u200bI", "K\u00adAI", "\u041a\u0410\u0406", "\u039a\u0391\u0399", "KAl",
    "Knowledge, analysis & intelligence", "Kn\u043ewledge Analysis and Intelligence",
)  # fmt: skip


@pytest.mark.requirement("K02")
@pytest.mark.parametrize("name", SPELT_OTHERWISE)
def test_who_must_be_involved_stands_in_the_register_once_however_it_is_spelt(name: str) -> None:
    refused(lambda: refuse(added("another", name=name), (), TODAY), "has an id of its own")
    refused(lambda: refuse(added("k-a-i", name="Another"), (), TODAY), "has an id of its own")
    refuse(added("kailash", name="Kailash Trust"), (), TODAY)


ADDED, ASKED, SAID = added("kai"), consulted("kai", day(2, 3)), responded("kai", day(2, 10))
PRESS, GONE = added("press_office"), retired("press_office", day(2, 9))


@pytest.mark.parametrize(
    ("entry", "history", "words"),
    [
        (added("kai", day(2, 9)), (ADDED,), "once"),
        (added("kai"), (ADDED,), "once"),
        (consulted("kai", day(2, 3)), (), "not in the register"),
        (responded("kai", day(2, 3)), (), "not in the register"),
        (retired("press_office", day(2, 3)), (), "not in the register"),
        (changed("press_office", day(2, 3), contact="x"), (), "not in the register"),
        (retired("press_office", day(2, 16)), (PRESS, GONE), "was retired"),
        (consulted("press_office", day(2, 16)), (PRESS, GONE), "was retired"),
        (added("press_office", day(2, 8)), (PRESS, GONE), "follow each other"),
        (responded("kai", day(2, 10)), (ADDED,), "an answer follows a question"),
        (responded("kai", day(2, 2)), (ADDED, ASKED), "follow each other"),
        (consulted("kai", day(2, 9)), (ADDED, ASKED, SAID), "follow each other"),
        (retired("press_office", day(2, 1)), (PRESS,), "follow each other"),
        (changed("kai", day(2, 9), contact="x"), (ADDED, ASKED, SAID), "follow each other"),
        (ASKED, (ADDED, ASKED), "already"),
        (SAID, (ADDED, ASKED, SAID), "already"),
        (changed("kai", day(2, 9)), (ADDED,), "differs"),
        (changed("kai", day(2, 9), needed_by=ADDED.needed_by), (ADDED,), "differs"),
        (changed("kai", day(2, 9), needed_by=day(2, 8)), (ADDED,), "needed"),
        (added("kai", day(3, 3)), (), "yet to come"),
        (consulted("kai", day(3, 3)), (ADDED,), "yet to come"),
        (consulted("kai", date(226, 2, 3)), (ADDED,), "no day of a trial"),
        (added("kai", needed_by=date(9999, 12, 31)), (), "no day of a trial"),
        (added("kai", needed_by=day(2, 1)), (), "before it is asked for"),
        (added("kai_team", name="KAI"), (), "add it as kai"),
        (added("k-a-i"), (), "add it as kai"),
        (added("strategy", name="E & C strategy unit"), (), "add it as ec_strategy_unit"),
        (added("bct", name="behaviour change team"), (), "add it as customer_directorate"),
    ],
)  # fmt: skip
def test_what_the_register_cannot_take(entry: Any, history: tuple[Entry, ...], words: str) -> None:
    before = recorded(*history)
    refused(lambda: refuse(entry, before, TODAY), words)


@pytest.mark.parametrize(
    ("entry", "history"),
    [
        (added("kai", TODAY, needed_by=TODAY), ()),
        (consulted("kai", day(1, 20)), (ADDED,)),  # asked before it came into the register
        (responded("kai", day(2, 3)), (ADDED, ASKED)),
        (responded("kai", day(2, 12), "objected"), (ADDED, ASKED, SAID)),
        (changed("kai", day(2, 9), needed_by=day(2, 9)), (ADDED,)),
        (added("press_office", day(2, 9)), (PRESS, GONE)),
    ],
)
def test_what_it_takes(entry: Any, history: tuple[Entry, ...]) -> None:
    refuse(entry, recorded(*history), TODAY)


def test_every_history_that_is_let_in_is_in_order() -> None:
    """Every sequence of four entries about one body: what passes tells one story, in time."""
    days = (day(2, 2), day(2, 9))
    moves = [make("press_office", when) for make, when in product((added, consulted, responded, retired), days)]
    let_in = 0
    for sequence in product(moves, repeat=4):
        history: tuple[Recorded, ...] = ()
        try:
            for entry in sequence:
                refuse(entry, history, TODAY)
                history = recorded(*(record.entry for record in history), entry)
        except ConsultationRefused:
            continue
        let_in += 1
        kinds = [entry.kind for entry in sequence]
        assert kinds[0] == "stakeholder_added"
        (standing,) = standings(history, TODAY)
        last = {"stakeholder_added": "not_asked", "consulted": "asked", "responded": "responded"}
        assert standing.status == last.get(kinds[-1], "retired")
        stays = kinds[: kinds.index("stakeholder_retired")] if "stakeholder_retired" in kinds else kinds
        assert "responded" not in stays or "consulted" in stays[: stays.index("responded")]
        happened = [entry.on for entry in sequence if entry.kind != "stakeholder_added"]
        assert happened == sorted(happened)
    assert let_in > 10


@given(st.integers(0, 60), st.integers(0, 60))
def test_nobody_is_late_before_the_day_nor_in_time_after_it(due: int, today: int) -> None:
    start = day(2, 2)
    history = recorded(added("kai", start, needed_by=start + timedelta(due)))
    (standing,) = standings(history, start + timedelta(today))
    assert standing.late == (today > due)
