"""Power by simulation, for what no formula covers: a covariate, Lin's estimator and HC2 errors, many trials at once.

Trials are rows of a matrix. Customers are exchangeable, so the first m columns are a complete randomisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.errors import AnalysisRefused

Floats = NDArray[np.float64]
_BATCH = 200_000  # customers simulated at once: what stays in the processor's cache


@dataclass(frozen=True, slots=True)
class BinaryWorld:
    """A binary outcome that a standard normal covariate predicts.

    Attributes:
        baseline: share with the outcome under no further action.
        effect: what the approach adds to it.
        slope: what one standard deviation of the covariate adds to it.
    """

    baseline: float
    effect: float
    slope: float = 0.0


@dataclass(frozen=True, slots=True)
class SimulatedPower:
    """Share of trials that reject, with its Monte Carlo error, and the spread of what they estimate."""

    power: float
    monte_carlo_error: float
    mean_estimate: float
    spread: float
    mean_std_error: float
    trials: int


def simulate_power(
    world: BinaryWorld, n_arm: int, n_comparison: int, *, trials: int, alpha: float, rng: np.random.Generator
) -> SimulatedPower:
    """Simulate two-arm trials, each analysed with Lin's estimator and HC2 errors (Lin 2013, AoAS 7:295).

    Args:
        world: what is true.
        n_arm: customers in the arm, more than two.
        n_comparison: customers in the comparison, more than two.
        trials: how many to simulate.
        alpha: two-sided.
        rng: the source of every trial.
    """
    if min(n_arm, n_comparison) <= 2:
        raise AnalysisRefused("an arm has too few customers to fit a line", rule="more than two in each")
    n = n_arm + n_comparison
    batch = max(1, _BATCH // n)
    estimates, errors = np.empty(trials), np.empty(trials)
    for begin in range(0, trials, batch):
        end = min(begin + batch, trials)
        x = rng.standard_normal((end - begin, n), dtype=np.float32)
        y = rng.random((end - begin, n), dtype=np.float32)
        risk = x * np.float32(world.slope)
        risk += np.float32(world.baseline)
        risk[:, :n_arm] += np.float32(world.effect)
        np.less(y, risk, out=y)
        estimates[begin:end], errors[begin:end] = _lin_hc2(x, y, n_arm)
    rejected = np.abs(estimates) > errors * stdtrit(n - 4, 1 - alpha / 2)
    power = float(rejected.mean())
    return SimulatedPower(
        power,
        sqrt(power * (1 - power) / trials),
        float(estimates.mean()),
        float(estimates.std(ddof=1)),
        float(errors.mean()),
        trials,
    )


def _lin_hc2(x: NDArray[np.float32], y: NDArray[np.float32], n_arm: int) -> tuple[Floats, Floats]:
    """Adjusted difference and its HC2 error for each row."""
    centre = x.mean(axis=1, dtype=np.float64)
    means, variances = [], []
    for part in (slice(0, n_arm), slice(n_arm, None)):
        mean, variance = _adjusted_mean(x[:, part], y[:, part], centre)
        means.append(mean)
        variances.append(variance)
    return means[0] - means[1], np.sqrt(variances[0] + variances[1])


def _adjusted_mean(x: NDArray[np.float32], y: NDArray[np.float32], centre: Floats) -> tuple[Floats, Floats]:
    """Mean of y at the centre of all customers, and Σ w² e² / (1 − h), row by row."""
    n = x.shape[1]
    x_mean, y_mean = x.mean(axis=1, dtype=np.float64), y.mean(axis=1, dtype=np.float64)
    dx = x - x_mean[:, None].astype(np.float32)
    dy = y - y_mean[:, None].astype(np.float32)
    squares = np.einsum("ij,ij->i", dx, dx).astype(np.float64)
    slope = np.einsum("ij,ij->i", dx, dy).astype(np.float64) / squares
    away = centre - x_mean
    # w = 1/n + away·dx/Σdx², and h = 1/n + dx²/Σdx²
    weighted = dx * (away / squares)[:, None].astype(np.float32)
    weighted += np.float32(1 / n)
    dy -= dx * slope[:, None].astype(np.float32)
    weighted *= dy
    np.square(weighted, out=weighted)
    np.square(dx, out=dx)
    dx *= (-1.0 / squares)[:, None].astype(np.float32)
    dx += np.float32(1 - 1 / n)
    weighted /= dx
    return y_mean + slope * away, weighted.sum(axis=1, dtype=np.float64)
