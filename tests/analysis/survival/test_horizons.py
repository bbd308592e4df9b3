"""Survival at the horizon is stratum-weighted like every other estimate, and its error with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.evaluate import evaluate
from analysis.frame import ARM_COLUMN
from analysis.results import Estimate
from analysis.survival.exits import ExitCells
from analysis.survival.horizons import differences
from analysis.survival.kaplan_meier import life_table, survival_at
from analysis.survival.time_to_event import TimeToEvent, time_to_event
from tests.analysis.evaluations import declared
from tests.analysis.frames import frame_of

HORIZON = 60.0
WAIT = {"id": "wait", "role": "primary", "kind": "time_to_event", "time": "days", "event": "paid", "horizon": HORIZON}
PAIR = (("letter", "nfa"),)


def external(**sections: Any):
    return declared(
        outcomes=[WAIT],
        **{"randomisation": {"method": "external", "arm_column": "arm", "strata": ["region"]}} | sections,
    )


def regions(seed: int, n: int = 4_000, shares: tuple[float, float] = (0.8, 0.2)) -> dict[str, Any]:
    """Shares 4:1 and 1:4 in two regions that pay at different rates; no effect, and follow-up ends at random."""
    rng = np.random.default_rng(seed)
    region = rng.integers(0, 2, n)
    arm = np.where(rng.random(n) < np.array(shares)[region], "letter", "nfa")
    pays = np.ceil(rng.exponential(np.array([30.0, 150.0])[region]))
    ends = np.where(rng.random(n) < 0.1, np.ceil(rng.uniform(1, HORIZON, n)), HORIZON)
    return {ARM_COLUMN: arm, "region": np.array(["north", "south"])[region], "days": np.minimum(pays, ends),
            "paid": (pays <= ends).astype(np.int64), "cluster": rng.integers(0, 10**9, n)}  # fmt: skip


def estimated(data: dict[str, Any], protocol=None) -> TimeToEvent:
    protocol = protocol or external()
    return time_to_event(frame_of(data), protocol, protocol.outcome("wait"), seed=7)


def row(result: TimeToEvent, estimand: str = "survival_difference") -> Estimate:
    return next(r for r in result.estimates if r.estimand == estimand)


def test_shares_that_differ_by_stratum_do_not_look_like_an_effect() -> None:
    data = regions(1, n=20_000)
    result = estimated(data)
    pooled = estimated(data, external(randomisation={"method": "external", "arm_column": "arm"}))
    assert row(pooled).estimate < -0.15  # what the curves of whole arms would say
    for estimand in ("survival_difference", "rmst_difference"):
        ours = row(result, estimand)
        assert ours.ci_lower < 0.0 < ours.ci_upper
    curves = {curve.arm: curve.surviving[-1] for curve in result.curves}
    assert curves["letter"] - curves["nfa"] == pytest.approx(row(result).estimate)


def test_it_is_the_average_of_the_strata_by_their_customers() -> None:
    data = regions(2)
    estimate = variance = 0.0
    for region in ("north", "south"):
        share = np.mean(data["region"] == region)
        for arm, sign in (("letter", 1.0), ("nfa", -1.0)):
            inside = (data["region"] == region) & (data[ARM_COLUMN] == arm)
            table = life_table(data["days"][inside], data["paid"][inside], np.ones(inside.sum()))
            at, n = survival_at(table, HORIZON), inside.sum()
            estimate += sign * share * at.estimate
            variance += share**2 * at.variance * n / (n - 1)
    assert row(estimated(data)).estimate == pytest.approx(estimate)
    assert row(estimated(data)).std_error == pytest.approx(variance**0.5)


def test_intervals_hold_nil_as_often_as_they_say() -> None:
    """300 trials; the Monte Carlo standard error of the share that hold it is 1.3 points."""
    held = {"survival_difference": 0, "rmst_difference": 0}
    for seed in range(300):
        result = estimated(regions(100 + seed, n=600))
        for estimand in held:
            held[estimand] += int(row(result, estimand).p_value > 0.05)
    assert all(0.91 <= count / 300 <= 0.99 for count in held.values()), held


def test_strata_of_a_few_customers_are_not_taken_to_be_surer_than_they_are() -> None:
    """200 strata of two and two: without n/(n − 1) the variance would be half of what it is."""
    rng, estimates, errors = np.random.default_rng(3), [], []
    stratum = np.repeat(np.arange(100), 4)
    arm = np.tile([0, 0, 1, 1], 100)
    for _ in range(300):
        paid = (rng.random(400) < 0.2 + 0.6 * (stratum % 2)).astype(np.int64)
        cells = ExitCells(arm, stratum, arm, np.where(paid, 5.0, HORIZON), paid, np.ones(400),
                          names=tuple(map(str, range(100))))  # fmt: skip
        found = differences(cells, ("nfa", "letter"), PAIR, HORIZON, clustered=False, seed=0)["survival"].effects[0]
        estimates.append(found.estimate)
        errors.append(found.std_error**2)
    assert np.mean(errors) == pytest.approx(np.var(estimates), rel=0.25)


def test_customers_of_a_stratum_that_lacks_an_arm_leave_the_contrast_and_are_counted() -> None:
    data = regions(4)
    data["region"] = np.where(np.arange(4_000) == int(np.flatnonzero(data[ARM_COLUMN] == "nfa")[0]), "isles",
                              data["region"])  # fmt: skip
    result = estimated(data)
    assert row(result).estimate is not None
    assert "1 customers of strata that lack one of the two arms are not compared" in str(row(result).note)
    data["region"] = np.where(data[ARM_COLUMN] == "nfa", "isles", data["region"])
    assert "too many to leave" in str(row(estimated(data)).reason)


def test_who_leaves_is_decided_by_assignment_and_not_by_what_was_observed() -> None:
    data = regions(5)
    far = np.arange(4_000) < 20
    data["region"] = np.where(far, "isles", data["region"])
    data["days"] = np.where(far & (data[ARM_COLUMN] == "nfa"), np.nan, data["days"])
    ours = row(estimated(data))
    assert ours.estimate is None
    assert "arm nfa has no customer with this outcome observed in stratum isles" in str(ours.reason)


def test_an_arm_without_customers_costs_its_own_difference_only() -> None:
    arms = [{"id": a, "kind": "nfa" if a == "nfa" else "otm", "label": a} for a in ("nfa", "letter", "sms")]
    result = estimated(regions(6), external(arms=arms))
    by_arm = {r.arm: r for r in result.estimates if r.estimand == "survival_difference"}
    assert by_arm["letter"].estimate is not None
    assert by_arm["sms"].reason == "nobody in arm sms has this outcome observed"


CLUSTERED = {
    "population": {"unit": "customer_id", "cluster": "cluster"},
    "analysis": {"standard_errors": "CR2"},
}


def test_clusters_are_resampled_within_strata_and_arms() -> None:
    """Customers who are clusters of one: the bootstrap meets the variance of independent customers."""
    data = regions(7)
    plain, clustered = estimated(data), estimated(data, external(**CLUSTERED))
    for estimand in ("survival_difference", "rmst_difference"):
        assert row(clustered, estimand).estimate == pytest.approx(row(plain, estimand).estimate)
        assert row(clustered, estimand).std_error == pytest.approx(row(plain, estimand).std_error, rel=0.06)


def test_clusters_that_span_arms_are_resampled_with_both() -> None:
    """What a cluster shares cancels between its arms, so the difference is surer than two separate arms'."""
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(200), 20)
    rate = np.exp(rng.normal(0, 1.0, 200))[cluster] / 40
    pays = np.ceil(rng.exponential(1 / rate))
    data = {ARM_COLUMN: np.tile(["nfa", "letter"], 2_000), "region": "north", "cluster": cluster,
            "days": np.minimum(pays, HORIZON), "paid": (pays <= HORIZON).astype(np.int64)}  # fmt: skip
    data["region"] = np.full(4_000, "north")
    spanning = row(estimated(data, external(**CLUSTERED)))
    paid = data["paid"] * np.where(data[ARM_COLUMN] == "letter", -1.0, 1.0)
    by_cluster = np.bincount(cluster, paid) / 2_000
    assert spanning.std_error == pytest.approx(np.sqrt(200) * by_cluster.std(ddof=1), rel=0.06)


def test_a_stratum_with_one_cluster_of_an_arm_has_no_error() -> None:
    data = regions(9, n=400)
    data["cluster"] = np.where(data["region"] == "north", data["cluster"] % 7, 100) * 2 + (data[ARM_COLUMN] == "nfa")
    ours = row(estimated(data, external(**CLUSTERED)))
    assert ours.estimate is not None
    assert (ours.std_error, ours.p_value) == (None, None)
    assert "fewer than two clusters in stratum south" in str(ours.reason)


def test_follow_up_that_ends_in_one_stratum_names_it() -> None:
    data = regions(10)
    early = (data["region"] == "south") & (data[ARM_COLUMN] == "nfa")
    data["days"] = np.where(early, np.minimum(data["days"], 30), data["days"])
    data["paid"] = np.where(early & (data["days"] >= 30), 0, data["paid"])
    assert "follow-up ends before day 60 in: nfa (south)" in str(row(estimated(data)).reason)


def test_a_curve_ends_at_the_horizon_with_those_who_are_followed_beyond_it() -> None:
    data = {ARM_COLUMN: np.repeat(["nfa", "letter"], 10), "region": np.full(20, "north"), "cluster": np.arange(20),
            "days": np.tile([10.0, 55.0, *[90.0] * 8], 2), "paid": np.tile([1, 1, *[0] * 8], 2)}  # fmt: skip
    for curve in estimated(data).curves:
        assert (curve.days, curve.at_risk) == ((10.0, 55.0, 60.0), (10, 9, 8))
        assert curve.surviving[-1] == pytest.approx(0.8)


def test_an_evaluation_shows_the_weighted_curves() -> None:
    protocol = external()
    evaluation = evaluate(frame_of(regions(11)), protocol, protocol_digest="f" * 64)
    last = {curve.arm: curve.surviving[-1] for curve in evaluation.curves}
    assert abs(last["letter"] - last["nfa"]) < 0.08
