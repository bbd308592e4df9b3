"""The analyst's page: nine sections with anchors, numbers that add up, and an explanation where something is absent."""

import json
import re
from dataclasses import replace

import pytest

from analysis.results import Estimate
from tests.dashboards import examples
from tests.dashboards.conftest import charts, replace_session, shown
from tests.dashboards.stand_in import stand_in
from trials.registry.records import VoidRecord

B = "small-debts-2026"
SECTIONS = ["Flow", "Checks", "Effects", "Over time", "Segments", "Money", "Sensitivity", "Deviations", "Reproduce"]


def opened(open_page, monkeypatch, evaluation):
    replace_session(monkeypatch, **stand_in(evaluations={B: lambda: evaluation}))
    return open_page("results", trial=B)


def test_the_sections_stand_in_their_order_each_with_an_anchor(seen_page):
    page = seen_page("results", trial=B)
    assert [header.value for header in page.header] == SECTIONS
    anchors = [header.proto.anchor for header in page.header]
    contents = next(element.value for element in page.markdown if "[Flow]" in element.value)
    assert re.findall(r"\(#([a-z-]+)\)", contents) == anchors


def test_the_flow_accounts_for_every_row(seen_page):
    words = shown(seen_page("results", trial=B))
    assert "Every row is accounted for: 12 + 3,100 + 7,149 + 299,739 = 310,000." in words
    assert "worked by the HNW/Expat team" in words


def test_a_flow_that_does_not_add_up_is_an_error_on_the_page(open_page, monkeypatch):
    base = examples.evaluation()
    page = opened(open_page, monkeypatch, replace(base, flow=replace(base.flow, rejected=10)))
    assert "2 rows of 310,000 are not accounted for" in page.error[0].value


def test_each_outcome_has_its_forest_plot_and_its_table(seen_page):
    page = seen_page("results", trial=B)
    alts = [chart.alt for chart in charts(page)]
    for outcome in ("Paid by day 23", "Collected in 12 months", "Inbound minutes", "Complaint"):
        assert any(alt.startswith(f"{outcome}: difference from no further action") for alt in alts), outcome
    row = next(line for line in shown(page).split("<tr") if "+7.0 points" in line)
    for figure in ("31.0%", "6.5 to 7.5", "6.4 to 7.6", "&lt;0.001", "49,956", "149,870", "Lin regression", "HC2"):
        assert figure in row, figure


def test_over_time_shows_curves_with_customers_at_risk_and_penalty_dates(seen_page):
    page = seen_page("results", trial=B)
    curves = next(chart for chart in charts(page) if chart.alt.startswith("Share who paid"))
    assert "first penalty" in curves.spec
    assert "at risk" in shown(page)


def test_over_time_says_so_when_there_is_nothing(open_page, monkeypatch):
    base = examples.evaluation()
    timeless = tuple(row for row in base.estimates if row.estimand == "itt")
    page = opened(open_page, monkeypatch, replace(base, estimates=timeless))
    assert "Nothing over time was estimated" in shown(page)


def test_segments_carry_their_interaction_test_and_say_planned(seen_page):
    page = seen_page("results", trial=B)
    words = shown(page)
    assert "Does the effect differ between segments?" in words
    assert "0.006" in words
    assert "one level is empty" in words
    assert any("SMS reminder: paid by day 23, by reason" in chart.alt for chart in charts(page))
    assert "Planned before the draw." in words


def test_an_exploratory_segment_is_told_apart_in_words(open_page, monkeypatch):
    base = examples.evaluation()
    changed = tuple(replace(row, phase="exploratory") if row.subgroup else row for row in base.estimates)
    words = shown(opened(open_page, monkeypatch, replace(base, estimates=changed)))
    assert "Exploratory: not planned before the draw." in words
    assert "12 of the estimates are exploratory" in words


def test_money_shows_its_parts_and_both_capped_and_uncapped(seen_page):
    words = shown(seen_page("results", trial=B))
    assert "Parts of the net benefit at central values, pounds per 1,000 customers" in words
    assert "Collected in 12 months, capped at £250" in words
    total = next(line for line in words.split("<tr") if "otm-total" in line and "Net benefit" in line)
    assert "+£917" in total


def test_without_money_the_section_says_why(open_page, monkeypatch):
    words = shown(opened(open_page, monkeypatch, examples.without_money()))
    assert "Net benefit was not estimated: the protocol declares no decision." in words


def test_an_estimate_that_could_not_be_made_says_why(open_page, monkeypatch):
    missing = Estimate(
        "paid_23", "primary", "sms", "nfa", "itt", "lin", "HC2", reason="one stratum has no SMS customers"
    )
    words = shown(opened(open_page, monkeypatch, replace(examples.evaluation(), estimates=(missing,))))
    assert "Paid by day 23. Not estimated: one stratum has no SMS customers." in words


def test_deviations_name_a_void_an_amended_plan_and_a_demonstration_seed(open_page, monkeypatch):
    parts = stand_in()
    void = VoidRecord("wrong file", "person one", examples.allocation().allocated_at, None, None)
    amended = replace(examples.evaluation(), protocol_digest="0" * 64, notes=("One stratum was merged",))
    monkeypatch.setattr("dashboards.session.trial", lambda trial: replace(parts["trial"](trial), void=void))
    monkeypatch.setattr("dashboards.session.evaluation", lambda detail: amended)
    words = shown(open_page("results", trial=B))
    assert "A void was asked for by person one on 14 February 2026 at 09:30 (wrong file)" in words
    assert "waits for a second person" in words
    assert "followed another version of the plan" in words
    assert "demonstration seed" in words
    assert "One stratum was merged." in words


def test_no_deviation_is_said_too(open_page, monkeypatch):
    parts = stand_in()
    real = replace(examples.allocation(), demonstration_seed=False)
    monkeypatch.setattr("dashboards.session.trial", lambda trial: replace(parts["trial"](trial), allocation=real))
    assert "None: the plan that was locked is the plan that was followed." in shown(open_page("results", trial=B))


def test_reproduce_gives_whole_digests_and_three_downloads(seen_page):
    page = seen_page("results", trial=B)
    assert examples.DIGEST in shown(page)
    assert "kept until it is released" in shown(page)
    labels = [button.proto.label for button in page.get("download_button")]
    assert labels == ["Estimates (CSV)", "Evaluation (JSON)", "Plan (JSON)"]


@pytest.mark.parametrize("arm", ["sms", "letter"])
def test_an_arm_keeps_its_colour_in_every_chart(seen_page, arm):
    colour = {"letter": "#0072B2", "sms": "#D55E00"}[arm]
    label = {"letter": "Plain reminder\nletter", "sms": "SMS reminder"}[arm]
    for chart in charts(seen_page("results", trial=B)):
        rows = [row for row in _values(json.loads(chart.spec)) if row.get("label") == label and "colour" in row]
        assert {row["colour"] for row in rows} <= {colour}


def _values(spec):
    if isinstance(spec, dict):
        yield from spec.get("values", []) if isinstance(spec.get("values"), list) else []
        for part in spec.values():
            yield from _values(part)
    elif isinstance(spec, list):
        for part in spec:
            yield from _values(part)


def test_before_an_evaluation_the_page_says_what_is_next(seen_page):
    assert "There is no evaluation yet. Next: Randomise." in shown(seen_page("results", trial="stalled-2026"))


def test_an_invalid_trial_says_that_nothing_below_is_a_finding(seen_page):
    assert "no effect below is a finding" in shown(seen_page("results", trial="lost-outcomes-2026"))
