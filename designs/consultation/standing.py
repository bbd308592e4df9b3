"""Where each stakeholder stands: whether it was asked, since when, and what it said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from designs.consultation.bodies import BODIES, STEERING_GROUP, Bodies
from designs.entries import (
    Consulted,
    GatewayDecided,
    GatewayDecision,
    Recorded,
    Responded,
    Response,
    StakeholderAdded,
    StakeholderChanged,
    StakeholderRetired,
)

Status = Literal["not_asked", "asked", "responded", "retired"]

_SAID: Final[Mapping[GatewayDecision, Response]] = {
    "approved": "agreed",
    "approved_with_conditions": "agreed_with_conditions",
    "rejected": "objected",
}
"""What a decision of the steering group is as a response; a deferral is none."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a stakeholder stands.

    Attributes:
        body: Its id.
        name: What people call it.
        must_involve: Whether it is one of those that must be involved in every approach.
        contact: How it is reached.
        input_needed: What is asked of it.
        needed_by: When at the latest.
        added_on: When it came into the register.
        status: Where it stands; who is asked again after an answer is asked.
        since: Since when it stands there; a reminder does not start the wait anew.
        late: Whether its input was needed before today, and is not there.
        first_asked_on: When it was asked first; None where it was not.
        asked_on: When it was asked last.
        responded_on: When it answered last; None where it did not.
        outcome: What it said last, which holds only where the status is ``responded``.
        note: What it said besides.
        retired_on: When it was retired, whether or not it came back since; None where it never was.
        retired_because: Why its input is not needed any more.
    """

    body: str
    name: str
    must_involve: bool
    contact: str
    input_needed: str
    needed_by: date
    added_on: date
    status: Status
    since: date
    late: bool = False
    first_asked_on: date | None = None
    asked_on: date | None = None
    responded_on: date | None = None
    outcome: Response | None = None
    note: str | None = None
    retired_on: date | None = None
    retired_because: str | None = None


def standings(recorded: Sequence[Recorded], today: date, *, bodies: Bodies = BODIES) -> tuple[Standing, ...]:
    """Where everybody in the register stands: those that must be involved first, then the others as they were added.

    Args:
        recorded: Everything on record about the design, in order.
        today: The day on which it is asked.
        bodies: Those that must be involved.
    """
    register: dict[str, Standing] = {}
    for record in recorded:
        _follow(register, record, bodies)
    open_and_late = {
        body: replace(standing, late=standing.status in ("not_asked", "asked") and standing.needed_by < today)
        for body, standing in register.items()
    }
    return tuple(sorted(open_and_late.values(), key=lambda standing: bodies.place(standing.body)))


def _follow(register: dict[str, Standing], record: Recorded, bodies: Bodies) -> None:
    """Let one entry change the register."""
    entry = record.entry
    if isinstance(entry, StakeholderAdded):
        required = bodies.find(entry.body)
        before = register.pop(entry.body, None)  # who comes back comes back as new
        register[entry.body] = Standing(
            body=entry.body,
            name=entry.name if required is None else required.name,
            must_involve=required is not None,
            contact=entry.contact,
            input_needed=entry.input_needed,
            needed_by=entry.needed_by,
            added_on=entry.on,
            status="not_asked",
            since=entry.on,
            retired_on=None if before is None else before.since,
        )
        return
    body = STEERING_GROUP if isinstance(entry, GatewayDecided) else getattr(entry, "body", None)
    standing = register.get(body) if body is not None else None
    if standing is None:
        return
    match entry:
        case StakeholderChanged():
            standing = replace(
                standing,
                contact=entry.contact or standing.contact,
                input_needed=entry.input_needed or standing.input_needed,
                needed_by=entry.needed_by or standing.needed_by,
            )
        case StakeholderRetired():
            standing = replace(
                standing, status="retired", since=entry.on, retired_on=entry.on, retired_because=entry.reason
            )
        case Consulted():
            first = standing.first_asked_on or entry.on
            since = (
                standing.since if standing.status == "asked" else entry.on
            )  # a reminder does not start the wait anew
            standing = replace(standing, status="asked", since=since, first_asked_on=first, asked_on=entry.on)
        case Responded():
            standing = _answered(standing, entry.on, entry.outcome, entry.note)
        case GatewayDecided() if standing.asked_on is None or standing.asked_on <= entry.on:
            said = _SAID.get(entry.decision)
            if said is None:
                standing = replace(standing, status="not_asked", since=entry.on)
            else:
                standing = _answered(standing, entry.on, said, None)
    register[standing.body] = standing


def _answered(standing: Standing, day: date, outcome: Response, note: str | None) -> Standing:
    return replace(standing, status="responded", since=day, responded_on=day, outcome=outcome, note=note)
