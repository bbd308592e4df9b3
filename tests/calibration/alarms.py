"""How often the checks that void a trial do so where nothing is wrong: each by itself, at most once in a thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from analysis.integrity.checks import ArmShare, retention, sample_ratio
from analysis.integrity.shares_by_stratum import ALARM, ShareCounts, compare_shares
from tests.calibration.rates import at_most, share
from tests.calibration.simulated import stream
from tests.suites import Figure, Suite

Draw = Callable[[np.random.Generator], bool]  # whether an honest trial raises the alarm


def ratio(expected: int, shares: tuple[int, ...]) -> Draw:
    """Customers who each draw their arm; so many are expected in the smallest."""
    weights = np.array(shares) / sum(shares)
    customers = round(expected / weights.min())
    declared = {f"arm {k}": float(weight) for k, weight in enumerate(shares)}

    def alarm(rng: np.random.Generator) -> bool:
        counts = dict(zip(declared, map(int, rng.multinomial(customers, weights)), strict=True))
        return sample_ratio(counts, declared).passed is False

    return alarm


def kept(customers: tuple[int, ...], letter: tuple[float, ...], lost: tuple[float, ...]) -> Draw:
    """Strata of so many customers; a share of each draws the letter, and a share is lost whatever the arm."""
    size, strata = np.array(customers), np.arange(len(customers))

    def alarm(rng: np.random.Generator) -> bool:
        treated = rng.binomial(size, letter)
        arms = np.concatenate([treated, size - treated])
        counts = ShareCounts(
            np.repeat(["letter", "nfa"], size.size), np.tile(strata, 2), arms.astype(float),
            rng.binomial(arms, 1.0 - np.tile(lost, 2)).astype(float),
        )  # fmt: skip
        found = compare_shares(counts, "letter", "nfa")
        return found is not None and found.p_value < ALARM

    return alarm


def kept_of_arms(arms: int, customers: int, lost: float) -> Draw:
    """Several arms against one, as one family; no loss is too small to be an alarm."""

    def alarm(rng: np.random.Generator) -> bool:
        counts = rng.binomial(customers, 1.0 - lost, arms)
        shares = [ArmShare(f"arm {k}", customers, int(count)) for k, count in enumerate(counts)]
        return retention(shares, "arm 0", least_difference=0.0).passed is False

    return alarm


def kept_of_clusters(clusters: int, treated: int, strata: int = 1) -> Draw:
    """Clusters of 20 on average and unequal, which lose 8% on average, each at a rate of its own (correlation 0.1)."""
    stratum = np.arange(clusters) % strata
    arm = np.where(np.arange(clusters) < treated, "letter", "nfa")

    def alarm(rng: np.random.Generator) -> bool:
        size = np.maximum(1, np.round(20 * np.exp(0.5 * rng.normal(size=clusters) - 0.125))).astype(int)
        left = rng.binomial(size, 1.0 - rng.beta(0.72, 8.28, clusters))
        counts = ShareCounts(arm, stratum, size.astype(float), left.astype(float), np.arange(clusters))
        found = compare_shares(counts, "letter", "nfa")
        return found is not None and found.p_value < ALARM

    return alarm


def kept_of_shared_clusters(clusters: int, letters: int, customers: int) -> Draw:
    """Clusters with so many letters each, of so many customers who were assigned one by one."""
    cluster = np.tile(np.arange(clusters), 2)
    size = np.repeat([letters, customers - letters], clusters)
    arm = np.repeat(["letter", "nfa"], clusters)

    def alarm(rng: np.random.Generator) -> bool:
        left = rng.binomial(size, 1.0 - np.tile(rng.beta(0.72, 8.28, clusters), 2))
        counts = ShareCounts(arm, np.zeros(arm.size, dtype=np.int64), size.astype(float), left.astype(float), cluster)
        found = compare_shares(counts, "letter", "nfa")
        return found is not None and found.p_value < ALARM

    return alarm


GRID: dict[str, Draw] = {
    "sample ratio 1:19, 20 expected": ratio(20, (1, 19)),
    "sample ratio 1:1:8, 30 expected": ratio(30, (1, 1, 8)),
    "retention, two regions, shares 2:1 and 1:2, 5% and 12% lost": kept((4_000,) * 2, (2 / 3, 1 / 3), (0.05, 0.12)),
    "retention, 100 letters in 2,000, 6% lost": kept((2_000,), (0.05,), (0.06,)),
    "retention, 60 strata of 12, 10% lost": kept((12,) * 60, (0.5,) * 60, (0.1,) * 60),
    "retention, five arms of 2,000, 3% lost": kept_of_arms(5, 2_000, 0.03),
    "retention, 30 of 60 clusters": kept_of_clusters(60, 30),
    "retention, 3 of 60 clusters": kept_of_clusters(60, 3),
    "retention, 50 of 1,000 clusters": kept_of_clusters(1_000, 50),
    "retention, 12 of 120 clusters in four strata": kept_of_clusters(120, 12, 4),
    "retention, one letter in each of 60 clusters of 20": kept_of_shared_clusters(60, 1, 20),
    "retention, 10 letters in each of 1,000 clusters of 20": kept_of_shared_clusters(1_000, 10, 20),
}


def figures(size: int, seed: int) -> Iterator[Figure]:
    for name, alarm in GRID.items():
        rng = stream(seed, f"alarms: {name}")
        yield at_most(name, "alarms", share([alarm(rng) for _ in range(size)]), ALARM, size)


SUITES = (Suite("alarms", "False alarms of the checks that void a trial", figures, size=20_000),)
