"""One door for what people put on record about a consultation: it is asked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from designs.consultation.bodies import BODIES, Bodies
from designs.consultation.deciding import refuse_condition, refuse_decision
from designs.consultation.meetings import CALENDAR, MeetingCalendar
from designs.consultation.order import refuse_line
from designs.consultation.register import refuse as refuse_in_register
from designs.consultation.route import refuse_own_route
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


def refuse(
    entry: Entry,
    recorded: Sequence[Recorded],
    plan: Protocol | None,
    today: date,
    *,
    bodies: Bodies = BODIES,
    calendar: MeetingCalendar = CALENDAR,
) -> None:
    """Refuse an entry that contradicts what is on record, the plan's route or the calendar.

    Entries of other rooms (answers, doubts, signatures, an end without a trial) pass: those judge them.

    Args:
        entry: What is about to be put on record.
        recorded: Everything on record about the design, in order.
        plan: As far as it is drafted.
        today: The day on which it is recorded.
        bodies: Those that must be involved.
        calendar: When the steering group meets.

    Raises:
        ConsultationRefused: With the rule that forbids it, and what to do.
    """
    match entry:
        case StakeholderAdded() | StakeholderChanged() | StakeholderRetired() | Consulted() | Responded():
            refuse_in_register(entry, recorded, today, bodies=bodies)
        case LineSignedOff():
            refuse_line(entry, recorded, today)
        case GatewayDecided():
            refuse_decision(entry, recorded, plan, today, calendar=calendar)
        case ConditionMet():
            refuse_condition(entry, recorded, today)
        case OwnRouteApproved():
            refuse_own_route(entry, recorded, plan, today)
