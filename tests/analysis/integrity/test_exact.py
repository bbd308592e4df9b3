"""Exact tests of counts: the known ones, every small table there is, and what an alarm costs an honest trial."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.integrity.clusters_alike import WholeClusters, clusters_alike_p
from analysis.integrity.exact import binomial_p, hypergeometric_p, hypergeometric_variance
from analysis.integrity.shares_by_stratum import ALARM, ShareCounts, compare_shares


def of(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


@given(drawn=st.integers(1, 30), rest=st.integers(1, 30), data=st.data())
def test_one_stratum_has_fishers_test(drawn, rest, data):
    found = data.draw(st.integers(0, drawn))
    other = data.draw(st.integers(0, rest))
    reference = stats.fisher_exact([[found, drawn - found], [other, rest - other]])
    p = hypergeometric_p(found, of(drawn), of(found + other), of(drawn + rest))
    assert p == pytest.approx(reference.pvalue, rel=1e-6)


@given(seed=st.integers(0, 10_000), alike=st.booleans())
def test_several_strata_sum_over_every_table(seed, alike):
    rng = np.random.default_rng(seed)
    drawn, rest = rng.integers(1, 5, 3), rng.integers(1, 5, 3)
    marked = np.array([rng.integers(0, n + 1) for n in drawn + rest])
    if alike:  # which are added by another way
        drawn, rest, marked = (values[[0, 0, 2]] for values in (drawn, rest, marked))
    total = drawn + rest
    seen = sum(rng.hypergeometric(m, t - m, n) for m, n, t in zip(marked, drawn, total, strict=True))
    chance: dict[int, float] = {}
    for sums in product(
        *(range(max(0, m + n - t), min(m, n) + 1) for m, n, t in zip(marked, drawn, total, strict=True))
    ):
        p = math.prod(stats.hypergeom.pmf(k, t, m, n) for k, t, m, n in zip(sums, total, marked, drawn, strict=True))
        chance[sum(sums)] = chance.get(sum(sums), 0.0) + p
    wanted = sum(p for p in chance.values() if p <= chance[int(seen)] * (1 + 1e-7))
    assert hypergeometric_p(int(seen), drawn * 1.0, marked * 1.0, total * 1.0) == pytest.approx(wanted, rel=1e-6)


def test_pairs_are_a_sign_test():
    p = hypergeometric_p(5_200, np.ones(10_000), np.ones(10_000), np.full(10_000, 2.0))
    assert p == pytest.approx(stats.binomtest(5_200, 10_000).pvalue, rel=1e-6)


def test_the_variance_is_that_of_the_hypergeometric_distribution():
    reference = stats.hypergeom.var(50, 12, 20) + stats.hypergeom.var(9, 4, 3)
    assert hypergeometric_variance(of(20, 3), of(12, 4), of(50, 9)) == pytest.approx(reference)


@given(units=st.integers(1, 4_000), share=st.floats(0.001, 0.999), data=st.data())
def test_a_binomial_count_has_the_test_of_scipy(units, share, data):
    seen = data.draw(st.integers(0, units))
    assert binomial_p(seen, units, share) == pytest.approx(
        stats.binomtest(seen, units, share).pvalue, rel=1e-5, abs=1e-25
    )


@pytest.mark.parametrize(
    ("arm", "comparison", "lost"),
    [
        pytest.param((20,), (380,), (60,), id="a small arm"),
        pytest.param((40,), (760,), (110,), id="a small arm of more"),
        pytest.param((60, 20), (20, 60), (9, 24), id="shares that differ"),
        pytest.param((3,) * 12, (9,) * 12, (2,) * 12, id="small strata"),
    ],
)
def test_losses_alike_are_an_alarm_once_in_a_thousand_at_most(arm, comparison, lost):
    """Every number that the arm can have lost, with its chance given how many were lost in each stratum."""
    strata = len(arm)
    total = np.add(arm, comparison)
    chance = np.ones(1)
    for n, m, t in zip(arm, lost, total, strict=True):
        chance = np.convolve(chance, stats.hypergeom.pmf(np.arange(n + 1), t, m, n))
    alarm = 0.0
    for of_arm in np.flatnonzero(chance > 1e-15):
        p = hypergeometric_p(int(of_arm), np.array(arm, float), np.array(lost, float), total * 1.0)
        alarm += chance[of_arm] * (p < ALARM)
    assert 0.0001 < alarm <= ALARM
    by_arm = ShareCounts(
        np.repeat(["letter", "nfa"], strata), np.tile(np.arange(strata), 2),
        np.array([*arm, *comparison], float), np.array([*arm, *np.subtract(comparison, lost)], float),
    )  # fmt: skip
    found = compare_shares(by_arm, "letter", "nfa")
    assert found.p_value == pytest.approx(hypergeometric_p(0, np.array(arm, float), np.array(lost, float), total * 1.0))


def test_few_clusters_of_an_arm_can_raise_an_alarm():
    """Five of 200, which lost a third of their customers: by a score test nothing that they lose is an alarm."""
    rng = np.random.default_rng(3)
    kept = rng.binomial(20, 0.9, 200)
    kept[:5] = 12
    counts = ShareCounts(
        np.where(np.arange(200) < 5, "letter", "nfa"),
        np.zeros(200, int),
        np.full(200, 20.0),
        kept * 1.0,
        np.arange(200),
    )
    assert compare_shares(counts, "letter", "nfa").p_value < ALARM


def test_a_sum_that_one_draw_in_a_thousand_exceeds_has_that_p_value():
    """1,000 clusters, 50 to the letter, of which some lose most of theirs: a normal distribution says half of it."""
    rng = np.random.default_rng(4)
    beyond = 2.0 - rng.binomial(20, rng.beta(0.72, 8.28, 1_000))
    beyond -= beyond.mean()
    values, times = np.unique(beyond, return_counts=True)
    sums = np.abs(rng.multivariate_hypergeometric(times, 50, size=400_000, method="marginals") @ values)
    edge = float(np.quantile(sums, 1 - ALARM))
    order = np.argsort(beyond)
    drawn = np.zeros(1_000, dtype=bool)
    drawn[order[:50]] = True
    for swap in range(50):  # until the sum is that of the edge
        if abs(beyond[drawn].sum()) <= edge:
            break
        drawn[order[swap]], drawn[order[-1 - swap]] = False, True
    exact = float(np.mean(sums >= abs(beyond[drawn].sum()) - 1e-9))
    found = clusters_alike_p(WholeClusters(beyond, np.zeros(1_000, dtype=np.int64), drawn))
    assert 0.0002 < exact < 0.02
    assert found == pytest.approx(exact, rel=0.3)
    normal = 2 * stats.norm.sf(abs(beyond[drawn].sum()) / np.sqrt(50 * 950 / 1_000 * beyond.var(ddof=1)))
    assert normal < 0.7 * exact


def test_the_order_of_the_rows_and_the_names_of_strata_do_not_matter():
    rng = np.random.default_rng(6)
    stratum = np.arange(90) % 3
    beyond = rng.normal(size=90) ** 3
    beyond -= np.array([beyond[stratum == j].mean() for j in range(3)])[stratum]
    drawn = (np.arange(90) < 30) & (beyond > np.quantile(beyond[:30], 0.3))
    p_values = set()
    for _ in range(4):
        order = rng.permutation(90)
        names = rng.permutation(3)
        p_values.add(clusters_alike_p(WholeClusters(beyond[order], names[stratum[order]], drawn[order])))
    assert len(p_values) == 1
    assert 1e-5 < p_values.pop() < 0.05


def test_one_letter_in_each_cluster_is_compared_as_customers_are():
    """Assigned one by one, 60 letters among 1,200 customers: the clusters' own spread says too little of so few."""
    rng = np.random.default_rng(12)
    lost = rng.random((60, 20)) < rng.beta(0.72, 8.28, 60)[:, None]
    lost[:, 0] = False  # of the letters nobody
    arm = np.tile(np.where(np.arange(20) == 0, "letter", "nfa"), 60)
    counts = ShareCounts(arm, np.zeros(1_200, int), np.ones(1_200), 1.0 - lost.ravel(), np.repeat(np.arange(60), 20))
    fisher = stats.fisher_exact([[0, 60], [lost.sum(), 1_140 - lost.sum()]]).pvalue
    assert 0.005 < fisher < 0.1
    assert compare_shares(counts, "letter", "nfa").p_value == pytest.approx(fisher, rel=1e-6)
