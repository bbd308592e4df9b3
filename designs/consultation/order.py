"""In which order people agree: the directorate's own line, then the body that comes first, then everybody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from designs.consultation.bodies import BODIES, STEERING_GROUP, Bodies, Body
from designs.consultation.changed import changed_in_words
from designs.consultation.errors import ConsultationRefused, check_days
from designs.consultation.standing import Standing, standings
from designs.entries import GatewayDecided, Grade, LineSignedOff, Recorded
from designs.finding import Open
from designs.protocol.words import in_words

GRADES: Final[dict[Grade, str]] = {"grade_7": "a grade 7", "deputy_director": "a deputy director"}
"""Who signs for the line, in this order."""


@dataclass(frozen=True, slots=True)
class Line:
    """The first signature of a grade in the directorate's own line.

    Attributes:
        grade: Whose.
        signed_by: Who, as the line names them.
        on: When first.
    """

    grade: Grade
    signed_by: str
    on: date


def line_of(recorded: Sequence[Recorded]) -> tuple[Line, ...]:
    """The first signature of each grade for the plan's directorate, in the order of the grades."""
    signatures = [
        Line(record.entry.grade, record.entry.signed_by, record.entry.on)
        for record in recorded
        if isinstance(record.entry, LineSignedOff) and not record.changed
    ]
    by_day = sorted(signatures, key=lambda line: line.on)
    firsts = (next((line for line in by_day if line.grade == grade), None) for grade in GRADES)
    return tuple(line for line in firsts if line is not None)


def order_findings(recorded: Sequence[Recorded], today: date, *, bodies: Bodies = BODIES) -> tuple[Open, ...]:
    """What is out of order: signatures of the line that are missing, and those who were asked before their turn.

    The day that counts for the first body, the E&C Strategy Unit, is when it was asked first; for another, when it was
    asked last. Asking again after it therefore mends the order, and the record keeps both.
    """
    register = {standing.body: standing for standing in standings(recorded, today, bodies=bodies)}
    unit = register.get(bodies.first.id)
    return (*_line_missing(recorded, bodies.first, unit), *_before_the_unit(recorded, register, bodies))


def _line_missing(recorded: Sequence[Recorded], first: Body, unit: Standing | None) -> tuple[Open, ...]:
    signed = {line.grade: line for line in line_of(recorded)}
    unsigned = tuple(
        Open(
            code="line_void" if _signed_once(recorded, grade) else "line_not_signed",
            severity="blocks",
            where=grade,
            problem=_unsigned(recorded, grade, who),
            remedy=f"take the proposal to {who}, and record the signature, before the {first.name} is asked",
            clears=grade,
        )
        for grade, who in GRADES.items()
        if grade not in signed
    )
    if unsigned or unit is None or unit.asked_on is None:
        return unsigned
    last = max(signed.values(), key=lambda line: line.on)
    if unit.asked_on >= last.on:
        return ()
    return (
        Open(
            code="line_after_strategy_unit",
            severity="warns",
            where=first.id,
            problem=f"the {first.name} was asked on {in_words(unit.asked_on)}, before {GRADES[last.grade]} signed "
            f"on {in_words(last.on)}",
            remedy=f"ask the {first.name} again, now that the line has signed",
            clears="designer",
        ),
    )


def _unsigned(recorded: Sequence[Recorded], grade: Grade, who: str) -> str:
    """Who has not signed, or signed for another directorate than the plan names now."""
    signed = _signed_once(recorded, grade)
    if not signed:
        return f"{who} of the directorate's own line has not signed"
    return f"{who} signed on {in_words(signed[-1].entry.on)}, and it is another since: {changed_in_words(signed[-1])}"


def _signed_once(recorded: Sequence[Recorded], grade: Grade) -> list[Recorded]:
    """Every signature of a grade, for whichever directorate."""
    return [each for each in recorded if isinstance(each.entry, LineSignedOff) and each.entry.grade == grade]


def _before_the_unit(recorded: Sequence[Recorded], register: dict[str, Standing], bodies: Bodies) -> tuple[Open, ...]:
    asked = {
        body: (standing.name, standing.asked_on)
        for body, standing in register.items()
        if standing.asked_on is not None and standing.status != "retired" and body != bodies.first.id
    }
    decided = [record.entry.on for record in recorded if isinstance(record.entry, GatewayDecided)]
    group = bodies.find(STEERING_GROUP)
    if decided and group is not None and STEERING_GROUP not in asked:
        asked[STEERING_GROUP] = (group.name, max(decided))
    unit = register.get(bodies.first.id)
    first = None if unit is None else unit.first_asked_on
    heard = "has not been asked" if first is None else f"was asked on {in_words(first)}"
    return tuple(
        Open(
            code="before_strategy_unit",
            severity="warns",
            where=body,
            problem=f"{name} was asked on {in_words(day)}, and the {bodies.first.name}, which comes first, {heard}",
            remedy=f"ask {name} again, " + ("now that it has been" if first else f"after the {bodies.first.name}"),
            clears="designer",
        )
        for body, (name, day) in asked.items()
        if first is None or day < first
    )


def refuse_line(entry: LineSignedOff, recorded: Sequence[Recorded], today: date) -> None:
    """Refuse a signature of the line that is out of order.

    Raises:
        ConsultationRefused: The deputy director signs before the grade 7, or on a day that cannot be.
    """
    check_days(entry.grade, today, happened=entry.on)
    holding = [record for record in recorded if isinstance(record.entry, LineSignedOff) and not record.changed]
    signatures = [record.entry for record in holding if isinstance(record.entry, LineSignedOff)]
    sponsors = [signature.on for signature in signatures if signature.grade == "grade_7"]
    if entry.grade == "deputy_director" and (not sponsors or entry.on < min(sponsors)):
        when = f"signed on {in_words(min(sponsors))}, which is later" if sponsors else "has not signed"
        raise ConsultationRefused(
            f"the sponsor at grade 7 {when}",
            where=entry.grade,
            rule="the sponsor at grade 7 signs first, then the deputy director",
            remedy="record the sponsor's signature first" if not sponsors else "correct the day",
        )
    if any((each.grade, each.on, each.signed_by) == (entry.grade, entry.on, entry.signed_by) for each in signatures):
        raise ConsultationRefused(
            "this signature is on record already",
            where=entry.grade,
            rule="what happened is recorded once",
            remedy="record what happened since",
        )
