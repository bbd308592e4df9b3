"""How a demonstration came to be approved: invented consultation, signatures and meetings, on days that fit together.

Everything goes through the stage that people use, so that it meets every rule; nothing here is written past one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from designs.consultation.bodies import BODIES, STEERING_GROUP
from designs.consultation.meetings import CALENDAR, Meeting, meetings_from
from designs.consultation.route import Gateway, route_of
from designs.entries import (
    AnswersConfirmed,
    Confirmation,
    Consulted,
    DoubtOverridden,
    Entry,
    GatewayDecided,
    LineSignedOff,
    OwnRouteApproved,
    Responded,
    SignedOff,
    StakeholderAdded,
)
from designs.gates import Facts, sample_size_digest
from designs.suitability.doubts import doubted
from designs.suitability.staleness import answer_digests, rests_on
from designs.variants.checklists import LATEST, Body, bodies_of
from designs.variants.sign_offs import planned_texts

_LEAD: Final = timedelta(days=190)  # from the first signature to the draw
_PASSES: Final[dict[Body, dict[str, str | bool]]] = {
    "taa": {"opens_check": False, "disclosure": "unprompted"},
    "copgu": {
        "rights": True, "what_to_do": True, "if_they_respond": True, "if_they_do_not": True, "contact_route": True,
        "tone": "neutral",
    },
    "communications": {"same_meaning": True, "good_welsh": True, "as_well_served": True},
}  # fmt: skip


def approvals(facts: Facts, drawn_on: date) -> Iterator[Entry]:
    """What was put on record about a demonstration before its draw, in the order in which it happened.

    Args:
        facts: The plan as it will be locked.
        drawn_on: The day that stands for the draw.

    Raises:
        ValueError: There is no plan to approve.
    """
    plan = facts.plan
    if plan is None:
        raise ValueError("a demonstration has a plan")
    begun = drawn_on - _LEAD
    first, second = _meetings(begun + timedelta(days=45), drawn_on)
    yield LineSignedOff(kind="line_signed_off", on=begun, grade="grade_7", signed_by="The sponsor (invented)")
    yield LineSignedOff(
        kind="line_signed_off", on=begun + timedelta(days=2), grade="deputy_director", signed_by="The deputy (invented)"
    )
    yield from _consultation(begun + timedelta(days=3))
    if doubted(plan):
        answers = {question: digest for question, digest in answer_digests(plan).items() if question in doubted(plan)}
        yield DoubtOverridden(
            kind="doubt_overridden", on=begun + timedelta(days=30), answers=answers, reason="the trial will show it"
        )
    if route_of(plan).kind == "steering_group":
        yield from _gateway(1, first, facts)
    yield from _signatures(facts, first.on + timedelta(days=14))
    yield from _gateway(2, second, facts) if route_of(plan).kind == "steering_group" else _own(second, facts)
    yield _confirmed("lock", second.on + timedelta(days=7), facts)


def _meetings(ready: date, drawn_on: date) -> tuple[Meeting, Meeting]:
    """Two of the steering group's meetings: the first with time for its paper, and one two months later."""
    held = [meeting for _, meeting in zip(range(8), meetings_from(CALENDAR, ready), strict=False)]
    in_time = [meeting for meeting in held if meeting.paper_due >= ready and meeting.on < drawn_on - timedelta(days=14)]
    return in_time[0], in_time[2]


def _consultation(day: date) -> Iterator[Entry]:
    needed_by = day + timedelta(days=60)
    for body in BODIES.bodies:
        yield StakeholderAdded(
            kind="stakeholder_added", on=day, body=body.id, name=body.name, contact="its mailbox (invented)",
            input_needed=body.asked, needed_by=needed_by,
        )  # fmt: skip
    yield Consulted(kind="consulted", on=day, body=BODIES.first.id)
    yield _said(BODIES.first.id, day + timedelta(days=10))
    for place, body in enumerate(body for body in BODIES.bodies if body.id not in (BODIES.first.id, STEERING_GROUP)):
        yield Consulted(kind="consulted", on=day + timedelta(days=11), body=body.id)
        yield _said(body.id, day + timedelta(days=14 + 2 * place))


def _said(body: str, day: date) -> Responded:
    return Responded(kind="responded", on=day, body=body, outcome="agreed", note="Invented for the demonstration")


def _gateway(gateway: Gateway, meeting: Meeting, facts: Facts) -> Iterator[Entry]:
    yield _confirmed("gateway_1" if gateway == 1 else "gateway_2", meeting.paper_due, facts)
    yield Consulted(kind="consulted", on=meeting.paper_due, body=STEERING_GROUP)
    yield GatewayDecided(kind="gateway_decided", on=meeting.on, gateway=gateway, decision="approved")


def _own(meeting: Meeting, facts: Facts) -> Iterator[Entry]:
    yield Consulted(kind="consulted", on=meeting.paper_due, body=STEERING_GROUP)
    yield _said(STEERING_GROUP, meeting.on)
    yield _confirmed("gateway_2", meeting.paper_due, facts)
    yield OwnRouteApproved(
        kind="own_route_approved", on=meeting.on, route="The directorate's board (invented)", approved_by="Its chair"
    )


def _confirmed(gate: Confirmation, day: date, facts: Facts) -> AnswersConfirmed:
    assert facts.plan is not None
    return AnswersConfirmed(kind="answers_confirmed", on=day, gate=gate, rests_on=rests_on(facts.plan, facts.texts))


def _signatures(facts: Facts, day: date) -> Iterator[Entry]:
    assert facts.plan is not None
    for text in planned_texts(facts.plan):
        versions = facts.versions.get(text.subject, ())
        for body in bodies_of(text.language):
            if versions:
                yield SignedOff(
                    kind="signed_off", on=day, signatory=body, subject=text.subject, digest=versions[-1].digest,
                    edition=LATEST, answers=dict(_PASSES[body]), signed_by="An adviser (invented)",
                )  # fmt: skip
    digest = sample_size_digest(facts.plan)
    assert digest is not None
    yield SignedOff(
        kind="signed_off", on=day + timedelta(days=1), signatory="kai", subject="sample_size", digest=digest,
        edition=LATEST, answers={"large_enough": True}, customers=facts.customers,
        signed_by="An analyst (invented)",
    )  # fmt: skip
