"""The plan that somebody had before them, or that stood on a day: what is put on record about it is about that one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from designs.consultation.changed import PARTS
from designs.drafting import judge_draft
from designs.entries import (
    AnswersConfirmed,
    ConditionMet,
    DoubtOverridden,
    Entry,
    GatewayDecided,
    LineSignedOff,
    OwnRouteApproved,
)
from designs.gates import Facts, given_for
from designs.protocol import Protocol, parse_canonical
from designs.suitability.editions import edition_of
from trials.errors import TrialRefused
from trials.registry import queries, tables

_RULE: Final = "what is put on record about a plan is about the plan that was read"


@dataclass(frozen=True, slots=True)
class Stood:
    """A plan that a trial has had.

    Attributes:
        revision: Of its draft; None of a plan that was registered from a file.
        at: Since when.
        until: When another took its place; None while none has.
        plan: As far as it can be read.
        texts: The SHA-256 of each text, by its path as the plan has it.
    """

    revision: int | None
    at: datetime
    until: datetime | None
    plan: Protocol | None
    texts: Mapping[str, str]

    def on(self, day: date) -> bool:
        """Whether it stood on a day, or on part of it."""
        return self.at.date() <= day and (self.until is None or self.until.date() >= day)


def stood_then(session: Session, trial_id: str, entry: Entry, facts: Facts) -> Stood | None:
    """The plan that a decision of an earlier day was about, or the one that it names; None where that is the plan as it
    stands, as it is for what is about no day of its own, or nothing stood yet.

    Of one day the last plan is taken: who decided on an earlier one names its revision. The line and gateway 1 are
    about the directorate, and so about the first plan since that day which names one.

    Raises:
        TrialRefused: The revision that is named did not stand on that day, or there is no draft.
    """
    if not isinstance(entry, LineSignedOff | GatewayDecided | ConditionMet | OwnRouteApproved):
        return None
    if entry.revision is None and (entry.on >= facts.today or _is_locked(session, trial_id)):
        return None
    had = _stood(session, trial_id, facts.today)
    if entry.revision is not None:
        return _named(entry.revision, entry.on, had, trial_id)
    if isinstance(entry, LineSignedOff) or (entry.kind != "own_route_approved" and entry.gateway == 1):
        since = (each for each in had if each.until is None or each.until.date() > entry.on)
        return next((each for each in since if each.plan is not None and each.plan.directorate is not None), None)
    return next((each for each in reversed(had) if each.on(entry.on)), None)


def _named(number: int, day: date, had: Sequence[Stood], trial_id: str) -> Stood:
    found = next((each for each in had if each.revision == number), None)
    if found is None or not found.on(day):
        raise TrialRefused(
            f"revision {number} of the draft did not stand on {day:%Y-%m-%d}",
            where=f"{trial_id}, revision",
            rule="a decision is about a plan that was there on its day",
            remedy=f"otm design history {trial_id} lists them with their days; or leave revision out",
        )
    return found


def _is_locked(session: Session, trial_id: str) -> bool:
    return queries.is_registered(session, trial_id) and queries.lock_of(session, trial_id) is not None


def _stood(session: Session, trial_id: str, today: date) -> list[Stood]:
    """Every plan that a trial has had, in order: its draft's revisions, or what was registered where it has none."""
    found: list[tuple[int | None, datetime, Protocol | None, Mapping[str, str]]]
    if queries.has_design(session, trial_id):
        found = [
            (each.number, each.saved_at, judge_draft(each.draft, day=today).protocol, each.draft.texts)
            for each in queries.revisions_of(session, trial_id)
        ]
    else:
        table = tables.ProtocolVersion
        rows = session.scalars(select(table).where(table.trial_id == trial_id).order_by(table.version))
        found = [(None, row.registered_at, parse_canonical(row.canonical), {}) for row in rows]
    ends = [*(at for _, at, _, _ in found[1:]), None]
    return [Stood(number, at, end, plan, texts) for (number, at, plan, texts), end in zip(found, ends, strict=True)]


def refuse_another_shown(
    session: Session, trial_id: str, entry: Entry, facts: Facts, read: str | None, then: Facts | None = None
) -> None:
    """Refuse to put on record about the plan as it stands what somebody said of the plan that they had before them.

    Only what the entry is given for is compared: a title that somebody corrected meanwhile voids no approval.

    Args:
        session: A read.
        trial_id: The design or trial.
        entry: What is about to be put on record.
        facts: The design as it stands.
        read: The digest of the plan that was read; None where nobody said.
        then: The design as it stood when what the entry tells of happened, where that is not as it stands: who reads
            either of the two reads what the entry is about, or what it is told to have left behind.

    Raises:
        TrialRefused: It is not said which plan was read, there never was such a one, or what the entry is given for has
            changed since; the refusal says what.
    """
    now = given_for(entry, facts.plan, facts.texts)
    if now is None or read == facts.digest:
        return
    if read is None:
        raise TrialRefused(
            "it is not said which plan was read",
            where=trial_id,
            rule=_RULE,
            remedy=f"read it, and give the digest that otm design gates {trial_id} names: --read DIGEST",
        )
    plan, texts = _had(session, trial_id, read, facts.today)
    before = given_for(entry, plan, texts) or {}
    if then is not None and before == given_for(entry, then.plan, then.texts):
        return
    changed = [key for key in dict.fromkeys((*before, *now)) if before.get(key) != now.get(key)]
    if changed:
        by = _saved_by(session, trial_id)
        raise TrialRefused(
            f"the plan changed after it was read{by}: {_in_words(entry, changed, facts.plan)}",
            where=trial_id,
            rule=_RULE,
            remedy="look at what changed, and put it on record of the plan as it is now; nothing was changed",
        )


def _had(session: Session, trial_id: str, digest: str, today: date) -> tuple[Protocol | None, Mapping[str, str]]:
    """A plan that a trial has had, drafted or registered, by its digest."""
    if queries.has_design(session, trial_id):
        for revision in reversed(queries.revisions_of(session, trial_id)):
            if revision.digest == digest:
                return judge_draft(revision.draft, day=today).protocol, revision.draft.texts
    table = tables.ProtocolVersion
    row = session.scalars(select(table).where(table.trial_id == trial_id, table.digest == digest)).first()
    if row is not None:
        return parse_canonical(row.canonical), {}
    raise TrialRefused(
        "this is the digest of no plan that the design has had",
        where=digest[:64],
        rule=_RULE,
        remedy=f"read the plan as it is now, and give the digest that otm design gates {trial_id} names",
    )


def _saved_by(session: Session, trial_id: str) -> str:
    """Who saved the draft that stands, and as which revision; nothing of a plan that is no draft."""
    if not queries.has_design(session, trial_id):
        return ""
    latest = queries.revision_of_draft(session, trial_id)
    return f" (revision {latest.number}, by {latest.saved_by})"


def _in_words(entry: Entry, changed: Iterable[str], plan: Protocol | None) -> str:
    if plan is None or not isinstance(entry, AnswersConfirmed | DoubtOverridden):
        return "; ".join(PARTS.get(key, key) for key in changed)
    asks = {question.id: question.asks for question in edition_of(plan).questions}
    return "; ".join(f"the answer to \u201c{asks.get(key, key)}\u201d, or what it rests on" for key in changed)
