"""A decision of an earlier day is about the plan that stood then, and not about what was written since."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from designs.consultation.gateways import GatewayStanding, gateway_standings
from designs.consultation.route import own_approval
from designs.drafting import Draft, draft_of_template
from designs.entries import Recorded, parse_entry
from designs.gates import Facts
from tests.trials.examples import FIRST, SECOND, as_read, on
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.design_facts import facts_of
from trials.stages.design import begin_design, revise_design
from trials.stages.enter import enter

TRIAL = "sa-2027"
BEGUN, IDEA, MEETING, CHANGED, TODAY = (date(2026, 2, day) for day in (2, 4, 11, 12, 13))
WHY = "it met for this one"


def begun(registry: Registry, **values: Any) -> None:
    draft, contents = draft_of_template("sa-debts", TRIAL)
    draft = Draft({**draft.document, **values}, draft.texts)
    with on(BEGUN):
        begin_design(registry, FIRST, TRIAL, draft, contents, origin={"kind": "template", "name": "sa-debts"})


def changed(registry: Registry, day: date = CHANGED, **values: Any) -> None:
    with registry.read(FIRST, TRIAL) as reader:
        revision = reader.design(TRIAL)
    draft = Draft({**revision.draft.document, **values}, revision.draft.texts)
    with on(day):
        revise_design(registry, SECOND, TRIAL, draft, {}, made_from=revision.number)


def population(registry: Registry, days: int) -> dict[str, Any]:
    with registry.read(FIRST, TRIAL) as reader:
        return {**reader.design(TRIAL).draft.document["population"], "cooling_off_days": days}


def put(
    registry: Registry, kind: str, day: date, *, at: date = TODAY, read: str | None = None, **values: Any
) -> Recorded:
    with on(at):
        entry = parse_entry({"kind": kind, "on": day.isoformat(), **values})
        return enter(registry, FIRST, TRIAL, entry, read=read or as_read(registry, TRIAL))


def gateway(registry: Registry, number: int, day: date, **values: Any) -> Recorded:
    given = {"decision": "approved", "extraordinary": WHY} | values
    return put(registry, "gateway_decided", day, gateway=number, **given)


def facts(registry: Registry) -> Facts:
    with registry.inspect(FIRST, "read") as session:
        return facts_of(session, TRIAL, TODAY)


def second(registry: Registry) -> GatewayStanding:
    return gateway_standings(facts(registry).recorded)[1]


@pytest.mark.requirement("K10")
def test_gateway_2_is_of_the_plan_on_the_day_of_its_meeting(registry: Registry) -> None:
    begun(registry)
    before = population(registry, 61)
    changed(registry, BEGUN, population=before)
    gateway(registry, 1, IDEA, at=IDEA)
    changed(registry, population=population(registry, 90))
    done = gateway(registry, 2, MEETING)
    assert (done.entry.revision, done.changed) == (2, ("population",))  # type: ignore[union-attr]
    assert second(registry).passed_on is None
    assert second(registry).void == "the customers"
    changed(registry, TODAY, population=before)
    assert second(registry).passed_on == MEETING


@pytest.mark.requirement("K10")
def test_a_plan_that_stayed_is_approved_as_it_is(registry: Registry) -> None:
    begun(registry)
    gateway(registry, 1, IDEA)
    done = gateway(registry, 2, MEETING)
    assert (done.entry.revision, done.changed) == (1, ())  # type: ignore[union-attr]
    assert second(registry).passed_on == MEETING


@pytest.mark.requirement("K10")
@pytest.mark.parametrize("decision", ["deferred", "rejected", "approved_with_conditions"])
def test_the_record_says_which_plan_was_decided_on(registry: Registry, decision: str) -> None:
    begun(registry)
    gateway(registry, 1, IDEA, at=IDEA)
    conditions = ["brief the press"] if decision == "approved_with_conditions" else []
    first = gateway(registry, 2, MEETING, at=MEETING, decision="deferred").entry.plan  # type: ignore[union-attr]
    changed(registry, population=population(registry, 90))
    late = gateway(registry, 2, CHANGED, decision=decision, conditions=conditions, revision=1)
    assert (late.entry.plan, late.entry.revision) == (first, 1)  # type: ignore[union-attr]
    assert late.changed == ("population",)


@pytest.mark.requirement("K10")
def test_a_condition_is_met_by_the_plan_of_that_day(registry: Registry) -> None:
    begun(registry)
    gateway(registry, 1, IDEA, at=IDEA)
    held = IDEA.replace(day=5)
    gateway(registry, 2, held, at=held, decision="approved_with_conditions", conditions=["brief the press"])
    changed(registry, population=population(registry, 90))
    put(registry, "condition_met", MEETING, gateway=2, condition=1, how="briefed")
    assert second(registry).passed_on is None
    assert second(registry).void == "the customers"


@pytest.mark.requirement("K10")
def test_a_directorate_approves_what_stood_on_that_day(registry: Registry) -> None:
    begun(registry, directorate="Debt Management")
    changed(registry, population=population(registry, 90))
    done = put(registry, "own_route_approved", MEETING, route="the board", approved_by="the director")
    assert (done.entry.revision, done.changed) == (1, ("population",))  # type: ignore[union-attr]
    assert own_approval(facts(registry).recorded) is None


@pytest.mark.requirement("K06")
@pytest.mark.parametrize("kind", ["line_signed_off", "gateway_decided"])
@pytest.mark.parametrize("day", [date(2026, 1, 14), MEETING])
def test_the_line_and_gateway_1_are_of_the_directorate_of_that_day(registry: Registry, kind: str, day: date) -> None:
    """Or of the first that was named after it, where the idea is older than the design."""
    begun(registry)
    changed(registry, directorate="WMBC")
    if kind == "gateway_decided":
        done = gateway(registry, 1, day)
    else:
        done = put(registry, kind, day, grade="grade_7", signed_by="the sponsor")
    assert (done.entry.directorate, done.entry.revision) == ("RIS", 1)  # type: ignore[union-attr]
    assert done.changed == ("directorate",)


def test_the_revision_that_was_decided_on_can_be_named(registry: Registry) -> None:
    """Of the same day, on which it was changed after the meeting; and not one that was not there."""
    begun(registry)
    changed(registry, TODAY, population=population(registry, 90))
    gateway(registry, 1, IDEA)
    for wrong in (2, 7):
        with pytest.raises(TrialRefused, match=f"revision {wrong} of the draft did not stand on 2026-02-11"):
            gateway(registry, 2, MEETING, revision=wrong)
    done = gateway(registry, 2, TODAY, revision=1)
    assert (done.entry.revision, done.changed) == (1, ("population",))  # type: ignore[union-attr]
    assert second(registry).void == "the customers"


def test_who_read_nregistry_that_plan_nor_the_one_that_stands_is_refused(registry: Registry) -> None:
    begun(registry)
    first = as_read(registry, TRIAL)
    changed(registry, population=population(registry, 90))
    between = as_read(registry, TRIAL)
    changed(registry, TODAY, population=population(registry, 120))
    gateway(registry, 1, IDEA)
    with pytest.raises(TrialRefused, match="the plan changed after it was read"):
        gateway(registry, 2, MEETING, read=between)
    assert gateway(registry, 2, MEETING, read=first).changed == ("population",)
