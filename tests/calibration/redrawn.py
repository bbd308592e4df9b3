"""Randomisation inference: P(p <= u) never exceeds u under the sharp null, whatever the outcome and the scheme.

The studentised statistic is also held to its error rate under the weak null, where arms vary differently, and intervals
to their coverage. Every assignment is drawn by the scheme that the test redraws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.randomisation.randomisation_inference import (
    RandomisationTest,
    cluster_randomisation_test,
    paired_randomisation_test,
    randomisation_test,
)
from tests.calibration.rates import ALPHA, at_least, at_most, banded, covers, share, too_small
from tests.calibration.simulated import stream
from tests.suites import Figure, Suite

Draw = Callable[[np.random.Generator], RandomisationTest]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

REDRAWS = 199


def assigned(rng: np.random.Generator, sizes: tuple[int, ...], take: tuple[int, ...]) -> tuple[Mask, NDArray[np.int64]]:
    """Complete randomisation within strata: who is in the arm, and in which stratum."""
    treated = np.concatenate([rng.permutation(n) < m for n, m in zip(sizes, take, strict=True)])
    return treated, np.repeat(np.arange(len(sizes)), sizes)


def skewed(rng: np.random.Generator, n: int) -> Floats:
    return np.where(rng.random(n) < 0.4, rng.lognormal(6.0, 1.2, n), 0.0)


def enumerated(rng: np.random.Generator) -> RandomisationTest:
    treated, stratum = assigned(rng, (12,), (6,))
    return randomisation_test(skewed(rng, 12), treated, stratum, rng=rng, interval=False)


def enumerated_binary(rng: np.random.Generator) -> RandomisationTest:
    treated, stratum = assigned(rng, (6, 8), (3, 4))
    y = (rng.random(14) < np.where(stratum == 0, 0.3, 0.6)).astype(float)
    return randomisation_test(y, treated, stratum, rng=rng, interval=False)


def counted(rng: np.random.Generator) -> RandomisationTest:
    """A rare event in unequal shares, by counts."""
    treated, stratum = assigned(rng, (200, 300), (150, 225))
    y = (rng.random(500) < 0.03).astype(float)
    return randomisation_test(y, treated, stratum, draws=REDRAWS, rng=rng, interval=False)


def unequal(rng: np.random.Generator) -> RandomisationTest:
    """Skewed pounds with 1:19, the smaller arm the comparison."""
    treated, stratum = assigned(rng, (400,), (380,))
    return randomisation_test(skewed(rng, 400), treated, stratum, draws=REDRAWS, rng=rng, interval=False)


def clusters(rng: np.random.Generator) -> RandomisationTest:
    treated, stratum = assigned(rng, (12,), (6,))
    sizes = np.ceil(rng.lognormal(2.0, 0.7, 12))
    totals = sizes * (rng.normal(size=12) + rng.normal(size=12) / np.sqrt(sizes))
    return cluster_randomisation_test(totals, sizes, treated, stratum, rng=rng)


def pairs(rng: np.random.Generator) -> RandomisationTest:
    differences = np.where(rng.random(10) < 0.5, 1, -1) * skewed(rng, 10)
    return paired_randomisation_test(differences, rng=rng)


def rerandomised(rng: np.random.Generator) -> RandomisationTest:
    """Drawn again until the arms' sums of a covariate are close; redrawn under the same rule."""
    x = rng.normal(size=12)
    x -= x.mean()

    def accept(sums: Floats) -> Mask:
        return np.abs(sums[:, 0]) <= 1.0

    while True:
        treated, stratum = assigned(rng, (12,), (6,))
        if accept(np.array([[x[treated].sum()]]))[0]:
            break
    y = 2.0 * x + rng.normal(size=12)
    return randomisation_test(y, treated, stratum, rng=rng, interval=False, covariates=x[:, None], accept=accept)


SHARP: dict[str, Draw] = {
    "skewed, 6 of 12, enumerated": enumerated,
    "binary, two strata, enumerated": enumerated_binary,
    "rare event, two strata, 3:1": counted,
    "skewed pounds, 1:19": unequal,
    "12 clusters of unequal size, enumerated": clusters,
    "10 pairs, enumerated": pairs,
    "rerandomised, 6 of 12, enumerated": rerandomised,
}


def sharp(size: int, seed: int) -> Iterator[Figure]:
    for number, (name, draw) in enumerate(SHARP.items()):
        rng = stream(seed, f"sharp null {number}")
        tests = [draw(rng) for _ in range(size)]
        yield too_small(name, "excess of P(p ≤ u), plain", [test.p_sharp for test in tests])
        yield too_small(name, "excess of P(p ≤ u), studentised", [test.p_value for test in tests])
        found = share([test.p_greater is not None and test.p_greater <= ALPHA / 2 for test in tests])
        yield at_most(name, "P(p ≤ 0.025), upwards, studentised", found, ALPHA / 2, size)


def weak(size: int, seed: int) -> Iterator[Figure]:
    """No effect on average, but arms that vary differently; and the cover of intervals."""
    rng = stream(seed, "weak null")
    name = "spread 2 in the smaller arm, 60 of 240"
    rejected = []
    for _ in range(size):
        treated, stratum = assigned(rng, (240,), (60,))
        y = rng.normal(size=240) * np.where(treated, 2.0, 1.0)
        test = randomisation_test(y, treated, stratum, draws=REDRAWS, rng=rng, interval=False)
        rejected.append(test.p_value is not None and test.p_value <= ALPHA)
    yield banded(name, "type I error, studentised", share(rejected), ALPHA, size)

    rng = stream(seed, "inversion, amounts")
    held = []
    for _ in range(size // 4):
        treated, stratum = assigned(rng, (20, 20), (10, 10))
        y = rng.normal(size=40) + 0.5 * treated + 2.0 * stratum
        test = randomisation_test(y, treated, stratum, draws=REDRAWS, rng=rng)
        held.append(covers(test.ci_lower, test.ci_upper, 0.5))
    yield at_least("constant effect, two strata of 20", "coverage by inversion", share(held), 1 - ALPHA, len(held))

    rng = stream(seed, "inversion, binary")
    held = []
    arms, strata, paid = np.tile([True, True, False, False], 2), np.repeat([0, 1], 4), np.tile([1.0, 0.0], 4)
    chance = np.array([0.30, 0.25, 0.55, 0.50])
    for _ in range(size):
        events = rng.binomial([300, 900, 500, 1500], chance)
        count = np.column_stack([events, np.array([300, 900, 500, 1500]) - events]).ravel()
        test = randomisation_test(paid, arms, strata, count=count, draws=5 * REDRAWS, rng=rng)
        held.append(covers(test.ci_lower, test.ci_upper, 0.05))
    yield banded("binary, two strata, 1:3, n = 3,200", "coverage by inversion", share(held), 1 - ALPHA, len(held))


SUITES = (
    Suite("redraws", "Randomisation inference under the sharp null: P(p ≤ u) ≤ u", sharp),
    Suite("redraws-weak", "Randomisation inference under the weak null, and its intervals", weak),
)
