"""Who is looking, and everything a screen may read or ask for. The one seam between screens and registry.

Views call these functions and nothing below them, so a test replaces this module alone. Nothing that was read is kept
between two runs of a page: only the connection to the registry is shared.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Literal

import streamlit as st

from analysis.document import from_document
from analysis.results import Evaluation
from dashboards.checking import checking
from dashboards.uploads import Kept, Upload, keep
from data.errors import Refused
from designs.likeness import traits_of
from designs.protocol import Protocol
from designs.surge import Beside
from trials.access import Actor, UseCase, allow, parse_actor
from trials.errors import AccessRefused, NoRegistry
from trials.registry import Registry, open_registry, open_standing
from trials.registry.records import TrialDetail, TrialSummary
from trials.reporting.charts import DARK, LIGHT, Ink
from trials.reporting.library import Entry, entries_of, nearest
from trials.reporting.results.changed_results import result_changes as changes
from trials.reporting.words.names import Names
from trials.settings import load_settings

_open: bool = False


def open_for_visitors() -> None:
    """A door stands before this process's pages, so they may show something."""
    global _open
    _open = True


def _registry() -> Registry:
    if not _open:
        raise AccessRefused(
            "these pages are served to whoever asks",
            rule="nothing is read or written without a door before the pages",
            remedy="start the dashboard with `otm serve`, and open the address that it prints",
        )
    return _opened_registry()


@st.cache_resource(show_spinner=False)
def _opened_registry() -> Registry:
    return open_standing(load_settings())


def registry() -> Registry:
    """The registry, for the other seam: :mod:`dashboards.design_session`.

    Raises:
        NoRegistry: Nobody has begun one yet.
        AccessRefused: No door stands before these pages.
    """
    return _registry()


def registry_begun(use_case: UseCase) -> Registry:
    """The registry; the first protocol or design begins one.

    Raises:
        AccessRefused: The current user may not do what would begin it.
    """
    try:
        return _registry()
    except NoRegistry:
        allow(current_user(), use_case)
        open_registry(load_settings()).close()
        return _registry()


def current_user() -> Actor:
    """The person at work.

    Raises:
        AccessRefused: The setting that names them cannot be read.
    """
    return parse_actor(load_settings().actor)


def may(use_case: UseCase) -> Refused | None:
    """Why the current user may not do something, or ``None`` if they may. The stage asks again."""
    try:
        allow(current_user(), use_case)
    except Refused as refusal:
        return refusal
    return None


def portfolio() -> tuple[TrialSummary, ...]:
    """Every trial, newest first."""
    try:
        registry = _registry()
    except NoRegistry:
        return ()
    with registry.read(current_user()) as reader:
        trials = reader.portfolio()
    return tuple(sorted(trials, key=lambda trial: (trial.created_on, trial.id), reverse=True))


def library() -> tuple[Entry, ...]:
    """Past trials, designs that ended without one, and what was published elsewhere."""
    try:
        registry = _registry()
    except NoRegistry:
        return entries_of((), ())
    with registry.read(current_user()) as reader:
        trials, designs = reader.past_trials(), reader.ended_designs(today())
    return entries_of(trials, designs)


def shared_customers(trial_id: str) -> tuple[tuple[str, int | None], ...]:
    """How many customers a trial shares with each other one, most first; None where they are too few to be told.

    Raises:
        TrialRefused: There is no such trial.
    """
    from trials.stages.overlap import shared_customers as shared

    return shared(_registry(), current_user(), trial_id)


def contact_beside(trial_id: str) -> Beside | None:
    """The contact that a trial was predicted to bring beside what came; None where either is not known."""
    from trials.stages.contact import contact_beside as beside

    return beside(registry(), current_user(), trial_id)


def nearest_trials(plan: Protocol, but: str) -> tuple[tuple[Entry, float], ...]:
    """The entries of the library that are nearest to a plan, which may be partly filled, but for the design's own."""
    return nearest(library(), traits_of(plan), but)


def plan_of_design(design: str) -> Protocol | None:
    """A design's draft as far as it is filled; None where nothing of it could be read.

    Raises:
        TrialRefused: There is no such design.
    """
    with _registry().read(current_user(), design) as reader:
        return reader.plan_of_design(design, today())


def trial(trial_id: str) -> TrialDetail:
    """Everything recorded about one trial.

    Raises:
        TrialRefused: There is no such trial.
    """
    with _registry().read(current_user(), trial_id) as reader:
        return reader.trial(trial_id)


def evaluation(detail: TrialDetail) -> Evaluation | None:
    """The stored evaluation that is shown, or ``None`` before the first."""
    return None if detail.evaluation is None else from_document(detail.evaluation.document)


def with_evaluation(detail: TrialDetail, number: int) -> TrialDetail:
    """A trial with another of its evaluations in the place of the one that is shown.

    Raises:
        TrialRefused: It has no such evaluation.
    """
    trial_id = detail.summary.id
    with _registry().read(current_user(), trial_id) as reader:
        return replace(detail, evaluation=reader.evaluation(trial_id, number))


def result_changes(detail: TrialDetail, before: int, after: int) -> tuple[str, ...]:
    """How two evaluations of a trial differ, by their numbers, in sentences."""
    trial_id = detail.summary.id
    with _registry().read(current_user(), trial_id) as reader:
        records = reader.evaluation(trial_id, before), reader.evaluation(trial_id, after)
    return changes(*records, Names(detail.protocol))


def decide(
    trial_id: str,
    *,
    choice: Literal["accept", "override"],
    action: str,
    reason: str,
    conditions: str | None,
    review_on: date,
    finding: str,
    also_read: Sequence[str],
) -> None:
    """Record a decision.

    Args:
        finding: the digest of the evaluation that the page showed.
        also_read: those of every evaluation that it listed.

    Raises:
        TrialRefused: The decision cannot be taken as things stand.
    """
    from trials.stages.decide import decide as record
    from trials.stages.draft import drop_draft

    record(
        _registry(), current_user(), trial_id,
        choice=choice, action=action, reason=reason, conditions=conditions, review_on=review_on, finding=finding,
        also_read=also_read,
    )  # fmt: skip
    drop_draft(_registry(), current_user(), trial_id)


def draft(trial_id: str) -> dict[str, str]:
    """What the current user has typed about a decision and not recorded yet."""
    with _registry().read(current_user(), trial_id) as reader:
        return reader.draft(trial_id)


def keep_draft(trial_id: str, typed: dict[str, str]) -> None:
    """Keep what the current user has typed, for after a reload."""
    from trials.stages.draft import keep_draft as keep_typed

    keep_typed(_registry(), current_user(), trial_id, typed)


@contextmanager
def sent(registry: Registry, protocol: Upload, texts: tuple[Upload, ...]) -> Iterator[Kept]:
    """A protocol that was sent with its texts: checked beside the server and kept, unless what is done with it is
    refused.

    Raises:
        Refused: Something in the files cannot be taken; nothing was kept.
    """
    with checking(protocol.name) as reader:
        kept = keep(registry.uploads, registry.scratch_room, protocol, texts, reader)
    try:
        yield kept
    except Refused:
        if kept.new:
            shutil.rmtree(kept.path.parent)
        raise


def register(protocol: Upload, texts: tuple[Upload, ...]) -> str:
    """Register an uploaded protocol with the texts that it names; returns the trial's id.

    Raises:
        Refused: Something in the files cannot be taken; nothing was kept.
    """
    from trials.stages.register import register as record

    actor = current_user()
    registry = registry_begun("register")
    registry.permit(actor, "register")
    with sent(registry, protocol, texts) as kept:
        return record(registry, actor, kept.path, kept.checked).trial


def today() -> date:
    return datetime.now(UTC).date()


def ink() -> Ink:
    """The inks of charts under the reader's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT
