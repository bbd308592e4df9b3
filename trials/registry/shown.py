"""The plan that somebody had before them, by its digest: what is put on record about a plan is about that one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from designs.consultation.changed import PARTS
from designs.drafting import judge_draft
from designs.entries import AnswersConfirmed, DoubtOverridden, Entry
from designs.gates import Facts, given_for
from designs.protocol import Protocol, parse_canonical
from designs.suitability.editions import edition_of
from trials.errors import TrialRefused
from trials.registry import queries, tables

_RULE: Final = "what is put on record about a plan is about the plan that was read"


def refuse_another_shown(session: Session, trial_id: str, entry: Entry, facts: Facts, read: str | None) -> None:
    """Refuse to put on record about the plan as it stands what somebody said of the plan that they had before them.

    Only what the entry is given for is compared: a title that somebody corrected meanwhile voids no approval.

    Args:
        session: A read.
        trial_id: The design or trial.
        entry: What is about to be put on record.
        facts: The design as it stands.
        read: The digest of the plan that was read; None where nobody said.

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
