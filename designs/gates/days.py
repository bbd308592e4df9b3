"""The day that an entry names: not before what it is about was there, nor before what was put on record of the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from designs.consultation.errors import check_days
from designs.entries import (
    AnswersConfirmed,
    ConditionMet,
    DoubtOverridden,
    Entry,
    GatewayDecided,
    OwnRouteApproved,
    Recorded,
    SetAside,
    SignedOff,
)
from designs.errors import DesignRefused
from designs.gates.held import approved_parts
from designs.gates.sample_size import sample_size_digest
from designs.protocol.models import Protocol
from designs.protocol.words import in_words
from designs.suitability.staleness import rests_on
from designs.variants.sign_offs import planned_texts


def about(entry: Entry, plan: Protocol | None, texts: Mapping[str, str]) -> Any:
    """What an entry is about, of a plan, as values to compare: while they are the same, it is. None where it is about
    nothing of the plan, or that is not there yet."""
    if plan is None:
        return None
    match entry:
        case SignedOff(subject="sample_size"):
            return sample_size_digest(plan)
        case SignedOff():
            names = (text.name for text in planned_texts(plan) if text.subject == entry.subject and text.name)
            return next((texts.get(name, name) for name in names), None)
        case AnswersConfirmed():
            return rests_on(plan, texts) or None
        case DoubtOverridden():
            now = rests_on(plan, texts)
            return {name: now.get(name) for name in entry.answers}
        case GatewayDecided(gateway=2) | ConditionMet(gateway=2) | OwnRouteApproved() | SetAside():
            return approved_parts(plan, texts)
    return None


def of_the_design(entry: Entry) -> bool:
    """Whether an entry is about a design that is there, and so never older than it.

    The line may sign an idea, the group may agree to one, and stakeholders may be asked about it, before anybody begins
    to write it down.
    """
    match entry:
        case SignedOff() | AnswersConfirmed() | DoubtOverridden() | OwnRouteApproved() | SetAside():
            return True
        case GatewayDecided(gateway=2) | ConditionMet(gateway=2):
            return True
    return False


def refuse_day(entry: Entry, recorded: Sequence[Recorded], today: date, since: date | None) -> None:
    """Refuse a day on which what the entry says cannot have happened.

    What stands is the last that was put on record, and so nothing that is put on record later may be dated before it.

    Args:
        entry: What is about to be put on record.
        recorded: Everything on record, in order.
        today: The day on which it is recorded.
        since: Since when what it is about is as it is now; None where no record tells.

    Raises:
        DesignRefused: The day has yet to come, or lies before either.
    """
    where = entry.subject if isinstance(entry, SignedOff) else entry.kind
    if not isinstance(entry, AnswersConfirmed | DoubtOverridden | SignedOff) and since is None:
        return  # the consultation asks it of everything else
    check_days(where, today, happened=entry.on)
    if since is not None and entry.on < since:
        raise DesignRefused(
            f"it is dated {in_words(entry.on)}, and what it is about is as it is since {in_words(since)}",
            where=where,
            rule="nothing is signed, confirmed or approved before it is there",
            remedy="correct the day; or, where it was said of what stood before, have it said of what stands now, or "
            "put that back and record it then",
        )
    before = [each.entry.on for each in recorded if _of_the_same(entry, each.entry)]
    if before and entry.on < before[-1]:
        raise DesignRefused(
            f"it is dated {in_words(entry.on)}, and one of {in_words(before[-1])} is on record",
            where=where,
            rule="what is put on record last is what stands, and is not dated before what it replaces",
            remedy="correct the day",
        )


def _of_the_same(entry: Entry, earlier: Entry) -> bool:
    match entry, earlier:
        case SignedOff(), SignedOff():
            return (entry.signatory, entry.subject) == (earlier.signatory, earlier.subject)
        case AnswersConfirmed(), AnswersConfirmed():
            return entry.gate == earlier.gate
        case DoubtOverridden(), DoubtOverridden():
            return bool(set(entry.answers) & set(earlier.answers))
    return False
