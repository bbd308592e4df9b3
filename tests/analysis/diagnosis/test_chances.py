"""The chance of each verdict, drawn from estimates: that of whole trials, by the verdict's own rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.deciding.guardrails import judge, judge_many
from analysis.diagnosis import customers_for_scale, declared_world, replicate, verdict_chances
from analysis.errors import AnalysisRefused
from analysis.inference.score_bounds import EventCounts
from designs.protocol.rules import breaches
from tests.analysis.evaluations import NFA, arm
from tests.analysis.planning.test_verdict_size import audited
from tests.calibration.chances import DIGEST, PLANS, after, plan_of


def world_of(name, **changes):
    plan, customers = PLANS[name]
    return replace(declared_world(plan, customers=customers), **changes)


def scaled(chances):
    return chances.verdicts["scale"].value + chances.verdicts["scale_segment"].value


@pytest.mark.parametrize("name", sorted(PLANS))
def test_the_plans_of_the_suite_are_plans(name):
    assert list(breaches(PLANS[name][0])) == []


@pytest.mark.requirement("S16")
@pytest.mark.parametrize("name", ["complete", "clustered"])
def test_whole_trials_end_as_often_in_scale(name):
    world, trials = world_of(name), 40
    seeds = np.random.SeedSequence(8).spawn(trials)
    found = np.mean([replicate(world, "central", DIGEST, seed).code == "scale" for seed in seeds])
    drawn = verdict_chances(world, draws=4_000).verdicts["scale"].value
    lower, upper = after(drawn, trials)
    assert lower <= found <= upper
    assert 0.0 < lower < upper < 1.0  # else everything would be inside


def test_clusters_that_were_taken_for_customers_would_be_outside():
    apart = declared_world(PLANS["complete"][0], customers=8_000)
    assert scaled(verdict_chances(apart)) > after(scaled(verdict_chances(world_of("few clusters"))), 1_000)[1]


@pytest.mark.requirement("S16")
def test_the_audited_trial_hardly_ever_ends_in_scale_and_the_size_that_would_is_told():
    world = declared_world(audited(), customers=17_850)
    chances = verdict_chances(world)
    scale = chances.verdicts["scale"]
    assert scale.value == pytest.approx(0.010, abs=3 * (0.007**2 + scale.monte_carlo_error**2) ** 0.5)
    assert (chances.draws, scale.trials) == (2_000, 2_000)
    needed = customers_for_scale(world, 0.8)
    assert 700_000 < needed < 950_000
    for customers, least, most in ((needed, 0.76, 0.84), (needed // 2, 0.4, 0.75)):
        assert least < scaled(verdict_chances(replace(world, customers=customers), seed=1)) < most


def test_chances_are_whole_and_the_same_again():
    world = world_of("five arms")
    one, again, other = (verdict_chances(world, draws=300, seed=seed) for seed in (3, 3, 4))
    assert one == again
    assert one.verdicts != other.verdicts
    assert sum(each.value for each in one.verdicts.values()) == pytest.approx(1.0)
    assert sum(each.value for each in one.scaled.values()) == pytest.approx(scaled(one))


def test_an_approach_that_loses_for_sure_is_no_further_action():
    plan = plan_of(arms=[NFA, arm("letter", cost_per_customer=30.0)])
    chances = verdict_chances(declared_world(plan, customers=6_000), draws=300)
    assert chances.verdicts["no_further_action"].value == 1.0


def test_a_segment_alone_is_scaled_where_an_approach_works_there_alone(monkeypatch):
    """Effects of a world are alike in all segments; here they are moved in one, to show that its verdict is there."""
    from analysis.diagnosis import chances as module

    drawn_arm = module.drawn_arm

    def moved(doings, effect, n, groups, clusters, draws, rng):
        everyone, first, *others = drawn_arm(doings, 0.0, n, groups, clusters, draws, rng)
        up = np.zeros(len(doings))
        up[0] = 0.2 if effect else 0.0
        return [everyone, replace(first, means=first.means + up), *others]

    monkeypatch.setattr(module, "drawn_arm", moved)
    chances = verdict_chances(world_of("stratified, with segments"), draws=200)
    assert chances.verdicts["scale_segment"].value > 0.2
    assert chances.verdicts["scale"].value < 0.1


def test_capacity_that_is_not_there_scales_nothing(monkeypatch):
    from analysis.diagnosis import chances as module

    rules_of = module.rules_of
    monkeypatch.setattr(module, "rules_of", lambda plan: replace(rules_of(plan), capacity=False))
    assert scaled(verdict_chances(world_of("complete"), draws=200)) == 0.0


def test_dunnett_decides_too():
    plan = plan_of(arms=[NFA, arm("a"), arm("b")], analysis={"multiplicity": "dunnett"})
    chances = verdict_chances(declared_world(plan, customers=12_000), draws=100)
    assert scaled(chances) > 0.3


def test_saturations_are_simulated_whole():
    saturations = [{"id": "none", "share": 1, "treated": 0}, {"id": "half", "share": 1, "treated": 0.5}]
    plan = plan_of(
        randomisation={"method": "saturation", "cluster": "office", "saturations": saturations},
        analysis={"standard_errors": "CR2"},
    )
    with pytest.raises(AnalysisRefused, match="otm diagnose"):
        verdict_chances(declared_world(plan, customers=4_000))


def test_one_cluster_of_an_arm_has_no_error():
    plan, _ = PLANS["few clusters"]
    with pytest.raises(AnalysisRefused, match="fewer than two clusters"):
        verdict_chances(declared_world(plan, customers=500))


@pytest.mark.parametrize("harm_is", ["increase", "decrease"])
@pytest.mark.parametrize("margin", [0.0, 0.002, 0.02])
def test_guardrails_of_many_trials_are_judged_as_each_alone(harm_is, margin):
    rng = np.random.default_rng(3)
    arms, comparisons = rng.integers(0, 40, 60).astype(float), rng.integers(0, 40, 60).astype(float)
    trials = EventCounts(arms, np.full(60, 900.0), comparisons, np.full(60, 1_400.0))
    levels = {"harm_is": harm_is, "level": 0.05, "level_established": 0.025}
    many = judge_many("complained", margin, trials, **levels)
    for n, found in enumerate(many):
        alone = judge(
            "complained", margin, EventCounts.of(arm=(arms[n], 900), comparison=(comparisons[n], 1_400)), **levels
        )
        assert (found.passed, found.established) == (alone.passed, alone.established)
        assert found.estimate == pytest.approx(alone.estimate)
