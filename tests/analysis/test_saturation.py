"""Saturation trials: three effects and no pooled contrast, and a verdict that rests on whole clusters."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from analysis.errors import AnalysisRefused
from analysis.evaluate import evaluate
from analysis.frame import SATURATION_COLUMN
from analysis.results import Estimate, Evaluation
from analysis.sensitivity import with_sensitivity
from tests.analysis.evaluations import COMPLAINT, NFA, PAID, arm, evaluated
from tests.analysis.frames import frame_of
from tests.analysis.regression.arrays import least_squares
from tests.analysis.saturations import MARGIN, customers, name_of, saturated

HALVES, QUARTERS, NEAR = (0, 0.5, 1), (0.25, 0.75), (0.4, 0.6)


def row(evaluation: Evaluation, estimand: str, share: float | None, outcome: str = "paid_23") -> Estimate:
    (found,) = (
        r for r in evaluation.estimates
        if (r.outcome, r.estimand, r.subgroup) == (outcome, estimand, None)
        and (r.saturation.id if r.saturation else None) == (None if share is None else name_of(share))
    )  # fmt: skip
    return found


def mean(columns: dict, where: np.ndarray, outcome: str = "paid_23") -> float:
    return float(columns[outcome][where].mean())


def test_each_effect_is_the_difference_of_those_it_names() -> None:
    columns = customers((0, 0.3, 0.7, 1), seed=3, direct=0.15, by_share=-0.17, between=0.1)
    evaluation = evaluated(saturated((0, 0.3, 0.7, 1)), columns)
    at = {share: columns[SATURATION_COLUMN] == name_of(share) for share in (0, 0.3, 0.7, 1)}
    sent = columns["arm"] == "letter"
    for share in (0.3, 0.7, 1):
        total = mean(columns, at[share]) - mean(columns, at[0])
        assert row(evaluation, "total", share).estimate == pytest.approx(total, abs=1e-12)
    weights, differences = [], []
    for share in (0.3, 0.7):
        others = mean(columns, at[share] & ~sent) - mean(columns, at[0])
        assert row(evaluation, "spillover", share).estimate == pytest.approx(others, abs=1e-12)
        differences.append(mean(columns, at[share] & sent) - mean(columns, at[share] & ~sent))
        assert row(evaluation, "direct", share).estimate == pytest.approx(differences[-1], abs=1e-12)
        weights.append(at[share].sum())
    combined = float(np.average(differences, weights=weights))
    assert row(evaluation, "direct", None).estimate == pytest.approx(combined, abs=1e-12)
    assert {r.outcome for r in evaluation.estimates} == {"paid_23", "complaint"}
    assert not [r for r in evaluation.estimates if r.estimand == "itt"]
    assert all(r.standard_errors == "CR2" for r in evaluation.estimates)


@pytest.mark.parametrize("estimand", ["total", "spillover", "direct"])
def test_errors_are_cr2_of_the_clusters_that_are_compared(estimand: str) -> None:
    columns = customers((0, 0.4), seed=5, direct=0.1, offices=24, size=10, between=0.1)
    found = row(evaluated(saturated((0, 0.4)), columns), estimand, 0.4)
    at, sent = columns[SATURATION_COLUMN] == name_of(0.4), columns["arm"] == "letter"
    chosen = {"total": at | ~at, "spillover": ~sent, "direct": at}[estimand]
    treated = sent if estimand == "direct" else at
    X = np.column_stack([np.ones(chosen.sum()), treated[chosen]])
    cluster = np.unique(columns["office"][chosen], return_inverse=True)[1]
    fit = least_squares(X, columns["paid_23"][chosen], "CR2", clusters=cluster)
    assert found.estimate == pytest.approx(float(fit.coefficients[1]), rel=1e-9)
    assert found.std_error == pytest.approx(float(fit.std_errors[1]), rel=1e-9)
    assert found.df == pytest.approx(float(fit.df[1]), rel=1e-6)


@pytest.mark.parametrize(
    ("shares", "direct", "by_share", "truth"),
    [(HALVES, 0.15, -0.17, -0.02), (QUARTERS, 0.1, -0.15, None), (QUARTERS, 0.0, 0.2, None)],
)
def test_the_verdict_rests_on_sending_it_to_all_and_not_on_a_pooled_contrast(shares, direct, by_share, truth) -> None:
    """Where direct and total effect part, a pooled contrast is neither: all three of these used to be scaled."""
    totals, directs = [], []
    for seed in range(4):
        columns = customers(shares, seed=seed, direct=direct, by_share=by_share)
        evaluation = evaluated(saturated(shares), columns)
        assert evaluation.verdict.code not in ("scale", "scale_segment")
        headline = [r for r in evaluation.estimates if r.declared and r.role == "primary"]
        directs.append(row(evaluation, "direct", None if truth is None else 0.5).estimate)
        if truth is not None:
            assert headline == [row(evaluation, "total", 1)]
            totals.append(headline[0].estimate)
            continue
        assert headline == []
        assert evaluation.verdict.barred_by == "no_untreated_clusters"
        assert evaluation.verdict.code == "not_shown"
        assert any("every one of the offices" in reason for reason in evaluation.verdict.reasons)
        assert evaluation.net_benefit is None
        assert "every one of the offices" in (row(evaluation, "total", 0.75).reason or "")
    assert np.mean(directs) == pytest.approx(direct, abs=0.03)
    if truth is not None:
        assert np.mean(totals) == pytest.approx(truth, abs=0.03)


def test_harm_within_clusters_is_established_where_no_cluster_is_without_it() -> None:
    """Complaints of 1% and 10% with a margin of 2 points: each cluster used to count as the arm of its last row."""
    columns = customers(NEAR, seed=8, direct=0.05, complaints=(0.01, 0.10))
    evaluation = evaluated(saturated(NEAR), columns)
    complaints = row(evaluation, "direct", None, "complaint")
    assert complaints.estimate == pytest.approx(0.09, abs=0.015)
    assert complaints.ci_lower is not None
    assert complaints.ci_lower > MARGIN
    (finding,) = evaluation.verdict.arms
    assert (finding.code, finding.guardrails_passed, finding.worse_than_comparison) == ("harmful", False, True)
    assert evaluation.verdict.code == "no_further_action"


def test_harm_of_whole_clusters_bars_scaling_whatever_is_gained() -> None:
    columns = customers(HALVES, seed=9, direct=0.2, complaints=(0.01, 0.10))
    evaluation = evaluated(saturated(HALVES), columns)
    (finding,) = evaluation.verdict.arms
    assert row(evaluation, "total", 1).ci_lower > 0.1  # type: ignore[operator]
    assert finding.code == "harmful"
    assert evaluation.verdict.code == "no_further_action"


def test_a_letter_that_works_on_all_of_a_cluster_is_scaled_in_words_about_clusters() -> None:
    columns = customers(HALVES, seed=10, direct=0.1, by_share=0.05)
    evaluation = evaluated(saturated(HALVES), columns)
    assert evaluation.verdict.code == "scale"
    assert "customers of offices where all were" in evaluation.verdict.sentence
    assert evaluation.verdict.sentence.endswith("Scale the letter.")
    part = evaluated(saturated((0, 0.5)), customers((0, 0.5), seed=11, direct=0.2))
    assert part.verdict.sentence.endswith("Scale the letter to half of each office.")


def test_contact_costs_the_share_of_a_cluster_that_was_contacted() -> None:
    columns = customers((0, 0.5), seed=12, direct=0.2)
    free, dear = (evaluated(saturated((0, 0.5), cost=cost), columns) for cost in (0.0, 3.0))
    at = columns[SATURATION_COLUMN] == name_of(0.5)
    share = float((columns["arm"][at] == "letter").mean())
    gains = [e.net_benefit.arms[0].central.estimate for e in (free, dear)]  # type: ignore[union-attr]
    assert gains[0] - gains[1] == pytest.approx(3.0 * share)  # type: ignore[operator]
    assert dear.net_benefit.arms[0].cost_per_customer == pytest.approx(3.0 * share)  # type: ignore[union-attr]


def test_nothing_depends_on_the_order_of_the_rows() -> None:
    columns = customers(NEAR, seed=13, complaints=(0.01, 0.10))
    order = np.random.default_rng(1).permutation(len(columns["arm"]))
    one, other = (evaluated(saturated(NEAR), c) for c in (columns, {k: v[order] for k, v in columns.items()}))
    assert one.verdict == other.verdict
    pairs = list(zip(one.estimates, other.estimates, strict=True))
    assert all((first.estimate is None) == (second.estimate is None) for first, second in pairs)
    for first, second in [pair for pair in pairs if pair[0].estimate is not None]:
        assert first.estimate == pytest.approx(second.estimate, rel=1e-9)
        assert first.std_error == pytest.approx(second.std_error, rel=1e-9)


def test_clusters_hold_both_arms_by_design_and_are_counted_once() -> None:
    evaluation = evaluated(saturated(NEAR), customers(NEAR, seed=14, offices=30))
    checks = {check.kind: check for check in evaluation.checks}
    assert checks["clusters_whole"].passed
    assert checks["clusters_enough"].figures["clusters"] == 30
    assert sum(flow.allocated for flow in evaluation.flow.arms) == 900


def test_a_cluster_at_two_saturations_is_remarked_on() -> None:
    columns = customers(NEAR, seed=14, offices=30)
    columns[SATURATION_COLUMN][:15] = name_of(0.4)
    columns[SATURATION_COLUMN][15:30] = name_of(0.6)
    checks = {check.kind: check for check in evaluated(saturated(NEAR), columns).checks}
    assert checks["clusters_whole"].figures == {"straddling": 1}


def test_with_several_approaches_only_their_direct_effects_are_estimated() -> None:
    approaches = {"arms": [NFA, arm("letter"), arm("sms", channel="sms")]}
    columns = customers(HALVES, seed=15, direct=0.2, arms=("letter", "sms"))
    evaluation = evaluated(saturated(HALVES, **approaches), columns)
    assert evaluation.verdict.barred_by == "several_approaches"
    assert evaluation.verdict.code == "not_shown"
    directs = [r for r in evaluation.estimates if r.estimand == "direct" and r.outcome == "paid_23"]
    assert {r.arm for r in directs} == {"letter", "sms"}
    assert all(r.estimate == pytest.approx(0.2, abs=0.06) for r in directs)
    others = [r for r in evaluation.estimates if r.estimand in ("total", "spillover")]
    assert others
    assert all(r.estimate is None and "mixed in the same offices" in (r.reason or "") for r in others)


def test_several_approaches_without_untreated_in_their_clusters_leave_nothing_to_compare() -> None:
    approaches = {"arms": [NFA, arm("letter"), arm("sms", channel="sms")]}
    columns = customers((0, 1), seed=16, arms=("letter", "sms"), offices=40)
    evaluation = evaluated(saturated((0, 1), **approaches), columns)
    assert evaluation.verdict.code == "not_shown"
    assert all(r.estimate is None and r.reason for r in evaluation.estimates)


def test_what_stands_beside_is_of_the_same_effect_or_says_why_not() -> None:
    amount = {"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase", "cap": 120}
    wait = {
        "id": "wait", "role": "secondary", "kind": "time_to_event", "direction": "decrease", "time": "days",
        "event": "done", "horizon": 40,
    }  # fmt: skip
    outcomes = {"outcomes": [PAID, amount, wait, {**COMPLAINT, "margin": MARGIN}]}
    analysis = {"analysis": {"standard_errors": "CR2", "complier": {"received": "reached"}}}
    for shares, seed in ((HALVES, 17), (NEAR, 18)):
        columns = customers(shares, seed=seed, direct=0.1, by_share=-0.1, offices=60, size=20)
        rng = np.random.default_rng(seed)
        columns["collected"] = columns["paid_23"] * rng.gamma(4, 25, len(columns["arm"]))
        columns["days"] = np.where(columns["paid_23"] > 0, rng.integers(1, 40, len(columns["arm"])), 60).astype(float)
        columns["done"] = columns["paid_23"]
        columns["reached"] = (columns["arm"] == "letter").astype(float)
        protocol = saturated(shares, **outcomes, **analysis)
        frame = frame_of(columns, protocol)
        evaluation = with_sensitivity(frame, protocol, evaluate(frame, protocol, protocol_digest="f" * 64))
        compliers = [r for r in evaluation.estimates if r.estimand == "complier"]
        assert compliers
        assert all(r.estimate is None and r.reason for r in compliers)
        timed = [r for r in evaluation.estimates if r.outcome == "wait"]
        assert len(timed) == 3
        if shares == NEAR:
            assert all(r.estimate is None and r.reason for r in timed)
            assert {r.estimand for r in evaluation.sensitivity} == {"direct"}
            assert not evaluation.posteriors
            assert all(r.estimate is None for r in evaluation.sensitivity if r.variant and r.variant.kind == "logit")
            continue
        headline = row(evaluation, "total", 1).estimate
        assert all(r.saturation == row(evaluation, "total", 1).saturation for r in timed)
        assert all(r.estimate is not None for r in timed)
        assert all(r.decides for r in evaluation.sensitivity)
        again = [
            r for r in evaluation.sensitivity
            if r.outcome == "paid_23" and r.variant and r.variant.kind in ("randomisation_inference", "logit")
        ]  # fmt: skip
        assert len(again) == 2
        assert all(r.estimate == pytest.approx(headline) for r in again)
        assert evaluation.checks[-1].kind == "second_opinion"
        assert evaluation.checks[-1].passed


def test_segments_are_of_whole_clusters_too() -> None:
    columns = customers(HALVES, seed=19, direct=0.1, by_share=0.05)
    columns["reason"] = np.random.default_rng(1).choice(["forgot", "confused"], len(columns["arm"]))
    protocol = saturated(HALVES, analysis={"standard_errors": "CR2", "subgroups": [{"column": "reason"}]})
    rows = [r for r in evaluated(protocol, columns).estimates if r.subgroup == "reason" and r.outcome == "paid_23"]
    for found in rows:
        assert found.decides
        level = columns["reason"] == found.level
        at = {share: level & (columns[SATURATION_COLUMN] == name_of(share)) for share in (0, 1)}
        assert found.estimate == pytest.approx(mean(columns, at[1]) - mean(columns, at[0]), abs=1e-12)
    assert {r.level for r in rows} == {"forgot", "confused"}


def test_saturations_are_worked_out_from_the_arms_where_they_leave_one() -> None:
    columns = customers(HALVES, seed=20, direct=0.1, by_share=0.1)
    named = evaluated(saturated(HALVES), columns)
    del columns[SATURATION_COLUMN]
    assert evaluated(saturated(HALVES), columns).estimates == named.estimates


def test_saturations_that_the_arms_leave_open_are_refused() -> None:
    columns = customers((0.45, 0.5), seed=21, size=5, offices=20)
    del columns[SATURATION_COLUMN]
    with pytest.raises(AnalysisRefused, match="its saturation may be share-45 or share-50"):
        evaluated(saturated((0.45, 0.5)), columns)
    with pytest.raises(AnalysisRefused, match="no declared saturation gives that"):
        evaluated(saturated((0, 1)), columns)


def test_customers_who_may_not_get_the_letter_are_compared_with_nobody() -> None:
    closed = {"when": {"column": "trust", "equals": True}, "reason": "trust"}
    columns = customers(HALVES, seed=22, direct=0.1)
    trust = np.random.default_rng(2).random(len(columns["arm"])) < 0.1
    columns["arm"] = np.where(trust, "nfa", columns["arm"])
    protocol = saturated(HALVES, arms=[NFA, arm("letter", not_for=[closed])])
    evaluation = evaluated(protocol, {**columns, "trust": pa.array(trust)})
    at = {share: ~trust & (columns[SATURATION_COLUMN] == name_of(share)) for share in HALVES}
    total = mean(columns, at[1]) - mean(columns, at[0])
    assert row(evaluation, "total", 1).estimate == pytest.approx(total, abs=1e-12)
    assert row(evaluation, "total", 1).n_arm == at[1].sum()


def test_counts_that_lean_are_redrawn_within_clusters() -> None:
    """A handful of customers write dozens of letters of complaint each: the bound of their mean leans."""
    calls = {"id": "calls", "role": "guardrail", "kind": "count", "direction": "decrease", "margin": 0.05}
    columns = customers(NEAR, seed=23, offices=30, size=20)
    rng = np.random.default_rng(23)
    sent = columns["arm"] == "letter"
    columns["calls"] = np.where(rng.random(sent.size) < 0.02 + 0.01 * sent, rng.pareto(1.5, sent.size) * 20, 0).round()
    protocol = saturated(NEAR, outcomes=[PAID, calls])
    evaluation = evaluated(protocol, columns)
    (finding,) = evaluation.verdict.arms
    assert finding.guardrails_passed is False
    assert not any("that is not redrawn" in reason for reason in finding.reasons)
    sure = evaluated(protocol, {**columns, "calls": columns["calls"] + 2.0 * sent})
    assert sure.verdict.arms[0].code == "harmful"
