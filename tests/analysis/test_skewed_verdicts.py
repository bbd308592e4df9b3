"""A verdict on skewed pounds, from rows to words."""

from __future__ import annotations

import numpy as np

from analysis.inference.intervals import Effect
from tests.analysis.evaluations import evaluated, money_trial, of, trial


def skewed(seed, gain):
    """One customer in twenty without a letter; a few very large amounts; everybody pays more often."""
    rng = np.random.default_rng(seed)
    assigned = np.repeat(["letter", "nfa"], [7600, 400])
    pounds = rng.lognormal(3.0, 1.6, 8000) + gain * (assigned == "letter")
    paid = (rng.random(8000) < np.where(assigned == "letter", 0.6, 0.3)).astype(float)
    return {"arm": assigned, "paid_23": paid, "collected": pounds}


def test_skewed_pounds_are_judged_by_redraws_too():
    large = evaluated(money_trial(), skewed(8, 60.0))
    assert large.verdict.code == "scale"
    chance = evaluated(money_trial(), skewed(13, 0.0))
    gain = of(chance, "letter").central
    assert Effect(gain.estimate, gain.std_error, gain.df).lower(0.05) > 0.0  # alone, it would promise what is not there
    assert gain.by_redraws
    assert gain.ci_lower < 0.0
    assert chance.verdict.code == "not_shown"
    assert "the test that allows for them did not support it." in " ".join(chance.verdict.arms[0].reasons)


def test_what_cannot_be_redrawn_does_not_pass_and_says_why(monkeypatch):
    monkeypatch.setattr("analysis.randomisation.redrawing.MOST_CUSTOMERS", 7_999)
    evaluation = evaluated(money_trial(), skewed(8, 60.0))
    assert evaluation.verdict.code == "not_shown"
    assert "(more than 7,999 customers in the two arms: not redrawn)" in " ".join(evaluation.verdict.arms[0].reasons)


def test_costs_that_rest_on_redraws_say_how_far_another_set_of_them_may_move_them():
    evaluation = evaluated(money_trial(), skewed(8, 60.0))
    (threshold,) = evaluation.thresholds.costs
    assert threshold.dearer is not None
    (said,) = [change for change in evaluation.verdict.flips if "redraws" in change]
    assert said.startswith(
        "What the letter may cost rests on 10,000 redraws; another set of them could move it by about £"
    )
    assert 0.01 <= float(said.split("£")[1].split(" ")[0]) < of(evaluation, "letter").central.std_error
    plain = evaluated(money_trial(), trial(n=2_000))
    assert not any("redraws" in change for change in plain.verdict.flips)
