"""What cannot be put on record about a gateway: what was decided on no meeting day, out of turn, or against itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from designs.consultation.errors import ConsultationRefused, check_days
from designs.consultation.gateways import GatewayStanding, gateway_standings
from designs.consultation.meetings import CALENDAR, MeetingCalendar, is_meeting_day, next_meeting
from designs.consultation.route import STEERED, route_of
from designs.entries import ConditionMet, GatewayDecided, Recorded
from designs.protocol.models import Protocol
from designs.protocol.words import in_words


def refuse_decision(
    entry: GatewayDecided,
    recorded: Sequence[Recorded],
    plan: Protocol | None,
    today: date,
    *,
    calendar: MeetingCalendar = CALENDAR,
) -> None:
    """Refuse a decision of the steering group that cannot have been taken so.

    Raises:
        ConsultationRefused: The plan does not go to the group, the group did not meet on that day, the gateway's turn
            has not come, or the decision contradicts its conditions.
    """
    where = f"gateway_{entry.gateway}"
    check_days(where, today, happened=entry.on)
    if route_of(plan).kind != "steering_group":
        named = "no directorate" if plan is None or plan.directorate is None else plan.directorate
        raise ConsultationRefused(
            f"the plan names {named}, and does not go through the gateways",
            where=where,
            rule=f"the gateways are for {', '.join(STEERED)}; other directorates have a route of their own",
            remedy="name the directorate in the plan, or record what the group said as a response",
        )
    if not is_meeting_day(calendar, entry.on) and entry.extraordinary is None:
        meeting = next_meeting(calendar, entry.on.replace(day=1))
        raise ConsultationRefused(
            f"the Campaigns Steering Group does not meet on {in_words(entry.on)}",
            where=where,
            rule=f"a decision is dated on a meeting of the calendar ({calendar.edition})",
            remedy=f"correct the day (it meets on {in_words(meeting.on)}), or say why it was an extraordinary meeting",
        )
    _refuse_conditions(entry, where)
    _refuse_turn(entry, where, *gateway_standings(recorded))


def _refuse_conditions(entry: GatewayDecided, where: str) -> None:
    if entry.decision == "approved_with_conditions" and not entry.conditions:
        problem, remedy = "it is approved with conditions, and names none", "name each condition"
    elif entry.decision in ("approved", "rejected") and entry.conditions:
        problem, remedy = (
            f"it is {entry.decision} and has conditions",
            "record an approval with conditions, a deferral, or no conditions",
        )
    else:
        return
    raise ConsultationRefused(
        problem,
        where=where,
        rule="an approval with conditions names them, a deferral may say what to bring, and nothing else has any",
        remedy=remedy,
    )


def _refuse_turn(entry: GatewayDecided, where: str, first: GatewayStanding, second: GatewayStanding) -> None:
    standing = first if entry.gateway == 1 else second
    if standing.decided_on is not None and entry.on <= standing.decided_on:
        raise ConsultationRefused(
            f"gateway {entry.gateway} was decided on {in_words(standing.decided_on)} already",
            where=where,
            rule="a meeting decides once, and another decision is that of a later meeting",
            remedy="correct the day",
        )
    if entry.gateway == 1:
        if second.approved:
            raise ConsultationRefused(
                "gateway 2 is approved, so that gateway 1 is behind it",
                where=where,
                rule="a gateway is not decided again once the next is approved",
                remedy="record what the group decides as a decision on gateway 2",
            )
        return
    if first.passed_on is None:
        opened = ", ".join(str(condition.number) for condition in first.open_conditions)
        lacks = f"has open conditions ({opened})" if opened else "is not approved"
        raise ConsultationRefused(
            f"gateway 1 {lacks}",
            where=where,
            rule="the design is decided on when the idea was approved and every condition of it is met",
            remedy="record how each condition was met" if opened else "record first what was decided on gateway 1",
        )
    if entry.on < first.passed_on or entry.on == first.decided_on:
        raise ConsultationRefused(
            f"gateway 1 was passed on {in_words(first.passed_on)}",
            where=where,
            rule="gateway 2 is decided at a later meeting than gateway 1, with the conditions of that met",
            remedy="correct the day",
        )


def refuse_condition(entry: ConditionMet, recorded: Sequence[Recorded], today: date) -> None:
    """Refuse that a condition is met which there is not, which is met, or before it was set.

    Raises:
        ConsultationRefused: No such condition is open, or the day cannot be.
    """
    where = f"gateway_{entry.gateway}"
    check_days(where, today, happened=entry.on)
    standing = gateway_standings(recorded)[entry.gateway - 1]
    open_numbers = [condition.number for condition in standing.open_conditions]
    if entry.condition not in open_numbers:
        known = any(condition.number == entry.condition for condition in standing.conditions)
        met = known and standing.decision == "approved_with_conditions"
        raise ConsultationRefused(
            f"condition {entry.condition} of gateway {entry.gateway} "
            + ("is met already" if met else "is none that the group set"),
            where=where,
            rule="a condition of an approval is met once",
            remedy=f"name one that is open: {', '.join(map(str, open_numbers))}" if open_numbers else "leave it",
        )
    if standing.decided_on is not None and entry.on < standing.decided_on:
        raise ConsultationRefused(
            f"the condition was set on {in_words(standing.decided_on)}, which is later",
            where=where,
            rule="a condition is met on the day on which it was set or later",
            remedy="correct the day",
        )
