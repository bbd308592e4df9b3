"""What every page shares: its style, who is at work, and how a refusal or a figure is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import streamlit as st
from altair.utils.schemapi import disable_debug_mode

from analysis.results import Evaluation
from analysis.wording.phrases import capitalised
from dashboards import markup, session
from data.errors import Refused
from designs.protocol.errors import ProtocolRefused
from trials.registry.records import TrialDetail, TrialSummary
from trials.reporting.amended import amended
from trials.reporting.charts import Figure
from trials.reporting.portfolio import next_action, next_actor, outside_route
from trials.reporting.results.decisions import decision_notice
from trials.reporting.results.evaluations import evaluation_line
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import VOID, state, verdict
from trials.unforeseen import unforeseen

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

# Checking each chart against the whole Vega-Lite schema takes more time than the rest of a page; tests do it instead.
disable_debug_mode()

_THEME = Path(__file__).parent / "theme"
_STYLE = _THEME / "style.css"
SECTION_SCRIPT = (_THEME / "section.js").read_text("utf-8")
_LAST_TRIAL = "last_trial"
Page = Literal["Decision", "Results"]


@dataclass(frozen=True, slots=True)
class EvaluatedTrial:
    """A trial with its finding, or before that its latest evaluation, and the names of its arms and outcomes."""

    detail: TrialDetail
    evaluation: Evaluation
    names: Names

    @property
    def void(self) -> bool:
        """Whether the draw is void, so that no evaluation of it has a verdict."""
        return self.detail.summary.state == "void"

    @property
    def verdict_words(self) -> str:
        """The verdict, in the words of its banner."""
        if self.void:
            return VOID
        reached = self.evaluation.verdict
        approach = self.names.approach(reached.arm) if reached.arm else None
        return verdict(
            reached.code, approach, self.names.where_to_scale(reached), self.names.nothing, self.names.columns
        )


def show(page: StreamlitPage) -> None:
    """Run a page; whatever the service refuses is said plainly instead of the page."""
    st.html(_STYLE)
    st.html(f"<script>{SECTION_SCRIPT}</script>", unsafe_allow_javascript=True)
    try:
        page.run()
    except Refused as refusal:
        refused(refusal)
    except Exception as error:  # noqa: BLE001 no traceback on a screen; Streamlit's own stops are no Exception
        refused(unforeseen(error, f"the page {page.title}"))
    _who_is_at_work()


def _who_is_at_work() -> None:
    try:
        actor = session.current_user()
    except Refused as refusal:
        refused(refusal)
        return
    if actor.role == "all":
        words = f"You are working as {actor.name}, the local default, which holds every role."
    else:
        words = f"You are working as {actor.name}, {actor.role}."
    st.html(markup.quiet(words))


def refused(refusal: Refused) -> None:
    """Why something was refused, what rule that is, and what to do next."""
    if isinstance(refusal, ProtocolRefused):
        st.html(markup.refusal([f"{capitalised(refusal.problem)}."], list(refusal.lines)))
        return
    # A path on the server is nothing to a reader of a screen; a field, a row or a trial is.
    in_sight = refusal.where and "/" not in refusal.where
    parts = [f"{refusal.where}: {refusal.problem}." if in_sight else f"{capitalised(refusal.problem)}."]
    if refusal.rule:
        parts.append(f"Rule: {refusal.rule}.")
    if refusal.remedy:
        parts.append(f"What to do: {refusal.remedy}.")
    st.html(markup.refusal(parts))


def told(*sentences: str) -> None:
    """What must be read before anything else is done, each sentence on a line of its own."""
    st.html(markup.refusal(sentences))


def synthetic_notice(trials: tuple[TrialSummary, ...]) -> None:
    """The plain line at the top of every page that shows made-up customers."""
    if trials and all(trial.synthetic for trial in trials):
        words = "these trials are" if len(trials) > 1 else "this trial is"
        st.html(markup.notice(f"Synthetic data: {words} made of invented customers, not real ones."))
    elif any(trial.synthetic for trial in trials):
        st.html(markup.notice("Synthetic data: the trials marked synthetic are made of invented customers."))


def trial_page(page: Page, *, any_evaluation: bool = False) -> EvaluatedTrial | None:
    """Begin a page about one trial: its heading and the way to its other page.

    Args:
        any_evaluation: whether the address may name another evaluation than the finding.

    Returns:
        The trial and its evaluation. None where no trial was chosen or nothing has been evaluated: the page then says
        what comes first.
    """
    detail = _chosen_trial(page)
    if detail is None:
        return None
    _heading(detail, page)
    if any_evaluation:
        detail = _chosen_evaluation(detail)
    evaluation = session.evaluation(detail)
    if evaluation is None:
        _what_is_next(detail)
        return None
    return EvaluatedTrial(detail, evaluation, Names(detail.protocol))


def _chosen_trial(page: Page) -> TrialDetail | None:
    """The trial that the address names, or the last one looked at; otherwise a list to choose from."""
    trial_id = st.query_params.get("trial") or st.session_state.get(_LAST_TRIAL)
    refusal = None
    if trial_id:
        try:
            detail = session.trial(trial_id)
        except Refused as unknown:
            refusal = unknown
        else:
            st.query_params["trial"] = trial_id
            st.session_state[_LAST_TRIAL] = trial_id
            return detail
    _choose(page, refusal)
    return None


def _chosen_evaluation(detail: TrialDetail) -> TrialDetail:
    """The trial with the evaluation that the address names; as it is shown everywhere where it names none."""
    named = st.query_params.get("evaluation")
    if named is None:
        return detail
    try:
        return session.with_evaluation(detail, int(named) if named.isdecimal() else 0)
    except Refused as unknown:
        refused(unknown)
        return detail


def _choose(page: Page, refusal: Refused | None) -> None:
    trials = session.portfolio()
    synthetic_notice(trials)
    st.html(markup.heading(1, page))
    if refusal is not None:
        refused(refusal)
    if not trials:
        no_trials()
        return
    st.html(markup.said("Choose a trial."))
    st.html(markup.links((f"{page.lower()}?trial={trial.id}", trial.title) for trial in trials))


def no_trials() -> None:
    st.html(markup.said("No trials yet. Start with a protocol, or load the demonstration."))
    st.page_link("views/add_trial.py", label="Start with a protocol")
    st.html(markup.said("The demonstration is loaded from the command line with python3 otm demo."))


def _heading(detail: TrialDetail, page: Page) -> None:
    """The trial's title, its state, and the way to its other page."""
    summary = detail.summary
    synthetic_notice((summary,))
    outside = outside_route(summary)
    if outside is not None and page == "Results":
        st.html(markup.notice(outside))
    changed = amended(summary.amendments)
    if changed is not None and page == "Results":
        st.html(markup.notice(changed))
    st.html(markup.heading(1, summary.title))
    with st.container(horizontal=True, vertical_alignment="center"):
        where = "" if outside is None else ", locked outside the route of approval"
        where += "" if changed is None else ", plan amended after the lock"
        st.html(markup.said(f"{state(summary.state)}{where}"))
        address = {"trial": summary.id}
        if page == "Decision":
            st.page_link("views/results.py", label="Results, for the analyst", query_params=address)
        else:
            st.page_link("views/decision.py", label="Decision, for the manager", query_params=address)


def _what_is_next(detail: TrialDetail) -> None:
    """In place of results that are not there: what happens next, and who does it."""
    coming = detail.summary.next
    words = f"There is no evaluation yet. Next: {next_action(coming)}. Who: {next_actor(coming)}."
    st.html(markup.lead(words))


def which_evaluation(detail: TrialDetail) -> None:
    """Which of the trial's evaluations the page shows, and as at which day; and what a decision has come to."""
    line = evaluation_line(detail)
    if line is not None:
        st.html(markup.quiet(line))
    decided = decision_notice(detail)
    if decided is not None:
        st.html(markup.notice(decided))


def figure(shown: Figure | None, absent: str, anchor: str | None = None) -> None:
    """A figure with its words, and its numbers one click below; or why there is none.

    With an ``anchor`` its title is a heading that an address can name.
    """
    if shown is None:
        st.html(markup.said(absent))
        return
    if anchor:
        st.html(markup.heading(3, shown.title, anchor))
    else:
        st.html(markup.title(shown.title))
    st.vega_lite_chart(shown.chart.to_dict(validate=False), width="stretch", height=shown.height, alt=shown.alt)
    st.html(markup.quiet(shown.caption))
    table = markup.table(shown.table, dense=len(shown.table.columns) > 6)
    st.html(markup.details("The same numbers in a table", table))
