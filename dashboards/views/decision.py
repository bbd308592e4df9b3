"""Decision: one sentence, a verdict, three figures, one chart; then the grounds, and the record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

import streamlit as st

from analysis.results import Evaluation
from dashboards import markup, screen, session
from dashboards.screen import EvaluatedTrial
from data.errors import Refused
from trials.registry.records import EvaluationRecord, TrialDetail
from trials.reporting.amended import amended
from trials.reporting.charts import effect_figure, net_benefit_figure
from trials.reporting.portfolio import outside_route
from trials.reporting.results.approaches import approaches
from trials.reporting.results.decisions import decision_lines
from trials.reporting.results.effects import as_judged
from trials.reporting.results.headline import headline, why_no_figures, why_no_net_benefit
from trials.reporting.results.looks import looks_of
from trials.reporting.results.near_misses import near_misses, segment_misses
from trials.reporting.results.trust import change_lines, check_lines, reason_lines, value_lines
from trials.reporting.results.unplanned import unplanned_lines
from trials.reporting.words.names import Names

Draft = dict[str, str]
REVIEW_AFTER = timedelta(days=182)
ACCEPT: Final = "Accept"
OVERRIDE: Final = "Override"
CHOICES: Final = (ACCEPT, OVERRIDE)
UNDECIDED: Final = ""
ON_AN_ATTEMPT: Final = (
    "This evaluation is an attempt: its data are invalid, so there is no verdict to accept. Load the corrected files "
    "and evaluate again. Where nothing can mend them, a decision here ends the trial without a finding."
)
ON_A_VOID_DRAW: Final = (
    "Two people made the draw of this trial void. It has no verdict, whatever was evaluated before, and nothing can be "
    "decided on it. Its record is kept."
)
BEFORE_ITS_WAVES: Final = (
    "There is no verdict before every outcome is due, and waves of this trial are still to be drawn. Where they will "
    "not be drawn, a decision here ends the trial without a finding."
)
WITHOUT_A_FINDING: Final = "End the trial without a finding"
UNTIL_RELOAD: Final = "session"
_RECORDED: Final = "recorded_decision"
_DRAFT_OF: Final = "finding"  # the digest of the evaluation that a draft is about
_SUGGESTED: Final = "suggested"  # the action that its verdict suggested
KEPT: Final = (
    "The result changed since you typed what follows. It is kept: read the result above again, say whether you accept "
    "its verdict, and record what you decide."
)


def show() -> None:
    trial = screen.trial_page("Decision")
    if trial is None:
        return
    _first_screen(trial)
    if trial.void:
        _record(trial)
        return
    _reasons(trial.evaluation)
    _looks(trial.evaluation, trial.names)
    _each_approach(trial.evaluation, trial.names)
    _what_would_change_this(trial.evaluation, trial.names)
    _can_i_trust_it(trial)
    _record(trial)


def _first_screen(trial: EvaluatedTrial) -> None:
    evaluation, names = trial.evaluation, trial.names
    if trial.void:
        st.html(markup.lead(ON_A_VOID_DRAW))
        st.html(markup.verdict_banner("invalid", trial.verdict_words))
        return
    st.html(markup.lead(evaluation.verdict.sentence))
    st.html(markup.verdict_banner(evaluation.verdict.code, trial.verdict_words))
    screen.which_evaluation(trial.detail)
    figures = headline(evaluation, names)
    if figures is None:
        st.html(markup.said(why_no_figures(evaluation)))
        return
    if figures.about:
        st.html(markup.quiet(figures.about))
    st.html(markup.figures((figure.label, figure.value, figure.span) for figure in figures.figures))
    if evaluation.net_benefit is not None:
        shown = net_benefit_figure(evaluation.net_benefit.arms, names, session.ink())
        screen.figure(shown, "No net benefit could be estimated, so there is no chart of it.")
    else:
        st.html(markup.said(why_no_net_benefit(evaluation)))
        rows = [row for row in as_judged(evaluation.estimates) if row.role == "primary" and row.declared]
        screen.figure(effect_figure(rows, names, session.ink()), "The primary effect could not be estimated.")


def _reasons(evaluation: Evaluation) -> None:
    lines = reason_lines(evaluation)
    if lines:
        st.html(markup.heading(2, "Reasons", "reasons"))
        st.html(markup.bullets(lines))


def _looks(evaluation: Evaluation, names: Names) -> None:
    table = looks_of(evaluation, names)
    if table is not None:
        st.html(markup.heading(2, "Looks", "looks"))
        st.html(markup.table(table))


def _each_approach(evaluation: Evaluation, names: Names) -> None:
    if not evaluation.verdict.arms or not evaluation.shows_effects:
        return
    st.html(markup.heading(2, "Each approach", "approaches"))
    st.html(markup.table(approaches(evaluation, names), headed=True))
    missed = near_misses(evaluation, names)
    if missed is not None:
        st.html(markup.table(missed))
    in_segments = segment_misses(evaluation, names)
    if in_segments is not None:
        words = "Each planned segment: what was shown there, and what was not"
        st.html(markup.details(words, markup.table(in_segments)))


def _what_would_change_this(evaluation: Evaluation, names: Names) -> None:
    st.html(markup.heading(2, "What would change this", "changes"))
    st.html(markup.bullets(change_lines(evaluation, names)))


def _can_i_trust_it(trial: EvaluatedTrial) -> None:
    st.html(markup.heading(2, "Can I trust it?", "trust"))
    outside = outside_route(trial.detail.summary)
    if outside is not None:
        st.html(markup.notice(outside))
    changed = amended(trial.detail.summary.amendments)
    if changed is not None:
        st.html(markup.notice(changed))
        if trial.evaluation.unplanned is not None:
            st.html(markup.bullets(unplanned_lines(trial.evaluation)))
    values = value_lines(trial.names) if trial.evaluation.net_benefit is not None else ()
    st.html(markup.bullets((*check_lines(trial.evaluation.checks, trial.names), *values)))
    st.page_link(
        "views/results.py", label="All checks and results, for the analyst",
        query_params={"trial": trial.detail.summary.id},
    )  # fmt: skip


def _record(trial: EvaluatedTrial) -> None:
    st.html(markup.heading(2, "Record a decision", "decide"))
    decisions = trial.detail.decisions
    if decisions:
        evaluations, files = trial.detail.evaluations, trial.detail.returned
        st.html(markup.bullets(line for each in decisions for line in decision_lines(each, evaluations, files)))
    if trial.void:
        return
    refusal = session.may("decide")
    if refusal is not None:
        screen.refused(refusal)
        return
    read = trial.detail.evaluation
    assert read is not None, "a page without an evaluation has no form"
    if read.role == "not_due":
        if not trial.detail.waves_to_come:
            st.html(markup.said("There is nothing to decide on before every outcome is due."))
            return
        st.html(markup.said(BEFORE_ITS_WAVES))
    elif read.role == "attempt":
        st.html(markup.said(ON_AN_ATTEMPT))
    _form(trial.detail, read, trial.verdict_words if read.role == "finding" else WITHOUT_A_FINDING)


class Drawn(NamedTuple):
    """What the page showed this reader when it was last drawn: a decision is about that."""

    decisions: int
    evaluation: int
    digest: str
    evaluations: int
    suggested: str


def _form(detail: TrialDetail, read: EvaluationRecord, suggested: str) -> None:
    """Not a Streamlit form: those send nothing until the end, and what was typed would be lost on leaving the page.

    Everything in it is about the evaluation that the page shows. Where something came in since the page was drawn,
    nothing is recorded before it was drawn once as things are now; what was typed stays.
    """
    trial_id = detail.summary.id
    own = st.session_state.pop(_RECORDED, None) == trial_id
    if own:
        st.html(markup.done("The decision is recorded."))
    drawn = Drawn(len(detail.decisions), read.id, read.digest, len(detail.evaluations), suggested)
    before: Drawn | None = st.session_state.get(f"decision-drawn-{trial_id}")
    st.session_state[f"decision-drawn-{trial_id}"] = drawn
    changed = None if own or before is None or before == drawn else _changed(detail, read, before)
    if changed is not None and before is not None:
        _keep_typed(trial_id, before)
    # A recorded decision is followed by an empty form; another evaluation asks anew whether its verdict is accepted.
    key = _key(trial_id, drawn)
    first, about_another = _begun(_suggested(suggested), session.draft(trial_id), _may_be_about(detail, read))
    if read.role != "finding":
        first["choice"] = OVERRIDE
    if about_another and changed is None:
        st.html(markup.notice(KEPT))
    typed = _fields(key, first, attempt=read.role != "finding")
    if typed != first:
        session.keep_draft(trial_id, {**typed, _DRAFT_OF: read.digest, _SUGGESTED: suggested})
    asked = st.button("Record the decision", type="primary", key=f"{key}-record")
    if changed is not None:
        screen.told(*changed)
    elif asked:
        _decide(detail, read, typed)


def _decide(detail: TrialDetail, read: EvaluationRecord, typed: Draft) -> None:
    if not typed["choice"]:
        screen.told("Say first whether you accept the verdict or override it.")
        return
    trial_id = detail.summary.id
    try:
        session.decide(
            trial_id, choice="accept" if typed["choice"] == ACCEPT else "override", action=typed["action"],
            reason=typed["reason"], conditions=typed["conditions"] or None,
            review_on=date.fromisoformat(typed["review_on"]), finding=read.digest,
            also_read=[row.digest for row in detail.evaluations],
        )  # fmt: skip
    except Refused as refusal:
        screen.refused(refusal)
    else:
        st.session_state[_RECORDED] = trial_id
        st.rerun()


def _key(trial_id: str, drawn: Drawn) -> str:
    return f"decision-{trial_id}-{drawn.decisions}-{drawn.evaluation}"


def _changed(detail: TrialDetail, read: EvaluationRecord, before: Drawn) -> tuple[str, ...] | None:
    """What has come in since this page was last drawn for this reader, in sentences; said once."""
    if before.evaluation != read.id:
        return (
            f"The result changed since you opened this page: you read evaluation {before.evaluation}, and this is "
            f"evaluation {read.id}. Nothing was recorded.",
            *session.result_changes(detail, before.evaluation, read.id),
            "What you typed is kept. Read the new result, say whether you accept it, and record what you decide.",
        )
    if before.evaluations != len(detail.evaluations):
        latest = detail.evaluations[-1]
        own = next(row for row in detail.evaluations if row.number == read.id)
        verdict = "the same verdict as" if latest.agrees(own) else "another verdict than"
        return (
            f"The result changed since you opened this page: evaluation {latest.number} has {verdict} evaluation "
            f"{read.id}, which you read and which stays. Nothing was recorded.",
            *session.result_changes(detail, read.id, latest.number),
            "What you typed is kept. Read it, then decide.",
        )
    if before.decisions != len(detail.decisions):
        return (
            f"{detail.decisions[-1].decided_by} recorded a decision since you opened this page. Yours is not recorded.",
            "What you typed is kept. Read theirs, above, then decide.",
        )
    return None


def _keep_typed(trial_id: str, before: Drawn) -> None:
    """Keep what stands in the fields of the form that is on the page still, also where it was typed a moment ago."""
    key = _key(trial_id, before)
    fields = {"choice": "choice", "action": "action", "reason": "reason", "conditions": "conditions"}
    typed = {field: st.session_state.get(f"{key}-{name}") for field, name in (*fields.items(), ("review_on", "review"))}
    kept = {field: str(value) for field, value in typed.items() if value is not None}
    begun = _suggested(before.suggested)
    if any(kept[field] != begun[field] for field in kept):
        draft = session.draft(trial_id)
        session.keep_draft(trial_id, {**draft, **kept, _DRAFT_OF: before.digest, _SUGGESTED: before.suggested})


def _may_be_about(detail: TrialDetail, read: EvaluationRecord) -> tuple[str, ...]:
    """The digests of what a draft may say that it is about, and be about what the page shows.

    A draft of an earlier release does not say it: it is about the only one that could be decided on.
    """
    only = sum(row.role != "not_due" for row in detail.evaluations) == 1
    return (read.digest, "") if only else (read.digest,)


def _suggested(action: str) -> Draft:
    return {
        "choice": ACCEPT,
        "action": action,
        "reason": "",
        "conditions": "",
        "review_on": (session.today() + REVIEW_AFTER).isoformat(),
    }


def _begun(suggested: Draft, draft: Draft, about: tuple[str, ...]) -> tuple[Draft, bool]:
    """What the fields hold at first, and whether it was typed about another evaluation than the one that is shown.

    It is a draft, but for what an old or damaged one holds that its field cannot. Of a draft about another evaluation
    the choice is not kept, nor an action that was only suggested: both follow from its verdict.
    """
    first = {field: draft.get(field, text) for field, text in suggested.items()}
    if first["choice"] not in (*CHOICES, UNDECIDED):
        first["choice"] = suggested["choice"]
    try:
        date.fromisoformat(first["review_on"])
    except ValueError:
        first["review_on"] = suggested["review_on"]
    about_another = bool(draft) and draft.get(_DRAFT_OF, "") not in about
    if about_another:
        first["choice"] = UNDECIDED
        if draft.get("action") == draft.get(_SUGGESTED, draft.get("action")):
            first["action"] = suggested["action"]
    return first, about_another


def _fields(key: str, first: Draft, *, attempt: bool) -> Draft:
    """The fields, filled at first with a draft; what stands in them now. An attempt has nothing to accept."""
    choice: str | None = first["choice"]
    if not attempt:
        choice = st.radio(
            "Do you accept the verdict?", CHOICES, CHOICES.index(choice) if choice else None, key=f"{key}-choice",
            persist_state=UNTIL_RELOAD,
        )  # fmt: skip
    action = st.text_input("What will be done", first["action"], key=f"{key}-action", persist_state=UNTIL_RELOAD)
    reason = st.text_area("Reason", first["reason"], key=f"{key}-reason", persist_state=UNTIL_RELOAD, height=100)
    conditions = st.text_area(
        "Conditions, if any", first["conditions"], key=f"{key}-conditions", persist_state=UNTIL_RELOAD, height=70
    )
    earliest = session.today()
    review_on = st.date_input(
        "Review on", max(date.fromisoformat(first["review_on"]), earliest), min_value=earliest, format="DD/MM/YYYY",
        key=f"{key}-review", persist_state=UNTIL_RELOAD,
    )  # fmt: skip
    return {
        "choice": choice or UNDECIDED, "action": action, "reason": reason, "conditions": conditions,
        "review_on": review_on.isoformat(),
    }  # fmt: skip


if __name__ == "__main__":  # as Streamlit runs a page
    show()
