"""Arms owe nothing to each other, to other trials, to the ids or to the order of the rows."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy.special import chdtrc

from designs.assignment import Units, conduct
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.simple import Simple
from tests.calibration.randomiser import joint_inclusion
from tests.designs.assignment.chance import seed_of

ARMS, WEIGHTS = ("nfa", "letter", "sms", "call"), (3, 1, 1, 1)


def chi_square_p(counts: NDArray[np.int64], shares: NDArray[np.float64]) -> float:
    expected = counts.sum() * shares
    return float(chdtrc(len(shares) - 1, ((counts - expected) ** 2 / expected).sum()))


def independence_p(one: NDArray[np.integer], other: NDArray[np.integer]) -> float:
    """Chi-square of a two-way table whose margins are fixed, as complete randomisation fixes them."""
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1)
    n = len(one)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    statistic = ((table - expected) ** 2 / expected).sum() * (n - 1) / n
    return float(chdtrc((table.shape[0] - 1) * (table.shape[1] - 1), statistic))


def ids(n: int) -> pa.Array:
    return pa.array([f"{number:018d}" for number in range(n)])


SHARES = np.array(WEIGHTS) / sum(WEIGHTS)


@pytest.mark.requirement("S08")
def test_a_million_simple_allocations() -> None:
    assignment = conduct(Simple(arms=ARMS, weights=WEIGHTS), Units(ids(1_000_000)), seed_of("a million"), "trial")
    assert chi_square_p(assignment.counts.table[0], SHARES) > 0.001


def test_simple_allocations_of_a_thousand_trials_together() -> None:
    """Each trial's counts vary as a multinomial does: no more, which would be bias, and no less."""
    population = Units(ids(200))
    scheme = Simple(arms=ARMS, weights=WEIGHTS)
    statistics = []
    for number in range(500):
        counts = conduct(scheme, population, seed_of(f"trial {number}"), f"trial-{number}").counts.table[0]
        statistics.append(((counts - 200 * SHARES) ** 2 / (200 * SHARES)).sum())
    total = sum(statistics)
    assert 0.0005 < chdtrc(3 * 500, total) < 0.9995


def test_joint_inclusion() -> None:
    """n = 20, m = 10: 190 pairs over 20,000 draws; `otm calibrate` takes 100,000."""
    z = joint_inclusion(20_000, seed_of("joint inclusion"))
    assert z.shape == (190,)
    assert abs(z).max() < 4.56


@pytest.mark.parametrize("seeds", ["its own", "one for all"])
def test_a_hundred_trials_on_one_population(seeds: str) -> None:
    population = Units(ids(2_000))
    scheme = Complete(arms=ARMS, weights=WEIGHTS)
    arms = [
        conduct(
            scheme, population, seed_of(f"trial {number}" if seeds == "its own" else "all"), f"trial-{number}"
        ).arm.astype(np.int64)
        for number in range(100)
    ]
    p = [independence_p(one, other) for one, other in combinations(arms, 2)]
    assert min(p) * len(p) > 0.001
    # Taken together they are uniform: arms that avoided one another would show here.
    assert abs(np.mean(p) - 0.5) < 4 * np.sqrt(1 / 12 / len(p))


def test_ids_digits_and_the_order_of_rows() -> None:
    n = 100_000
    numbers = np.random.default_rng(7).permutation(n)
    population = Units(pa.array([f"{number:018d}" for number in numbers]))
    arm = conduct(Complete(arms=ARMS, weights=WEIGHTS), population, seed_of("digits"), "trial").arm.astype(np.int64)
    features = [
        *(numbers // 10**place % 10 for place in range(5)),
        np.arange(n) * 10 // n,
        np.arange(n) % 2,
        np.arange(n) % 7,
        numbers % 97,
    ]
    p = [independence_p(arm, feature) for feature in features]
    assert min(p) * len(p) > 0.001


def test_neighbours_in_the_file_are_assigned_apart() -> None:
    n = 100_000
    assignment = conduct(Complete(arms=ARMS, weights=WEIGHTS), Units(ids(n)), seed_of("neighbours"), "trial")
    arm = assignment.arm.astype(np.int64)
    assert independence_p(arm[:-1:2], arm[1::2]) > 0.001


def test_waves_and_strata_of_one_trial_are_assigned_apart() -> None:
    """The same ids in two waves, and the same places in two strata."""
    n = 20_000
    scheme = Complete(arms=ARMS, weights=WEIGHTS, strata=("half",))
    population = Units(ids(n), strata=pa.array(["one", "two"] * (n // 2)))
    first, second = (
        conduct(scheme, population, seed_of("waves"), "trial", scope=scope).arm.astype(np.int64)
        for scope in ("", "wave 2")
    )
    assert independence_p(first, second) > 0.001
    assert independence_p(first[::2], first[1::2]) > 0.001
