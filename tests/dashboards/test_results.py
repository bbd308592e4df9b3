"""The analyst's page: nine sections with anchors, numbers that add up, and an explanation where something is absent."""

import json
import math
import re
from dataclasses import replace

import pytest

from analysis.results import Estimate
from dashboards import session
from tests.dashboards.conftest import charts, refusals, shown, table_row
from tests.small_registry import FIVE_MESSAGES, LOST_OUTCOMES, SMALL_DEBTS, STALLED
from trials.access import Actor
from trials.stages.void import request_void

SECTIONS = ["Flow", "Checks", "Effects", "Over time", "Segments", "Money", "Sensitivity", "Deviations", "Reproduce"]


@pytest.mark.parametrize(
    ("trial", "sections"),
    [(FIVE_MESSAGES, SECTIONS), (SMALL_DEBTS, [*SECTIONS[:7], "Contact", *SECTIONS[7:]])],
)
def test_the_sections_stand_in_their_order_each_with_an_anchor(seen_page, trial, sections):
    page = seen_page("results", trial=trial)
    headers = re.findall(r'<h2 id="([a-z-]+)">(.*?)</h2>', shown(page))
    assert [words for _, words in headers] == sections
    contents = re.search(r'<nav aria-label="Sections of this page">(.*?)</nav>', shown(page))[1]
    assert re.findall(r'<a href="#([a-z-]+)">(.*?)</a>', contents) == headers


def test_the_flow_accounts_for_every_row(seen_page, recorded):
    flow = recorded(SMALL_DEBTS).evaluation.flow
    parts = [flow.rejected, *(excluded.customers for excluded in flow.excluded), flow.allocated]
    assert len(parts) == 4
    assert min(parts) > 0
    words = shown(seen_page("results", trial=SMALL_DEBTS))
    assert f"Every row is accounted for: {' + '.join(map(str, parts))} = {flow.rows_read:,}." in words
    assert "<b>1</b> row rejected when the file was loaded" in words
    assert "worked by the HNW/Expat team" in words


def test_a_flow_that_does_not_add_up_is_an_error_on_the_page(evaluated_page, recorded):
    evaluation = recorded(SMALL_DEBTS).evaluation
    wrong = replace(evaluation.flow, rejected=evaluation.flow.rejected + 2)
    page = evaluated_page("results", SMALL_DEBTS, replace(evaluation, flow=wrong))
    assert f"2 rows of {wrong.rows_read:,} are not accounted for" in refusals(page)[0]


def test_every_check_that_was_made_is_shown_with_what_was_found(seen_page, recorded):
    checks = recorded(LOST_OUTCOMES).evaluation.checks
    assert {check.passed for check in checks} == {True, False, None}
    # What stands in brackets is kept on one line by a tag around it.
    words = re.sub(r'<span class="otm-keep">([^<]*)</span>', r"\1", shown(seen_page("results", trial=LOST_OUTCOMES)))
    for check in checks:
        assert check.detail in words


def test_each_outcome_has_its_forest_plot_and_its_table(seen_page, recorded):
    page = seen_page("results", trial=SMALL_DEBTS)
    alts = [chart.alt for chart in charts(page)]
    for outcome in ("Paid by day 23", "Collected in 12 months", "Inbound minutes", "Complaint"):
        assert any(alt.startswith(f"{outcome}: difference from no further action") for alt in alts), outcome
    (sms,) = [
        row
        for row in recorded(SMALL_DEBTS).evaluation.estimates
        if (row.outcome, row.arm, row.subgroup, row.estimand) == ("paid_23", "sms", None, "itt")
    ]
    row = table_row(page, f"+{sms.estimate * 100:.1f} points")
    for figure in (
        f"{sms.mean_comparison:.1%}",
        f"{sms.ci_lower * 100:.1f} to {sms.ci_upper * 100:.1f}",
        f"{sms.ci_lower_simultaneous * 100:.1f} to {sms.ci_upper_simultaneous * 100:.1f}",
        "&lt;0.001", f"<span>{sms.n_arm}</span>", f"<span>{sms.n_comparison}</span>", "Lin regression", "HC2",
    ):  # fmt: skip
        assert figure in row, figure


def test_over_time_shows_curves_with_customers_at_risk_and_penalty_dates(seen_page):
    page = seen_page("results", trial=SMALL_DEBTS)
    curves = next(chart for chart in charts(page) if chart.alt.startswith("Share who paid"))
    assert "first penalty" in curves.spec
    assert "at risk" in shown(page)


def test_over_time_says_so_when_there_is_nothing(seen_page):
    assert "Nothing over time was estimated" in shown(seen_page("results", trial=FIVE_MESSAGES))


def test_segments_carry_their_interaction_test_and_say_planned(seen_page, recorded):
    page = seen_page("results", trial=SMALL_DEBTS)
    words = shown(page)
    tests = recorded(SMALL_DEBTS).evaluation.interactions
    (untested,) = [test for test in tests if test.statistic is None]
    (letter,) = [test for test in tests if (test.outcome, test.arm) == ("paid_23", "letter")]
    assert "Does the effect differ between segments?" in words
    assert f"<span>{letter.p_value:.3f}</span>" in words
    assert untested.reason in words
    assert any("SMS reminder: paid by day 23, by reason" in chart.alt for chart in charts(page))
    assert "Planned before the draw." in words


def test_an_exploratory_segment_is_told_apart_in_words(evaluated_page, recorded):
    evaluation = recorded(SMALL_DEBTS).evaluation
    changed = tuple(replace(row, phase="exploratory") if row.subgroup else row for row in evaluation.estimates)
    exploratory = sum(row.phase == "exploratory" for row in changed)
    words = shown(evaluated_page("results", SMALL_DEBTS, replace(evaluation, estimates=changed)))
    assert "Exploratory: not planned before the draw." in words
    assert exploratory > 0
    assert f"{exploratory} of the estimates are exploratory" in words


def test_money_shows_its_parts_and_both_capped_and_uncapped(seen_page, recorded):
    page = seen_page("results", trial=SMALL_DEBTS)
    words = shown(page)
    assert "Parts of the net benefit at central values, pounds per 1,000 customers" in words
    assert "Collected in 12 months, capped at £250" in words
    (sms,) = [arm for arm in recorded(SMALL_DEBTS).evaluation.net_benefit.arms if arm.arm == "sms"]
    assert f"+£{sms.central.estimate * 1000:,.0f}" in table_row(page, "otm-total", "Net benefit")


def test_without_money_the_section_says_why(evaluated_page, recorded):
    evaluation = replace(
        recorded(SMALL_DEBTS).evaluation, net_benefit=None, net_benefit_reason="one stratum has no SMS customers"
    )
    words = shown(evaluated_page("results", SMALL_DEBTS, evaluation))
    assert "Net benefit was not estimated: one stratum has no SMS customers." in words


def test_where_data_failed_a_check_nothing_is_said_of_money(seen_page, recorded):
    assert recorded(LOST_OUTCOMES).evaluation.net_benefit_reason == "the data failed a check, so no effect is shown"
    words = shown(seen_page("results", trial=LOST_OUTCOMES))
    assert "An integrity check failed, so no effect was estimated." in words
    assert "Net benefit" not in words


def test_an_estimate_that_could_not_be_made_says_why(evaluated_page, recorded):
    missing = Estimate(
        "paid_23", "primary", "sms", "nfa", "itt", "lin", "HC2", reason="one stratum has no SMS customers"
    )
    evaluation = replace(recorded(SMALL_DEBTS).evaluation, estimates=(missing,))
    words = shown(evaluated_page("results", SMALL_DEBTS, evaluation))
    assert "Paid by day 23. Not estimated: one stratum has no SMS customers." in words


def test_deviations_name_a_void_an_amended_plan_and_a_demonstration_seed(
    open_page, own_registry, recorded, monkeypatch
):
    request_void(own_registry, Actor("Person One", "all"), SMALL_DEBTS, reason="wrong file")
    evaluation = recorded(SMALL_DEBTS).evaluation
    amended = replace(evaluation, protocol_digest="0" * 64, notes=("One stratum was merged",))
    monkeypatch.setattr(session, "evaluation", lambda detail: amended)
    words = shown(open_page("results", trial=SMALL_DEBTS))
    assert re.search(r"A void was asked for by Person One on \d+ \w+ \d{4} at \d\d:\d\d \(wrong file\)", words)
    assert "waits for a second person" in words
    assert "followed another version of the plan" in words
    assert "demonstration seed" in words
    assert "One stratum was merged." in words


def test_no_deviation_is_said_too(open_page, recorded, monkeypatch):
    detail = recorded(SMALL_DEBTS).detail
    real = replace(detail.allocation, demonstration_seed=False)
    monkeypatch.setattr(session, "trial", lambda trial: replace(detail, allocation=real))
    assert "None: the plan that was locked is the plan that was followed." in shown(
        open_page("results", trial=SMALL_DEBTS)
    )


def test_reproduce_gives_whole_digests_and_three_downloads(seen_page, recorded):
    stored = recorded(SMALL_DEBTS)
    page = seen_page("results", trial=SMALL_DEBTS)
    words = shown(page)
    for digest in (
        stored.detail.allocation.digest,
        stored.detail.allocation.seed_commitment,
        stored.evaluation.protocol_digest,
        stored.evaluation.data_digest,
    ):
        assert re.fullmatch("[0-9a-f]{64}", digest)
        assert digest in words
    assert "kept until it is released" in words
    labels = [button.proto.label for button in page.get("download_button")]
    assert labels == ["Estimates (CSV)", "Evaluation (JSON)", "Plan (JSON)"]


@pytest.mark.parametrize(
    ("arm", "label", "colour"),
    [("letter", "Plain reminder\nletter", "#0072B2"), ("sms", "SMS reminder", "#D55E00")],
)
def test_an_arm_keeps_its_colour_in_every_chart(seen_page, arm, label, colour):
    colours = [
        {row["colour"] for row in _values(json.loads(chart.spec)) if row.get("label") == label and "colour" in row}
        for chart in charts(seen_page("results", trial=SMALL_DEBTS))
    ]
    coloured = [found for found in colours if found]
    assert len(coloured) >= 5  # four outcomes and the money; segments have charts of one arm
    assert coloured == [{colour}] * len(coloured)


def _values(spec):
    if isinstance(spec, dict):
        yield from spec.get("values", []) if isinstance(spec.get("values"), list) else []
        for part in spec.values():
            yield from _values(part)
    elif isinstance(spec, list):
        for part in spec:
            yield from _values(part)


def test_before_an_evaluation_the_page_says_what_is_next(seen_page):
    assert "There is no evaluation yet. Next: Randomise." in shown(seen_page("results", trial=STALLED))


def test_an_invalid_trial_shows_what_failed_and_no_effect(seen_page):
    page = seen_page("results", trial=LOST_OUTCOMES)
    words = shown(page)
    assert "An integrity check failed, so no effect was estimated." in words
    assert "Failed" in words
    for absent in (
        "£",
        "p-value",
        "95%",
        "Over time",
        "Segments",
        "Net benefit",
        "Sensitivity",
        "Nothing else was tried",
    ):
        assert absent not in words, absent
    assert not charts(page)
    assert [button.label for button in page.get("download_button")] == ["Evaluation (JSON)", "Plan (JSON)"]


@pytest.mark.requirement("S16")
def test_what_came_stands_beside_what_was_predicted(seen_page, recorded):
    page = seen_page("results", trial=SMALL_DEBTS)
    allocated = recorded(SMALL_DEBTS).evaluation.flow.allocated
    predicted = math.ceil(allocated * 6 / 9 * 0.5)  # of three arms with shares of 2, beside one of 3, one in two calls
    found = re.search(
        rf"Calls: {predicted:,} were predicted of {allocated:,} customers over 9 days, and (\d+) came", shown(page)
    )
    assert found is not None
    assert allocated * 0.37 < int(found[1]) < allocated * 0.5  # of whom 0.6 do, and 0.1 of the others
    assert sum("Contacts predicted, and contacts that came" in chart.alt for chart in charts(page)) == 1
    assert "in all arms; the plan predicts none" not in shown(page)
    assert "surge" not in shown(page)
