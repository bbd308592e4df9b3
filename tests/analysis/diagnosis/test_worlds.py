"""The world of a plan: what is declared is true in it, and what is not is said."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.diagnosis import TRUTHS, decisive, declared_world, diagnosands, replicate
from analysis.diagnosis.alone import estimates_alone
from analysis.diagnosis.trial import assigned_trial, conducted, read_off
from analysis.errors import AnalysisRefused
from analysis.frame import ARM_COLUMN
from designs.protocol.models import Protocol
from tests.analysis.evaluations import COMPLAINT, NFA, arm, declared, evaluated, trial
from tests.analysis.evaluations import PAID as PAID_23
from tests.calibration.chances import PLANS as SUITE_PLANS

PAID = {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "baseline": 0.3,
        "minimum_effect": 0.04}  # fmt: skip
DIGEST = "a" * 64


def world_of(n=4_000, *, seed=1, **sections):
    return declared_world(declared(**{"outcomes": [PAID], **sections}), customers=n)


def lived(world, truth="central", seed=1):
    """One trial's rows."""
    rng = np.random.default_rng(seed)
    people = world.people(rng)
    return assigned_trial(world.plan, people, lambda arms: world.outcomes(people, arms, truth, rng), "a" * 64)


def shares(table, column):
    arms = np.array(table.column(ARM_COLUMN).to_pylist())
    values = table.column(column).to_pandas().astype(float).to_numpy()
    return {name: np.nanmean(values[arms == name]) for name in np.unique(arms)}


@pytest.mark.parametrize("truth", TRUTHS)
def test_declared_shares_and_effects_are_true(truth):
    world = world_of(400_000)
    part = {"none": 0.0, "low": 0.5, "central": 1.0, "high": 1.5}[truth]
    assert world.effects[truth]["letter"] == pytest.approx(0.04 * part)
    found = shares(lived(world, truth), "paid")
    assert found["nfa"] == pytest.approx(0.3, abs=0.004)
    assert found["letter"] == pytest.approx(0.3 + 0.04 * part, abs=0.004)


def test_fewer_is_better_makes_the_effect_one_downwards():
    world = world_of(outcomes=[{**PAID, "direction": "decrease"}])
    assert world.effects["central"]["letter"] == pytest.approx(-0.04)


def test_undelivered_contacts_leave_the_effect_of_being_assigned_as_declared():
    plan = declared(outcomes=[PAID])
    world = declared_world(plan, customers=400_000, undelivered=0.4, missing=0.1)
    table = lived(world)
    found = shares(table, "paid")
    assert found["letter"] - found["nfa"] == pytest.approx(0.04, abs=0.006)
    assert table.column("paid").null_count / table.num_rows == pytest.approx(0.1, abs=0.005)


@pytest.mark.parametrize(("share", "correlation"), [(0.3, 0.05), (0.05, 0.2)])
def test_customers_of_a_cluster_are_as_alike_as_declared(share, correlation):
    outcome = {**PAID, "baseline": share, "intracluster_correlation": correlation}
    world = world_of(
        200_000, outcomes=[outcome], population={"unit": "customer_id", "cluster": "office", "cluster_size": 10},
        analysis={"standard_errors": "CR2"},
    )  # fmt: skip
    table = lived(world, "none")
    y = table.column("paid").to_pandas().astype(float).to_numpy().reshape(-1, 10)
    within = y.var(axis=1, ddof=1).mean()
    between = y.mean(axis=1).var(ddof=1) - within / 10
    assert between / (between + within) == pytest.approx(correlation, abs=0.02)


def gained(gain, adjustment="lin"):
    analysis = {"covariates": ["debt"], "adjustment": adjustment}
    world = declared_world(declared(outcomes=[PAID], analysis=analysis), customers=3_000, gain=gain)
    found = [replicate(world, "central", DIGEST, seed) for seed in np.random.SeedSequence(2).spawn(8)]
    return float(np.mean([one.effects[0].std_error for one in found]))


def test_what_covariates_explain_makes_the_estimate_surer_and_changes_no_share():
    world = declared_world(declared(outcomes=[PAID], analysis={"covariates": ["debt"]}), customers=200_000, gain=0.5)
    found = shares(lived(world), "paid")
    assert found["nfa"] == pytest.approx(0.3, abs=0.005)
    assert found["letter"] == pytest.approx(0.34, abs=0.005)
    assert gained(0.5) < 0.9 * gained(0.0)
    assert gained(0.5, "none") == pytest.approx(gained(0.0, "none"), rel=0.02)


def test_nothing_is_explained_by_covariates_that_are_none():
    with pytest.raises(AnalysisRefused, match="adjusts for no number"):
        declared_world(declared(outcomes=[PAID]), customers=400, gain=0.2)


def test_what_is_said_names_nothing_as_a_column_or_an_id():
    plan = declared(
        outcomes=[
            {"id": "paid_23", "label": "Paid in full", "role": "primary", "kind": "binary", "direction": "increase"},
            {**COMPLAINT, "id": "complaint_made", "margin": 0.02},
        ],
        randomisation={"method": "complete", "strata": ["debt_band"]},
    )
    said = [each.taken for each in declared_world(plan, customers=400).assumptions]
    assert not [words for words in said if "_" in words]
    assert any(words.startswith("Paid in full: 30%") for words in said)


@pytest.mark.parametrize("kind", ["amount", "count"])
def test_amounts_have_their_declared_mean_and_spread(kind):
    outcome = {"id": "x", "role": "primary", "kind": kind, "direction": "increase", "baseline": 40,
               "standard_deviation": 30, "minimum_effect": 2}  # fmt: skip
    table = lived(world_of(200_000, outcomes=[outcome]))
    arms = np.array(table.column(ARM_COLUMN).to_pylist())
    x = table.column("x").to_numpy()
    assert x[arms == "nfa"].mean() == pytest.approx(40, abs=0.4)
    assert x[arms == "nfa"].std() == pytest.approx(30, rel=0.02)
    assert x[arms == "letter"].mean() - x[arms == "nfa"].mean() == pytest.approx(2, abs=0.6)


@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
def test_small_counts_are_whole_and_have_their_declared_mean_spread_and_effect(spread):
    outcome = {"id": "x", "role": "primary", "kind": "count", "direction": "increase", "baseline": 0.8,
               "standard_deviation": spread, "minimum_effect": 0.2}  # fmt: skip
    table = lived(world_of(200_000, outcomes=[outcome]))
    arms = np.array(table.column(ARM_COLUMN).to_pylist())
    x = table.column("x").to_numpy()
    assert np.array_equal(x, np.round(x))
    assert x[arms == "nfa"].mean() == pytest.approx(0.8, abs=0.025)
    assert x[arms == "nfa"].std() == pytest.approx(max(spread, 0.64), rel=0.1)  # half a step cannot vary by less
    assert x[arms == "letter"].mean() - x[arms == "nfa"].mean() == pytest.approx(0.2, abs=0.035)


def test_what_the_plan_does_not_declare_is_said():
    bare = {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase"}
    said = {each.where for each in declared_world(declared(outcomes=[bare])).assumptions}
    assert {"customers", "outcomes.paid.baseline", "outcomes.paid.minimum_effect", "missing", "undelivered"} <= said
    whole = declared_world(declared(outcomes=[PAID]), customers=100, missing=0.0, undelivered=0.0)
    places = {each.where for each in whole.assumptions}
    assert not {"customers", "outcomes.paid.baseline", "outcomes.paid.minimum_effect"} & places


def test_an_effect_never_takes_a_share_beyond_one():
    world = world_of(outcomes=[{**PAID, "baseline": 0.95}])
    assert world.effects["high"]["letter"] == pytest.approx(0.05)
    assert any("no share leaves 0 to 1" in each.taken for each in world.assumptions)


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_shares_that_cannot_be_are_refused(share):
    with pytest.raises(AnalysisRefused, match="cannot be missing"):
        declared_world(declared(outcomes=[PAID]), missing=share)


PLANS = {
    "simple": {"randomisation": {"method": "simple"}},
    "unequal": {"arms": [{**NFA, "share": 3}, arm("letter"), arm("sms")]},
    "strata": {"randomisation": {"method": "complete", "strata": ["region"], "merge": ["region"]}},
    "clusters": {
        "population": {"unit": "customer_id", "cluster": "office", "cluster_size": 10},
        "analysis": {"standard_errors": "CR2"}, "randomisation": {"method": "complete", "strata": ["region"]},
    },
    "pairs": {"randomisation": {"method": "matched_pairs", "pairs": "pair"}},
    "rerandomised": {
        "randomisation": {"method": "rerandomised", "rerandomise": {"covariates": ["age"], "threshold": 1.0}}
    },
    "hold-out": {"randomisation": {"method": "complete", "hold_out": 0.1}},
    "not for": {
        "arms": [NFA, arm("letter"), arm("sms", not_for=[{"when": {"column": "phone", "equals": "none"},
                                                          "reason": "no number"}])]
    },
    "saturations": {
        "population": {"unit": "customer_id", "cluster": "office", "cluster_size": 20},
        "randomisation": {"method": "saturation", "saturations": [
            {"id": "none", "treated": 0, "share": 1}, {"id": "most", "treated": 0.75, "share": 1}]},
        "analysis": {"standard_errors": "CR2"},
    },
    "factorial": {
        "arms": [{**NFA, "levels": {"a": "no", "b": "no"}}, arm("a1", levels={"a": "yes", "b": "no"}),
                 arm("b1", levels={"a": "no", "b": "yes"}), arm("ab", levels={"a": "yes", "b": "yes"})],
        "randomisation": {"method": "factorial", "factors": {"a": ["no", "yes"], "b": ["no", "yes"]}},
    },
    "times": {"outcomes": [{"id": "days", "role": "primary", "kind": "time_to_event", "time": "days", "event": "paid",
                            "horizon": 90, "minimum_effect": 0.05, "baseline": 0.4}]},
    "competing": {"outcomes": [{"id": "days", "role": "primary", "kind": "time_to_event", "time": "days",
                                "event": "paid", "horizon": 90, "minimum_effect": 0.05, "event_codes": [1],
                                "competing": [2]}]},
    "external": {"randomisation": {"method": "external", "arm_column": "arm"},
                 "arms": [{"id": "nfa", "kind": "nfa", "label": "NFA"}, {"id": "letter", "kind": "otm", "label": "L"}]},
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_every_way_to_draw_is_simulated_through_its_own(name):
    world = world_of(2_000, **PLANS[name])
    found = [replicate(world, "high", DIGEST, seed) for seed in np.random.SeedSequence(7).spawn(12)]
    at = diagnosands("high", world.truths("high"), found)
    for effect in at.effects:
        assert effect.bias.trials == 12
        assert effect.bias.value is not None
        assert effect.bias.monte_carlo_error is not None
        assert abs(effect.bias.value) < 4.5 * effect.bias.monte_carlo_error


def test_an_estimate_of_the_wrong_truth_shows_as_bias():
    world = world_of(2_000)
    found = [replicate(world, "high", DIGEST, seed) for seed in np.random.SeedSequence(7).spawn(12)]
    (effect,) = diagnosands("none", world.effects["none"], found).effects
    assert effect.bias.lower is not None
    assert effect.bias.lower > 0.02


def test_what_a_verdict_does_not_rest_on_changes_none():
    """What is left out of each simulated trial is not what decides it."""
    others = [{"id": "age", "role": "secondary", "kind": "amount", "direction": "increase", "unit": "number"}]
    plan = declared(
        outcomes=[PAID_23, {**COMPLAINT, "margin": 0.02}, *others],
        decision={"benefits": [{"outcome": "paid_23", "value": 50}]},
    )
    short = decisive(plan)
    assert [outcome.id for outcome in short.outcomes] == ["paid_23", "complaint"]
    rows = trial(effect=0.06)
    whole, kept = evaluated(plan, rows), evaluated(short, rows)
    assert whole.verdict.code == "scale"
    assert kept.verdict == whole.verdict
    assert read_off(plan, whole) == read_off(short, kept)


def test_a_seed_is_a_trial():
    world = world_of(1_000)
    one, again, other = (replicate(world, "low", DIGEST, np.random.SeedSequence(n)) for n in (3, 3, 4))
    assert one == again
    assert one != other


def test_an_invalid_trial_has_no_effects():
    world = declared_world(declared(outcomes=[PAID]), customers=1_000, missing=0.5)
    found = replicate(world, "central", DIGEST, np.random.SeedSequence(1))
    assert (found.code, found.effects) == ("invalid", ())


def test_power_alone_is_that_of_whole_trials_and_of_the_closed_form():
    from analysis.planning.power import plan as power_plan

    plan: Protocol = declared(outcomes=[PAID])
    world = declared_world(plan, customers=3_000)
    (row,) = estimates_alone(world, "central", np.random.SeedSequence(2))
    (closed,) = power_plan(plan, 3_000)
    assert closed.power is not None
    assert row.found.power == pytest.approx(closed.power, abs=4 * row.found.monte_carlo_error)


def test_the_evaluation_read_off_is_the_declared_one():
    world = world_of(2_000)
    rng = np.random.default_rng(5)
    people = world.people(rng)
    evaluation = conducted(world.plan, people, lambda arms: world.outcomes(people, arms, "high", rng), "b" * 64, DIGEST)
    kept = read_off(world.plan, evaluation)
    (row,) = (row for row in evaluation.estimates if row.declared and row.role == "primary")
    assert (kept.effects[0].estimate, kept.effects[0].lower) == (row.estimate, row.ci_lower)
    assert kept.code == evaluation.verdict.code


def test_clusters_vary_in_size_as_the_plan_says():
    plan, _ = SUITE_PLANS["clustered"]
    varied = plan.population.model_copy(update={"cluster_size_cv": 0.6})
    for population, variation in ((plan.population, 0.0), (varied, 0.6)):
        world = declared_world(plan.model_copy(update={"population": population}), customers=40_000)
        sizes = np.unique(world.people(np.random.default_rng(2)).column("agent").to_numpy(), return_counts=True)[1]
        assert sizes.sum() == 40_000
        assert sizes.mean() == pytest.approx(40, rel=0.06)
        assert sizes.std() / sizes.mean() == pytest.approx(variation, abs=0.05)
