"""With few clusters survival is judged by Student's t, whose degrees of freedom are those of the clusters."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.survival.exits import ExitCells
from analysis.survival.horizons import differences

HORIZON = 60.0
ARMS, PAIR = ("nfa", "letter"), (("letter", "nfa"),)


def cells(rng, clusters: tuple[int, int], size: int = 20, spread: float = 0.4, strata: int = 1) -> ExitCells:
    """Whole clusters of equal size that share a rate; nobody's follow-up ends early, and nothing is to be found."""
    arm = np.repeat([0] * clusters[0] + [1] * clusters[1], size)
    cluster = np.repeat(np.arange(sum(clusters)), size)
    rate = np.exp(rng.normal(0, spread, sum(clusters)))[cluster] / 60
    pays = np.ceil(rng.exponential(1 / rate))
    paid = (pays <= HORIZON).astype(np.int64)
    names = ("",) if strata == 1 else tuple(map(str, range(strata)))
    days = np.minimum(pays, HORIZON)
    return ExitCells(arm, cluster % strata, cluster, days, paid, np.ones(arm.size), names=names)


def effect(of: ExitCells, seed: int = 1):
    return differences(of, ARMS, PAIR, HORIZON, clustered=True, seed=seed)["survival"].effects[0]


@pytest.mark.parametrize("clusters", [(4, 4), (3, 9), (10, 10), (5, 40)])
def test_degrees_of_freedom_are_welch_s_on_the_clusters(clusters):
    """With clusters of equal size and whole follow-up the difference in survival is that of cluster means."""
    of = cells(np.random.default_rng(sum(clusters)), clusters)
    means = np.bincount(of.cluster, of.code) / 20
    first, second = means[clusters[0] :], means[: clusters[0]]
    welch = stats.ttest_ind(first, second, equal_var=False)
    found = effect(of)
    assert found.estimate == pytest.approx(second.mean() - first.mean())
    assert found.df == pytest.approx(welch.df, rel=0.08)  # 1,999 resamples
    assert found.p_value == pytest.approx(welch.pvalue, abs=0.02)


def test_strata_have_degrees_of_freedom_of_their_own():
    of = cells(np.random.default_rng(3), (12, 12), strata=3)
    parts, degrees = [], []
    for arm in (0, 1):
        for stratum in range(3):
            inside = (of.arm == arm) & (of.stratum == stratum)
            means = np.bincount(of.cluster[inside], of.code[inside])[np.unique(of.cluster[inside])] / 20
            parts.append(means.var(ddof=1) / means.size / 9)
            degrees.append(means.size - 1)
    expected = sum(parts) ** 2 / sum(v**2 / df for v, df in zip(parts, degrees, strict=True))
    assert effect(of).df == pytest.approx(expected, rel=0.08)


def test_customers_who_were_assigned_one_by_one_have_none():
    of = cells(np.random.default_rng(4), (4, 4))
    assert differences(of, ARMS, PAIR, HORIZON, clustered=False, seed=1)["survival"].effects[0].df is None


def test_eight_clusters_find_something_in_nothing_no_oftener_than_they_say():
    """600 trials, Monte Carlo standard error 0.9 points: by the normal distribution it was 10 in 100."""
    rng, found = np.random.default_rng(108), 0
    for _ in range(600):
        found += int(effect(cells(rng, (4, 4))).p_value <= 0.05)
    assert found / 600 <= 0.05 + 3 * (0.05 * 0.95 / 600) ** 0.5
