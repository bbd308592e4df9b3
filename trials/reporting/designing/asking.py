"""Whom a designer may record something about, and what: the words of the register's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from designs.consultation.bodies import BODIES
from designs.consultation.standing import Status, standings
from trials.registry.records import DesignDetail

What = Literal["add", "ask", "answer", "change", "retire"]
WAYS: Final[Mapping[What, str]] = {
    "add": "It is to be involved: add it",
    "ask": "It was asked",
    "answer": "It answered",
    "change": "What is asked, by when, or how it is reached has changed",
    "retire": "It is not involved any more",
}
_NEXT: Final[Mapping[Status, tuple[What, ...]]] = {
    "not_asked": ("ask", "change", "retire"),
    "asked": ("answer", "ask", "change", "retire"),
    "responded": ("ask", "answer", "change", "retire"),
    "retired": ("add",),
}


def stakeholders(detail: DesignDetail) -> dict[str, str]:
    """Those that must be involved and those who were added, by id, with what people call them."""
    added = {standing.body: standing.name for standing in standings(detail.facts.recorded, detail.facts.today)}
    return {body.id: body.name for body in BODIES.bodies} | added


def ways_on(detail: DesignDetail, body: str) -> dict[What, str]:
    """What can have happened to a stakeholder, the likeliest first; one that must be involved is never retired."""
    register = {standing.body: standing for standing in standings(detail.facts.recorded, detail.facts.today)}
    standing = register.get(body)
    ways: tuple[What, ...] = ("add",) if standing is None else _NEXT[standing.status]
    must = BODIES.find(body) is not None
    return {way: WAYS[way] for way in ways if not (must and way == "retire")}


def asked_of(body: str) -> str:
    """What one of those that must be involved is usually asked; empty for any other."""
    found = BODIES.find(body)
    return "" if found is None else found.asked
