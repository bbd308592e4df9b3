"""From the first signature to the launch: what is done, what blocks now, and how early a design can start.

Who is asked what, and in which order, is the handbook's. How long each thing takes is an assumption of this service,
declared below with its edition, until it has happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final, Literal

from designs.consultation.bodies import BODIES, STEERING_GROUP, USUAL_LEAD_DAYS, Bodies
from designs.consultation.gateways import GatewayStanding, gateway_standings, planned_launch
from designs.consultation.meetings import CALENDAR, MeetingCalendar
from designs.consultation.order import line_of
from designs.consultation.route import Gateway, own_approval, route_of
from designs.consultation.schedule import Activity, Timeline, schedule
from designs.consultation.standing import Standing, standings
from designs.entries import Grade, Recorded
from designs.finding import Open
from designs.protocol.models import Protocol
from designs.protocol.words import in_words

DoneElsewhere = Literal[
    "design", "sign_off_kai", "sign_off_taa", "sign_off_copgu", "sign_off_communications", "lock", "launch"
]
"""What other rooms know to be done: texts and sizes that are there, signatures that hold, the lock, the launch."""

LEADS_EDITION: Final = "2026-11"
PAPER_DAYS: Final = 5
CONDITION_DAYS: Final = 5
OWN_ROUTE_DAYS: Final = 10
LINE_DAYS: Final[Mapping[Grade, int]] = {"grade_7": 3, "deputy_director": 5}
LINE_NAMES: Final[Mapping[Grade, str]] = {
    "grade_7": "Signature of the sponsor at grade 7",
    "deputy_director": "Signature of the deputy director",
}
SIGN_OFFS: Final[Mapping[DoneElsewhere, tuple[str, str, int]]] = {
    "sign_off_kai": ("Sign-off of the sample size", "kai", 5),
    "sign_off_taa": ("Sign-off of the wording by TAA", "taa", 10),
    "sign_off_copgu": ("Sign-off of the wording by COPGU", "copgu", 10),
    "sign_off_communications": ("Sign-off of the Welsh wording", "communications", 10),
}
WORK: Final[Mapping[DoneElsewhere, tuple[str, str, int]]] = {
    "design": ("Design: wording, population, size", "designer", 20),
    "lock": ("Lock of the plan", "designer", 1),
    "launch": ("Launch: draw and issue", "randomiser", 5),
}
"""What each of them is called, who clears it, and how many working days it usually takes."""


def timeline(
    recorded: Sequence[Recorded],
    plan: Protocol | None,
    today: date,
    *,
    finished: Mapping[DoneElsewhere, date] | None = None,
    bodies: Bodies = BODIES,
    calendar: MeetingCalendar = CALENDAR,
) -> Timeline:
    """A design's activities in their days, with the critical path; its end is the earliest launch.

    Args:
        recorded: Everything on record about the design, in order.
        plan: As far as it is drafted; its directorate decides the route.
        today: The day on which it is asked.
        finished: What other rooms know to be done, and since when.
        bodies: Those that must be involved.
        calendar: When the steering group meets.
    """
    return schedule(activities_of(recorded, plan, today, finished or {}, bodies), today, calendar)


def activities_of(
    recorded: Sequence[Recorded],
    plan: Protocol | None,
    today: date,
    finished: Mapping[DoneElsewhere, date],
    bodies: Bodies = BODIES,
) -> tuple[Activity, ...]:
    """What a plan's route asks for, in order: consultation, gateways or another route, design, signatures, lock."""
    route = route_of(plan)
    if route.kind == "outside":
        return (_work("design", (), finished), _work("lock", ("design",), finished), _launch(finished))
    steered = route.kind == "steering_group"
    consultation = (*_line(recorded), *_consultations(recorded, today, bodies, steered))
    asked = tuple(activity.id for activity in consultation[1:])  # the line's last signature, and everybody's input
    signatures = tuple(
        Activity(id_, name, clears, days, ("design",), finished=finished.get(id_))
        for id_, (name, clears, days) in SIGN_OFFS.items()
    )
    signed = tuple(activity.id for activity in signatures)
    if not steered:
        approval = own_approval(recorded)
        approved = Activity(
            "own_route",
            f"Approval by the route of {route.directorate}",
            "manager",
            OWN_ROUTE_DAYS,
            (*signed, *asked),
            finished=None if approval is None else approval.on,
        )
        work = (_work("design", asked, finished), *signatures, approved, _work("lock", ("own_route",), finished))
        return (*consultation, *work, _launch(finished))
    first, second = gateway_standings(recorded)
    first_gateway = f"gateway_{first.gateway}"
    return (
        *consultation,
        _gateway(first, asked),
        _work("design", ("gateway_1",), finished),
        *signatures,
        _gateway(second, (*signed, first_gateway)),  # a design that was finished early still waits for the first
        _work("lock", ("gateway_2",), finished),
        _launch(finished),
    )


def _work(id_: DoneElsewhere, after: tuple[str, ...], finished: Mapping[DoneElsewhere, date]) -> Activity:
    name, clears, days = WORK[id_]
    return Activity(id_, name, clears, days, after, finished=finished.get(id_))


def _launch(finished: Mapping[DoneElsewhere, date]) -> Activity:
    return _work("launch", ("lock",), finished)


def _line(recorded: Sequence[Recorded]) -> tuple[Activity, ...]:
    signed = {line.grade: line.on for line in line_of(recorded)}
    activities: list[Activity] = []
    for grade, days in LINE_DAYS.items():
        after = tuple(activity.id for activity in activities[-1:])
        activities.append(Activity(f"line_{grade}", LINE_NAMES[grade], grade, days, after, finished=signed.get(grade)))
    return tuple(activities)


def _consultations(recorded: Sequence[Recorded], today: date, bodies: Bodies, steered: bool) -> tuple[Activity, ...]:
    """The Strategy Unit after the line, everybody else after it; the steering group where it has no gateways."""
    register = {standing.body: standing for standing in standings(recorded, today, bodies=bodies)}
    required = {body.id: (body.name, body.lead_days) for body in bodies.bodies}
    others = {
        standing.body: (standing.name, USUAL_LEAD_DAYS)
        for standing in register.values()
        if standing.body not in required and standing.status != "retired"
    }
    return tuple(
        _consultation(body, name, days, register.get(body), None if body == bodies.first.id else bodies.first.id)
        for body, (name, days) in (required | others).items()
        if not (steered and body == STEERING_GROUP)
    )


def input_of(body: str) -> str:
    """The id of the activity in which a body gives its input; no id of a body can be that of another activity."""
    return f"input/{body}"


def _consultation(body: str, name: str, days: int, standing: Standing | None, asked_first: str | None) -> Activity:
    after = ("line_deputy_director",) if asked_first is None else (input_of(asked_first),)
    activity = Activity(input_of(body), f"Input of {name}", "designer", days, after)
    if standing is None or standing.status == "not_asked":
        return activity
    started = standing.since if standing.status == "asked" else standing.asked_on
    finished = standing.responded_on if standing.status == "responded" else None
    return replace(activity, clears=body, started=started, finished=finished)


_GATEWAY_NAMES: Final[Mapping[Gateway, str]] = {1: "Gateway 1: the idea", 2: "Gateway 2: the design"}


def _gateway(standing: GatewayStanding, after: tuple[str, ...]) -> Activity:
    id_, name = f"gateway_{standing.gateway}", _GATEWAY_NAMES[standing.gateway]
    if standing.passed_on is not None:
        return Activity(id_, name, STEERING_GROUP, 0, after, started=standing.decided_on, finished=standing.passed_on)
    if standing.open_conditions:
        return Activity(id_, f"{name}, its conditions", "designer", CONDITION_DAYS, after, started=standing.decided_on)
    clears = "designer" if standing.handed_in_on is None else STEERING_GROUP
    return Activity(id_, name, clears, PAPER_DAYS, after, at_meeting=True, started=standing.handed_in_on)


def launch_missing(made: Timeline, plan: Protocol | None) -> tuple[Open, ...]:
    """A planned launch that the lead times do not allow: a warning, for they are assumptions."""
    launch = planned_launch(plan)
    if launch is None or launch >= made.end:
        return ()
    names = {row.activity.id: row.activity.name for row in made.rows}
    first = made.critical_path[0] if made.critical_path else None
    waiting = f"; it waits for: {names[first]}" if first else ""
    return (
        Open(
            code="launch_before_earliest",
            severity="warns",
            where="randomisation",
            problem=f"the launch is planned for {in_words(launch)}, and with the usual lead times the earliest is "
            f"{in_words(made.end)}{waiting}",
            remedy="plan it later, or agree on shorter times with those on the critical path",
            clears="designer",
        ),
    )
