"""Long work as a page shows it: what it is doing and how far it is, and why it came to nothing where it did."""

from __future__ import annotations

from typing import Final

import streamlit as st

from analysis.wording.phrases import moment
from dashboards import markup, screen, work
from trials.errors import TrialRefused
from trials.registry.records import JobRecord, LongStage

_EVERY: Final = 2.0  # seconds between two looks
_DOING: Final[dict[LongStage, str]] = {
    "load_population": "The customers are being loaded",
    "lock": "The plan is being locked",
    "lock_outside": "The plan is being locked outside its route",
    "randomise": "Customers are being assigned",
    "issue": "Issue lists are being written",
    "evaluate": "The trial is being evaluated",
    "diagnose": "The plan is being simulated",
}


def watched(trial: str, stage: LongStage) -> JobRecord | None:
    """The last work of a kind, shown where it is under way or came to nothing; None before the first."""
    job = work.standing(trial, stage)
    if job is not None and job.state == "running":
        _under_way(trial, stage)
    elif job is not None and job.refusal is not None:
        ended = job.finished_at or job.started_at
        st.html(markup.quiet(f"Last tried by {job.started_by}, {moment(ended)} UTC. Nothing came of it:"))
        why = job.refusal
        screen.refused(TrialRefused(why.problem, where=why.where, rule=why.rule, remedy=why.remedy))
    return job


@st.fragment(run_every=_EVERY)
def _under_way(trial: str, stage: LongStage) -> None:
    job = work.standing(trial, stage)
    if job is None or job.state != "running":
        st.rerun(scope="app")
    begun = f"{job.started_at:%H:%M} UTC by {job.started_by}"
    st.html(markup.progress(f"{_DOING[stage]}, begun at {begun}: {job.step}.", job.progress))
    st.html(markup.quiet("You may leave this page: it goes on, and this says how far it is."))
