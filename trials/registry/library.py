"""The library: what is on record of trials that ended or have a finding, and of designs that ended without one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.document import from_document
from analysis.results import Estimate
from designs.drafting import judge_draft
from designs.entries import SetAside
from designs.protocol import Protocol
from trials.concealment import concealed
from trials.findings import WITHOUT_VERDICT
from trials.life import FINISHED
from trials.registry import queries, tables
from trials.registry.records import EndedDesign, PastTrial, TrialSummary
from trials.registry.remembered import Remembered

_Shown = tuple[tuple[Estimate, ...], str | None]
_kept: Final = Remembered(2_000)
"""What is shown of an evaluation, by its digest and by whether arms are seen. A stored evaluation never changes, and to
read one whole takes longer than all the rest; ``otm verify`` reads them anew."""


def past_trials(
    session: Session, summaries: tuple[TrialSummary, ...], sees_arms: Callable[[str], bool]
) -> tuple[PastTrial, ...]:
    """Those of the trials that ended or have a finding, with their effects as whoever asks may see them.

    Args:
        session: Of the reader.
        summaries: Of every trial, as they are told.
        sees_arms: Whether the reader sees a trial's arms: its draw is released, or they are its randomiser.
    """
    past = [summary for summary in summaries if _is_past(summary)]
    plans = _plans(session) if past else {}
    trials = []
    for summary in past:
        effects: tuple[Estimate, ...] = ()
        if summary.state == "void":
            void = queries.void_of(session, summary.id)
            why = None if void is None else void.reason
        elif summary.evaluation is None:
            why = "It was never evaluated"
        else:
            effects, why = _shown(session, summary, sees_arms(summary.id))
        trials.append(PastTrial(summary, plans[summary.id], effects, why))
    return tuple(trials)


def _is_past(summary: TrialSummary) -> bool:
    with_finding = summary.verdict_code is not None and summary.verdict_code not in WITHOUT_VERDICT
    return summary.state in FINISHED or with_finding or summary.verdict_code == "invalid"


def _plans(session: Session) -> Mapping[str, Protocol]:
    return {standing.trial: plan for standing, plan in queries.standings(session)}


def _shown(session: Session, summary: TrialSummary, sees_arms: bool) -> _Shown:
    """The effects of an evaluation on the primary outcome, or why it has none to show."""
    key = (summary.evaluation_digest or "", sees_arms)
    shown: _Shown = _kept.get(key, lambda: _read(session, summary, sees_arms))
    return shown


def _read(session: Session, summary: TrialSummary, sees_arms: bool) -> _Shown:
    stored = tables.StoredEvaluation
    document = session.scalars(
        select(stored.document).where(stored.trial_id == summary.id).where(stored.number == summary.evaluation)
    ).one()
    whole = from_document(document)
    evaluation = whole if sees_arms else concealed(whole)
    if evaluation.verdict.code in WITHOUT_VERDICT:
        return (), " ".join(evaluation.verdict.reasons) or evaluation.verdict.sentence
    return tuple(row for row in evaluation.estimates if _of_everybody(row)), None


def _of_everybody(row: Estimate) -> bool:
    """Whether a row is an approach's effect on the primary outcome of all who were assigned it."""
    whole = row.role == "primary" and row.segment is None and row.variant is None and row.phase == "planned"
    return whole and (row.decides or row.estimand in ("survival_difference", "main_effect"))


def ended_designs(session: Session, today: date) -> tuple[EndedDesign, ...]:
    """Every design that ended without a trial, by id: what it was about, what was done instead, and why."""
    entries = tables.DesignEntry
    ended = session.scalars(
        select(entries.trial_id).where(entries.kind == "set_aside").order_by(entries.trial_id).distinct()
    )
    found = []
    for design in ended:
        entry = next(of.entry for of in queries.entries_of(session, design) if isinstance(of.entry, SetAside))
        draft = queries.revision_of_draft(session, design).draft
        title = draft.document.get("title")
        found.append(
            EndedDesign(
                id=design,
                title=title if isinstance(title, str) and title.strip() else design,
                plan=judge_draft(draft, day=today).protocol,
                ended_on=entry.on,
                instead=entry.instead,
                what=entry.what,
                reason=entry.reason,
            )
        )
    return tuple(found)
