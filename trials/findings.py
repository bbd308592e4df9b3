"""Which evaluation of a trial is its finding, and what the others are. It follows from their order; nothing is chosen.

The first evaluation with everything due, or at a look that ended the trial, and its data checks passed is the finding.
A later one is an update and never takes its place. One that its data make invalid is an attempt. What was cut before
everything was due shows the field's health and concludes nothing. A look that was taken is taken once: the same cut on
other files is that look again, and counts for nothing by itself.

Two people may put a later evaluation in the place of the finding, or of a look, whose files turned out wrong. What was
found after what they replace rests on it and falls with it; all of it stays visible. Where the correction has a verdict
it is the finding from then on. Where it has none (the look goes on, or the true files fail a check) the trial has none,
and the first one found after the correction is its finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal["finding", "update", "attempt", "not_due", "repeat", "replaced"]
WITHOUT_VERDICT = ("not_due", "invalid")


@dataclass(frozen=True, slots=True)
class Place:
    """What one evaluation is; all but the finding are counted from 1, each kind by itself."""

    role: Role
    count: int = 1


@dataclass(frozen=True, slots=True)
class Made:
    """An evaluation as its place follows from it.

    Attributes:
        number: From 1.
        code: Its verdict's.
        repeats: The evaluation whose look it takes again, on other files.
    """

    number: int
    code: str
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """Two people put one evaluation in another's place.

    Attributes:
        replaced, replacing: The evaluations.
        evaluations: How many there were when it was confirmed.
    """

    replaced: int
    replacing: int
    evaluations: int | None = None

    @property
    def after(self) -> int:
        """The last evaluation that was made before it."""
        return self.evaluations or self.replacing


def places(made: Iterable[Made], corrections: Iterable[Correction] = ()) -> dict[int, Place]:
    """What each evaluation of a trial is, by its number.

    Args:
        made: Every evaluation, in order.
        corrections: Those that two people signed, in order.

    Examples:
        >>> made = [Made(1, "not_due"), Made(2, "invalid"), Made(3, "not_shown"), Made(4, "scale"), Made(5, "scale")]
        >>> [place.role for place in places(made).values()]
        ['not_due', 'attempt', 'finding', 'update', 'update']
        >>> [place.role for place in places(made, [Correction(3, 5)]).values()]
        ['not_due', 'attempt', 'replaced', 'update', 'finding']
        >>> again = [Made(1, "scale"), Made(2, "not_due", repeats=1), Made(3, "not_shown")]
        >>> [place.role for place in places(again, [Correction(1, 2, evaluations=2)]).values()]
        ['replaced', 'not_due', 'finding']
    """
    found: dict[int, Place] = {}
    counts: dict[Role, int] = {}
    codes: dict[int, str] = {}
    repeats: dict[int, int] = {}
    waiting = list(corrections)

    def place(number: int, role: Role) -> None:
        counts[role] = counts.get(role, 0) + 1
        found[number] = Place(role, 1 if role == "finding" else counts[role])

    def correct(correction: Correction) -> None:
        of_look = repeats.get(correction.replacing) == correction.replaced  # what came after allows for that look
        falling: tuple[Role, ...] = ("finding", "update") if of_look else ("finding",)
        for number in [number for number, of in found.items() if of.role in falling or number == correction.replaced]:
            if number >= correction.replaced or found[number].role == "finding":
                place(number, "replaced")
        place(correction.replacing, _role(codes[correction.replacing], "finding"))

    for evaluation in made:
        while waiting and waiting[0].after < evaluation.number:
            correct(waiting.pop(0))
        codes[evaluation.number] = evaluation.code
        if evaluation.repeats is not None:
            repeats[evaluation.number] = evaluation.repeats
            place(evaluation.number, "repeat")
        else:
            first = finding_of(found) is None
            place(evaluation.number, _role(evaluation.code, "finding" if first else "update"))
    for correction in waiting:
        correct(correction)
    return found


def _role(code: str, with_verdict: Role) -> Role:
    return "not_due" if code == "not_due" else "attempt" if code == "invalid" else with_verdict


def finding_of(of: dict[int, Place]) -> int | None:
    """The number of the finding; None while there is none."""
    return next((number for number, place in of.items() if place.role == "finding"), None)


def shown(of: dict[int, Place]) -> int | None:
    """The evaluation that pages, lists and files show: the finding; before there is one, the latest that stands.

    Examples:
        >>> shown(places([Made(1, "scale"), Made(2, "not_shown")]))
        1
        >>> shown(places([Made(1, "invalid"), Made(2, "not_due"), Made(3, "scale", repeats=2)]))
        2
    """
    standing = [number for number, place in of.items() if place.role not in ("repeat", "replaced")]
    return finding_of(of) or max(standing, default=None)


def rests_on(of: dict[int, Place]) -> int | None:
    """The evaluation that a decision rests on: the finding; else the latest attempt, on which no effect is scaled.

    Before there is either it is the latest of all, where a trial ends whose other waves are not drawn.
    """
    attempts = [number for number, place in of.items() if place.role == "attempt"]
    waiting = [number for number, place in of.items() if place.role == "not_due"]
    return finding_of(of) or max(attempts, default=None) or max(waiting, default=None)
