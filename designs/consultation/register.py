"""The register of stakeholders: who is missing in it, and what it cannot take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final, Literal

from data.spelling import as_drawn, folded, visible
from designs.consultation.bodies import BODIES, STEERING_GROUP, Bodies, Body
from designs.consultation.errors import ConsultationRefused, check_days
from designs.consultation.route import route_of
from designs.consultation.standing import Standing, standings
from designs.entries import Consulted, Recorded, Responded, StakeholderAdded, StakeholderChanged, StakeholderRetired
from designs.finding import Open
from designs.protocol.models import Protocol
from designs.protocol.words import in_words

_AMONG_CAPITALS: Final = re.compile(r"(?<![a-z])[l1|](?![a-z])")

StakeholderEntry = StakeholderAdded | StakeholderChanged | StakeholderRetired | Consulted | Responded
Before = Literal["gateway_1", "lock"]
"""What comes next. Before gateway 1 the steering group cannot have said anything yet, where a design goes to it."""


def missing(
    recorded: Sequence[Recorded],
    plan: Protocol | None,
    today: date,
    *,
    before: Before = "lock",
    bodies: Bodies = BODIES,
) -> tuple[Open, ...]:
    """Everybody whose outcome is not on record, by name: those that must be involved, and those who were added.

    Args:
        recorded: Everything on record about the design, in order.
        plan: As far as it is drafted; its directorate says whether the steering group decides at gateways.
        today: The day on which it is asked.
        before: What comes next.
        bodies: Those that must be involved.
    """
    register = {standing.body: standing for standing in standings(recorded, today, bodies=bodies)}
    lacks: list[Open] = []
    if not register:
        lacks.append(
            Open(
                code="register_empty",
                severity="blocks",
                where="register",
                problem="the register of stakeholders is empty",
                remedy=f"add those whose input is needed, the {bodies.first.name} first",
                clears="designer",
            )
        )
    decides_later = before == "gateway_1" and route_of(plan).kind == "steering_group"
    for body in bodies.bodies:
        if body.id not in register:
            lacks.append(_unregistered(body))
    for standing in register.values():
        if decides_later and standing.body == STEERING_GROUP:
            continue
        lacks.extend(_lacks_of(standing))
    return tuple(sorted(lacks, key=lambda lack: -1 if lack.code == "register_empty" else bodies.place(lack.where)))


def _unregistered(body: Body) -> Open:
    return Open(
        code="not_in_register",
        severity="blocks",
        where=body.id,
        problem=f"the {body.name} must be involved in every approach, and is not in the register",
        remedy="add it with a contact, what is asked of it and by when, and ask it",
        clears="designer",
    )


def _lacks_of(standing: Standing) -> tuple[Open, ...]:
    was_due = f", and the answer was needed by {in_words(standing.needed_by)}" if standing.late else ""
    if standing.status == "not_asked":
        return (
            Open(
                code="not_asked",
                severity="blocks",
                where=standing.body,
                problem=f"{standing.name} has not been asked{was_due}",
                remedy=f"ask it by way of {standing.contact}, and record when",
                clears="designer",
            ),
        )
    if standing.status == "asked":
        return (
            Open(
                code="awaited",
                severity="blocks",
                where=standing.body,
                problem=f"{standing.name} was asked on {in_words(standing.since)} and has not answered{was_due}",
                remedy=f"remind it by way of {standing.contact}, and record what it says",
                clears=standing.body,
            ),
        )
    if standing.status == "responded" and standing.outcome == "objected":
        return (
            Open(
                code="objected",
                severity="warns",
                where=standing.body,
                problem=f"{standing.name} objected on {in_words(standing.since)}",
                remedy="settle the objection, ask again, and record what it says then",
                clears=standing.body,
            ),
        )
    return ()


def refuse(entry: StakeholderEntry, recorded: Sequence[Recorded], today: date, *, bodies: Bodies = BODIES) -> None:
    """Refuse an entry that the register cannot take, before anything is recorded.

    Raises:
        ConsultationRefused: It contradicts what is on record, or its days cannot be.
    """
    check_days(entry.body, today, happened=entry.on, planned=getattr(entry, "needed_by", None))
    current = {standing.body: standing for standing in standings(recorded, today, bodies=bodies)}.get(entry.body)
    if isinstance(entry, StakeholderAdded):
        _refuse_added(entry, current, bodies)
        return
    if current is None or current.status == "retired":
        gone = "was retired" if current else "is not in the register"
        raise ConsultationRefused(
            f"{current.name if current else entry.body} {gone}",
            where=entry.body,
            rule="only somebody in the register is asked, answers, changes or is retired",
            remedy="add it with a contact, what is asked of it and by when",
        )
    _refuse_order(entry, current)
    _refuse_twice(entry, recorded)
    match entry:
        case StakeholderRetired() if current.must_involve:
            raise ConsultationRefused(
                f"{current.name} cannot be retired",
                where=entry.body,
                rule=f"it must be involved in all one-to-many approaches ({bodies.source}, edition {bodies.edition})",
                remedy="record what it said, if only that it has no comment",
            )
        case StakeholderChanged():
            _refuse_changed(entry, current)
        case Responded() if current.asked_on is None:
            raise ConsultationRefused(
                f"{current.name} has not been asked",
                where=entry.body,
                rule="an answer follows a question",
                remedy="record first when it was asked",
            )


def _refuse_added(entry: StakeholderAdded, current: Standing | None, bodies: Bodies) -> None:
    if current is not None and current.status != "retired":
        raise ConsultationRefused(
            f"{current.name} is in the register since {in_words(current.added_on)}",
            where=entry.body,
            rule="a stakeholder is in the register once",
            remedy="record a change of what is asked, by when, or how it is reached",
        )
    if current is not None and entry.on < current.since:
        raise ConsultationRefused(
            f"{current.name} was retired on {in_words(current.since)}, which is later",
            where=entry.body,
            rule="entries about a stakeholder follow each other in time",
            remedy="correct the day",
        )
    if bodies.find(entry.body) is None:
        for body in bodies.bodies:
            if (_forms(entry.name) | _forms(entry.body)) & _names_of(body):
                raise ConsultationRefused(
                    f"{entry.name} is one of those that must be involved, and has an id of its own",
                    where=entry.body,
                    rule="those that must be involved are known by one id each",
                    remedy=f"add it as {body.id}",
                )
    _refuse_needed_before(entry.body, entry.needed_by, entry.on)


def _refuse_needed_before(body: str, needed_by: date, day: date) -> None:
    if needed_by < day:
        raise ConsultationRefused(
            f"its input is needed by {in_words(needed_by)}, before it is asked for on {in_words(day)}",
            where=body,
            rule="what is asked for is needed on that day or later",
            remedy="correct the day by which it is needed",
        )


def _refuse_order(entry: StakeholderChanged | StakeholderRetired | Consulted | Responded, current: Standing) -> None:
    """What was asked before it came into the register may be recorded so; otherwise one thing follows another."""
    happened = (current.asked_on, current.responded_on, current.retired_on)
    last = max((day for day in happened if day is not None), default=None)
    if isinstance(entry, StakeholderRetired | StakeholderChanged):
        last = max(current.added_on, last or current.added_on)
    if last is not None and entry.on < last:
        did = next(
            did
            for did, day in (
                ("was asked", current.asked_on),
                ("answered", current.responded_on),
                ("was retired", current.retired_on),
                ("was added", current.added_on),
            )
            if day == last
        )
        raise ConsultationRefused(
            f"{in_words(entry.on)} is before {in_words(last)}, when {current.name} {did}",
            where=entry.body,
            rule="entries about a stakeholder follow each other in time",
            remedy="correct the day",
        )


def _refuse_twice(entry: StakeholderEntry, recorded: Sequence[Recorded]) -> None:
    about = [record.entry for record in recorded if getattr(record.entry, "body", None) == entry.body]
    if about and about[-1] == entry:
        raise ConsultationRefused(
            "this is on record already, word for word",
            where=entry.body,
            rule="what happened is recorded once",
            remedy="record what happened since",
        )


def _refuse_changed(entry: StakeholderChanged, current: Standing) -> None:
    before = (current.contact, current.input_needed, current.needed_by)
    after = (
        entry.contact or current.contact,
        entry.input_needed or current.input_needed,
        entry.needed_by or current.needed_by,
    )
    if before == after:
        raise ConsultationRefused(
            f"nothing about {current.name} would change",
            where=entry.body,
            rule="a change says what is asked, by when, or how it is reached, and differs from before",
            remedy="say what is different",
        )
    if entry.needed_by is not None:
        _refuse_needed_before(entry.body, entry.needed_by, entry.on)


def _forms(text: str) -> set[str]:
    """A name as letters and digits, without case, width, signs or what shows nothing, each letter the Latin one it
    looks like; also as it reads where a capital I is a small l or the other way round. None where it is signs alone."""
    written = visible(text).replace("&", " and ")
    read = (written, as_drawn(written), _AMONG_CAPITALS.sub("I", written))
    return {"".join(re.findall(r"[^\W_]", folded(form))) for form in read} - {""}


def _names_of(body: Body) -> set[str]:
    """Every way in which a body is named: its id, its name, and both parts of a name with brackets."""
    return {form for part in (body.id, body.name, *re.split(r"[()]", body.name)) for form in _forms(part)}
