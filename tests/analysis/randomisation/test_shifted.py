"""One set of redraws tests every constant effect: as a test of the outcome with that effect taken off would."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.inference.redrawn import Redrawn
from analysis.randomisation.randomisation_inference import (
    cluster_randomisation_test,
    paired_randomisation_test,
    randomisation_test,
)
from analysis.randomisation.shifted import redrawn_clusters, redrawn_customers, redrawn_pairs

DRAWS = 4_000


def again() -> np.random.Generator:
    return np.random.default_rng(5)


def agrees(found: Redrawn | str, test, null: float, *, within: float = 0.0) -> None:
    assert isinstance(found, Redrawn)
    assert found.p_greater(null) == pytest.approx(test.p_greater, abs=within or 1e-12)
    assert found.p_less(null) == pytest.approx(test.p_less, abs=within or 1e-12)


@pytest.mark.parametrize("null", [0.0, 0.7, -0.3])
@pytest.mark.parametrize(("n", "strata"), [(12, 1), (24, 2), (600, 1), (600, 3)])
def test_customers(n, strata, null):
    rng = np.random.default_rng(1)
    y, treated, stratum = rng.lognormal(0.0, 1.2, n), np.arange(n) % 3 == 0, np.arange(n) // 3 % strata
    found = redrawn_customers(y, treated, stratum, draws=DRAWS, rng=again())
    test = randomisation_test(y - null * treated, treated, stratum, draws=DRAWS, rng=again(), interval=False)
    agrees(found, test, null, within=0.02 if n == 24 else 0.0)  # few values are drawn as counts, in their order
    assert found.exact == test.exact
    plain = randomisation_test(y, treated, stratum, draws=DRAWS, rng=again(), interval=False)
    assert (found.difference, found.error) == pytest.approx((plain.estimate, plain.std_error), rel=1e-12)


@pytest.mark.parametrize("null", [0.0, 0.4, -0.2])
def test_whole_clusters(null):
    rng = np.random.default_rng(2)
    totals, sizes = 10.0 * rng.lognormal(size=12), rng.integers(5, 20, 12).astype(float)
    treated, stratum = np.arange(12) % 3 == 0, np.zeros(12, dtype=int)
    found = redrawn_clusters(totals, sizes, treated, stratum, draws=DRAWS, rng=again())
    shifted = totals - null * sizes * treated
    test = cluster_randomisation_test(shifted, sizes, treated, stratum, draws=DRAWS, rng=again())
    assert found.exact
    agrees(found, test, null)


@pytest.mark.parametrize("pairs", [10, 40])
@pytest.mark.parametrize("null", [0.0, 0.5])
def test_pairs(pairs, null):
    differences = np.random.default_rng(3).lognormal(size=pairs) - 1.0
    found = redrawn_pairs(differences, draws=DRAWS, rng=again())
    test = paired_randomisation_test(differences - null, draws=DRAWS, rng=again())
    agrees(found, test, null)
    assert found.exact == (pairs == 10)


@pytest.mark.parametrize("null", [0.0, 0.5])
def test_only_balanced_redraws_count_where_a_rule_was_declared(null):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(14, 1))
    y, treated, stratum = x[:, 0] + rng.lognormal(size=14), np.arange(14) % 2 == 0, np.zeros(14, dtype=int)

    def accept(sums):
        return np.abs(sums[:, 0] / 7 - (x.sum() - sums[:, 0]) / 7) < 0.3

    more = {"covariates": x, "accept": accept}
    found = redrawn_customers(y, treated, stratum, draws=DRAWS, rng=again(), **more)
    test = randomisation_test(
        y - null * treated, treated, stratum, draws=DRAWS, rng=again(), interval=False, **more
    )  # fmt: skip
    agrees(found, test, null)
    assert found.draws == test.draws


def test_a_stratum_without_both_arms_tells_nothing_and_a_thin_one_has_no_error():
    rng = np.random.default_rng(6)
    y, treated = rng.normal(size=60), np.arange(60) % 2 == 0
    stratum = np.arange(60) // 20
    with_more = redrawn_customers(
        np.append(y, [100.0, 90.0]),
        np.append(treated, [True, True]),
        np.append(stratum, [7, 7]),
        draws=500,
        rng=again(),
    )
    alone = redrawn_customers(y, treated, stratum, draws=500, rng=again())
    assert with_more.p_greater(0.1) == alone.p_greater(0.1)
    lonely = treated & (np.arange(60) != 2)  # one of the first four, which are more than a twentieth of all
    thin = redrawn_customers(y, lonely, np.where(np.arange(60) < 4, 5, 0), draws=500, rng=again())
    assert "fewer than two" in thin
    assert "vary" in redrawn_customers(np.ones(60), treated, stratum, draws=500, rng=again())
    assert redrawn_pairs(np.ones(1), draws=10, rng=again()) == "fewer than two pairs"


def test_its_bounds_are_where_its_tests_begin_to_reject():
    rng = np.random.default_rng(7)
    y, treated = rng.lognormal(0.0, 1.0, 900), np.arange(900) % 9 == 0
    found = redrawn_customers(y, treated, np.zeros(900, dtype=int), draws=20_000, rng=again())
    lower, upper = (found.difference + end * found.error for end in found.bounds(0.05))
    assert found.p_greater(lower) == pytest.approx(0.025, abs=1e-3)
    assert found.p_less(upper) == pytest.approx(0.025, abs=1e-3)
    assert upper - found.difference > found.difference - lower  # the few large amounts are in the small arm
    assert (
        redrawn_customers(y[:4], treated[:4] | (np.arange(4) == 1), np.zeros(4, int), draws=9, rng=again()).bounds(0.05)
        is None
    )
