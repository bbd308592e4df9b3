"""How unlike the others the missing would have to be: where they are just that unlike, the verdict is another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.document import from_document, to_document
from analysis.results import Evaluation, TippingPoint, WouldBe
from designs.protocol.models import Protocol
from tests.analysis.evaluations import COLLECTED, COMPLAINT, NFA, PAID, arm, declared, evaluated, money_trial, trial

COVERED = {"coverage": 0.5, "retention_margin": 0.05}
VALUED = {"benefits": [{"outcome": "paid_23", "value": 100}]}


def point(evaluation: Evaluation, outcome: str, of: str = "letter") -> TippingPoint:
    (row,) = (row for row in evaluation.tipping_points if (row.outcome, row.arm) == (outcome, of))
    return row


def gappy(data: dict[str, Any], share: float = 0.08, *, column: str = "paid_23", seed: int = 3) -> dict[str, Any]:
    gone = np.random.default_rng(seed).random(len(data["arm"])) < share
    return data | {column: np.where(gone, np.nan, data[column])}


def filled(data: dict[str, Any], outcome: str, row: TippingPoint, shift: float) -> dict[str, Any]:
    """The missing of one arm with the mean that is assumed of them, and ``shift`` more."""
    y = data[outcome].copy()
    gone = np.isnan(y) & (data["arm"] == row.arm)
    y[gone] = row.assumed + shift
    return data | {outcome: y}


def binary(cost: float = 0.0, **sections: Any) -> Protocol:
    whole = {"outcomes": [PAID], "analysis": COVERED, "decision": VALUED, **sections}
    return declared(arms=[NFA, arm("letter", cost_per_customer=cost)], **whole)


def test_with_one_arm_it_is_where_the_bound_of_the_effect_reaches_nil():
    data = gappy(trial(n=8000, effect=0.04))
    evaluation = evaluated(binary(), data)
    (effect,) = (row for row in evaluation.estimates if row.declared)
    row = point(evaluation, "paid_23")
    gone = np.isnan(data["paid_23"]) & (data["arm"] == "letter")
    assert (evaluation.verdict.code, row.missing, row.allocated) == ("scale", int(gone.sum()), 4000)
    assert row.assumed == pytest.approx(np.nanmean(data["paid_23"][data["arm"] == "letter"]))
    assert row.shift == pytest.approx(-effect.ci_lower / (gone.sum() / 4000), rel=1e-6)
    assert row.becomes == WouldBe("not_shown")


@pytest.mark.parametrize(
    ("effect", "cost", "code", "becomes", "sign"),
    [(0.04, 0.0, "scale", "not_shown", -1), (0.0, 3.0, "no_further_action", "not_shown", 1),
     (0.01, 0.0, "not_shown", "scale", 1)],
)  # fmt: skip
@pytest.mark.parametrize("of", ["letter", "nfa"])
def test_evaluated_again_with_the_missing_just_so_unlike_the_verdict_turns(effect, cost, code, becomes, sign, of):
    data = gappy(trial(seed=2, n=12_000, effect=effect), 0.1)
    evaluation = evaluated(binary(cost), data)
    row = point(evaluation, "paid_23", of)
    assert (evaluation.verdict.code, row.becomes.code) == (code, becomes)
    assert np.sign(row.shift) == sign * (1 if of == "letter" else -1)
    other = {"letter": "nfa", "nfa": "letter"}[of]
    rest = filled(data, "paid_23", point(evaluation, "paid_23", other), 0.0)
    # Values that are filled in add customers and do not vary, so errors shrink by a tenth: the turn comes a bit sooner,
    # or later.
    near, far = (evaluated(binary(cost), filled(rest, "paid_23", row, by * row.shift)) for by in (0.6, 1.4))
    assert (near.verdict.code, far.verdict.code) == (code, becomes)


def test_where_nothing_that_they_could_have_done_matters_there_is_no_shift():
    evaluation = evaluated(binary(), gappy(trial(n=12_000, effect=0.15), 0.03))
    for of in ("letter", "nfa"):
        row = point(evaluation, "paid_23", of)
        assert (row.shift, row.becomes, row.reason) == (None, None, None)
        assert row.missing > 100


def test_amounts_are_shifted_in_pounds_and_not_below_nothing():
    data = gappy(trial(seed=5, n=8000, effect=0.06), column="collected")
    protocol = money_trial(1.0, outcomes=(PAID, COLLECTED), analysis=COVERED)
    evaluation = evaluated(protocol, data)
    row = point(evaluation, "collected")
    money = evaluation.net_benefit.arms[0].central
    weight = row.missing / row.allocated
    assert evaluation.verdict.code == "scale"
    assert row.shift == pytest.approx(-money.ci_lower / weight, rel=1e-6)
    assert row.assumed + row.shift >= 0.0
    sure = evaluated(protocol, gappy(trial(seed=5, n=8000, effect=0.2), 0.02, column="collected"))
    assert point(sure, "collected").shift is None  # had none of them paid a penny, it would still gain


def test_a_guardrail_may_turn_on_its_missing():
    data = gappy(trial(seed=3, n=20_000, effect=0.05), 0.05, column="complaint")
    evaluation = evaluated(money_trial(outcomes=(PAID, COLLECTED, COMPLAINT), analysis=COVERED), data)
    assert evaluation.verdict.code == "scale"
    row = point(evaluation, "complaint")
    assert row.shift > 0.0
    assert row.becomes.code in ("not_shown", "no_further_action")


def test_with_several_arms_each_has_its_own_and_the_verdict_may_turn_to_another_arm():
    data = gappy(trial(seed=6, n=15_000, effect=0.05, arms=("nfa", "letter", "sms")), 0.08)
    protocol = declared(
        arms=[NFA, arm("letter", cost_per_customer=0.1), arm("sms")],
        outcomes=[PAID],
        analysis=COVERED,
        decision=VALUED,
    )
    evaluation = evaluated(protocol, data)
    assert {row.arm for row in evaluation.tipping_points} == {"nfa", "letter", "sms"}
    assert (evaluation.verdict.code, evaluation.verdict.arm) == ("scale", "sms")
    row = point(evaluation, "paid_23", "sms")
    assert row.becomes == WouldBe("scale", "letter")  # by codes alone nothing would have changed


def test_strata_count_with_their_own_shares_of_missing():
    rng = np.random.default_rng(8)
    region = np.repeat(["north", "south"], 6000)
    assigned = np.where(rng.random(12_000) < np.where(region == "north", 2 / 3, 1 / 3), "letter", "nfa")
    paid = (rng.random(12_000) < np.where(region == "north", 0.2, 0.5) + 0.04 * (assigned == "letter")).astype(float)
    paid[rng.random(12_000) > np.where(region == "north", 0.95, 0.80)] = np.nan
    protocol = binary(randomisation={"method": "external", "arm_column": "arm", "strata": ["region"]})
    data = {"arm": assigned, "region": region, "paid_23": paid}
    evaluation = evaluated(protocol, data)
    (effect,) = (row for row in evaluation.estimates if row.declared)
    row, letter, gone = point(evaluation, "paid_23"), assigned == "letter", np.isnan(paid)
    weight = sum(gone[letter & (region == r)].mean() / 2 for r in ("north", "south"))
    assert row.shift == pytest.approx(-effect.ci_lower / weight, rel=1e-6)
    taken = [np.nanmean(paid[letter & (region == r)]) for r in ("north", "south")]
    lacking = [np.sum(gone & letter & (region == r)) for r in ("north", "south")]
    assert row.assumed == pytest.approx(np.average(taken, weights=lacking))


@pytest.mark.parametrize(("share", "what"), [(0.0, "nobody lacks an outcome"), (0.6, "the trial is invalid")])
def test_there_is_none_where(share, what):
    data = gappy(trial(n=4000, effect=0.05), share) if share else trial(n=4000, effect=0.05)
    assert evaluated(binary(), data).tipping_points == (), what


def test_they_are_kept_with_the_evaluation():
    evaluation = evaluated(binary(), gappy(trial(n=8000, effect=0.04)))
    assert from_document(to_document(evaluation)) == evaluation
    assert evaluation.tipping_points
