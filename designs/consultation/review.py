"""The review: where the consultation stands, what is open before the next gate, and how early a design can launch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from designs.consultation.bodies import BODIES, Bodies
from designs.consultation.gateways import GatewayStanding, gateway_standings, gateways_missing
from designs.consultation.meetings import CALENDAR, MeetingCalendar
from designs.consultation.order import Line, line_of, order_findings
from designs.consultation.register import Before, missing
from designs.consultation.route import Route, route_missing, route_of
from designs.consultation.schedule import Timeline
from designs.consultation.standing import Standing, standings
from designs.consultation.timeline import DoneElsewhere, launch_missing, timeline
from designs.entries import Recorded
from designs.finding import Open
from designs.protocol.models import Protocol


@dataclass(frozen=True, slots=True)
class Review:
    """Where the consultation on a design stands.

    Attributes:
        route: By which route it is approved.
        line: Who of the directorate's own line has signed.
        register: Where every stakeholder stands.
        gateways: Where the steering group's gateways stand; none for another route.
        timeline: Everything in its days, with the critical path and the earliest launch.
        open: What is still to be settled, in the order in which it is asked for.
    """

    route: Route
    line: tuple[Line, ...]
    register: tuple[Standing, ...]
    gateways: tuple[GatewayStanding, ...]
    timeline: Timeline
    open: tuple[Open, ...]


def review(
    recorded: Sequence[Recorded],
    plan: Protocol | None,
    today: date,
    *,
    before: Before = "lock",
    finished: Mapping[DoneElsewhere, date] | None = None,
    bodies: Bodies = BODIES,
    calendar: MeetingCalendar = CALENDAR,
) -> Review:
    """Where the consultation stands before its first gateway, or before the lock.

    Whether any of it binds a plan without a directorate is for the gates to say: here it is told of every plan.

    Args:
        recorded: Everything on record about the design, in order.
        plan: As far as it is drafted.
        today: The day on which it is asked.
        before: What comes next. Gateways, another route's approval and the launch are asked for before the lock.
        finished: What other rooms know to be done, and since when.
        bodies: Those that must be involved.
        calendar: When the steering group meets.
    """
    route = route_of(plan)
    made = timeline(recorded, plan, today, finished=finished, bodies=bodies, calendar=calendar)
    lacks = [*order_findings(recorded, today, bodies=bodies)]
    lacks += missing(recorded, plan, today, before=before, bodies=bodies)
    if before == "lock" or route.kind == "outside":
        lacks += route_missing(recorded, plan)
    if before == "lock":
        lacks += [*gateways_missing(recorded, plan, today, calendar=calendar), *launch_missing(made, plan)]
    return Review(
        route=route,
        line=line_of(recorded),
        register=standings(recorded, today, bodies=bodies),
        gateways=gateway_standings(recorded) if route.kind == "steering_group" else (),
        timeline=made,
        open=tuple(lacks),
    )
