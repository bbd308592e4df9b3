"""A cost at which a verdict would be another is one at which it is: decided again a penny to each side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, TrialEvidence
from analysis.deciding.threshold_analysis import thresholds, would_be
from analysis.deciding.verdict import decide
from analysis.deciding.what_would_change import what_would_change
from analysis.inference.intervals import Effect, critical_value
from analysis.results import Segment, Thresholds, WouldBe
from tests.analysis.evaluations import NFA, PAID, arm, declared, evaluated, money_trial, of, trial

RULES = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=True)
UNCAPPED = {"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase"}
LETTER = arm("b", label="Letter B", cost_per_customer=0.85)


def at_cost(evidence: TrialEvidence, name: str, extra: float) -> WouldBe:
    """The verdict where an arm costs so much more, by arithmetic of its own."""

    def moved(known: Evidence) -> Evidence:
        if known.arm != name:
            return known
        net = known.net_benefit
        return replace(known, net_benefit=replace(net, estimate=net.estimate - extra), cost=known.cost + extra)

    arms = tuple(map(moved, evidence.arms))
    cells = tuple(replace(cell, evidence=moved(cell.evidence)) for cell in evidence.cells)
    return would_be(decide(replace(evidence, arms=arms, cells=cells), RULES))


def found(evidence: TrialEvidence, contact: dict[str, float]) -> Thresholds:
    return thresholds(evidence, RULES, {"central": decide(evidence, RULES)}, contact)


EFFECTS = st.tuples(st.floats(-0.02, 0.05), st.floats(-2.0, 4.0), st.floats(0.1, 0.8))


@settings(max_examples=25, deadline=None)
@given(arms=st.lists(EFFECTS, min_size=1, max_size=3), cells=st.lists(EFFECTS, max_size=2), pence=st.integers(0, 200))
def test_the_nearest_penny_is_found_on_each_side(arms, cells, pence):
    """Against looking at every penny."""
    known = tuple(
        Evidence(f"a{k}", Effect(effect, 0.008), Effect(net, error), cost=0.5 * k)
        for k, (effect, net, error) in enumerate(arms)
    )
    among = tuple(
        CellEvidence("reason", f"r{k}", Evidence("a0", Effect(effect, 0.008), Effect(net, error)), 0.001, 900)
        for k, (effect, net, error) in enumerate(cells)
    )
    evidence, assumed = TrialEvidence((), known, among), pence / 100.0
    now = would_be(decide(evidence, RULES))
    (first, *_) = found(evidence, {f"a{k}": assumed for k in range(3)}).costs

    def changes(p):
        return at_cost(evidence, "a0", p / 100 - assumed) != now

    dearer = next((p for p in range(pence + 1, pence + 1500) if changes(p)), None)
    cheaper = next((p for p in range(pence - 1, -1, -1) if changes(p)), None)
    assert (first.dearer, first.cheaper) == (dearer and dearer / 100, None if cheaper is None else cheaper / 100)
    if dearer:
        assert first.when_dearer == at_cost(evidence, "a0", dearer / 100 - assumed)


def test_a_cost_between_two_pence_is_held_against_the_pence_beside_it():
    evidence = TrialEvidence((), (Evidence("b", Effect(0.1, 0.01), Effect(1.9629, 1.0)),))  # holds for 0.3 of a penny
    (threshold,) = found(evidence, {"b": 0.855}).costs
    assert (threshold.dearer, threshold.cheaper) == (0.86, None)


def test_the_words_name_the_penny_and_what_the_verdict_would_be():
    evidence = TrialEvidence((), (Evidence("b", Effect(0.1, 0.01), Effect(5.0, 1.0)),))
    decided = decide(evidence, RULES)
    words = what_would_change(
        declared(arms=[NFA, LETTER]), evidence, RULES, decided, found=found(evidence, {"b": 0.85}), customers=1000
    )
    assert words == (
        "If the letter B cost £3.90 or more a customer (£0.85 is assumed), the verdict would be: not shown to be "
        "worth it.",
    )  # 0.85 + 5 − 1.96 = 3.890
    assert at_cost(evidence, "b", 3.89 - 0.85).code == "scale"


def test_a_loss_is_looked_at_downwards_and_never_called_a_break_even():
    """At its break-even of 36p the verdict is what it is at 85p; it changes where the gain is shown."""
    evidence = TrialEvidence((), (Evidence("b", Effect(0.024, 0.004), Effect(-0.49, 0.09)),))
    decided = decide(evidence, RULES)
    assert decided.code == "no_further_action"
    words = what_would_change(
        declared(arms=[NFA, LETTER]), evidence, RULES, decided, found=found(evidence, {"b": 0.85}), customers=300_000
    )
    assert words == (
        "If the letter B cost £0.53 or less a customer (£0.85 is assumed), the verdict would be: not shown to be "
        "worth it.",
    )
    assert not any("break even" in line for line in words)


def test_scenarios_are_compared_by_arm_and_by_segment_and_not_by_code_alone():
    sms, call = (Evidence(name, Effect(0.1, 0.01), Effect(3.0, 0.2)) for name in ("b", "call"))
    central = decide(TrialEvidence((), (replace(sms, cost=0.05), replace(call, cost=7.5))), RULES)
    high = decide(TrialEvidence((), (replace(sms, cost=9.0), replace(call, cost=7.5))), RULES)
    assert (central.code, high.code, central.arm, high.arm) == ("scale", "scale", "b", "call")
    protocol = declared(arms=[NFA, LETTER, arm("call", label="Outbound call", channel="call")])
    other = Thresholds(scenarios=(("low", would_be(central)), ("high", would_be(high))))
    evidence = TrialEvidence((), (sms, call))
    assert what_would_change(protocol, evidence, RULES, central, found=other, customers=9) == (
        "With high benefits and low costs the verdict would be: scale the outbound call.",
    )
    same = Thresholds(scenarios=(("low", would_be(central)), ("high", would_be(central))))
    assert what_would_change(protocol, evidence, RULES, central, found=same, customers=9) == (
        "The verdict is the same with low and with high costs.",
    )
    both = (("b", Segment("reason", "confused")), ("b", Segment("reason", "forgot")))
    letter = WouldBe("scale_segment", None, both)
    segments = Thresholds(scenarios=(("low", letter), ("high", would_be(central))))
    assert what_would_change(protocol, evidence, RULES, central, found=segments, customers=9) == (
        "With low benefits and high costs the verdict would be: scale the letter B to reason = confused and "
        "reason = forgot.",
    )


def reevaluated(data, cost, **sections):
    evaluation = evaluated(money_trial(cost, **sections), data)
    return would_be_of(evaluation), evaluation


def would_be_of(evaluation):
    verdict = evaluation.verdict
    where = tuple(sorted(((f.arm, f.segment) for f in verdict.segments if f.scaled), key=str))
    return WouldBe(verdict.code, None if where else verdict.arm, where)


def skewed(seed):
    """A few with no further action and many with the letter, and pounds so skewed that redraws judge the gain."""
    data = trial(seed, 600)
    rng = np.random.default_rng(seed)
    letter = np.arange(600) % 12 != 0
    data["arm"] = np.where(letter, "letter", "nfa")
    data["paid_23"] = (rng.random(600) < 0.2 + 0.4 * letter).astype(float)
    data["collected"] = np.round(rng.lognormal(4.0, 1.2, 600) * (0.4 + 1.2 * letter), 2)
    return data


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_evaluation_at_the_penny_said_has_the_verdict_said(seed):
    """Redraws and all, where pounds are skewed: the randomisation p-value moves with the cost too."""
    data = skewed(seed)
    now, evaluation = reevaluated(data, 1.0, outcomes=(PAID, UNCAPPED))
    (threshold,) = evaluation.thresholds.costs
    money = of(evaluation, "letter").central
    by_bound = 1.0 + money.estimate - critical_value(0.05, money.df) * money.std_error
    assert threshold.dearer is not None
    assert threshold.dearer < by_bound - 0.10  # the bound alone would let it pass at a higher cost
    for cost, verdict in ((threshold.dearer, threshold.when_dearer), (threshold.cheaper, threshold.when_cheaper)):
        if cost is None:
            continue
        nearer = cost - 0.01 if cost > 1.0 else cost + 0.01
        assert reevaluated(data, cost, outcomes=(PAID, UNCAPPED))[0] == verdict != now
        assert reevaluated(data, round(nearer, 2), outcomes=(PAID, UNCAPPED))[0] == now


def test_a_plain_evaluation_says_where_it_changes_and_no_break_even():
    data = trial(effect=0.1, pounds=3.0)
    evaluation = evaluated(money_trial(0.85), data)
    (threshold,) = evaluation.thresholds.costs
    assert of(evaluation, "letter").central.estimate > 0
    assert threshold.assumed == 0.85
    said = threshold.dearer or threshold.cheaper
    assert f"£{said:.2f} or {'more' if threshold.dearer else 'less'} a customer" in " ".join(evaluation.verdict.flips)
