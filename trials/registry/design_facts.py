"""What the gates of a design are judged by, gathered from the registry."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from designs.amending import Amendment, about_version, open_amendment, to_sign_again
from designs.drafting import Draft, judge_draft
from designs.entries import Entry, Recorded
from designs.finding import Open
from designs.gates import Facts, about, of_the_design
from designs.protocol import Protocol, parse_canonical
from designs.variants.sign_offs import Version, planned_texts
from trials.errors import TrialRefused
from trials.registry import queries, tables
from trials.registry.customers import reasons_of, taking_part
from trials.registry.plan import Plan, plan_of
from trials.registry.records import PopulationRecord


def facts_of_draft(session: Session, trial_id: str, today: date) -> Facts:
    """A design as its latest revision has it.

    Raises:
        TrialRefused: Nobody began it.
    """
    revision = queries.revision_of_draft(session, trial_id)
    judged = judge_draft(revision.draft, day=today)
    loaded = None if judged.protocol is None else loaded_population(session, judged.protocol)
    return Facts(
        plan=judged.protocol,
        errors=judged.errors,
        texts=revision.draft.texts,
        contents=queries.texts_of_design(session, trial_id, revision.draft.texts.values()),
        versions={**_versions(_of_revisions(session, trial_id)), **_declared(session, trial_id)},
        recorded=queries.entries_of(session, trial_id),
        today=today,
        counts=None if judged.protocol is None else reasons_of(session, judged.protocol, loaded),
        population=loaded is not None,
        digest=revision.digest,
        customers=None if judged.protocol is None else taking_part(session, judged.protocol, loaded),
    )


def _as_sealed(plan: Protocol, versions: Mapping[str, Sequence[Version]]) -> dict[str, Sequence[Version]]:
    """The versions of each text with the one that a sealed plan names as the last: a later draft, or an amendment that
    was withdrawn, is not what goes out."""
    sealed = dict(versions)
    for text in planned_texts(plan):
        had = sealed.get(text.subject, ())
        if text.name is None or (had and had[-1].digest == text.name):
            continue
        since = next((version.since for version in reversed(had) if version.digest == text.name), None)
        if since is not None:
            sealed[text.subject] = (*had, Version(text.name, since))
    return sealed


def facts_of_plan(session: Session, plan: Plan, today: date) -> Facts:
    """A trial as its registered plan has it, which is what a lock fixes."""
    trial_id = plan.trial
    kept = select(tables.LetterText).where(tables.LetterText.trial_id == trial_id)
    named = _of_registrations(session, trial_id)
    return Facts(
        plan=plan.protocol,
        errors=(),
        texts={},
        contents={row.digest: base64.b64decode(row.content) for row in session.scalars(kept)},
        versions={
            **_as_sealed(plan.protocol, _versions([*_of_revisions(session, trial_id), *named])),
            **_declared(session, trial_id, plan.version),
        },
        recorded=about_version(queries.entries_of(session, trial_id), plan.version),
        today=today,
        counts=reasons_of(session, plan.protocol, plan.population),
        population=plan.population is not None,
        digest=plan.digest,
        customers=taking_part(session, plan.protocol, plan.population),
    )


def facts_of(session: Session, trial_id: str, today: date) -> Facts:
    """A design as it stands: its draft, while there is one that is not locked; else the registered plan.

    Raises:
        TrialRefused: There is neither a design nor a trial of this id.
    """
    registered = queries.is_registered(session, trial_id)
    if queries.has_design(session, trial_id) and not (registered and queries.lock_of(session, trial_id) is not None):
        return facts_of_draft(session, trial_id, today)
    return facts_of_plan(session, plan_of(session, trial_id), today)


def facts_to_sign(session: Session, trial_id: str, today: date) -> Facts:
    """What can be signed of a design: as it stands or, where an amendment is open, as it would be with that.

    Raises:
        TrialRefused: There is neither a design nor a trial of this id.
    """
    proposed = open_amendment(queries.entries_of(session, trial_id))
    if proposed is None:
        return facts_of(session, trial_id, today)
    return facts_of_plan(session, plan_of(session, trial_id, proposed.proposal.version), today)


def still_to_sign(session: Session, trial_id: str, amendment: Amendment, today: date) -> tuple[Open, ...]:
    """What is to be signed again before an open amendment can be confirmed."""
    proposal = amendment.proposal
    lock = queries.lock_of(session, trial_id, proposal.amends)
    assert lock is not None  # what is amended is locked
    amended, in_force = (
        replace(facts_of_plan(session, plan_of(session, trial_id, version), today), population=True)  # it is locked
        for version in (proposal.version, proposal.amends)
    )
    return to_sign_again(amended, in_force, lock.locked_at, amendment.proposed, proposal.effect)


def since_when(session: Session, trial_id: str, entry: Entry, facts: Facts, *, earlier: bool) -> date | None:
    """Since which day what an entry is about is as it is now: the day on which the design began, or the last on which
    what it is about of the plan, by its revisions and registered versions, became so, or, of the size of the sample,
    its customers were loaded. None of what may be older than the design.

    What is about an ``earlier`` plan than the one that stands is held to the day on which the design began.
    """
    if not of_the_design(entry):
        return None
    if earlier:
        return _begun(session, trial_id)
    days = [_begun(session, trial_id), _plan_as_it_is(session, trial_id, entry, facts)]
    if entry.kind == "signed_off" and entry.subject == "sample_size" and facts.customers is not None:
        assert facts.plan is not None  # it was counted by it
        loaded = loaded_population(session, facts.plan)
        days.append(None if loaded is None else loaded.loaded_at.date())
    return max((day for day in days if day is not None), default=None)


def _begun(session: Session, trial_id: str) -> date:
    """The day on which a design was begun, or a trial was registered that has none."""
    if queries.has_design(session, trial_id):
        return queries.design_of(session, trial_id).begun_at.date()
    trial = session.get(tables.Trial, trial_id)
    assert trial is not None  # it was asked for
    return trial.registered_at.date()


def _plan_as_it_is(session: Session, trial_id: str, entry: Entry, facts: Facts) -> date | None:
    """Since which day what an entry is about of the plan is as it is now; None where it is about nothing of it."""
    now = about(entry, facts.plan, facts.texts)
    if now is None:
        return None
    since: datetime | None = None
    for at, had in sorted(_plans(session, trial_id, facts.today), key=lambda each: each[0], reverse=True):
        plan, texts = had()
        if about(entry, plan, texts) == now:
            since = at
        elif since is not None:
            break
    return None if since is None else since.date()


Had = Callable[[], tuple[Protocol | None, Mapping[str, str]]]
"""A plan with its texts, read only where it is asked for."""


def _plans(session: Session, trial_id: str, today: date) -> Iterator[tuple[datetime, Had]]:
    """Every plan that a trial has had, drafted or registered, with when."""
    for revision in queries.revisions_of(session, trial_id):
        yield revision.saved_at, partial(_drafted, revision.draft, today)
    table = tables.ProtocolVersion
    for row in session.scalars(select(table).where(table.trial_id == trial_id)):
        yield row.registered_at, partial(_registered, row.canonical)


def _drafted(draft: Draft, today: date) -> tuple[Protocol | None, Mapping[str, str]]:
    return judge_draft(draft, day=today).protocol, draft.texts


def _registered(canonical: str) -> tuple[Protocol | None, Mapping[str, str]]:
    return parse_canonical(canonical), {}


def refuse_set_aside(recorded: Sequence[Recorded], trial_id: str) -> None:
    """Refuse to go on with a design that ended without a trial.

    Raises:
        TrialRefused: It did.
    """
    for each in recorded:
        if each.entry.kind == "set_aside":
            raise TrialRefused(
                f"the design was set aside on {each.entry.on:%Y-%m-%d} by {each.by}",
                where=trial_id,
                rule="a design that ended without a trial stays as it was",
                remedy="begin a new one from it",
            )


def loaded_population(session: Session, protocol: Protocol) -> PopulationRecord | None:
    """The last load of the population that a plan names; the plan may be partly filled."""
    if protocol.population is None or protocol.id is None:
        return None
    return queries.latest_population(session, queries.population_name(protocol))


Named = tuple[datetime, str, str]
"""When a text of a subject became the plan's, its subject, and its digest."""


def _of_revisions(session: Session, trial_id: str) -> Iterator[Named]:
    for revision in queries.revisions_of(session, trial_id):
        for subject, name in _named(revision.draft.document):
            if name in revision.draft.texts:
                yield revision.saved_at, subject, revision.draft.texts[name]


def _of_registrations(session: Session, trial_id: str) -> Iterator[Named]:
    table = tables.ProtocolVersion
    for row in session.scalars(select(table).where(table.trial_id == trial_id).order_by(table.version)):
        for subject, digest in _named(json.loads(row.canonical)):
            yield row.registered_at, subject, digest


def _declared(session: Session, trial_id: str, version: int | None = None) -> dict[str, tuple[Version, ...]]:
    """What each arm declares as the wording in use, since it was declared without a break: first the text that was
    there then, by an empty digest where none was.

    Args:
        session: A read.
        trial_id: The design or trial.
        version: A registered version of the plan, which nothing that was saved later says anything of; None for a
            draft.
    """
    had: dict[str, tuple[Version, ...]] = {}
    for at, now in sorted(_declarations(session, trial_id, version), key=lambda each: each[0]):
        before = {subject: had.get(subject, ()) for subject in now}
        had = {
            subject: was if was and was[-1].digest == now[subject] else (*was, Version(now[subject], at))
            for subject, was in before.items()
        }
    return had


def _declarations(session: Session, trial_id: str, version: int | None) -> Iterator[tuple[datetime, dict[str, str]]]:
    """Of each plan that a trial has had until then, drafted or registered, the digests of what it declares so."""
    table = tables.ProtocolVersion
    rows = session.scalars(select(table).where(table.trial_id == trial_id, table.version <= (version or 0))).all()
    last = max((row.registered_at for row in rows), default=None)
    for revision in queries.revisions_of(session, trial_id):
        if version is None or last is None or revision.saved_at <= last:
            names = dict(_named(revision.draft.document))
            yield (
                revision.saved_at,
                {subject: revision.draft.texts.get(name, "") for subject, name in names.items() if _in_use(subject)},
            )
    for row in rows:
        names = dict(_named(json.loads(row.canonical)))
        yield row.registered_at, {subject: digest for subject, digest in names.items() if _in_use(subject)}


def _in_use(subject: str) -> bool:
    return subject.endswith("_in_use")


def _named(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    arms = document.get("arms")
    for arm in arms if isinstance(arms, list) else ():
        texts = arm.get("text") if isinstance(arm, dict) else None
        for language, name in texts.items() if isinstance(texts, dict) else ():
            if isinstance(name, str) and isinstance(arm.get("id"), str):
                yield f"text/{arm['id']}/{language}", name


def _versions(named: Iterator[Named] | list[Named]) -> dict[str, tuple[Version, ...]]:
    """Of each text the versions that it has had, oldest first; one that stays is one version."""
    versions: dict[str, tuple[Version, ...]] = {}
    for at, subject, digest in sorted(named, key=lambda each: each[0]):
        had = versions.get(subject, ())
        if not had or had[-1].digest != digest:
            versions[subject] = (*had, Version(digest, at))
    return versions
