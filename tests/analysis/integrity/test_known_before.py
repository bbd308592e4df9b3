"""Who stands alone in a stratum, and whose stratum is not known: against what chance gives."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from analysis.integrity.known_before import ALARM, Difference, alone_p, known_before, unknown_p, usual_shares


def counts(*pairs):
    return np.array([a for a, _ in pairs]), np.array([c for _, c in pairs])


def test_it_is_the_sum_over_every_assignment():
    """Six strata of one to three customers, assigned by coin: all 2^12 assignments."""
    sizes = [1, 1, 2, 2, 3, 3]
    seen = counts((1, 0), (1, 0), (2, 0), (2, 0), (3, 0), (1, 2))
    share = float(seen[0].sum() / sum(sizes))
    over_all, over_alone = 0.0, 0.0
    chances = [[math.comb(m, k) * share**k * (1 - share) ** (m - k) for k in range(m + 1)] for m in sizes]
    for drawn in itertools.product(*(range(m + 1) for m in sizes)):
        chance = math.prod(c[k] for c, k in zip(chances, drawn, strict=True))
        over_all += chance * (sum(m for m, k in zip(sizes, drawn, strict=True) if k == m) >= 9)
    for mine in itertools.product([True, False], repeat=5):
        of = [share**m / (share**m + (1 - share) ** m) for m in sizes[:5]]
        chance = math.prod(p if a else 1 - p for p, a in zip(of, mine, strict=True))
        over_alone += chance * (sum(m for m, a in zip(sizes[:5], mine, strict=True) if a) >= 9)
    assert alone_p(*seen) == pytest.approx(min(1.0, 4 * min(over_all, over_alone)))


@pytest.mark.parametrize(
    "spoilt",
    [[(290, 0)], [(145, 0)] * 2, [(10, 0)] * 10, [(1, 0)] * 60, [(0, 1)] * 60],
    ids=["one stratum", "two", "ten of ten", "each its own", "of the comparison"],
)
def test_customers_of_one_arm_in_strata_of_their_own_are_found(spoilt):
    assert alone_p(*counts((1500, 1490), (1480, 1510), *spoilt)) < 1e-4


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_chance_alone_seldom_sets_it_off(share):
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(1_000):
        sizes = np.concatenate([rng.integers(1, 9, 100), rng.integers(20, 300, 5)])
        arm = rng.binomial(sizes, share)
        alarms += alone_p(arm, sizes - arm) < 0.01
    assert alarms <= 10 + 3 * math.sqrt(10)


def test_shares_that_differ_by_stratum_are_no_fault():
    arm, comparison = counts((800, 200), (200, 800), (3, 0), (0, 4), (9, 1))
    least, most = usual_shares(arm.astype(float), comparison.astype(float))
    assert (least, most) == (0.2, 0.8)
    assert alone_p(arm, comparison) == 1.0
    assert unknown_p((30, 20), arm, comparison) == 1.0
    assert unknown_p((0, 40), arm, comparison) < 0.001
    alike = counts((500, 510), (490, 500))
    assert usual_shares(*alike) == (0.495, 0.495)


def test_columns_are_one_family_and_the_worst_is_said():
    rows = [
        Difference("unknown", "age", "letter", "nfa", (40, 10), 0.0004),
        Difference("alone", "region", "letter", "nfa", (5, 4), 0.8),
        Difference("unknown", "region", "letter", "nfa", (9, 9), None),
    ]
    assert known_before(rows, {}).passed is True  # 0.0004 of two tests
    check = known_before(rows[:1], {"letter": "Letter", "nfa": "Nothing"})
    assert (check.passed, check.severity) == (False, "blocks")
    assert "age is not known of customers of Letter 40, Nothing 10" in check.detail
    assert check.figures["unknown_age_nfa"] == 10


@pytest.mark.parametrize(
    ("sizes", "shares"),
    [
        pytest.param(
            np.arange(300) % 8 + 1, np.where(np.arange(300) % 2, 0.3, 0.7), id="small strata of unlike shares"
        ),
        pytest.param(np.arange(300) % 8 + 1, np.full(300, 0.5), id="small strata of one share"),
        pytest.param(
            np.r_[np.arange(300) % 8 + 1, [40] * 30], np.where(np.arange(330) % 2, 0.2, 0.8), id="a few large"
        ),
    ],
)
def test_small_strata_whatever_their_shares_seldom_set_it_off(sizes, shares):
    """At 0.1% four alarms of 1,000 come once in 50,000 runs of this."""
    rng = np.random.default_rng(5)
    draws = rng.binomial(sizes, shares, size=(1_000, sizes.size))
    assert sum(alone_p(arm, sizes - arm) < ALARM for arm in draws) <= 4


def test_misspelt_strata_are_found_among_small_ones_of_one_share():
    rng = np.random.default_rng(6)
    sizes = np.arange(400) % 8 + 1
    arm = rng.binomial(sizes, 0.5)
    assert alone_p(np.r_[arm, 30], np.r_[sizes - arm, 0]) < ALARM
    assert alone_p(np.r_[arm, np.ones(120, dtype=int)], np.r_[sizes - arm, np.zeros(120, dtype=int)]) < ALARM
