"""One evaluation from protocol and frame: how cost, values and losses move its verdict."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analysis.errors import AnalysisRefused
from analysis.randomisation.guardrails import guardrail_bounds
from analysis.results import Check, Segment, Variant
from analysis.specification import Cell
from tests.analysis.evaluations import (
    COLLECTED,
    COMPLAINT,
    DECISION,
    NFA,
    PAID,
    arm,
    declared,
    evaluated,
    money_trial,
    of,
    segment_trial,
    trial,
)
from tests.analysis.frames import frame_of


@pytest.mark.requirement("S01")
@pytest.mark.parametrize("cost", [0.85, 7.5])
def test_a_costed_arm_differs_from_a_free_one_by_exactly_cost_times_customers(cost):
    data = trial()
    free, costed = (of(evaluated(money_trial(c), data), "letter") for c in (0.0, cost))
    assert free.roll_out_estimate - costed.roll_out_estimate == pytest.approx(cost * 100_000, rel=1e-12)
    for scenario in ("low", "central", "high"):
        one, other = getattr(free, scenario), getattr(costed, scenario)
        assert one.estimate - other.estimate == pytest.approx(cost, rel=1e-12)
        assert one.std_error == other.std_error


@pytest.mark.requirement("S01")
def test_set_up_is_spread_over_the_roll_out_and_lowers_the_verdict_only():
    data = trial(pounds=3.0, effect=0.15)
    without = evaluated(money_trial(1.0), data)
    heavy = evaluated(money_trial(1.0, set_up=50_000_000.0), data)
    assert of(heavy, "letter").set_up_per_customer == 500.0
    gap = of(without, "letter").central.estimate - of(heavy, "letter").central.estimate
    assert gap == pytest.approx(500.0, rel=1e-12)
    assert (without.verdict.code, heavy.verdict.code) == ("scale", "no_further_action")


@pytest.mark.requirement("S19")
def test_a_clear_effect_that_loses_money_ends_in_no_further_action():
    evaluation = evaluated(money_trial(40.0), trial(effect=0.15))
    paid = next(e for e in evaluation.estimates if e.outcome == "paid_23")
    assert paid.p_adjusted < 0.001
    assert evaluation.verdict.code == "no_further_action"
    assert evaluation.verdict.arms[0].code == "works_not_worth_sending"
    assert "No further action is better: do not scale." in evaluation.verdict.sentence


@pytest.mark.requirement("S20")
def test_a_break_even_effect_declared_before_launch_decides_without_amounts():
    """A net benefit of about nothing decides nothing; an effect shown to lie under the declared break-even does."""

    def letters(**decision):
        benefits = [{"outcome": "paid_23", "value": 42}]
        arms = [NFA, arm("letter", cost_per_customer=1.0)]
        return evaluated(declared(arms=arms, decision={"benefits": benefits, **decision}), trial(n=40_000, effect=0.02))

    undeclared = letters()
    assert of(undeclared, "letter").break_even_effect == pytest.approx(1 / 42)  # cost ÷ value per extra payer
    assert undeclared.verdict.code == "not_shown"
    evaluation = letters(break_even=0.1)
    assert of(evaluation, "letter").break_even_effect == 0.1
    assert evaluation.verdict.code == "no_further_action"
    assert any("break-even effect that was declared" in reason for reason in evaluation.verdict.arms[0].reasons)


def test_components_add_up_to_the_net_benefit():
    protocol = declared(
        arms=[NFA, arm("letter", cost_per_customer=0.85), arm("call", channel="call", cost_per_customer=7.5)],
        outcomes=[PAID, COLLECTED, COMPLAINT],
        analysis={"adjustment": "lin", "covariates": ["age", "reason"]},
        decision={
            "benefits": [
                {"outcome": "collected", "value": 1},
                {"outcome": "paid_23", "value": {"low": 0.5, "central": 1.0, "high": 2.0}},
            ],
            "costs": [{"outcome": "complaint", "value": {"low": 60, "central": 120, "high": 200}}],
            "set_up": {"low": 15000, "central": 20000, "high": 30000},
            "roll_out_customers": 400_000,
        },
    )
    data = trial(n=6000, arms=("nfa", "letter", "call"))
    for money in evaluated(protocol, data).net_benefit.arms:
        cost = money.cost_per_customer + money.set_up_per_customer
        assert sum(c.pounds for c in money.components) - cost == pytest.approx(money.central.estimate, abs=1e-9)
        assert money.set_up_per_customer == 0.05
        assert money.roll_out_estimate == pytest.approx(400_000 * money.central.estimate)
        assert money.roll_out_lower < money.roll_out_estimate < money.roll_out_upper


def test_pessimism_is_low_benefits_with_high_costs():
    protocol = declared(
        arms=[NFA, arm("letter", cost_per_customer={"low": 0.7, "central": 0.85, "high": 1.0})],
        outcomes=[PAID, COLLECTED, COMPLAINT],
        decision={
            "benefits": [{"outcome": "paid_23", "value": {"low": 5, "central": 10, "high": 20}}],
            "costs": [{"outcome": "complaint", "value": {"low": 60, "central": 120, "high": 200}}],
        },
    )
    data = trial()
    z = data["arm"] == "letter"
    paid, complaint = (data[name][z].mean() - data[name][~z].mean() for name in ("paid_23", "complaint"))
    money = of(evaluated(protocol, data), "letter")
    assert money.low.estimate == pytest.approx(5 * paid - 200 * complaint - 1.0)
    assert money.central.estimate == pytest.approx(10 * paid - 120 * complaint - 0.85)
    assert money.high.estimate == pytest.approx(20 * paid - 60 * complaint - 0.7)


def _roll_out_error(money):
    return (money.roll_out_upper - money.roll_out_lower) / (money.central.ci_upper - money.central.ci_lower) / 100_000


@pytest.mark.parametrize("adjustment", ["none", "lin"])
def test_the_roll_out_range_allows_for_other_customers(adjustment):
    """Where the effect varies with what customers are, a roll-out to others is less sure by that term, and no more."""
    data = trial(n=4000)
    late = np.tile([0.0, 1.0, 2.0, 5.0], 1000)
    data["collected"] = data["collected"] + 12 * late * (data["arm"] == "letter")
    data["late"] = late if adjustment == "lin" else late.astype(str)
    randomisation = {"method": "complete", "strata": ["late"] if adjustment == "none" else []}
    analysis = {"adjustment": adjustment, "covariates": ["late"] if adjustment == "lin" else []}
    money = of(evaluated(money_trial(randomisation=randomisation, analysis=analysis), data), "letter")
    y, z, n = data["collected"], data["arm"] == "letter", len(late)
    if adjustment == "lin":
        slopes = [np.polyfit(late[side], y[side], 1)[0] for side in (z, ~z)]
        extra = (slopes[0] - slopes[1]) ** 2 * late.var() / n
    else:
        effects = np.array([y[z & (late == v)].mean() - y[~z & (late == v)].mean() for v in np.unique(late)])
        extra = effects.var() / n
    expected = np.sqrt(money.central.std_error**2 + extra) / money.central.std_error
    assert expected > 1.001
    assert _roll_out_error(money) == pytest.approx(expected, rel=1e-9)


def test_with_one_effect_for_everyone_the_roll_out_range_is_the_same():
    money = of(evaluated(money_trial(analysis={"adjustment": "additive", "covariates": ["age"]}), trial()), "letter")
    assert _roll_out_error(money) == pytest.approx(1.0, rel=1e-12)


def test_the_composite_is_one_outcome_per_customer():
    """The error of net benefit is that of the customers' own totals, not of parts put together."""
    data = trial()
    protocol = money_trial(0.5, outcomes=(PAID, COLLECTED, COMPLAINT))
    protocol = protocol.model_copy(
        update={"decision": protocol.decision.model_copy(update={"costs": protocol.decision.benefits[:0]})}
    )
    y, z = data["collected"], data["arm"] == "letter"
    error = np.sqrt(y[z].var(ddof=1) / z.sum() + y[~z].var(ddof=1) / (~z).sum())
    central = of(evaluated(protocol, data), "letter").central
    assert central.estimate == pytest.approx(y[z].mean() - y[~z].mean() - 0.5)
    assert central.std_error == pytest.approx(error, rel=1e-9)


def test_capped_amounts_stand_beside_the_headline():
    data = trial()
    evaluation = evaluated(money_trial(), data)
    headline = next(e for e in evaluation.estimates if e.outcome == "collected")
    (capped,) = evaluation.sensitivity
    y, z = data["collected"], data["arm"] == "letter"
    assert (headline.variant, capped.variant) == (None, Variant("capped", "pounds", cap=120))
    assert headline.estimate == pytest.approx(y[z].mean() - y[~z].mean())
    assert capped.estimate == pytest.approx(np.minimum(y, 120)[z].mean() - np.minimum(y, 120)[~z].mean())
    assert of(evaluation, "letter").central.estimate == pytest.approx(headline.estimate)  # uncapped


@pytest.mark.parametrize("adjustment", ["none", "additive", "lin"])
def test_scenarios_and_verdicts_come_from_the_declared_ranges(adjustment):
    protocol = declared(
        arms=[NFA, arm("letter", cost_per_customer={"low": 0.1, "central": 1.0, "high": 60.0})],
        outcomes=[PAID, COLLECTED],
        analysis={"adjustment": adjustment, "covariates": ["age"]},
        decision=DECISION,
    )
    evaluation = evaluated(protocol, trial(effect=0.2))
    assert evaluation.net_benefit.scenario_verdicts == {"low": "no_further_action", "central": "scale", "high": "scale"}
    assert any("With low benefits and high costs" in flip for flip in evaluation.verdict.flips)


def test_lost_outcomes_make_the_trial_invalid_and_no_finding_is_shown():
    data = trial(effect=0.2)
    data["paid_23"][-300:] = np.nan  # the tail of the letter's file
    evaluation = evaluated(money_trial(), data)
    assert evaluation.verdict.code == "invalid"
    assert "The share of customers who have the primary outcome differs between Letter and No further action" in (
        evaluation.verdict.sentence
    )
    assert {finding.code for finding in evaluation.verdict.arms} == {"not_estimable"}
    assert (evaluation.estimates, evaluation.net_benefit) == ((), None)
    assert {f.arm: (f.allocated, f.observed, f.missing) for f in evaluation.flow.arms} == {
        "nfa": (2000, 2000, 0),
        "letter": (2000, 1700, 300),
    }
    assert (evaluation.flow.allocated, evaluation.flow.analysed) == (4000, 3700)


def test_clustered_losses_are_judged_by_clusters():
    """One lost household of many is chance; the same customers one by one would not be."""
    n = 4000
    data = trial(n=n, effect=0.0) | {"household": np.arange(n) // 200}
    data["paid_23"][-200:] = np.nan
    protocol = money_trial(
        population={"unit": "customer_id", "cluster": "household"}, analysis={"standard_errors": "CR1"}
    )
    retention = next(c for c in evaluated(protocol, data).checks if c.name == "retention")
    assert retention.passed is True
    alone = next(c for c in evaluated(money_trial(), data).checks if c.name == "retention")
    assert alone.passed is False


def test_checks_that_came_with_the_frame_count():
    failed = Check("allocation_counts", False, "Allocated and analysed counts differ.", "blocks")
    evaluation = evaluated(money_trial(), trial(effect=0.2), checks=(failed,))
    assert evaluation.verdict.code == "invalid"
    assert evaluation.checks[0] is failed
    warned = dataclasses.replace(failed, severity="warns")
    assert evaluated(money_trial(), trial(effect=0.2), checks=(warned,)).verdict.code == "scale"


def test_a_guardrail_holds_back_an_approach_that_would_otherwise_pass():
    outcomes = (PAID, COLLECTED, {**COMPLAINT, "margin": 0.004})
    evaluation = evaluated(money_trial(outcomes=outcomes), trial(effect=0.2))
    assert evaluation.verdict.code == "not_shown"
    (finding,) = evaluation.verdict.arms
    assert (finding.code, finding.guardrails_passed) == ("not_shown", False)
    assert "Complaint: not shown to stay in its margin." in finding.reasons
    safe = evaluated(money_trial(outcomes=(PAID, COLLECTED, {**COMPLAINT, "margin": 0.02})), trial(effect=0.2))
    assert safe.verdict.code == "scale"


def test_a_guardrail_without_events_is_judged_by_its_score_bound():
    data = trial(effect=0.2) | {"complaint": np.zeros(4000)}
    bound = 1.96**2 / ((data["arm"] == "letter").sum() + 1.96**2)
    for margin, code in ((bound * 1.01, "scale"), (bound * 0.99, "not_shown")):
        guarded = money_trial(outcomes=(PAID, COLLECTED, COMPLAINT | {"margin": margin}))
        assert evaluated(guarded, data).verdict.code == code


def test_clustered_guardrails_are_judged_by_the_cluster_randomisation_test():
    data = trial(n=8000, effect=0.2) | {"household": np.arange(8000) // 4}

    def with_margin(margin):
        return money_trial(
            population={"unit": "customer_id", "cluster": "household"},
            analysis={"standard_errors": "CR2"},
            outcomes=(PAID, COLLECTED, {**COMPLAINT, "margin": margin}),
        )

    evaluation = evaluated(with_margin(0.02), data)
    assert evaluation.verdict.code == "scale"
    assert evaluation.verdict.arms[0].guardrails_passed
    # Independent customers in equal clusters: the test's bounds are those of the plain difference, nearly.
    complaint = next(e for e in evaluation.estimates if e.outcome == "complaint")
    protocol = with_margin(0.02)
    bounds = guardrail_bounds(
        frame_of(data), protocol, "f" * 64, protocol.outcome("complaint"), Cell("letter", "nfa"),
        level=0.05, level_established=0.01,
    )  # fmt: skip
    assert bounds.estimate == pytest.approx(complaint.estimate, rel=1e-9)
    width = complaint.ci_upper - complaint.ci_lower
    assert bounds.at_level == pytest.approx((complaint.ci_lower, complaint.ci_upper), abs=0.05 * width)
    wider = bounds.at_level_established[1] - bounds.at_level_established[0]
    assert wider == pytest.approx(width * 2.576 / 1.96, rel=0.05)
    # The bound alone decides: a margin just above it passes, one just below it does not.
    upper = bounds.at_level[1]
    assert evaluated(with_margin(upper + 1e-6), data).verdict.code == "scale"
    held = evaluated(with_margin(upper - 1e-6), data)
    assert held.verdict.code == "not_shown"
    assert "Complaint: not shown to stay in its margin." in held.verdict.arms[0].reasons


def test_a_segment_is_scaled_when_it_alone_pays():
    evaluation = evaluated(money_trial(4.0, analysis={"subgroups": [{"column": "reason"}]}), segment_trial())
    verdict = evaluation.verdict
    assert (verdict.code, verdict.arm, verdict.segment) == ("scale_segment", "letter", Segment("reason", "forgot"))
    assert "For every 1,000 customers with reason = forgot assigned the letter" in verdict.sentence
    assert "to customers with reason = forgot, and to nobody else" in verdict.sentence
    interaction = next(i for i in evaluation.interactions if i.outcome == "paid_23")
    assert interaction.p_value < 0.001
    assert {m.level for m in evaluation.net_benefit.segments} == {"forgot", "cannot_pay", "confused"}


def test_without_declared_subgroups_no_segment_is_claimed():
    evaluation = evaluated(money_trial(4.0), segment_trial())
    assert evaluation.verdict.code in ("not_shown", "no_further_action")
    assert evaluation.verdict.segment is None


def test_an_empty_arm_is_not_estimable_and_says_so():
    protocol = declared(arms=[NFA, arm("letter"), arm("call")], outcomes=[PAID, COLLECTED], decision=DECISION)
    evaluation = evaluated(protocol, trial(effect=0.2))
    call = next(e for e in evaluation.estimates if e.arm == "call" and e.outcome == "paid_23")
    assert call.estimate is None
    assert call.reason
    assert next(f for f in evaluation.verdict.arms if f.arm == "call").code == "not_estimable"
    assert evaluation.flow.arms[-1] == dataclasses.replace(
        evaluation.flow.arms[-1], arm="call", allocated=0, observed=0
    )


def test_an_empty_frame_is_refused():
    with pytest.raises(AnalysisRefused, match="no customer is left"):
        evaluated(declared(), {"arm": np.array([], dtype=str), "paid_23": np.array([], dtype=float)})


def test_a_column_that_is_not_there_is_refused_by_name():
    with pytest.raises(AnalysisRefused, match="income"):
        evaluated(declared(analysis={"adjustment": "lin", "covariates": ["income"]}), trial())


def test_what_cannot_be_scaled_with_exploratory_multiplicity_says_why():
    protocol = declared(
        arms=[NFA, arm("letter"), arm("call")],
        outcomes=[PAID, COLLECTED],
        analysis={"multiplicity": "benjamini_hochberg"},
        decision=DECISION,
    )
    evaluation = evaluated(protocol, trial(n=6000, effect=0.2, arms=("nfa", "letter", "call")))
    assert evaluation.verdict.code == "not_shown"
    assert any("false alarms" in reason for reason in evaluation.verdict.reasons)


def test_open_questions_name_the_sample_that_would_settle_them():
    assigned = np.repeat(["nfa", "letter"], 1000)
    paid = np.concatenate([np.arange(1000) < 300, np.arange(1000) < 320]).astype(float)
    evaluation = evaluated(money_trial(), {"arm": assigned, "paid_23": paid, "collected": 100 * paid})
    assert evaluation.verdict.code == "not_shown"
    flips = " ".join(evaluation.verdict.flips)
    assert "this trial would have found an effect of" in flips
    # Normal approximation, unpooled: ((1.96 + 0.84) / (0.02 / 0.0207))² × 2,000.
    assert "about 17,000 customers in the same shares would show it 80% of the time" in flips


def test_raising_the_cost_only_ever_lowers_the_verdict():
    rank = {"no_further_action": 0, "not_shown": 1, "scale_segment": 2, "scale": 3}
    data = trial(effect=0.12)
    codes = [evaluated(money_trial(cost), data).verdict.code for cost in (0, 2, 5, 8, 12, 20, 40)]
    assert codes[0] == "scale"
    assert codes[-1] == "no_further_action"
    assert [rank[code] for code in codes] == sorted((rank[code] for code in codes), reverse=True)


def test_the_point_where_the_verdict_flips_is_where_it_flips():
    data = trial(effect=0.2)
    base = evaluated(money_trial(1.0), data)
    words = next(flip for flip in base.verdict.flips if "or more a customer" in flip)
    point = float(words.split("£")[1].split(" ")[0])
    assert evaluated(money_trial(round(point - 0.01, 2)), data).verdict.code == "scale"
    assert evaluated(money_trial(point), data).verdict.code != "scale"


def test_what_is_said_of_minutes_speaks_of_minutes_by_their_label():
    hold = {"id": "hold", "label": "Time on hold", "role": "secondary", "kind": "amount", "unit": "minutes", "cap": 45,
            "direction": "decrease"}  # fmt: skip
    data = trial()
    data["hold"] = np.where(np.arange(len(data["arm"])) % 50 == 0, np.nan, data["collected"])
    evaluation = evaluated(declared(arms=[NFA, arm("letter")], outcomes=[PAID, hold]), data)
    assert [row.variant for row in evaluation.sensitivity] == [Variant("capped", "minutes", cap=45)]
    check = next(check for check in evaluation.checks if check.kind == "missing_outcomes")
    assert (check.subject, check.name) == ("hold", "missing_hold")
    assert "customers lack time on hold" in check.detail
