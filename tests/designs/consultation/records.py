"""Records of a consultation, written as briefly as a test can read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from designs.consultation.bodies import BODIES
from designs.consultation.errors import ConsultationRefused
from designs.entries import (
    ConditionMet,
    Consulted,
    Entry,
    GatewayDecided,
    LineSignedOff,
    OwnRouteApproved,
    Recorded,
    Responded,
    StakeholderAdded,
    StakeholderChanged,
    StakeholderRetired,
)
from designs.protocol.models import Protocol

TODAY = date(2026, 3, 2)  # a Monday
EVERYBODY = tuple(body.id for body in BODIES.bodies)


def day(month: int, number: int, year: int = 2026) -> date:
    return date(year, month, number)


def recorded(*entries: Entry) -> tuple[Recorded, ...]:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    return tuple(Recorded(number, entry, at, "a designer", "designer") for number, entry in enumerate(entries, 1))


def added(body: str, on: date = date(2026, 2, 2), **changes: Any) -> StakeholderAdded:
    values: dict[str, Any] = {
        "name": body.upper(), "contact": f"the mailbox of {body}", "input_needed": "what it thinks",
        "needed_by": day(6, 1),
    }  # fmt: skip
    return StakeholderAdded(kind="stakeholder_added", body=body, on=on, **(values | changes))


def changed(body: str, on: date, **changes: Any) -> StakeholderChanged:
    return StakeholderChanged(kind="stakeholder_changed", body=body, on=on, reason="it moved", **changes)


def retired(body: str, on: date) -> StakeholderRetired:
    return StakeholderRetired(kind="stakeholder_retired", body=body, on=on, reason="not touched after all")


def consulted(body: str, on: date) -> Consulted:
    return Consulted(kind="consulted", body=body, on=on)


def responded(body: str, on: date, outcome: Any = "agreed") -> Responded:
    return Responded(kind="responded", body=body, on=on, outcome=outcome)


def line(grade: Any, on: date) -> LineSignedOff:
    return LineSignedOff(kind="line_signed_off", grade=grade, on=on, signed_by="the sponsor")


def decided(gateway: Any, on: date, decision: Any = "approved", **more: Any) -> GatewayDecided:
    return GatewayDecided(kind="gateway_decided", gateway=gateway, on=on, decision=decision, **more)


def met(gateway: Any, condition: int, on: date) -> ConditionMet:
    return ConditionMet(kind="condition_met", gateway=gateway, condition=condition, on=on, how="done")


def own_approval(on: date) -> OwnRouteApproved:
    return OwnRouteApproved(kind="own_route_approved", on=on, route="the board", approved_by="its chair")


def asked_and_answered(
    *bodies: str, asked: date = date(2026, 2, 3), answered: date = date(2026, 2, 10)
) -> tuple[Entry, ...]:
    return tuple(entry for body in bodies for entry in (added(body), consulted(body, asked), responded(body, answered)))


def plan_of(directorate: str | None, **more: Any) -> Protocol:
    """A draft in which nothing but its directorate is filled in, as far as a test says no more."""
    empty = dict.fromkeys(Protocol.model_fields)
    return Protocol.model_construct(None, **(empty | {"directorate": directorate} | more))


def refused(refuse: Callable[[], None], *words: str) -> ConsultationRefused:
    """The refusal, which says what, where, by which rule and what to do."""
    with pytest.raises(ConsultationRefused) as caught:
        refuse()
    refusal = caught.value
    assert refusal.problem
    assert refusal.where
    assert refusal.rule
    assert refusal.remedy
    for word in words:
        assert word in str(refusal)
    return refusal
