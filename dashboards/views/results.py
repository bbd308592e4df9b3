"""Results: everything an analyst checks before believing a verdict, in one page with an address for each section."""

from __future__ import annotations

import json
from itertools import groupby

import streamlit as st

from analysis.results import Estimate, Evaluation, Interaction
from analysis.wording.phrases import sentence_case
from dashboards import markup, screen, session
from dashboards.screen import EvaluatedTrial
from designs.surge import Beside
from trials.registry.records import TrialDetail
from trials.reporting.charts import beside_figure, effect_figure, net_benefit_figure, segment_figure, survival_figure
from trials.reporting.charts.figure import arm_colours
from trials.reporting.exports import all_rows, document_json, estimates_csv, shown_document
from trials.reporting.results import effects, flow, integrity, missing_outcomes, money, sensitivity
from trials.reporting.results.contact import came_in_words
from trials.reporting.results.evaluations import evaluations_table, not_the_finding, other_evaluations
from trials.reporting.results.headline import why_no_net_benefit
from trials.reporting.results.looks import declared_looks, inference, looks_of
from trials.reporting.results.near_misses import segment_misses
from trials.reporting.results.record import deviation_lines, digests, people
from trials.reporting.results.unplanned import WARNING, unplanned_lines, unplanned_tables
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import ESTIMANDS

_BESIDE = {
    "Effect on those reached": ("complier",),
    "Effect on those sent it and on the others of their group": ("total", "spillover", "direct"),
    "Effect of each factor, and whether factors work together": ("main_effect", "interaction"),
}
SECTIONS = (
    ("flow", "Flow"),
    ("checks", "Checks"),
    ("effects", "Effects"),
    ("over-time", "Over time"),
    ("segments", "Segments"),
    ("money", "Money"),
    ("sensitivity", "Sensitivity"),
    ("deviations", "Deviations"),
    ("reproduce", "Reproduce"),
)
_OF_EFFECTS = ("effects", "over-time", "segments", "money", "sensitivity")


def show() -> None:
    trial = screen.trial_page("Results", any_evaluation=True)
    if trial is None:
        return
    evaluation, names = trial.evaluation, trial.names
    contact = session.contact_beside(trial.detail.summary.id)
    _contents(trial, contact)
    _looks(evaluation, names)
    _flow(evaluation, names)
    _checks(evaluation, names)
    if evaluation.shows_effects:
        _effects(evaluation, names)
        _over_time(evaluation, names)
        _segments(evaluation, names)
        _money(evaluation, names)
        _sensitivity(evaluation, names)
    _unplanned(trial)
    _contact(contact)
    _deviations(trial.detail, evaluation)
    _reproduce(trial.detail, evaluation)


def _contents(trial: EvaluatedTrial, contact: Beside | None) -> None:
    code, note = "invalid" if trial.void else trial.evaluation.verdict.code, not_the_finding(trial.detail)
    if note is not None:
        st.html(markup.notice(note))
    st.html(markup.verdict_banner(code, trial.verdict_words))
    screen.which_evaluation(trial.detail)
    _other_evaluations(trial.detail)
    if code == "not_due":
        field = "What follows is the health of the field. No effect is estimated before every outcome is due."
        st.html(markup.said(field))
    if trial.void:
        st.html(markup.said("The draw is void. What follows is kept for the record: no effect below is a finding."))
    elif code == "invalid":
        st.html(
            markup.said(
                "An integrity check failed, so no effect was estimated. What follows is for finding out why: load the "
                "corrected files, then evaluate again."
            )
        )
    sections = [part for part in SECTIONS if trial.evaluation.shows_effects or part[0] not in _OF_EFFECTS]
    beside = [("unplanned", "Unplanned")] if trial.evaluation.unplanned is not None else []
    beside += [("contact", "Contact")] if contact is not None else []
    st.html(markup.contents([*sections[:-2], *beside, *sections[-2:]]))


def _other_evaluations(detail: TrialDetail) -> None:
    """The finding's updates, the attempts and what was replaced, each one link away."""
    others = other_evaluations(detail)
    if not others:
        return
    address = f"results?trial={detail.summary.id}&evaluation="
    links = markup.links((f"{address}{number}", label) for label, number in others)
    st.html(markup.details(f"Other evaluations of this trial: {len(others)}", links))


def _looks(evaluation: Evaluation, names: Names) -> None:
    """Only where the plan declares looks: so they are no section of every page."""
    table = looks_of(evaluation, names)
    if table is None:
        return
    st.html(markup.heading(2, "Looks", "looks"))
    st.html(markup.said(declared_looks(names.plan) or ""))
    st.html(markup.table(table))
    judged = inference(evaluation, names)
    if judged is not None:
        st.html(markup.table(judged))


def _header(anchor: str) -> None:
    st.html(markup.heading(2, dict(SECTIONS)[anchor], anchor))


def _flow(evaluation: Evaluation, names: Names) -> None:
    _header("flow")
    diagram = flow.flow_diagram(evaluation.flow, names)
    st.html(markup.flow(diagram, arm_colours(names)))
    if diagram.adds_up:
        st.html(markup.said(diagram.sums))
    else:
        st.html(markup.refusal([diagram.sums]))
    table = markup.table(flow.flow_arms(evaluation.flow, names), total=True)
    st.html(markup.details("The same numbers in a table", table))


def _checks(evaluation: Evaluation, names: Names) -> None:
    _header("checks")
    st.html(markup.table(integrity.checks(evaluation.checks, names), headed=True))
    if evaluation.unreadable:
        st.html(markup.table(integrity.unreadable(evaluation.unreadable)))
    if evaluation.balance:
        table = markup.table(integrity.balance(evaluation.balance, names))
        st.html(markup.details("Balance before allocation", table))


def _effects(evaluation: Evaluation, names: Names) -> None:
    _header("effects")
    whole = [row for row in effects.as_judged(evaluation.estimates) if row.subgroup is None and not _is_over_time(row)]
    for outcome, rows in _by_outcome(whole):
        assigned = [row for row in rows if row.declared]
        absent = f"{names.outcome(outcome)}. {_reason(rows)}"
        screen.figure(effect_figure(assigned, names, session.ink()), absent, f"effects-{outcome}")
        others = [row for row in rows if not row.declared]
        for title, kinds in _BESIDE.items():
            if alike := [row for row in others if row.estimand in kinds]:
                table = markup.table(effects.effects(alike, names, title), dense=True, headed=True)
                st.html(markup.details(title, table))


def _by_outcome(rows: list[Estimate]) -> list[tuple[str, list[Estimate]]]:
    """Rows by outcome, in the order of the plan."""
    order = list(dict.fromkeys(row.outcome for row in rows))
    return [(outcome, [row for row in rows if row.outcome == outcome]) for outcome in order]


def _reason(rows: list[Estimate]) -> str:
    reasons = dict.fromkeys(row.reason for row in rows if row.reason)
    return f"Not estimated: {'; '.join(reasons) or 'no reason was recorded'}."


def _is_over_time(row: Estimate) -> bool:
    return row.estimand in ("log_hazard_ratio", "survival_difference", "rmst_difference")


def _over_time(evaluation: Evaluation, names: Names) -> None:
    _header("over-time")
    rows = [row for row in evaluation.estimates if _is_over_time(row) and row.subgroup is None]
    if not rows and not evaluation.curves:
        st.html(
            markup.said(
                "Nothing over time was estimated for this trial: its plan has no outcome in days, or none has matured."
            )
        )
        return
    for _, curves in groupby(evaluation.curves, key=lambda curve: curve.outcome):
        screen.figure(survival_figure(list(curves), names, session.ink()), "")
    for outcome, outcome_rows in _by_outcome(rows):
        tables = []
        for estimand in dict.fromkeys(row.estimand for row in outcome_rows):
            alike = [row for row in outcome_rows if row.estimand == estimand]
            tables.append(markup.table(effects.effects(alike, names, sentence_case(ESTIMANDS[estimand])), dense=True))
        words = f"{names.outcome(outcome)}: hazards, shares and days"
        st.html(markup.details(words, markup.quiet(names.better(outcome)), *tables))


def _segments(evaluation: Evaluation, names: Names) -> None:
    _header("segments")
    rows = [row for row in effects.as_judged(evaluation.estimates) if row.subgroup is not None and row.decides]
    if not rows:
        st.html(markup.said("The plan declares no segments."))
        return
    judged = segment_misses(evaluation, names)
    if judged is not None:
        st.html(markup.table(judged, headed=True))
    for column in dict.fromkeys(row.subgroup for row in rows):
        st.html(markup.heading(3, f"By {names.column(column or '')}", f"segments-{column}"))
        cut = [level for level in evaluation.cut_levels if level.subgroup == column]
        if cut:
            st.html(markup.table(effects.cut_points(cut, names.column(column or ""), names), dense=True))
        for outcome, levels in _by_outcome([row for row in rows if row.subgroup == column]):
            tests = [test for test in evaluation.interactions if (test.subgroup, test.outcome) == (column, outcome)]
            if levels[0].role == "primary":
                _primary_in_segments(levels, tests, names)
            else:
                _other_in_segments(levels, tests, names)


def _primary_in_segments(rows: list[Estimate], tests: list[Interaction], names: Names) -> None:
    st.html(markup.table(effects.interactions(tests, names, "Does the effect differ between segments?")))
    for arm in dict.fromkeys(row.arm for row in rows):
        levels = [row for row in rows if row.arm == arm]
        screen.figure(segment_figure(levels, names, session.ink()), _reason(levels))


def _other_in_segments(rows: list[Estimate], tests: list[Interaction], names: Names) -> None:
    label = names.outcome(rows[0].outcome)
    levels = markup.table(effects.segments(rows, names, label), dense=True)
    differences = markup.table(effects.interactions(tests, names, "Does the effect differ between segments?"))
    st.html(markup.details(f"{label}, by segment", levels, differences))


def _money(evaluation: Evaluation, names: Names) -> None:
    _header("money")
    benefit = evaluation.net_benefit
    if benefit is None:
        st.html(markup.said(why_no_net_benefit(evaluation)))
        return
    screen.figure(
        net_benefit_figure(benefit.arms, names, session.ink()), "No approach's net benefit could be estimated."
    )
    st.html(markup.table(money.components(benefit.arms, names), total=True))
    capped = money.amounts(evaluation, names)
    if capped.rows:
        st.html(markup.table(capped))
    if benefit.segments:
        st.html(markup.details("Net benefit by segment", markup.table(money.segment_money(benefit.segments, names))))


def _sensitivity(evaluation: Evaluation, names: Names) -> None:
    _header("sensitivity")
    if evaluation.sensitivity:
        st.html(markup.table(sensitivity.sensitivity(evaluation.sensitivity, names), dense=True, headed=True))
    else:
        st.html(markup.said("Nothing else was tried."))
    if evaluation.tipping_points:
        st.html(markup.table(missing_outcomes.tipping_points(evaluation.tipping_points, names), dense=True))
    if evaluation.bounds:
        st.html(markup.table(sensitivity.bounds(evaluation.bounds, names), dense=True))
    for posterior in evaluation.posteriors:
        st.html(markup.table(sensitivity.posterior(posterior, names), dense=True))


def _unplanned(trial: EvaluatedTrial) -> None:
    """Only where the plan was amended after the draw."""
    evaluation = trial.evaluation
    if evaluation.unplanned is None:
        return
    st.html(markup.heading(2, "Unplanned", "unplanned"))
    st.html(markup.notice(WARNING))
    st.html(markup.bullets(unplanned_lines(evaluation)))
    for table in unplanned_tables(evaluation, Names(trial.detail.amended or trial.names.plan)):
        st.html(markup.table(table, dense=True, headed=True))


def _contact(found: Beside | None) -> None:
    """Only where the plan predicted it and the outcomes say who got in touch."""
    if found is None:
        return
    st.html(markup.heading(2, "Contact", "contact"))
    st.html(markup.bullets(came_in_words(found)))
    screen.figure(beside_figure(found, session.ink()), "")


def _deviations(detail: TrialDetail, evaluation: Evaluation) -> None:
    _header("deviations")
    lines = deviation_lines(detail, evaluation)
    if not lines:
        st.html(markup.said("None: the plan that was locked is the plan that was followed."))
        return
    st.html(markup.bullets(lines))


def _reproduce(detail: TrialDetail, evaluation: Evaluation) -> None:
    _header("reproduce")
    st.html(markup.table(digests(detail, evaluation)))
    st.html(markup.table(evaluations_table(detail), dense=True))
    st.html(markup.details("Who did what", markup.table(people(detail))))
    trial = detail.summary.id
    with st.container(horizontal=True):
        if evaluation.shows_effects:
            st.download_button(
                "Estimates (CSV)", estimates_csv(all_rows(evaluation)),
                f"{trial}-estimates.csv", "text/csv", on_click="ignore",
            )  # fmt: skip
        if detail.evaluation is not None:
            st.download_button(
                "Evaluation (JSON)", document_json(shown_document(detail.evaluation.document)),
                f"{trial}-evaluation.json", "application/json", on_click="ignore",
            )  # fmt: skip
        st.download_button(
            "Plan (JSON)", document_json(json.loads(detail.canonical)), f"{trial}-plan.json", "application/json",
            on_click="ignore",
        )  # fmt: skip


if __name__ == "__main__":  # as Streamlit runs a page
    show()
