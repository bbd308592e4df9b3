"""Score bounds with the estimate's weights: against another implementation, and their size where strata differ."""

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.inference.score_bounds import EventCounts, groups_of_like_shares, score_bounds

UNLIKE = [(80, 4_000, 80, 4_000), (13, 200, 76, 3_800)]
SPARSE = [(0, 2, 1, 38), (1, 2, 0, 38), (0, 2, 2, 38)] * 12 + [(1, 20, 0, 20), (0, 20, 1, 20)] * 8


def counts_of(strata, weight):
    return EventCounts(*(np.array(column, dtype=float) for column in zip(*strata, strict=True)), weight=weight)


def variance(x1, n1, x0, n0, difference):
    """Of one stratum's difference, its likelihood maximised numerically under the difference."""

    def minus(p0):
        return -(stats.binom.logpmf(x1, n1, p0 + difference) + stats.binom.logpmf(x0, n0, p0))

    bounds = (max(0.0, -difference) + 1e-13, min(1.0, 1.0 - difference) - 1e-13)
    p0 = optimize.minimize_scalar(minus, bounds=bounds, method="bounded", options={"xatol": 1e-13}).x
    p1 = p0 + difference
    return (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * (n1 + n0) / (n1 + n0 - 1)


def score(strata, weight, groups, difference):
    """The statistic with one difference in all strata, and with one in each group; the smaller in size."""
    w = weight / weight.sum()
    apart = np.array([x1 / n1 - x0 / n0 for x1, n1, x0, n0 in strata])
    common = np.array([variance(*stratum, difference) for stratum in strata])
    moved = (difference - w @ apart) / (w**2 @ common)
    own = np.empty(len(strata))
    for group in set(groups):
        among = groups == group
        seen = (w @ (apart * among)) / w[among].sum()
        given = seen + moved * (w**2 @ (common * among)) / w[among].sum()
        own[among] = [variance(*stratum, given) for stratum, inside in zip(strata, among, strict=True) if inside]
    return min(((w @ apart - difference) / np.sqrt(w**2 @ v) for v in (common, own)), key=abs)


@pytest.mark.parametrize("strata", [UNLIKE, SPARSE, [(3, 200, 1, 600), (4, 210, 9, 640)]])
@pytest.mark.parametrize("level", [0.05, 0.0125])
def test_bounds_solve_the_equation_of_a_direct_implementation(strata, level):
    weight = np.array([n1 + n0 + 7.0 for _, n1, _, n0 in strata])  # seven of another arm
    counts = counts_of(strata, weight)
    groups = groups_of_like_shares(counts)
    lower, upper = score_bounds(counts, level)
    assert score(strata, weight, groups, lower) == pytest.approx(stats.norm.isf(level / 2), abs=2e-4)
    assert score(strata, weight, groups, upper) == pytest.approx(-stats.norm.isf(level / 2), abs=2e-4)


@pytest.mark.parametrize("strata", [UNLIKE, SPARSE])
def test_the_comparison_against_the_arm_is_the_mirror(strata):
    counts = counts_of(strata, np.array([n1 + n0 for _, n1, _, n0 in strata], dtype=float))
    lower, upper = score_bounds(counts, 0.05)
    assert score_bounds(counts.reversed(), 0.05) == pytest.approx((-upper, -lower), abs=1e-9)


def test_the_order_of_strata_does_not_matter():
    strata = [SPARSE[place] for place in np.random.default_rng(3).permutation(len(SPARSE))]
    weight = lambda of: np.array([n1 + n0 for _, n1, _, n0 in of], dtype=float)  # noqa: E731
    shuffled = score_bounds(counts_of(strata, weight(strata)), 0.05)
    assert shuffled == pytest.approx(score_bounds(counts_of(SPARSE, weight(SPARSE)), 0.05), abs=1e-9)


def test_strata_of_alike_shares_are_the_bound_of_one_difference_whatever_the_weights():
    strata = [(3, 100, 9, 301), (9, 201, 20, 600), (0, 50, 2, 149)]
    customers = np.array([n1 + n0 for _, n1, _, n0 in strata], dtype=float)
    by_customers, by_additive = (score_bounds(counts_of(strata, weight), 0.05) for weight in (customers, None))
    assert groups_of_like_shares(counts_of(strata, customers)).tolist() == [0, 0, 0]
    assert by_customers == pytest.approx(by_additive, abs=2e-5)


@pytest.mark.parametrize("events", [[(0, 50, 0, 950), (0, 400, 0, 400)], [(50, 50, 950, 950), (400, 400, 400, 400)]])
def test_without_an_event_or_with_nothing_else_there_is_a_bound_all_the_same(events):
    lower, upper = score_bounds(counts_of(events, np.array([1_000.0, 800.0])), 0.05)
    assert -1.0 < lower < 0.0 < upper < 1.0


@pytest.mark.parametrize(
    ("customers", "part", "base", "harm"),
    [
        ((8_000, 4_000), (0.5, 0.05), 0.02, (0.0, 0.03)),
        ((8_000, 800), (0.5, 0.05), 0.05, (0.0, 0.1)),
        ((40,) * 100, (0.05,) * 50 + (0.5,) * 50, 0.02, (0.04,) * 50 + (0.0,) * 50),
    ],
)
def test_harm_at_the_margin_is_seldom_passed_where_it_and_the_shares_differ_by_stratum(customers, part, base, harm):
    """One common difference alone passed 3.7, 4.3 and 4.1% of these, and Mantel-Haenszel weights most of the first."""
    rng, weight = np.random.default_rng(8), np.array(customers, dtype=float)
    n1 = np.round(weight * np.array(part))
    margin = float(weight @ np.array(harm) / weight.sum())
    passed, size = 0, 400
    for _ in range(size):
        x1, x0 = rng.binomial(n1.astype(int), base + np.array(harm)), rng.binomial((weight - n1).astype(int), base)
        counts = EventCounts(x1.astype(float), n1, x0.astype(float), weight - n1, weight=weight)
        passed += score_bounds(counts, 0.05)[1] < margin
    assert passed / size <= 0.025 + 2.5 * np.sqrt(0.025 * 0.975 / size)
