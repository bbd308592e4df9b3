"""Which evaluation of a trial is its finding, and what the others are. It follows from their order; nothing is chosen.

The first evaluation with everything due, or at a look that ended the trial, and its data checks passed is the finding.
A later one is an update and never takes its place. One that its data make invalid is an attempt. What was cut before
everything was due shows the field's health and concludes nothing. Two people may put an update in the finding's place
where the finding's files turned out wrong: that correction is the finding from then on, and the old one stays visible.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal["finding", "update", "attempt", "not_due", "replaced"]


@dataclass(frozen=True, slots=True)
class Place:
    """What one evaluation is; updates, attempts and those before the day are counted from 1, each by themselves."""

    role: Role
    count: int = 1


def places(codes: Iterable[tuple[int, str]], corrections: Iterable[tuple[int, int]] = ()) -> dict[int, Place]:
    """What each evaluation of a trial is, by its number.

    Args:
        codes: The number and the verdict's code of each, in order.
        corrections: Which was put in whose place by two people: (replaced, replacing), in order.

    Examples:
        >>> codes = [(1, "not_due"), (2, "invalid"), (3, "not_shown"), (4, "scale"), (5, "scale")]
        >>> [place.role for place in places(codes).values()]
        ['not_due', 'attempt', 'finding', 'update', 'update']
        >>> [place.role for place in places(codes, [(3, 5)]).values()]
        ['not_due', 'attempt', 'replaced', 'update', 'finding']
    """
    found: dict[int, Place] = {}
    counts: dict[Role, int] = {}
    for number, code in codes:
        role: Role = "not_due" if code == "not_due" else "attempt" if code == "invalid" else "update"
        if role == "update" and not any(place.role == "finding" for place in found.values()):
            role = "finding"
        counts[role] = counts.get(role, 0) + 1
        found[number] = Place(role, counts[role])
    for order, (replaced, replacing) in enumerate(corrections, start=1):
        found[replaced], found[replacing] = Place("replaced", order), Place("finding")
    return found


def shown(of: dict[int, Place]) -> int | None:
    """The evaluation that pages, lists and files show: the finding; before there is one, the latest of all.

    Examples:
        >>> shown(places([(1, "scale"), (2, "not_shown")])), shown(places([(1, "invalid"), (2, "not_due")]))
        (1, 2)
    """
    return next((number for number, place in of.items() if place.role == "finding"), max(of, default=None))


def rests_on(of: dict[int, Place]) -> int | None:
    """The evaluation that a decision rests on: the finding; else the latest attempt, on which no effect is scaled."""
    attempts = [number for number, place in of.items() if place.role == "attempt"]
    finding = next((number for number, place in of.items() if place.role == "finding"), None)
    return finding or max(attempts, default=None)
