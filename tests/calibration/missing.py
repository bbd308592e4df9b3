"""Bounds for missing outcomes: they cover the truth, wherever it lies between them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.integrity.missing_outcomes import Bounds, lee_bounds, worst_case_bounds
from tests.calibration.rates import ALPHA, at_least, covers, share
from tests.calibration.simulated import stream
from tests.suites import Figure, Suite

Floats = NDArray[np.float64]

N = 1_000
EFFECT = 0.2
TREATED = np.arange(N) < N // 2


def lee(size: int, seed: int) -> Iterator[Figure]:
    """Selection is blind to the outcome, so Lee's limits are those of a normal outcome trimmed at a known share."""
    for number, (more, less) in enumerate([(0.95, 0.80), (0.90, 0.85), (0.90, 0.90)]):
        rng = stream(seed, f"lee {number}")
        trimmed = 1 - less / more
        away = float(np.exp(-(ndtri(trimmed) ** 2) / 2) / np.sqrt(2 * np.pi)) / (1 - trimmed) if trimmed else 0.0
        found = []
        for _ in range(size):
            observed = rng.random(N) < np.where(TREATED, more, less)
            found.append(lee_bounds(np.where(observed, rng.normal(size=N) + EFFECT * TREATED, np.nan), TREATED, ALPHA))
        yield from _ends(f"Lee, {more:.0%} and {less:.0%} observed", found, EFFECT - away, EFFECT + away)


def binary(size: int, seed: int) -> Iterator[Figure]:
    """A binary outcome: worst-case limits, and Lee's with ties at the cut."""
    rng = stream(seed, "missing binary")
    chance = np.where(TREATED, 0.45, 0.40)
    seen = np.where(TREATED, 0.90, 0.80)
    worst, lees = [], []
    for _ in range(size):
        y = (rng.random(N) < chance).astype(float)
        y[rng.random(N) >= seen] = np.nan
        worst.append(worst_case_bounds(y, TREATED, 0.0, 1.0, ALPHA))
        lees.append(lee_bounds(y, TREATED, ALPHA))
    low, high = 0.9 * 0.45 - (0.8 * 0.40 + 0.2), 0.9 * 0.45 + 0.1 - 0.8 * 0.40
    yield from _ends("worst case, binary, 90% and 80% observed", worst, low, high)
    kept = 0.8 / 0.9
    lowest, highest = (0.45 - (1 - kept)) / kept, 0.45 / kept
    yield from _ends("Lee, binary, 90% and 80% observed", lees, lowest - 0.40, highest - 0.40)


def clusters(size: int, seed: int) -> Iterator[Figure]:
    """Whole clusters assigned: 60 of 25 customers with an intracluster correlation of 0.2, where rows say 76%."""
    cluster = np.repeat(np.arange(60), 25)
    for number, (more, less) in enumerate([(0.95, 0.80), (0.90, 0.90)]):
        rng = stream(seed, f"lee clusters {number}")
        trimmed = 1 - less / more
        away = float(np.exp(-(ndtri(trimmed) ** 2) / 2) / np.sqrt(2 * np.pi)) / (1 - trimmed) if trimmed else 0.0
        found = []
        for _ in range(size):
            treated = (rng.permutation(60) < 30)[cluster]
            y = np.sqrt(0.2) * rng.normal(size=60)[cluster] + np.sqrt(0.8) * rng.normal(size=cluster.size)
            observed = rng.random(cluster.size) < np.where(treated, more, less)
            y = np.where(observed, y + EFFECT * treated, np.nan)
            found.append(lee_bounds(y, treated, ALPHA, cluster=cluster))
        setting = f"Lee, 60 clusters of 25, correlation 0.2, {more:.0%} and {less:.0%} observed"
        yield from _ends(setting, found, EFFECT - away, EFFECT + away)


def strata(size: int, seed: int) -> Iterator[Figure]:
    """Two regions with shares 2:1 and 1:2, of which 20% and 50% pay; losses follow the region and no arm."""
    rng = stream(seed, "missing strata")
    region = np.repeat([0, 1], N)
    worst, lees = [], []
    for _ in range(size):
        treated = rng.random(2 * N) < np.where(region == 0, 2 / 3, 1 / 3)
        y = (rng.random(2 * N) < np.where(region == 0, 0.2, 0.5)).astype(float)
        y[rng.random(2 * N) > np.where(region == 0, 0.95, 0.88)] = np.nan
        worst.append(worst_case_bounds(y, treated, 0.0, 1.0, ALPHA, stratum=region))
        lees.append(lee_bounds(y, treated, ALPHA, stratum=region))
    away = (0.05 + 0.12) / 2  # of the customers in each arm, weighted by stratum, anything may be
    yield from _ends("worst case, shares by stratum", worst, -away, away)
    yield from _ends("Lee, shares by stratum", lees, 0.0, 0.0)


def _ends(setting: str, found: list[Bounds], low: float, high: float) -> Iterator[Figure]:
    """The truth may lie anywhere between the limits: an interval that holds it at either end holds it everywhere."""
    for end, truth in (("lower", low), ("upper", high)):
        held = share([covers(bounds.ci_lower, bounds.ci_upper, truth) for bounds in found])
        yield at_least(setting, f"coverage of a truth at the {end} limit", held, 1 - ALPHA, len(found))


def figures(size: int, seed: int) -> Iterator[Figure]:
    yield from lee(size, seed)
    yield from binary(size, seed)
    yield from clusters(size, seed)
    yield from strata(size, seed)


SUITES = (Suite("missing", "Bounds where outcomes are missing", figures),)
