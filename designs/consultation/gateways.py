"""The two gateways of the Campaigns Steering Group: what it decided, what it asked for, and how soon it can agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from designs.consultation.bodies import STEERING_GROUP
from designs.consultation.changed import changed_in_words
from designs.consultation.errors import ConsultationRefused
from designs.consultation.meetings import CALENDAR, Meeting, MeetingCalendar, meeting_for, next_meeting
from designs.consultation.route import STEERED, Gateway, route_of
from designs.entries import ConditionMet, Consulted, GatewayDecided, GatewayDecision, Recorded
from designs.finding import Open
from designs.protocol.day_zero import planned_days
from designs.protocol.models import Protocol
from designs.protocol.words import in_words

_APPROVED: Final = ("approved", "approved_with_conditions")
QUESTIONS: Final[dict[Gateway, str]] = {1: "is the idea worth designing?", 2: "is the design ready to go?"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What an approval asked for.

    Attributes:
        number: Its place in the decision, from 1.
        text: What it says.
        met_on: When it was met; None where it is open.
        how: How it was met.
    """

    number: int
    text: str
    met_on: date | None = None
    how: str | None = None


@dataclass(frozen=True, slots=True)
class GatewayStanding:
    """Where a gateway stands: the last decision on it is the one that holds.

    Attributes:
        gateway: Which.
        decision: The last one; None before there is any.
        decided_on: The day of that meeting.
        plan: The digest of the plan that was decided on, where there was one.
        conditions: Of an approval with conditions; what a deferred paper is to bring.
        handed_in_on: When the paper for the next decision went in; None where none is there.
        passed_on: When it was passed, with every condition met; None where it is not.
        void: Of an approval, what of the plan is another since, in words; None while it holds.
    """

    gateway: Gateway
    decision: GatewayDecision | None = None
    decided_on: date | None = None
    plan: str | None = None
    conditions: tuple[Condition, ...] = ()
    handed_in_on: date | None = None
    passed_on: date | None = None
    void: str | None = None

    @property
    def approved(self) -> bool:
        """Whether the last decision is an approval that holds for the plan as it is; it may have open conditions."""
        return self.decision in _APPROVED and self.void is None

    @property
    def open_conditions(self) -> tuple[Condition, ...]:
        """The conditions that are still to be met, of an approval that holds."""
        if self.decision != "approved_with_conditions" or self.void is not None:
            return ()
        return tuple(condition for condition in self.conditions if condition.met_on is None)


def gateway_standings(recorded: Sequence[Recorded]) -> tuple[GatewayStanding, GatewayStanding]:
    """Where both gateways stand.

    To ask the group is to hand in its paper: such an entry after the last decision is the paper for the next.
    """
    first, second = _standing(1, recorded), _standing(2, recorded)
    if first.passed_on is None or (second.decided_on is not None and second.decided_on <= first.passed_on):
        second = replace(second, passed_on=None)  # the first was opened again, and comes first
    handed_in = _paper_after_last_decision(recorded)
    if first.open_conditions or second.open_conditions or handed_in is None:
        return first, second
    if first.passed_on is None:
        return replace(first, handed_in_on=handed_in), second
    return first, second if second.passed_on else replace(second, handed_in_on=handed_in)


def _standing(gateway: Gateway, recorded: Sequence[Recorded]) -> GatewayStanding:
    """What an approval with conditions is held to is the plan as it stood when the last of them was met."""
    standing = GatewayStanding(gateway)
    for_another: str | None = None
    since_met: str | None = None
    for record in recorded:
        match record.entry:
            case GatewayDecided(gateway=number) as decided if number == gateway:
                conditions = tuple(Condition(place, text) for place, text in enumerate(decided.conditions, 1))
                void = changed_in_words(record) if decided.decision in _APPROVED and record.changed else None
                standing = GatewayStanding(gateway, decided.decision, decided.on, decided.plan, conditions, void=void)
                for_another, since_met = void, None
            case ConditionMet(gateway=number) as met if number == gateway:
                conditions = tuple(
                    replace(condition, met_on=met.on, how=met.how) if condition.number == met.condition else condition
                    for condition in standing.conditions
                )
                standing = replace(standing, conditions=conditions)
                since_met = changed_in_words(record) if record.changed else None
    if since_met is not None and not standing.open_conditions:
        standing = replace(standing, void="; ".join(each for each in (for_another, since_met) if each))
    if standing.decided_on is None or not standing.approved or standing.open_conditions:
        return standing
    met_on = [condition.met_on for condition in standing.conditions if condition.met_on is not None]
    return replace(standing, passed_on=max([standing.decided_on, *met_on]))


def _paper_after_last_decision(recorded: Sequence[Recorded]) -> date | None:
    decided = [(record.entry.on, record.number) for record in recorded if isinstance(record.entry, GatewayDecided)]
    last = max(decided, default=(date.min, 0))
    papers = [
        record.entry.on
        for record in recorded
        if isinstance(record.entry, Consulted) and record.entry.body == STEERING_GROUP
        if (record.entry.on, record.number) > last
    ]
    return min(papers, default=None)


def meeting_ahead(standing: GatewayStanding, today: date, calendar: MeetingCalendar = CALENDAR) -> Meeting:
    """The meeting that can decide on a gateway next: that of the paper which is in, else of one that goes in today."""
    if standing.handed_in_on is None:
        return meeting_for(calendar, today)
    in_time = meeting_for(calendar, standing.handed_in_on)
    return in_time if in_time.on >= today else next_meeting(calendar, today)


def meetings_needed(
    recorded: Sequence[Recorded], today: date, calendar: MeetingCalendar = CALENDAR
) -> tuple[Meeting, ...]:
    """The meetings that must still agree, the earliest there can be: one for each gateway that is not passed.

    A gateway that was approved with conditions needs no other meeting, and its conditions can be met today.
    """
    ready, needed = today, []
    for standing in gateway_standings(recorded):
        if standing.passed_on is not None or standing.open_conditions:
            continue
        meeting = meeting_ahead(standing, ready, calendar)
        needed.append(meeting)
        ready = meeting.on
    return tuple(needed)


def agreed_from(recorded: Sequence[Recorded], today: date, calendar: MeetingCalendar = CALENDAR) -> date:
    """The first day on which both gateways are passed, or can be: of meetings to come, and of conditions met today."""
    days = [today if standing.passed_on is None else standing.passed_on for standing in gateway_standings(recorded)]
    return max([*days, *(meeting.on for meeting in meetings_needed(recorded, today, calendar))])


def planned_launch(plan: Protocol | None) -> date | None:
    """The day on which the first customer is to be contacted; None where the plan names no day, or not yet."""
    if plan is None or plan.randomisation is None:
        return None
    waves = max(1, len(plan.randomisation.waves))
    return min((day for wave in range(1, waves + 1) for day in planned_days(plan, wave)), default=None)


def gateways_missing(
    recorded: Sequence[Recorded], plan: Protocol | None, today: date, *, calendar: MeetingCalendar = CALENDAR
) -> tuple[Open, ...]:
    """What the gateways still lack, for a plan that goes to the steering group; nothing for any other."""
    if route_of(plan).kind != "steering_group":
        return ()
    lacks: list[Open] = []
    for standing in gateway_standings(recorded):
        if standing.passed_on is None:
            lacks.extend(_open_conditions(standing) or (_undecided(standing, today, calendar),))
    launch, agreed = planned_launch(plan), agreed_from(recorded, today, calendar)
    if launch is not None and launch < agreed:
        lacks.append(
            Open(
                code="launch_before_meeting",
                severity="blocks",
                where="randomisation",
                problem=_too_early(launch, agreed, meetings_needed(recorded, today, calendar)),
                remedy=f"plan the launch for {in_words(agreed)} or later",
                clears="designer",
            )
        )
    return tuple(lacks)


def _open_conditions(standing: GatewayStanding) -> tuple[Open, ...]:
    return tuple(
        Open(
            code="condition_open",
            severity="blocks",
            where=f"gateway_{standing.gateway}",
            problem=f"condition {condition.number} of gateway {standing.gateway} is not met: {condition.text}",
            remedy="meet it, and have a manager record how and when",
            clears="designer",
        )
        for condition in standing.open_conditions
    )


def _undecided(standing: GatewayStanding, today: date, calendar: MeetingCalendar) -> Open:
    meeting = meeting_ahead(standing, today, calendar)
    gateway = f"gateway {standing.gateway} ({QUESTIONS[standing.gateway]})"
    if standing.decided_on is None:
        problem = f"{gateway} has not been decided"
    elif standing.void is not None:
        problem = (
            f"{gateway} was approved on {in_words(standing.decided_on)}, and the plan is another since: {standing.void}"
        )
    else:
        did = "deferred" if standing.decision == "deferred" else "rejected"
        problem = f"{gateway} was {did} on {in_words(standing.decided_on)}"
        if standing.decision not in ("deferred", "rejected"):
            problem = f"{gateway} was decided on {in_words(standing.decided_on)}, before gateway 1 was passed"
    if standing.handed_in_on is not None:
        remedy = f"wait for the meeting on {in_words(meeting.on)}, and record what it decides"
    else:
        remedy = f"hand in the paper by {in_words(meeting.paper_due)} for the meeting on {in_words(meeting.on)}"
    if standing.void is not None:
        remedy += "; or put back what changed"
    return Open(
        code="gateway_open" if standing.void is None else "approval_void",
        severity="blocks",
        where=f"gateway_{standing.gateway}",
        problem=problem,
        remedy=remedy,
        clears=STEERING_GROUP if standing.handed_in_on else "designer",
    )


def _too_early(launch: date, agreed: date, needed: tuple[Meeting, ...]) -> str:
    if needed:
        why = f"the meetings still needed are on {' and '.join(in_words(meeting.on) for meeting in needed)}"
    else:
        why = f"its gateways are passed on {in_words(agreed)} at the earliest"
    return f"the launch is planned for {in_words(launch)}, before the steering group can have agreed: {why}"


def refuse_launch(
    launch: date,
    recorded: Sequence[Recorded],
    plan: Protocol | None,
    today: date,
    *,
    calendar: MeetingCalendar = CALENDAR,
) -> None:
    """Refuse a launch before the steering group's meetings that must still agree.

    Raises:
        ConsultationRefused: The plan goes to the group, and the day is before the last of those meetings.
    """
    agreed = agreed_from(recorded, today, calendar)
    if route_of(plan).kind == "steering_group" and launch < agreed:
        raise ConsultationRefused(
            _too_early(launch, agreed, meetings_needed(recorded, today, calendar)),
            where="launch",
            rule=f"every approach of {', '.join(STEERED)} is agreed at both gateways before it starts",
            remedy=f"plan the launch for {in_words(agreed)} or later",
        )
