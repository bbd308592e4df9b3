"""Decision: one sentence, a verdict, three figures, one chart; then the grounds, and the record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import streamlit as st

from analysis.results import Evaluation
from dashboards import frame, markup, session
from dashboards.drafts import Draft
from data.errors import Refused
from trials.registry.records import TrialDetail
from trials.reporting.charts import effect_figure, net_benefit_figure
from trials.reporting.headline import headline
from trials.reporting.names import Names, names_of
from trials.reporting.tables import approaches
from trials.reporting.trust import check_lines, decision_lines, flip_lines
from trials.reporting.vocabulary import verdict

REVIEW_AFTER = timedelta(days=182)
ACCEPT: Final = "Accept"
KEPT: Final = "session"
_RECORDED: Final = "recorded_decision"


def show() -> None:
    detail = frame.chosen_trial("Decision")
    if detail is None:
        return
    frame.heading(detail, "views/results.py", "Results, for the analyst")
    evaluation = session.evaluation(detail)
    if evaluation is None:
        frame.what_is_next(detail)
        return
    names = names_of(detail.protocol)
    _first_screen(evaluation, names)
    _each_approach(evaluation, names)
    _what_would_change_this(evaluation, names)
    _can_i_trust_it(detail, evaluation)
    _record(detail, evaluation, names)


def _first_screen(evaluation: Evaluation, names: Names) -> None:
    found = evaluation.verdict
    arm = names.approach(found.arm) if found.arm else None
    st.html(markup.lead(found.sentence))
    st.html(markup.verdict_banner(found.code, verdict(found.code, arm, found.segment)))
    figures = headline(evaluation, names)
    if figures is None:
        st.write("No effect is shown, because a trial that fails a check cannot support one. The checks are below.")
        return
    if figures.about:
        st.html(markup.quiet(figures.about))
    st.html(markup.figures((figure.label, figure.value, figure.span) for figure in figures.figures))
    if evaluation.net_benefit is not None:
        shown = net_benefit_figure(evaluation.net_benefit.arms, names, session.ink())
        frame.figure(shown, "No net benefit could be estimated, so there is no chart of it.")
    else:
        st.write(f"Net benefit was not estimated: {evaluation.net_benefit_reason or 'no reason was recorded'}.")
        rows = [row for row in evaluation.estimates if row.role == "primary" and row.declared]
        frame.figure(effect_figure(rows, names, session.ink()), "The primary effect could not be estimated.")


def _each_approach(evaluation: Evaluation, names: Names) -> None:
    if not evaluation.verdict.arms or evaluation.verdict.code == "invalid":
        return
    st.header("Each approach", anchor="approaches")
    st.html(markup.table(approaches(evaluation, names), headed=True))


def _what_would_change_this(evaluation: Evaluation, names: Names) -> None:
    st.header("What would change this", anchor="changes")
    st.html(markup.bullets(flip_lines(evaluation, names)))


def _can_i_trust_it(detail: TrialDetail, evaluation: Evaluation) -> None:
    st.header("Can I trust it?", anchor="trust")
    st.html(markup.bullets(check_lines(evaluation.checks)))
    st.page_link(
        "views/results.py", label="All checks and results, for the analyst", query_params={"trial": detail.summary.id}
    )


def _record(detail: TrialDetail, evaluation: Evaluation, names: Names) -> None:
    st.header("Record a decision", anchor="decide")
    if detail.decisions:
        st.html(markup.bullets(tuple(line for decision in detail.decisions for line in decision_lines(decision))))
    refusal = session.may("decide")
    if refusal is not None:
        frame.refused(refusal)
        return
    _form(detail, evaluation, names)


def _form(detail: TrialDetail, evaluation: Evaluation, names: Names) -> None:
    """Not a Streamlit form: those send nothing until the end, and what was typed would be lost on leaving the page."""
    trial_id = detail.summary.id
    if st.session_state.pop(_RECORDED, None) == trial_id:
        st.success("The decision is recorded.")
    key = f"decision-{trial_id}-{len(detail.decisions)}"  # a recorded decision is followed by an empty form
    kept = session.draft(trial_id)
    typed = _fields(key, kept, _suggested(evaluation, names))
    if typed != kept:
        session.keep_draft(trial_id, typed)
    if not st.button("Record the decision", type="primary", key=f"{key}-record"):
        return
    try:
        session.decide(
            trial_id, choice="accept" if typed["choice"] == ACCEPT else "override", action=typed["action"],
            reason=typed["reason"], conditions=typed["conditions"] or None,
            review_on=date.fromisoformat(typed["review_on"]),
        )  # fmt: skip
    except Refused as refusal:
        frame.refused(refusal)
    else:
        st.session_state[_RECORDED] = trial_id
        st.rerun()


def _suggested(evaluation: Evaluation, names: Names) -> Draft:
    found = evaluation.verdict
    return {
        "choice": ACCEPT,
        "action": verdict(found.code, names.approach(found.arm) if found.arm else None, found.segment),
        "reason": "",
        "conditions": "",
        "review_on": (session.today() + REVIEW_AFTER).isoformat(),
    }


def _fields(key: str, kept: Draft, suggested: Draft) -> Draft:
    """The fields, filled with what was typed before, or with what the verdict suggests."""
    first = {**suggested, **kept}
    options = (ACCEPT, "Override")
    choice = st.radio(
        "Do you accept the verdict?", options, options.index(first["choice"]), key=f"{key}-choice", persist_state=KEPT
    )
    action = st.text_input("What will be done", first["action"], key=f"{key}-action", persist_state=KEPT)
    reason = st.text_area("Reason", first["reason"], key=f"{key}-reason", persist_state=KEPT, height=100)
    conditions = st.text_area(
        "Conditions, if any", first["conditions"], key=f"{key}-conditions", persist_state=KEPT, height=70
    )
    earliest = session.today()
    review_on = st.date_input(
        "Review on", max(date.fromisoformat(first["review_on"]), earliest), min_value=earliest, format="DD/MM/YYYY",
        key=f"{key}-review", persist_state=KEPT,
    )  # fmt: skip
    return {
        "choice": choice, "action": action, "reason": reason, "conditions": conditions,
        "review_on": review_on.isoformat(),
    }  # fmt: skip


show()
