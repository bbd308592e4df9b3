"""From simulated inference to figures, each with the band that its number of simulations gives."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogi

from analysis.fit import Contrast
from analysis.inference.intervals import Effect
from tests.suites import Figure, monte_carlo_band

ALPHA = 0.05
SURE = 0.999  # how often a true promise stays inside its band

Band = tuple[float | None, float | None]


def effects_of(contrasts: Sequence[Contrast]) -> list[Effect]:
    return [Effect(c.estimate, c.std_error, c.df, c.reason) for c in contrasts]


def error_rates(setting: str, effects: Sequence[Effect], *, note: str | None = None) -> Iterator[Figure]:
    """Rejections of a true null, in all and on each side. A ``note`` says why the promise is not made: then no band."""
    size = len(effects)
    rejected = share(_at_most(effect.p_value, ALPHA) for effect in effects)
    upwards = share(_at_most(effect.p_above(), ALPHA / 2) for effect in effects)
    downwards = share(_at_most(effect.reversed().p_above(), ALPHA / 2) for effect in effects)
    yield banded(setting, "type I error", rejected, ALPHA, size, note)
    yield banded(setting, "rejects upwards", upwards, ALPHA / 2, size, note)
    yield banded(setting, "rejects downwards", downwards, ALPHA / 2, size, note)


def coverage(setting: str, effects: Sequence[Effect], truth: float, *, note: str | None = None) -> Figure:
    """How often the 95% interval holds the truth."""
    held = share(covers(effect.lower(ALPHA), effect.upper(ALPHA), truth) for effect in effects)
    return banded(setting, "coverage", held, 1 - ALPHA, len(effects), note)


def covers(lower: float | None, upper: float | None, truth: float) -> bool:
    """Whether an interval holds the truth; one that is not estimable does not."""
    return lower is not None and upper is not None and lower <= truth <= upper


def uniformity(setting: str, p_values: Sequence[float | None]) -> Figure:
    """Kolmogorov and Smirnov's distance of p-values from the uniform distribution; for continuous outcomes."""
    p = np.sort([1.0 if value is None else value for value in p_values])
    n = len(p)
    distance = max(float((np.arange(1, n + 1) / n - p).max()), float((p - np.arange(n) / n).max()))
    return Figure(setting, "distance of p from uniform", distance, None, float(kolmogi(1 - SURE)) / math.sqrt(n), n)


def too_small(setting: str, quantity: str, p_values: Sequence[float | None]) -> Figure:
    """The most by which P(p <= u) exceeds u, over all u: what a discrete p-value must never do.

    The band is the one-sided bound of Dvoretzky, Kiefer and Wolfowitz (Massart 1990, Annals of Probability 18:1269).
    """
    p = np.sort([1.0 if value is None else value for value in p_values])
    n = len(p)
    excess = float((np.arange(1, n + 1) / n - p).max())
    return Figure(setting, quantity, excess, None, math.sqrt(math.log(1 / (1 - SURE)) / (2 * n)), n)


def at_most(setting: str, quantity: str, value: float, rate: float, size: int, note: str | None = None) -> Figure:
    """A rate that must not exceed another, but for chance."""
    return Figure(setting, quantity, value, None, monte_carlo_band(rate, size, 2 * SURE - 1)[1], size, note)


def at_least(setting: str, quantity: str, value: float, rate: float, size: int, note: str | None = None) -> Figure:
    """A rate that must not fall below another, but for chance."""
    return Figure(setting, quantity, value, monte_carlo_band(rate, size, 2 * SURE - 1)[0], None, size, note)


def always(setting: str, quantity: str, found: Sequence[bool]) -> Figure:
    """What must hold every time."""
    return Figure(setting, quantity, share(found), 1.0, 1.0, len(found))


def digits(setting: str, found: Sequence[float]) -> Figure:
    """The least digits to which two ways of computing agreed."""
    return Figure(setting, "digits that agree with the whole call", min(found), 9.0, None, len(found))


def banded(setting: str, quantity: str, value: float, rate: float, size: int, note: str | None = None) -> Figure:
    """A rate that must equal another, but for chance; with a ``note``, one that is only told."""
    lower, upper = (None, None) if note else monte_carlo_band(rate, size, SURE)
    return Figure(setting, quantity, value, lower, upper, size, note)


def share(found: Iterator[bool] | Sequence[bool]) -> float:
    values: NDArray[np.float64] = np.array([float(value) for value in found])
    return float(values.mean())


def _at_most(p_value: float | None, level: float) -> bool:
    return p_value is not None and p_value <= level
