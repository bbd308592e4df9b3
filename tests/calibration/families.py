"""Several arms against one comparison: family-wise errors, and intervals that hold all at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.fit import Fit
from analysis.inference.multiplicity import Adjusted, adjust
from designs.literals import Multiplicity
from tests.calibration.rates import ALPHA, at_least, at_most, banded, covers, effects_of, share
from tests.calibration.simulated import AT_ONCE, Customers, cells_of, regressed, specification_of, stream
from tests.suites import Figure, Suite

Floats = NDArray[np.float64]

THREE = Customers(specification_of(("nfa", "letter", "sms", "call")), np.arange(4), np.array([150, 100, 100, 100]))
LARGE = Customers(THREE.design, np.arange(4), np.array([3_000, 2_000, 2_000, 2_000]))
SIX = Customers(specification_of(("nfa", "a", "b", "c", "d", "e")), np.arange(6), np.full(6, 400))


def fits(customers: Customers, means: Sequence[float], size: int, rng: np.random.Generator) -> Iterator[Fit]:
    """Normal outcomes, spread 1, with these means by arm."""
    n = customers.count.astype(float)[:, None]
    for begin in range(0, size, AT_ONCE):
        shape = (len(n), min(AT_ONCE, size - begin))
        mean = np.array(means)[:, None] + rng.normal(size=shape) / np.sqrt(n)
        sums, squares = n * mean, rng.chisquare(n - 1, size=shape) + n * mean**2
        yield from regressed(cells_of(customers, sums, squares)).fits.values()


def adjusted(fit: Fit, method: Multiplicity) -> tuple[Adjusted, ...]:
    return adjust(effects_of(fit.contrasts), method, ALPHA, covariance=fit.covariance)


def any_false(found: Sequence[Adjusted], truth: Sequence[float]) -> bool:
    """Whether any contrast without an effect is rejected."""
    return any(
        effect == 0 and one.p_adjusted is not None and one.p_adjusted <= ALPHA
        for one, effect in zip(found, truth, strict=True)
    )


def all_held(found: Sequence[Adjusted], truth: Sequence[float]) -> bool:
    """Whether every simultaneous interval holds its truth."""
    pairs = zip(found, truth, strict=True)
    return all(covers(one.ci_lower_simultaneous, one.ci_upper_simultaneous, effect) for one, effect in pairs)


def holm_and_bonferroni(size: int, seed: int) -> Iterator[Figure]:
    methods: tuple[Multiplicity, ...] = ("holm", "bonferroni")
    for number, (customers, effects) in enumerate(
        [(THREE, (0.0, 0.0, 0.0)), (THREE, (0.6, 0.0, 0.0)), (THREE, (0.35, 0.3, 0.0)), (SIX, (0.0,) * 5)]
    ):
        rng = stream(seed, f"families {number}")
        held = {method: ([], []) for method in methods}
        for fit in fits(customers, (0.0, *effects), size, rng):
            for method in methods:
                found = adjusted(fit, method)
                held[method][0].append(any_false(found, effects))
                held[method][1].append(all_held(found, effects))
        for method in methods:
            setting = f"{method}, effects {' '.join(f'{effect:g}' for effect in effects)}"
            yield at_most(setting, "family-wise error", share(held[method][0]), ALPHA, size)
            yield at_least(setting, "simultaneous coverage", share(held[method][1]), 1 - ALPHA, size)


def dunnett(size: int, seed: int) -> Iterator[Figure]:
    """By Student's t an adjustment takes a double integral, so of those there are fewer."""
    nothing, effects = (0.0, 0.0, 0.0), (0.25, 0.1, 0.0)
    plain = [("dunnett, shares 3:2:2:2, normal", LARGE, size), ("dunnett, shares 3:2:2:2, t", THREE, size // 20)]
    for number, (setting, customers, count) in enumerate(plain):
        rng = stream(seed, f"dunnett {number}")
        normal = customers is LARGE
        null = [any_false(_dunnett(fit, normal), nothing) for fit in fits(customers, (0.0, *nothing), count, rng)]
        yield banded(setting, "family-wise error", share(null), ALPHA, count)
        real = [_dunnett(fit, normal) for fit in fits(customers, (0.0, *effects), count, rng)]
        named = f"{setting}, effects 0.25 0.1 0"
        held = share([all_held(found, effects) for found in real])
        yield banded(named, "simultaneous coverage", held, 1 - ALPHA, count)
        false = share([any_false(found, effects) for found in real])
        yield at_most(named, "family-wise error", false, ALPHA, count)


def _dunnett(fit: Fit, normal: bool) -> tuple[Adjusted, ...]:
    effects = effects_of(fit.contrasts)
    if normal:
        effects = [dataclasses.replace(effect, df=None) for effect in effects]
    return adjust(effects, "dunnett", ALPHA, covariance=fit.covariance)


SUITES = (
    Suite("families", "Holm and Bonferroni over several arms against one comparison", holm_and_bonferroni),
    Suite("families-dunnett", "Dunnett over several arms against one comparison", dunnett),
)
