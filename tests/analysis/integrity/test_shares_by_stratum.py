"""Shares compared within strata: the known tests where there is one, and quiet where strata lose and arms do not."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from analysis.integrity.shares_by_stratum import ShareCounts, compare_shares


def of_rows(arm, stratum, kept, cluster=None):
    """Counts with one entry for each customer, which is as good as any other grouping."""
    ones = np.ones(len(arm))
    return ShareCounts(np.asarray(arm), np.asarray(stratum), ones, np.asarray(kept, dtype=float), cluster)


def test_several_strata_have_the_mantel_haenszel_test_of_statsmodels():
    """Where they have customers enough: the number kept varies by more than 100."""
    rng = np.random.default_rng(5)
    customers = 400_000
    stratum = rng.integers(0, 4, customers)
    arm = np.where(rng.random(customers) < np.array([0.2, 0.5, 0.7, 0.4])[stratum], "letter", "nfa")
    kept = rng.random(customers) < np.array([0.9, 0.8, 0.95, 0.7])[stratum] - 0.002 * (arm == "letter")
    found = compare_shares(of_rows(arm, stratum, kept), "letter", "nfa")
    tables = [
        [[np.sum((stratum == j) & (arm == a) & (kept == k)) for k in (True, False)] for a in ("letter", "nfa")]
        for j in range(4)
    ]
    reference = StratifiedTable(np.array(tables, dtype=float).transpose(1, 2, 0)).test_null_odds(correction=False)
    assert found.p_value == pytest.approx(reference.pvalue, rel=1e-9)
    n = np.array(tables).sum(axis=2)
    weight = n[:, 0] * n[:, 1] / n.sum(axis=1)
    shares = np.array(tables)[:, :, 0] / n
    assert found.difference == pytest.approx(np.average(shares[:, 0] - shares[:, 1], weights=weight), rel=1e-12)


def test_a_stratum_without_one_of_the_arms_leaves_the_comparison():
    arm = ["letter", "nfa"] * 50 + ["letter"] * 40
    stratum = [0] * 100 + [1] * 40
    kept = [True] * 100 + [False] * 40
    assert compare_shares(of_rows(arm, stratum, kept), "letter", "nfa").difference == 0.0
    assert compare_shares(of_rows(["letter"] * 4, [0] * 4, [True] * 4), "letter", "nfa") is None


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("strata", [1, 5])
def test_what_is_lost_alike_within_strata_raises_no_alarm(clustered, strata):
    """p-values are uniform where losses follow strata (and clusters) and not arms: 5% are below 5%."""
    rng = np.random.default_rng([17, clustered, strata])
    size, small = 1_000, 0
    for _ in range(size):
        cluster = np.repeat(np.arange(100), 8)
        stratum = rng.permutation(np.arange(100) % strata)[cluster]
        unit = cluster if clustered else np.arange(800)
        treated = (rng.random(800) < np.linspace(0.3, 0.7, strata)[stratum]) if not clustered else None
        if clustered:
            chance = np.linspace(0.3, 0.7, strata)[stratum[::8]] if strata > 1 else 0.5
            treated = (rng.random(100) < chance)[cluster]
        centre = np.linspace(0.6, 0.95, strata)[stratum]
        away = rng.uniform(-0.05, 0.05, unit.max() + 1)[unit] * 8
        kept = rng.random(800) < np.clip(centre + (away if clustered else 0.0), 0, 1)
        counts = of_rows(np.where(treated, "letter", "nfa"), stratum, kept, unit if clustered else None)
        found = compare_shares(counts, "letter", "nfa")
        small += found.p_value < 0.05
    assert stats.binom.ppf(0.0005, size, 0.05) - 5 <= small <= stats.binom.ppf(0.9995, size, 0.05)


def test_a_household_in_two_strata_is_one_household():
    """Its losses are one event, wherever its members live."""
    arm = np.repeat(["letter", "nfa"], 200)
    stratum = np.tile([0, 1], 200)
    kept = np.ones(400, bool)
    kept[:20] = False
    together, apart = np.arange(400) // 20, (np.arange(400) // 20) * 2 + stratum
    one = compare_shares(of_rows(arm, stratum, kept, together), "letter", "nfa")
    two = compare_shares(of_rows(arm, stratum, kept, apart), "letter", "nfa")
    assert one.difference == two.difference == pytest.approx(-0.1)
    assert one.p_value > two.p_value


def test_clusters_whole_in_an_arm_have_the_randomisation_test():
    """Against every assignment of twelve clusters of unequal size, four to the letter, in two strata."""
    rng = np.random.default_rng(31)
    size = rng.integers(3, 30, 12)
    kept = rng.binomial(size, 0.8)
    stratum, letter = np.arange(12) % 2, np.array([1, 1, 1, 1] + [0] * 8, dtype=bool)
    share = np.array([kept[stratum == j].sum() / size[stratum == j].sum() for j in (0, 1)])
    beyond = kept - share[stratum] * size
    even, odd = ([sum(beyond[list(pair)]) for pair in combinations(np.flatnonzero(stratum == j), 2)] for j in (0, 1))
    far = abs(beyond[letter].sum())
    exact = np.mean([abs(a + b) >= far - 1e-9 for a in even for b in odd])
    counts = ShareCounts(np.where(letter, "letter", "nfa"), stratum, size * 1.0, kept * 1.0, np.arange(12))
    found = compare_shares(counts, "letter", "nfa")
    assert exact < 0.05 or found.p_value > 0.05
    if exact < 0.05:
        assert found.p_value == pytest.approx(exact)
