"""Shares compared within strata: the known tests where there is one, and quiet where strata lose and arms do not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from analysis.integrity.shares_by_stratum import ShareCounts, compare_shares, exact_p_value


def of_rows(arm, stratum, kept, cluster=None):
    """Counts with one entry for each customer, which is as good as any other grouping."""
    ones = np.ones(len(arm))
    return ShareCounts(np.asarray(arm), np.asarray(stratum), ones, np.asarray(kept, dtype=float), cluster)


@given(drawn=st.integers(1, 30), rest=st.integers(1, 30), data=st.data())
def test_the_exact_test_of_one_stratum_is_fishers(drawn, rest, data):
    found = data.draw(st.integers(0, drawn))
    other = data.draw(st.integers(0, rest))
    reference = stats.fisher_exact([[found, drawn - found], [other, rest - other]])
    counted = (np.array([count]) for count in (found, drawn, found + other))
    p = exact_p_value(*counted, np.array([float(drawn + rest)]))
    assert p == pytest.approx(reference.pvalue, rel=1e-6)


@given(seed=st.integers(0, 10_000))
def test_the_exact_test_of_several_strata_sums_over_every_table(seed):
    rng = np.random.default_rng(seed)
    drawn, rest = rng.integers(1, 5, 3), rng.integers(1, 5, 3)
    marked = np.array([rng.integers(0, n + 1) for n in drawn + rest])
    seen = np.array([rng.hypergeometric(m, t - m, n) for m, n, t in zip(marked, drawn, drawn + rest, strict=True)])
    chance = {}
    ranges = [range(max(0, m + n - t), min(m, n) + 1) for m, n, t in zip(marked, drawn, drawn + rest, strict=True)]
    for a in ranges[0]:
        for b in ranges[1]:
            for c in ranges[2]:
                p = math.prod(
                    stats.hypergeom.pmf(k, t, m, n)
                    for k, t, m, n in zip((a, b, c), drawn + rest, marked, drawn, strict=True)
                )
                chance[a + b + c] = chance.get(a + b + c, 0.0) + p
    wanted = sum(p for p in chance.values() if p <= chance[int(seen.sum())] * (1 + 1e-7))
    assert exact_p_value(seen, drawn, marked, (drawn + rest).astype(float)) == pytest.approx(wanted, rel=1e-6)


def test_several_strata_have_the_mantel_haenszel_test_of_statsmodels():
    rng = np.random.default_rng(5)
    stratum = rng.integers(0, 4, 4000)
    arm = np.where(rng.random(4000) < np.array([0.2, 0.5, 0.7, 0.4])[stratum], "letter", "nfa")
    kept = rng.random(4000) < np.array([0.9, 0.8, 0.95, 0.7])[stratum] - 0.02 * (arm == "letter")
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
