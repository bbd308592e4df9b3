"""Sizes and powers against statsmodels, published figures and simulation."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analysis.diagnosis import declared_world, replicate
from analysis.errors import AnalysisRefused
from analysis.planning.power import (
    _proportions,
    minimum_detectable_effect,
    plan,
    power_at,
    sample_size,
    students_sample_size,
)
from designs.protocol.models import Protocol


def protocol(outcome: dict[str, Any], **population: Any) -> Protocol:
    document = {
        "schema": 1,
        "id": "sizes",
        "title": "Sizes",
        "hypothesis": "A letter helps.",
        "population": {"unit": "customer", **population},
        "arms": [
            {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 3},
            {"id": "letter", "kind": "otm", "label": "Letter", "share": 1},
            {"id": "sms", "kind": "otm", "label": "SMS", "share": 1},
        ],
        "randomisation": {"method": "complete"},
        "outcomes": [{"id": "paid", "role": "primary", "day": 23, "direction": "increase", **outcome}],
        "analysis": {"standard_errors": "CR2" if population.get("cluster") else "HC2"},
    }
    return Protocol.model_validate_json(json.dumps(document))


def test_thirty_four_against_thirty_six_per_cent() -> None:
    assert sample_size(_proportions(0.34), 0.02, alpha=0.05, power=0.8) == 8_925


@pytest.mark.parametrize(("ratio", "effect"), [(1.0, 0.5), (3.0, 0.2), (0.25, 0.1)])
def test_sizes_of_amounts_agree_with_statsmodels(ratio: float, effect: float) -> None:
    from statsmodels.stats.power import NormalIndPower, TTestIndPower

    normal = sample_size(lambda _: (1.0, 1.0), effect, alpha=0.05, power=0.8, ratio=ratio)
    theirs = NormalIndPower().solve_power(effect, alpha=0.05, power=0.8, ratio=ratio, alternative="two-sided")
    assert normal == pytest.approx(theirs, abs=1.0)
    ours, others = students_sample_size(lambda _: (1.0, 1.0), effect, alpha=0.05, power=0.8, ratio=ratio)
    theirs = TTestIndPower().solve_power(effect, alpha=0.05, power=0.8, ratio=ratio, alternative="two-sided")
    assert ours == pytest.approx(theirs, abs=1.0)
    power = TTestIndPower().power(effect, ours, 0.05, ratio=others / ours, alternative="two-sided")
    found = power_at(lambda _: (1.0, 1.0), effect, ours, others, alpha=0.05, df=ours + others - 2)
    assert found == pytest.approx(power, rel=1e-8)


@pytest.mark.parametrize(
    ("arm", "other", "alpha", "effect"),
    [(2, 2, 0.05, 1.0), (3, 40, 0.0125, 2.0), (9, 4, 0.001, 0.0), (50, 60, 0.05, 0.4)],
)
def test_power_by_few_units_agrees_with_the_noncentral_t(arm: int, other: int, alpha: float, effect: float) -> None:
    from scipy.stats import nct, t

    df, away = arm + other - 2, effect / (1 / arm + 1 / other) ** 0.5
    edge = t.isf(alpha / 2, df)
    expected = nct.sf(edge, df, away) + nct.cdf(-edge, df, away)
    assert power_at(lambda _: (1.0, 1.0), effect, arm, other, alpha=alpha, df=df) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("units", [2, 3, 10, 10_000, 20_000_000])
def test_power_by_t_comes_to_one_however_far_the_effect_and_to_the_normal_one_with_many(units: int) -> None:
    def power(effect: float, df: float | None) -> float:
        return power_at(lambda _: (1.0, 1.0), effect, units, units, alpha=0.05, df=df)

    assert power(1e6, 2 * units - 2) == pytest.approx(1.0, abs=1e-6)
    near = 3.0 * (2 / units) ** 0.5
    assert power(near, 2 * units - 2) <= power(near, None) + 1e-9
    assert units < 10_000 or power(near, 2 * units - 2) == pytest.approx(power(near, None), abs=1e-4)


@pytest.mark.parametrize(
    ("shares", "customers", "reason"), [((1, 1), 999, None), ((1, 1), 79, "fewer than two"), ((1, 3), 160, None)]
)
def test_clusters_are_whole_and_at_least_two(shares: tuple[int, int], customers: int, reason: str | None) -> None:
    made = protocol(
        {"kind": "binary", "baseline": 0.3, "minimum_effect": 0.4, "intracluster_correlation": 0.05},
        cluster="agent", cluster_size=20,
    )  # fmt: skip
    pairs = zip(made.arms[:2], reversed(shares), strict=True)
    arms = tuple(arm.model_copy(update={"share": float(share)}) for arm, share in pairs)
    row = plan(made.model_copy(update={"arms": arms}), customers)[0]
    assert row.n_per_arm is not None
    assert (row.n_per_arm % 20, row.n_per_arm >= 40) == (0, True)
    assert (row.power is None) == (reason is not None)
    assert (reason or "") in (row.reason or "")


def test_power_agrees_with_simulation() -> None:
    rng = np.random.default_rng(1)
    n_arm, n_other, runs = 3_000, 9_000, 40_000
    one, other = rng.binomial(n_arm, 0.33, runs) / n_arm, rng.binomial(n_other, 0.30, runs) / n_other
    error = np.sqrt(one * (1 - one) / n_arm + other * (1 - other) / n_other)
    share = np.mean(np.abs(one - other) / error > 2.241403)  # alpha 0.025
    ours = power_at(_proportions(0.30), 0.03, n_arm, n_other, alpha=0.025)
    assert share == pytest.approx(ours, abs=0.01)


def test_what_is_needed_is_what_is_found() -> None:
    variance = _proportions(0.28)
    n = sample_size(variance, 0.02, alpha=0.0125, power=0.9, ratio=3.0)
    assert power_at(variance, 0.02, n, 3 * n, alpha=0.0125) >= 0.9 - 1e-6
    assert power_at(variance, 0.02, n - 1, 3 * (n - 1), alpha=0.0125) < 0.9 + 1e-4
    found = minimum_detectable_effect(variance, n, 3 * n, alpha=0.0125, power=0.9, sign=1.0, largest=0.72)
    assert found == pytest.approx(0.02, rel=1e-3)
    assert minimum_detectable_effect(variance, 3, 3, alpha=0.05, power=0.9, sign=-1.0, largest=0.28) is None


def test_a_plan_shares_alpha_and_customers() -> None:
    rows = plan(protocol({"kind": "binary", "baseline": 0.3, "minimum_effect": 0.02}), 50_000)
    assert [row.arm for row in rows] == ["letter", "sms"]
    letter = rows[0]
    assert letter.n_per_arm == sample_size(_proportions(0.3), 0.02, alpha=0.025, power=0.8, ratio=3.0)
    assert letter.n_comparison == 3 * letter.n_per_arm
    assert letter.expected_in_arm == 10_000
    assert letter.power == pytest.approx(power_at(_proportions(0.3), 0.02, 10_000, 30_000, alpha=0.025))
    assert letter.reason is None


def test_fewer_complaints_are_sized_downwards() -> None:
    rows = plan(
        protocol({"kind": "binary", "baseline": 0.01, "minimum_effect": 0.005, "direction": "decrease"}), 20_000
    )
    assert rows[0].minimum_detectable_effect is not None
    assert rows[0].minimum_detectable_effect < 0


def test_clusters_inflate_by_their_size_and_likeness() -> None:
    outcome = {"kind": "amount", "standard_deviation": 100.0, "minimum_effect": 10.0}
    alone = plan(protocol(outcome), 5_000)[0]
    together = plan(protocol({**outcome, "intracluster_correlation": 0.05}, cluster="agent", cluster_size=21), 5_000)[0]
    assert together.n_per_arm % 21 == 0  # type: ignore[operator]  # whole clusters, by the t of fewer units
    assert 0 <= together.n_per_arm - 2 * alone.n_per_arm <= 3 * 21  # type: ignore[operator]
    assert together.power < alone.power  # type: ignore[operator]


@pytest.mark.parametrize(
    ("outcome", "population", "reason"),
    [
        ({"kind": "binary"}, {}, "no baseline"),
        ({"kind": "amount"}, {}, "no standard_deviation"),
        ({"kind": "binary", "baseline": 0.3}, {}, "no minimum_effect"),
        ({"kind": "binary", "baseline": 0.3, "minimum_effect": 0.1}, {"cluster": "agent"}, "cluster_size"),
    ],
)
def test_what_cannot_be_sized_says_why(outcome: dict[str, Any], population: dict[str, Any], reason: str) -> None:
    row = plan(protocol(outcome, **population), 10_000)[0]
    assert row.n_per_arm is None
    assert reason in str(row.reason)


def test_an_effect_of_zero_is_refused() -> None:
    with pytest.raises(AnalysisRefused, match="an effect of zero"):
        sample_size(_proportions(0.3), 0.0, alpha=0.05, power=0.8)


@pytest.mark.requirement("S16")
@pytest.mark.parametrize(("variation", "effect"), [(0.0, 1 + 20 * 0.05), (0.6, 1 + (1.36 * 21 - 1) * 0.05)])
def test_clusters_of_unlike_sizes_tell_less(variation: float, effect: float) -> None:
    """1 + ((1 + CV²)m − 1)ρ, by t on the clusters less two; how many clusters is said."""
    outcome = {"kind": "amount", "standard_deviation": 100.0, "minimum_effect": 10.0, "intracluster_correlation": 0.05}
    row = plan(protocol(outcome, cluster="agent", cluster_size=21, cluster_size_cv=variation), 21_000)[0]
    alone = (lambda _: (1e4, 1e4), 10.0)
    units, others = students_sample_size(*alone, alpha=0.025, power=0.8, ratio=3.0, inflation=effect, size=21)
    assert (row.clusters, row.clusters_comparison) == (units, others)
    assert (row.n_per_arm, row.n_comparison) == (21 * units, 21 * others)
    found = power_at(*alone, 200 * 21, 600 * 21, alpha=0.025, inflation=effect, df=798)
    assert row.power == pytest.approx(found, rel=1e-9)


def test_customers_alone_are_no_clusters() -> None:
    row = plan(protocol({"kind": "binary", "baseline": 0.3, "minimum_effect": 0.1}), 2_000)[0]
    assert (row.clusters, row.clusters_comparison) == (None, None)


@pytest.mark.requirement("S16")
@pytest.mark.parametrize("direction", ["increase", "decrease"])
def test_counts_of_events_agree_with_statsmodels(direction: str) -> None:
    """Poisson's: the variance is the mean, and moves with it (statsmodels' difference of two rates)."""
    from statsmodels.stats.rates import power_poisson_diff_2indep

    outcome = {"kind": "count", "baseline": 2.0, "standard_deviation": 2.0**0.5, "minimum_effect": 0.1}
    row = plan(protocol({**outcome, "direction": direction}), 20_000)[0]
    moved = 2.1 if direction == "increase" else 1.9
    theirs = power_poisson_diff_2indep(
        moved, 2.0, nobs1=4_000, nobs_ratio=3, alpha=0.025, method_var="alt", return_results=False
    )
    assert row.power == pytest.approx(theirs, abs=2e-4)  # theirs is by the normal distribution
    assert row.n_per_arm is not None
    at = power_poisson_diff_2indep(
        moved, 2.0, nobs1=row.n_per_arm, nobs_ratio=3, alpha=0.025, method_var="alt", return_results=False
    )
    assert at == pytest.approx(0.8, abs=5e-4)


def test_counts_that_vary_more_are_negative_binomial() -> None:
    outcome = {"kind": "count", "baseline": 2.0, "standard_deviation": 3.0, "minimum_effect": 0.4}
    row = plan(protocol(outcome), 5_000)[0]
    rng, dispersion = np.random.default_rng(5), (9.0 - 2.0) / 4.0
    found, trials = 0, 4_000
    for _ in range(trials):
        arm, comparison = (
            rng.negative_binomial(1 / dispersion, 1 / (1 + dispersion * mean), n)
            for mean, n in ((2.4, 1000), (2, 3000))
        )
        error = np.sqrt(arm.var(ddof=1) / 1_000 + comparison.var(ddof=1) / 3_000)
        found += abs(arm.mean() - comparison.mean()) / error > 2.2414  # 1 − 0.025 / 2
    assert row.power == pytest.approx(found / trials, abs=4 * (0.25 / trials) ** 0.5)
    assert row.minimum_detectable_effect is not None
    constant = students_sample_size(lambda _: (9.0, 9.0), 0.4, alpha=0.025, power=0.8, ratio=3.0)[0]
    assert row.n_per_arm is not None
    assert row.n_per_arm > constant  # which would have the arm vary as if nothing moved


TIME = {"kind": "time_to_event", "time": "days", "event": "cleared", "horizon": 60, "baseline": 0.4}


@pytest.mark.requirement("S16")
@pytest.mark.parametrize(("direction", "sign"), [("decrease", 1), ("increase", -1)])
def test_a_time_to_an_event_is_sized_by_the_share_with_it_by_the_horizon(direction: str, sign: int) -> None:
    row = plan(protocol({**TIME, "minimum_effect": 0.05, "direction": direction}), 8_000)[0]
    assert row.n_per_arm == sample_size(_proportions(0.4), sign * 0.05, alpha=0.025, power=0.8, ratio=3.0)
    assert row.minimum_detectable_effect is not None
    assert row.minimum_detectable_effect * sign > 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"baseline": 30.0, "minimum_effect": 2.0}, "shares"),
        ({"baseline": 0.98, "minimum_effect": 0.05}, "from 0 to 1"),
        ({"baseline": None, "minimum_effect": 0.05}, "with the event by day 60"),
    ],
)
def test_a_time_in_days_is_no_share(changes: dict[str, Any], reason: str) -> None:
    row = plan(protocol({**TIME, **changes, "direction": "decrease"}), 8_000)[0]
    assert (row.n_per_arm, row.power) == (None, None)
    assert row.reason is not None
    assert reason in row.reason


def test_whole_trials_judge_a_time_with_the_error_that_it_is_sized_by() -> None:
    outcome = {**TIME, "minimum_effect": 0.06, "direction": "decrease"}
    one = protocol(outcome)
    two = one.model_copy(update={"arms": one.arms[:2]})
    row = plan(two, 1_600)[0]
    world, trials = declared_world(two, customers=1_600), 8
    seeds = np.random.SeedSequence(11).spawn(trials)
    effects = [replicate(world, "central", "0" * 64, seed).effects[0] for seed in seeds]
    error = (0.46 * 0.54 / 400 + 0.4 * 0.6 / 1_200) ** 0.5
    assert np.mean([effect.std_error for effect in effects]) == pytest.approx(error, rel=0.01)
    assert np.mean([effect.estimate for effect in effects]) == pytest.approx(0.06, abs=3.3 * error / trials**0.5)
    found = 1 - stats.norm.cdf(stats.norm.ppf(0.975) - 0.06 / error)
    assert row.power == pytest.approx(found, abs=1e-4)
