"""By which route a design is approved: its directorate says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Final, Literal

from designs.consultation.changed import changed_in_words
from designs.consultation.errors import ConsultationRefused, check_days
from designs.entries import OwnRouteApproved, Recorded
from designs.finding import Open
from designs.protocol.models import Protocol
from designs.protocol.words import in_words

RouteKind = Literal["steering_group", "own", "outside"]
"""By the Campaigns Steering Group, by a route of the directorate's own, or, where none is named, by none."""

Gateway = Literal[1, 2]
GATEWAYS: Final[tuple[Gateway, ...]] = (1, 2)

_NEARLY: Final = 0.9
_LOOKS_LIKE: Final = str.maketrans("іѕсвмԝιμβϲӏıг", "iscbmwimbciir")
"""Small letters of Cyrillic and Greek to those of these names that they cannot be told from."""

_DRAWN_LIKE: Final = str.maketrans("l1|58", "iiisb")
"""Small letters and signs to those of the initials that they are drawn like, as capitals or among them."""

ROUTES_EDITION: Final = "2026-11"
STEERED: Final = {
    "RIS": "Risk and Intelligence Service",
    "ISBC": "Individuals and Small Business Compliance",
    "WMBC": "Wealthy and Mid-sized Business Compliance",
}
"""The directorates whose approaches the steering group approves (Compliance Handbook CH600320)."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a design comes to be approved.

    Attributes:
        kind: Which of the routes.
        directorate: As the plan writes it; None where it names none.
        gateways: Those of the steering group that it must pass, in order.
    """

    kind: RouteKind
    directorate: str | None
    gateways: tuple[Gateway, ...] = ()


def route_of(plan: Protocol | None) -> Route:
    """The route of a plan, which may be a draft with nothing in it yet.

    The key is free text, so spelling, case, dots and full names are all read; and where any of the directorates of the
    steering group is named among other words, its approval is needed. So it is where a letter is none of English or
    Welsh, for such a name cannot be told from one of theirs.
    """
    directorate = None if plan is None else plan.directorate
    if not _shown(directorate or "").strip():
        return Route("outside", None)
    words = _words(directorate or "")
    if _foreign(directorate or "") or any(_names(words, short, _words(name)) for short, name in STEERED.items()):
        return Route("steering_group", directorate, GATEWAYS)
    return Route("own", directorate)


def same_directorate(one: str | None, other: str | None) -> bool:
    """Whether two spellings name the same directorate; where several of the steering group's are named, the same ones.

    Examples:
        >>> same_directorate("R.I.S.", "Risk & Intelligence Service"), same_directorate("RIS", "ISBC")
        (True, False)
        >>> same_directorate("Debt Management", "debt  management"), same_directorate("Debt Management", None)
        (True, False)
    """
    return _known_as(one) == _known_as(other)


def _known_as(directorate: str | None) -> tuple[str, ...]:
    words = _words(directorate or "")
    steered = tuple(short for short, name in STEERED.items() if _names(words, short, _words(name)))
    return steered or tuple(words)


def _names(words: Sequence[str], short: str, written_out: Sequence[str]) -> bool:
    """Whether a directorate stands among words: by its initials, together or apart, or by its name nearly as it is.

    Initials may have a number behind them. A name that is nearly the directorate's is taken for it: to ask the
    steering group of one design too many is the smaller mistake.
    """
    initials = short.casefold()
    plain = [form.rstrip("0123456789") for word in words for form in (word, word.translate(_DRAWN_LIKE))]
    apart = " ".join(words), " ".join(words).translate(_DRAWN_LIKE)
    runs = [run for said in apart for run in re.findall(r"(?:\b\w\b ?)+", said)]
    if initials in plain or any(initials in run.replace(" ", "") for run in runs):
        return True
    name, size = " ".join(written_out), len(written_out)
    parts = {" ".join(words[at : at + length]) for length in (size - 1, size, size + 1) for at in range(len(words))}
    return any(SequenceMatcher(None, part, name).ratio() >= _NEARLY for part in parts)


def _shown(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")


def _foreign(text: str) -> bool:
    """Whether a letter or a mark on one is none that English and Welsh are written with."""
    for letter in unicodedata.normalize("NFC", _shown(text)).translate(_LOOKS_LIKE):
        kind = unicodedata.category(letter)
        if kind[0] == "M" or (kind[0] == "L" and not unicodedata.normalize("NFD", letter)[0].isascii()):
            return True
    return False


def _words(text: str) -> list[str]:
    """Small words without signs: ``R.I.S.`` has three, ``Risk & Intelligence`` is written with *and*."""
    words = re.findall(r"(?:[^\W_]|\|)+", _shown(text).replace("&", " and ").casefold().translate(_LOOKS_LIKE))
    return ["sized" if word == "size" else word for word in words]


def own_approval(recorded: Sequence[Recorded]) -> OwnRouteApproved | None:
    """The last approval by a route of the directorate's own that holds for the plan as it stands; None without one."""
    holds = [each.entry for each in _own(recorded) if not each.changed]
    return next((entry for entry in reversed(holds) if isinstance(entry, OwnRouteApproved)), None)


def _own(recorded: Sequence[Recorded]) -> list[Recorded]:
    return [each for each in recorded if isinstance(each.entry, OwnRouteApproved)]


def route_missing(recorded: Sequence[Recorded], plan: Protocol | None) -> tuple[Open, ...]:
    """What the route itself still lacks, apart from the gateways of the steering group."""
    route = route_of(plan)
    if route.kind == "outside":
        return (
            Open(
                code="no_directorate",
                severity="warns",
                where="directorate",
                problem="the plan names no directorate, so that nobody's approval is asked for and the trial would be "
                "locked outside the route",
                remedy="name the directorate whose customers they are",
                clears="designer",
            ),
        )
    void = _own(recorded)
    if route.kind == "own" and own_approval(recorded) is None and void:
        return (
            Open(
                code="approval_void",
                severity="blocks",
                where="directorate",
                problem=f"it was approved by a directorate's own route on {in_words(void[-1].entry.on)}, and is "
                f"another since: {changed_in_words(void[-1])}",
                remedy=f"have {route.directorate} approve the design as it is now, and record that; or put back what "
                "changed",
                clears="manager",
            ),
        )
    if route.kind == "own" and own_approval(recorded) is None:
        return (
            Open(
                code="own_route_not_approved",
                severity="blocks",
                where="directorate",
                problem=f"{route.directorate} has not approved it by a route of its own",
                remedy="put on record which route it took, who approved it and when",
                clears="manager",
            ),
        )
    return ()


def refuse_own_route(entry: OwnRouteApproved, recorded: Sequence[Recorded], plan: Protocol | None, today: date) -> None:
    """Refuse an approval by a directorate's own route where it does not apply.

    Raises:
        ConsultationRefused: The plan goes to the steering group, names no directorate, or was approved later already;
            or the day cannot be.
    """
    check_days("directorate", today, happened=entry.on)
    route = route_of(plan)
    if route.kind == "steering_group":
        raise ConsultationRefused(
            f"an approach of {route.directorate} cannot be approved by a route of its own",
            where="directorate",
            rule=f"every approach of {', '.join(STEERED)} goes to the Campaigns Steering Group, by both gateways",
            remedy="take it to the group, and record what it decided at each gateway",
        )
    if route.kind == "outside":
        raise ConsultationRefused(
            "the plan names no directorate, so that it has no route by which to be approved",
            where="directorate",
            rule="the directorate decides the route",
            remedy="name the directorate in the plan first",
        )
    approved = max((each.entry.on for each in _own(recorded)), default=None)
    if approved is not None and entry.on < approved:
        raise ConsultationRefused(
            f"it was approved on {in_words(approved)} already, which is later",
            where="directorate",
            rule="an approval that replaces another is not dated before it",
            remedy="correct the day",
        )
