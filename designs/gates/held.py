"""What each approval and override is bound to: what it is given when it is recorded, and what it is held to later.

An approval is of the plan as it stood (all of it but the title and the owner, on which nothing rests), a signature of
the line and gateway 1 are of the directorate's approach, and an override is of an answer with what that rests on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from designs.consultation.changed import PARTS
from designs.consultation.route import same_directorate
from designs.entries import (
    AnswersConfirmed,
    ConditionMet,
    DoubtOverridden,
    Entry,
    GatewayDecided,
    LineSignedOff,
    OwnRouteApproved,
    Recorded,
    SetAside,
)
from designs.protocol.canonical import as_canonical_json, canonical_json, canonical_section, digest_of
from designs.protocol.models import Protocol
from designs.suitability.staleness import rests_on

_OF_THE_PLAN = (
    AnswersConfirmed, ConditionMet, DoubtOverridden, GatewayDecided, LineSignedOff, OwnRouteApproved, SetAside,
)  # fmt: skip
_WHOLE = ("population", "arms", "randomisation", "outcomes", "analysis")


def approved_parts(plan: Protocol, texts: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 of each part of a plan that an approval is of, by its key; what is absent or empty has none.

    Args:
        plan: As far as it is filled.
        texts: The SHA-256 of each text, by its path as the plan has it; a plan that is sealed needs none.
    """
    parts = {key: canonical_section(plan, key, texts) for key in PARTS if key not in ("directorate", "plan")}
    return {key: hashlib.sha256(as_canonical_json(value).encode()).hexdigest() for key, value in parts.items() if value}


def plan_digest(plan: Protocol, texts: Mapping[str, str]) -> str | None:
    """The digest of a plan as it is registered; None while a section or a text of it is missing."""
    if any(not getattr(plan, section) for section in _WHOLE):
        return None
    try:
        return digest_of(canonical_json(plan, texts))
    except KeyError:
        return None


def bound(entry: Entry, plan: Protocol | None, texts: Mapping[str, str]) -> Entry:
    """An entry with what it is bound to, as the plan stands; as it came where it is bound to nothing of the plan."""
    if plan is None:
        return entry
    directorate = {"directorate": plan.directorate}
    match entry:
        case LineSignedOff():
            return entry.model_copy(update=directorate)
        case GatewayDecided():
            whole = entry.gateway == 2 and entry.decision == "approved"
            digest = plan_digest(plan, texts) if entry.gateway == 2 else entry.plan
            approves = approved_parts(plan, texts) if whole else {}
            return entry.model_copy(update={**directorate, "plan": digest, "approves": approves})
        case ConditionMet(gateway=2):
            return entry.model_copy(update={"approves": approved_parts(plan, texts)})
        case OwnRouteApproved():
            return entry.model_copy(update={**directorate, "approves": approved_parts(plan, texts)})
        case DoubtOverridden():
            now = rests_on(plan, texts)
            return entry.model_copy(update={"rests_on": {name: now[name] for name in entry.answers if name in now}})
    return entry


def given_for(entry: Entry, plan: Protocol | None, texts: Mapping[str, str]) -> dict[str, str] | None:
    """What an entry is given for, as a plan has it: each part of the plan, or each answer, as a value to compare.

    None for an entry that is about nothing of the plan, or that names what it is about by a digest of its own.
    """
    if not isinstance(entry, _OF_THE_PLAN):
        return None
    if plan is None:
        return {}
    match entry:
        case AnswersConfirmed():
            return rests_on(plan, texts)
        case DoubtOverridden():
            return {name: digest for name, digest in rests_on(plan, texts).items() if name in entry.answers}
        case LineSignedOff() | GatewayDecided(gateway=1) | ConditionMet(gateway=1):
            return _directorate(plan)
    return {**_directorate(plan), **approved_parts(plan, texts)}


def _directorate(plan: Protocol) -> dict[str, str]:
    return {} if plan.directorate is None else {"directorate": plan.directorate}


def held_to(recorded: Sequence[Recorded], plan: Protocol | None, texts: Mapping[str, str]) -> tuple[Recorded, ...]:
    """Everything on record, each with what of the plan is another than it was given for.

    An entry that says nothing of what it was given for, as earlier versions of the service recorded them, is held to
    the digest of the plan where it has one, and else to nothing.
    """
    if plan is None:
        return tuple(replace(each, changed=()) if each.changed else each for each in recorded)
    parts = cache(lambda: approved_parts(plan, texts))
    answers = cache(lambda: rests_on(plan, texts))

    def changed(entry: Entry) -> Iterator[str]:
        given: Any = getattr(entry, "directorate", None)
        if given is not None and not same_directorate(given, plan.directorate):
            yield "directorate"
        match entry:
            case GatewayDecided() | OwnRouteApproved() | ConditionMet() if entry.approves:
                yield from (key for key in PARTS if entry.approves.get(key) != parts().get(key))
            case GatewayDecided(gateway=2, decision="approved") if entry.plan is not None:
                if entry.plan != plan_digest(plan, texts):
                    yield "plan"
            case DoubtOverridden() if entry.rests_on:
                yield from (name for name in entry.answers if entry.rests_on.get(name) != answers().get(name))

    found = []
    for each in recorded:
        is_another = tuple(changed(each.entry))
        found.append(replace(each, changed=is_another) if is_another != each.changed else each)
    return tuple(found)
