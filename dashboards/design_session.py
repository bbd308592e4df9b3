"""Designs, as :mod:`dashboards.session` has the rest: everything that their pages may read or ask for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Literal

from dashboards import session
from data.errors import Refused
from data.whole_files import archived
from designs.drafting import Change, Draft, changes, draft_of_template, empty_draft, files_of, judge_draft
from designs.entries import EntryKind, Recorded, Signatory
from designs.library import templates
from designs.literals import Language
from designs.protocol.models import Protocol
from designs.suitability.doubts import doubted, overrides
from designs.suitability.staleness import answer_digests, rests_on
from designs.variants.wording import as_text
from trials.access import UseCase
from trials.errors import NoRegistry
from trials.registry.customers import Customers
from trials.registry.records import DesignDetail, DiagnosisRecord, PopulationRecord, RevisionRecord, Typed
from trials.stages.design import Revised

Origin = Literal["empty", "template", "trial"]


def designs(*, but: Collection[str] = (), most: int | None = None) -> tuple[DesignDetail, ...]:
    """Designs as they stand, the one that was begun last first; none before there is a registry.

    Args:
        but: Those that are left out, by id: to judge a design takes longer than to list it.
        most: How many at most; all of them where it is not given.
    """
    try:
        registry = session.registry()
    except NoRegistry:
        return ()
    with registry.read(session.current_user()) as reader:
        begun = sorted(reader.designs(), key=lambda design: design.begun_at, reverse=True)
        shown = [design for design in begun if design.id not in but][:most]
        return tuple(reader.design_detail(design.id, session.today()) for design in shown)


def template_titles() -> dict[str, str]:
    """The library's templates by name, with their titles."""
    return {template.name: template.loaded.protocol.title for template in templates()}


def begin(design: str, origin: Origin, name: str | None) -> None:
    """Begin a design: empty, or with a template or a past trial's plan.

    Raises:
        Refused: The id is taken or is none, or there is no such template or trial.
    """
    from trials.stages.design import begin_design

    registry, actor = session.registry_begun("design"), session.current_user()
    contents: dict[str, bytes] = {}
    if origin == "trial":
        with registry.read(actor, name) as reader:
            draft, contents = reader.past_plan(name or "", design)
    elif origin == "template":
        draft, contents = draft_of_template(name or "", design)
    else:
        draft = empty_draft(design)
    named = {} if name is None else {"name": name}
    begin_design(registry, actor, design, draft, contents, origin={"kind": origin, **named})


def detail(design: str) -> DesignDetail:
    """A design as it stands.

    Raises:
        TrialRefused: There is no such design.
    """
    with session.registry().read(session.current_user(), design) as reader:
        return reader.design_detail(design, session.today())


def revision(design: str, number: int) -> RevisionRecord:
    """One revision of a design's draft.

    Raises:
        TrialRefused: There is no such revision.
    """
    with session.registry().read(session.current_user(), design) as reader:
        return reader.design(design, number)


def history(design: str) -> tuple[tuple[RevisionRecord, tuple[Change, ...]], ...]:
    """Every revision of a draft, the latest first, with what changed since the one before it."""
    with session.registry().read(session.current_user(), design) as reader:
        revisions = reader.revisions(design)
    before: Mapping[str, Any] = {}
    rows = []
    for each in revisions:
        rows.append((each, changes(before, each.draft.whole) if before else ()))
        before = each.draft.whole
    return tuple(reversed(rows))


def save(design: str, draft: Draft, contents: Mapping[str, bytes], made_from: int) -> Revised:
    """Save a draft as the next revision; what others saved meanwhile is kept.

    Raises:
        DraftConflict: Two people changed one value in different ways; nothing was saved.
        Refused: The draft cannot be kept, or the plan is locked.
    """
    from trials.stages.design import revise_design

    return revise_design(session.registry(), session.current_user(), design, draft, contents, made_from=made_from)


def typed(design: str, page: str) -> tuple[Typed, ...]:
    """What the current user has typed on a page and not saved yet, in each of their windows, the latest first."""
    with session.registry().read(session.current_user(), design) as reader:
        return reader.typed(design, page)


def diagnoses(design: str) -> tuple[DiagnosisRecord, ...]:
    """What was simulated of a design's plans, in the order in which it was."""
    with session.registry().read(session.current_user(), design) as reader:
        return reader.diagnoses(design)


def keep_typed(
    design: str, page: str, made_from: int, document: Mapping[str, Any], window: str, instead_of: Typed | None
) -> None:
    """Keep what the current user has typed on a page in one window, for after a reload."""
    from trials.stages.typed import keep_typed as keep

    keep(
        session.registry(), session.current_user(), design, page,
        made_from=made_from, document=document, window=window, instead_of=instead_of,
    )  # fmt: skip


def drop_typed(design: str, page: str, window: str, instead_of: Typed | None) -> None:
    """Forget what the current user has typed on a page in one window."""
    from trials.stages.typed import drop_typed as drop

    drop(session.registry(), session.current_user(), design, page, window=window, instead_of=instead_of)


def enter(design: str, document: Mapping[str, Any], read: str | None = None) -> Recorded:
    """Put something that happened today, or on the day that it names, on record about a design.

    Args:
        design: Which.
        document: The entry.
        read: The digest of the plan that was on the page; not needed for what is about nothing of the plan.

    Raises:
        Refused: Something in it is missing or wrong, or the current user may not say so.
    """
    from designs.entries import read_entry
    from designs.protocol.reading import Document
    from trials.stages.enter import enter as record

    dated = {"on": session.today().isoformat(), **document}
    return record(session.registry(), session.current_user(), design, read_entry(Document(dated, {})), read=read)


def signs_for() -> tuple[Signatory, ...]:
    """The bodies for which the current user signs."""
    from trials.stages.enter import signs_for as bodies

    return bodies(session.current_user().role)


def signed_text(design: str, digest: str) -> str | None:
    """A text that was signed once, as it was; None where it is not kept, or is no text."""
    try:
        with session.registry().read(session.current_user(), design) as reader:
            return as_text(reader.design_text(design, digest))
    except Refused:
        return None


def size_void_since(detail: DesignDetail) -> date | None:
    """The day on which the size of the sample stopped being what KAI had signed; None where it has not."""
    from trials.reporting.designing.signing import size_signatures, size_void_since

    if not size_signatures(detail.facts.recorded):
        return None
    with session.registry().read(session.current_user(), detail.design.id) as reader:
        return size_void_since(detail.facts, reader.revisions(detail.design.id))


def letter_file(design: str, arm: str, language: Language) -> bytes:
    """The saved text of an arm as customers get it, as PDF.

    Raises:
        TrialRefused: There is no such text.
    """
    from trials.stages.paper import letter_file as made

    return made(session.registry(), session.current_user(), design, arm, language, session.today())


def paper_file(design: str, ending: str) -> bytes:
    """The paper for those who approve a design, as of today: ``.pdf`` or ``.docx``.

    Raises:
        TrialRefused: Something on record has not happened yet.
    """
    from trials.stages.paper import paper_file as made

    return made(session.registry(), session.current_user(), design, ending, session.today())


def registration_file(design: str, form: str, ending: str) -> bytes:
    """A design's entry for a public registry, as of today: ``.pdf``, ``.docx`` or ``.json``.

    Raises:
        TrialRefused: Something on record has not happened yet.
    """
    from trials.stages.paper import registration_file as made

    return made(session.registry(), session.current_user(), design, form, ending, session.today())


def plan_of(draft: Draft) -> Protocol | None:
    """A draft as a plan, as far as it can be read, with None for a section that is not there."""
    return judge_draft(draft, day=session.today()).protocol


def as_archive(detail: DesignDetail) -> bytes:
    """A draft as a protocol file with its texts, in one archive; the same bytes for the same draft."""
    draft, contents = detail.revision.draft, detail.facts.contents
    kept = {name: digest for name, digest in draft.texts.items() if digest in contents}  # of a locked plan, its own
    return archived(files_of(Draft(draft.document, kept), contents))


def use_case_of(kind: EntryKind) -> UseCase:
    """What somebody must be allowed to do to record an entry of a kind."""
    from trials.stages.enter import WHO

    return WHO[kind]


def answers_as_they_stand(detail: DesignDetail) -> dict[str, str]:
    """Each answer with what it rests on, as a digest: what a confirmation is of."""
    return {} if detail.facts.plan is None else rests_on(detail.facts.plan, detail.facts.texts)


def doubts(detail: DesignDetail) -> dict[str, str]:
    """Each answer that is in doubt and that nobody has overridden as it stands, with its digest."""
    facts = detail.facts
    if facts.plan is None or facts.plan.suitability is None:
        return {}
    held, digests = overrides(facts.plan, facts.recorded), answer_digests(facts.plan)
    return {question: digests[question] for question in doubted(facts.plan) if question not in held}


def customers(draft: Draft) -> tuple[PopulationRecord | None, Customers | None]:
    """The last load of the population that a draft names, and its customers as the draft has them.

    Raises:
        Refused: The population has no column that a rule asks for, or its rows are not as they were frozen.
    """
    with session.registry().read(session.current_user()) as reader:
        return reader.customers(draft, session.today())


def levels(population: PopulationRecord, column: str) -> Mapping[str | None, int]:
    """How many customers of a load have each value of a column; None is a blank."""
    with session.registry().read(session.current_user()) as reader:
        return reader.levels(population, column)
