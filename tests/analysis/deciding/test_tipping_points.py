"""The nearest shift of the missing at which the verdict is another, by deciding again: redraws move with the effect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.deciding.evidence import CellEvidence, DecisionRules, Evidence, TrialEvidence
from analysis.deciding.threshold_analysis import would_be
from analysis.deciding.tipping_points import Missing, _moved, tipping_points
from analysis.deciding.verdict import decide
from analysis.inference.intervals import Effect
from analysis.inference.redrawn import Redrawn
from analysis.results import Segment, WouldBe

RULES = DecisionRules(0.05, "holm", None, valued=True, guardrails=0, capacity=None)
LETTER = Evidence("letter", Effect(0.04, 0.01), Effect(3.0, 1.0))
PAID = Missing("paid", "letter", 400, 4000, 0.3, 0.0, 1.0, {("letter", None): 0.1}, effect=1.0)
POUNDS = Missing("amount", "letter", 400, 4000, 30.0, 0.0, float("inf"), {("letter", None): 0.1}, money=1.0)


def one(trial: TrialEvidence, missing: Missing, rules: DecisionRules = RULES):
    (point,) = tipping_points(trial, rules, decide(trial, rules), [missing])
    return point


def test_the_turn_of_one_effect_is_where_its_bound_is_nil():
    point = one(TrialEvidence((), (LETTER,)), PAID)
    assert point.shift == pytest.approx(-(0.04 - stats.norm.ppf(0.975) * 0.01) / 0.1, rel=1e-9)
    assert point.becomes == WouldBe("not_shown")
    assert one(TrialEvidence((), (LETTER,)), POUNDS).shift == pytest.approx(-(3.0 - stats.norm.ppf(0.975)) / 0.1)


def test_a_mean_cannot_leave_what_is_possible():
    rare = replace(PAID, assumed=0.2)
    assert one(TrialEvidence((), (LETTER,)), rare).shift is None
    assert one(TrialEvidence((), (LETTER,)), replace(POUNDS, assumed=9.0)).shift is None
    assert one(TrialEvidence((), (LETTER,)), replace(POUNDS, assumed=9.0, lowest=-float("inf"))).shift is not None


def test_the_nearer_of_both_sides_counts():
    """Not shown: with fewer it is worse than doing nothing, with more it scales."""
    rules = replace(RULES, break_even=0.02)
    near_worse = Evidence("letter", Effect(0.003, 0.01), Effect(3.0, 1.0))
    point = one(TrialEvidence((), (near_worse,)), PAID, rules)
    assert (point.becomes, point.shift < 0) == (WouldBe("no_further_action"), True)
    near_scale = Evidence("letter", Effect(0.015, 0.01), Effect(3.0, 1.0))
    point = one(TrialEvidence((), (near_scale,)), PAID, rules)
    assert (point.becomes, point.shift > 0) == (WouldBe("scale", "letter"), True)


def test_redraws_move_with_the_gain_that_they_judge():
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(4_000, 1)) * 1.3  # leaning redraws are wider than Student's t
    redrawn = Redrawn(3.0, 1.0, np.hstack([draws, np.zeros((4_000, 1))]), np.tile([1.0, 0.0, 0.0], (4_000, 1)), False)
    leaning = replace(LETTER, net_benefit=Effect(3.0, 1.0, skewness=1.0, redrawn=redrawn))
    trial = TrialEvidence((), (leaning,))
    assert decide(trial, RULES).code == "scale"
    point = one(trial, POUNDS)
    assert point.shift == pytest.approx(-(3.0 - 1.3 * stats.norm.ppf(0.975)) / 0.1, rel=0.15)
    assert point.shift > -0.9 * (3.0 - stats.norm.ppf(0.975)) / 0.1  # nearer than by its bound alone
    moved = [leaning.net_benefit.with_more(by * point.shift * 0.1) for by in (0.999, 1.001)]
    near, far = (decide(TrialEvidence((), (replace(leaning, net_benefit=net),)), RULES) for net in moved)
    assert (near.code, far.code) == ("scale", "not_shown")


def test_a_segment_turns_by_its_own_share_of_missing():
    def cell(level: str, effect: float) -> CellEvidence:
        return CellEvidence("reason", level, Evidence("letter", Effect(effect, 0.01), Effect(3.0, 0.5)), 0.001, 1000)

    whole = Evidence("letter", Effect(0.001, 0.01), Effect(0.1, 1.0))
    trial = TrialEvidence((), (whole,), (cell("forgot", 0.06), cell("other", -0.05)))
    forgot, other = (("letter", Segment("reason", level)) for level in ("forgot", "other"))
    missing = replace(PAID, weight={("letter", None): 0.1, forgot: 0.2, other: 0.0})
    assert decide(trial, RULES).code == "scale_segment"
    point = one(trial, missing)
    assert point.shift == pytest.approx(-(0.06 - stats.norm.ppf(1 - 0.0125) * 0.01) / 0.2)


def test_another_order_of_the_same_segments_is_no_other_verdict():
    """Which of two segments gains most moves with the missing of one; where to scale does not."""

    def cell(arm: str, level: str, gain: float) -> CellEvidence:
        return CellEvidence("reason", level, Evidence(arm, Effect(0.06, 0.01), Effect(gain, 0.1)), 0.001, 1000)

    arms = tuple(Evidence(arm, Effect(0.001, 0.01), Effect(0.1, 1.0)) for arm in ("letter", "sms"))
    trial = TrialEvidence((), arms, (cell("letter", "forgot", 3.0), cell("sms", "other", 2.9)))
    missing = replace(POUNDS, weight={("letter", None): 0.1, ("letter", Segment("reason", "forgot")): 0.2})
    before, after = (decide(evidence, RULES) for evidence in (trial, _moved(trial, missing, -2.0)))
    assert (before.arm, after.arm) == ("letter", "sms")  # of the segment that gains most
    assert would_be(before) == would_be(after)
    level = stats.norm.ppf(1 - 0.025 / 2)
    point = one(trial, missing)
    assert point.shift == pytest.approx(-(3.0 - level * 0.1) / 0.2)
    assert point.becomes == WouldBe("scale_segment", None, (("sms", Segment("reason", "other")),))


def test_an_arm_that_would_pass_too_where_another_is_scaled_is_no_other_verdict():
    def cell(arm: str, gain: float, cost: float) -> CellEvidence:
        evidence = Evidence(arm, Effect(0.06, 0.01), Effect(gain, 0.1), cost=cost)
        return CellEvidence("reason", "forgot", evidence, 0.001, 1000)

    forgot = Segment("reason", "forgot")
    arms = tuple(Evidence(arm, Effect(0.001, 0.01), Effect(0.1, 1.0)) for arm in ("letter", "sms"))
    trial = TrialEvidence((), arms, (cell("letter", 3.0, 0.1), cell("sms", 0.1, 0.5)))
    missing = replace(POUNDS, arm="sms", assumed=2.0, highest=4.0, weight={("sms", None): 0.1, ("sms", forgot): 0.2})
    more = decide(_moved(trial, missing, 2.0), RULES)
    assert {cell.evidence.arm for cell in more.passing_cells} == {"letter", "sms"}
    assert would_be(more).segments == (("letter", forgot),)
    assert one(trial, missing).shift is None


def test_an_arm_on_which_nothing_rests_has_none():
    point = one(TrialEvidence((), (LETTER,)), replace(PAID, arm="other", weight={}))
    assert (point.shift, point.reason) == (None, "no effect rests on this arm")
    point = one(TrialEvidence((), (LETTER,)), replace(PAID, assumed=None))
    assert point.reason == "nobody of this arm has the outcome"
