"""Who must be asked about a design, in which order and by when; the steering group's gateways; the earliest launch.

Everything here is a function of what people put on record, of the plan and of a day. Nothing reads or writes.
"""

from designs.consultation.bodies import BODIES, Bodies, Body
from designs.consultation.errors import ConsultationRefused
from designs.consultation.gateways import GatewayStanding, refuse_launch
from designs.consultation.meetings import CALENDAR, Meeting, MeetingCalendar
from designs.consultation.recording import refuse
from designs.consultation.review import Review, review
from designs.consultation.route import Route, route_of
from designs.consultation.schedule import Row, Timeline
from designs.consultation.standing import Standing
from designs.consultation.timeline import DoneElsewhere

__all__ = [
    "BODIES",
    "CALENDAR",
    "Bodies",
    "Body",
    "ConsultationRefused",
    "DoneElsewhere",
    "GatewayStanding",
    "Meeting",
    "MeetingCalendar",
    "Review",
    "Route",
    "Row",
    "Standing",
    "Timeline",
    "refuse",
    "refuse_launch",
    "review",
    "route_of",
]
