"""Enter: something that happened around a design is put on record, once, by whoever may say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from designs.entries import Entry, EntryKind, Reading, Recorded, Signatory, entry_document
from designs.gates import Facts, bound, given_for, refuse_entry
from designs.variants.reading_age import readability
from designs.variants.wording import as_text
from trials.access import Actor, Role, UseCase
from trials.errors import AccessRefused, TrialRefused
from trials.registry import Registry, queries, tables
from trials.registry.design_facts import facts_to_sign, refuse_set_aside, since_when
from trials.registry.shown import refuse_another_shown, stood_then
from trials.registry.tables.columns import now

WHO: Final[Mapping[EntryKind, UseCase]] = {
    "stakeholder_added": "design",
    "stakeholder_changed": "design",
    "stakeholder_retired": "design",
    "consulted": "design",
    "responded": "design",
    "answers_confirmed": "design",
    "signed_off": "sign_off",
    "line_signed_off": "approve",
    "doubt_overridden": "approve",
    "gateway_decided": "approve",
    "condition_met": "approve",
    "own_route_approved": "approve",
    "set_aside": "set_aside",
    "locked_outside": "lock_outside",
    # A stage of its own records these, and here they are refused.
    "amendment_proposed": "design",
    "amendment_confirmed": "design",
    "amendment_withdrawn": "design",
}
"""Which use case each kind of entry is."""


def enter(
    registry: Registry, actor: Actor, trial_id: str, entry: Entry, *, read: str | None = None,
    today: date | None = None, invented: bool = False,
) -> Recorded:  # fmt: skip
    """Put something on record about a design, or about a registered trial that has none.

    A decision of an earlier day is about the plan that stood on that day, or whose revision it names: the record says
    which, and what has changed since, which it does not count for.

    Args:
        registry: Where it is.
        actor: Who records it.
        trial_id: The design or trial.
        entry: What happened.
        read: The digest of the plan that was read: of the draft's revision, or of the registered plan. Needed for what
            is about the plan and names no digest of its own.
        today: The day that counts as today, for synthetic customers in invented time; by default the clock's.
        invented: It happened in invented time: the record's own days say nothing about its day, and nobody read the
            plan.

    Raises:
        TrialRefused: There is no such design or trial, the design was set aside, the entry is dated after today, or
            the plan is another than the one that was read.
        DesignRefused: It contradicts what is on record, signs what is not there or has changed, or overrides what is
            not in doubt; or its day lies before what it is about, or before what it replaces.
        AccessRefused: The actor's role may not say so.
    """
    with registry.write(actor, WHO[entry.kind], trial_id) as work:
        if not queries.has_design(work.session, trial_id):
            queries.require_trial(work.session, trial_id)
        _refuse_another_s(actor, entry)
        facts = facts_to_sign(work.session, trial_id, today or now().date())
        _refuse_after(entry, facts.today, trial_id)
        refuse_set_aside(facts.recorded, trial_id)
        _refuse_by_hand(entry, trial_id)
        if entry.kind == "set_aside" and queries.is_registered(work.session, trial_id):
            _refuse_locked(queries.standing_of(work.session, trial_id).locked, trial_id)
        then, since = None, None
        if not invented:
            then = stood_then(work.session, trial_id, entry, facts)
            since = since_when(work.session, trial_id, entry, facts, earlier=then is not None)
        about = facts if then is None else replace(facts, plan=then.plan, texts=then.texts)
        if not invented:
            refuse_another_shown(work.session, trial_id, entry, facts, read, about)
        refuse_entry(entry, facts, since, about)
        entry = bound(_measured(entry, facts), about.plan, about.texts)
        if then is not None:
            entry = entry.model_copy(update={"revision": then.revision})
        number = len(queries.entries_of(work.session, trial_id)) + 1
        new = Recorded(number, entry, now(), actor.name, actor.role, changed=_changed_since(entry, about, facts))
        work.add(
            tables.DesignEntry(
                trial_id=trial_id,
                number=new.number,
                kind=entry.kind,
                document=entry_document(entry),
                recorded_at=new.at,
                recorded_by=new.by,
                role=new.role,
            )
        )
        work.commit({"entry": entry.kind, "number": new.number})
    return new


def _changed_since(entry: Entry, then: Facts, facts: Facts) -> tuple[str, ...]:
    """What is another in the plan as it stands than in the one that an entry is about."""
    if then is facts:
        return ()
    before, after = (given_for(entry, each.plan, each.texts) or {} for each in (then, facts))
    return tuple(key for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key))


def _measured(entry: Entry, facts: Facts) -> Entry:
    """A sign-off of a text with how hard that version reads, so that the score is on record with it.

    Raises:
        TrialRefused: It came with another measure.
    """
    if entry.kind != "signed_off" or not entry.subject.startswith("text/"):
        return entry
    written = as_text(facts.contents.get(entry.digest, b"\xff"))
    reading = None
    if written is not None:
        found = readability(written, "cy" if entry.subject.endswith("/cy") else "en")
        reading = Reading(
            edition=found.edition, score=found.score, age=found.age, words=found.words, sentences=found.sentences
        )
    if entry.reading not in (None, reading):
        raise TrialRefused(
            "the reading age of what was signed is another",
            where=entry.subject,
            rule="it is measured when a sign-off is recorded",
            remedy="leave it out of the entry",
        )
    return entry.model_copy(update={"reading": reading})


def signs_for(role: Role) -> tuple[Signatory, ...]:
    """The bodies for which a role signs.

    Examples:
        >>> signs_for("analyst"), signs_for("reviewer"), signs_for("designer")
        (('kai',), ('taa', 'copgu', 'communications'), ())
    """
    by_role: dict[Role, tuple[Signatory, ...]] = {"analyst": ("kai",), "reviewer": ("taa", "copgu", "communications")}
    return (*by_role["reviewer"], *by_role["analyst"]) if role == "all" else by_role.get(role, ())


def _refuse_locked(locked: bool, trial_id: str) -> None:
    if locked:
        raise TrialRefused(
            "the plan is locked",
            where=trial_id,
            rule="a design is set aside before its plan is locked; later a trial ends with a decision, or is void",
            remedy="ask for the void of its draw, or decide on what it found",
        )


def _refuse_another_s(actor: Actor, entry: Entry) -> None:
    if entry.kind == "signed_off" and entry.signatory not in signs_for(actor.role):
        raise AccessRefused(
            f"the role {actor.role} may not sign for {entry.signatory.upper()}",
            where=actor.name,
            rule="KAI signs as analyst; penalty law, wording and communications sign as reviewer",
            remedy="ask a colleague who holds that role",
        )


def _refuse_by_hand(entry: Entry, trial_id: str) -> None:
    """Refuse what a stage of its own records, with what goes with it."""
    if entry.kind == "locked_outside":
        raise TrialRefused(
            "that a plan is locked outside its route is recorded by the lock",
            where=trial_id,
            remedy=f"otm lock {trial_id} --without-governance REASON",
        )
    if entry.kind.startswith("amendment_"):
        raise TrialRefused(
            "an amendment is proposed, confirmed and withdrawn by a command of its own",
            where=trial_id,
            remedy=f"otm amend {trial_id} PROTOCOL --reason TEXT, then --confirm N, or --withdraw TEXT --amendment N",
        )


def _refuse_after(entry: Entry, today: date, trial_id: str) -> None:
    if entry.on > today:
        raise TrialRefused(
            f"{entry.on:%Y-%m-%d} has not come yet",
            where=trial_id,
            rule="what is put on record has happened",
            remedy="record it on that day; nothing was changed",
        )
