"""Probabilities for deciding: each arm's effect and net benefit under a declared prior.

Estimates are treated as normal with the covariance that their shared comparison group gives them, so the posterior
is exact given that covariance. The verdict never uses these numbers; they stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.errors import AnalysisRefused

Floats = NDArray[np.float64]
DRAWS = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """A normal prior on every arm's effect; ``spread`` of ``None`` is flat.

    Attributes:
        mean: the same for every arm.
        spread: standard deviation between arms, from past trials.
        source: where it comes from.
    """

    mean: float = 0.0
    spread: float | None = None
    source: str = "flat"


FLAT = Prior()


@dataclass(frozen=True, slots=True)
class ArmPosterior:
    """One arm, in the unit of what was estimated. ``expected_loss`` is what choosing it is expected to forgo."""

    arm: str
    mean: float
    std_dev: float
    ci_lower: float
    ci_upper: float
    probability_beats_nfa: float
    probability_best: float
    expected_loss: float


@dataclass(frozen=True, slots=True)
class PosteriorSummary:
    """All arms, and no further action among the choices."""

    arms: tuple[ArmPosterior, ...]
    nfa_probability_best: float
    nfa_expected_loss: float
    prior: str


def posterior(estimates: Floats, covariance: Floats, prior: Prior = FLAT) -> tuple[Floats, Floats]:
    """Posterior mean (m,) and covariance (m, m) of effects with a normal likelihood (Gelman et al. 2013, ch. 3).

    Examples:
        >>> import numpy as np
        >>> mean, spread = posterior(np.array([2.0]), np.array([[1.0]]), Prior(0.0, 1.0, "example"))
        >>> mean.tolist(), spread.tolist()
        ([1.0], [[0.5]])
    """
    if prior.spread is None:
        return estimates, covariance
    if not prior.spread > 0:
        raise AnalysisRefused("the prior's spread is not above zero", rule="a standard deviation, or none for flat")
    tau = np.eye(estimates.size) * prior.spread**2
    gain = tau @ np.linalg.inv(tau + covariance)
    mean = prior.mean + gain @ (estimates - prior.mean)
    spread = tau - gain @ tau
    return mean, (spread + spread.T) / 2


def summarise(
    arms: Sequence[str],
    estimates: Floats,
    covariance: Floats,
    *,
    prior: Prior = FLAT,
    alpha: float = 0.05,
    rng: np.random.Generator,
) -> PosteriorSummary:
    """Summarise the arms' effects against no further action, whose own effect is zero.

    Args:
        arms: ids, as the estimates are ordered.
        estimates: shape (m,), against no further action; larger is better.
        covariance: shape (m, m).
        prior: declared in the protocol, or flat.
        alpha: one minus the probability of the interval.
        rng: for the comparisons between arms, which need draws.
    """
    mean, spread = posterior(estimates, covariance, prior)
    error = np.sqrt(np.diag(spread))
    draws = rng.multivariate_normal(mean, spread, size=DRAWS, method="eigh")
    options = np.column_stack([draws, np.zeros(DRAWS)])
    best = np.bincount(options.argmax(axis=1), minlength=mean.size + 1) / DRAWS
    loss = (options.max(axis=1)[:, None] - options).mean(axis=0)
    low, high = np.quantile(draws, [alpha / 2, 1 - alpha / 2], axis=0)
    rows = tuple(
        ArmPosterior(
            arm, float(mean[k]), float(error[k]), float(low[k]), float(high[k]),
            float(ndtr(mean[k] / error[k])) if error[k] > 0 else float(mean[k] > 0), float(best[k]), float(loss[k]),
        )
        for k, arm in enumerate(arms)
    )  # fmt: skip
    return PosteriorSummary(rows, float(best[-1]), float(loss[-1]), prior.source)


def shrunk(estimates: Floats, covariance: Floats) -> Floats:
    """Effects shrunk towards their common mean, for planning a roll-out (winner's curse).

    Empirical Bayes with the between-arm variance by the method of moments (DerSimonian & Laird 1986), using the
    whole covariance from the shared comparison group. Needs at least four arms; with fewer the library's prior
    belongs here.
    """
    if estimates.size < 4:
        raise AnalysisRefused(
            "shrinkage from the trial itself needs at least four arms",
            where=f"{estimates.size} arms",
            remedy="use the prior from the library of past trials",
        )
    centring = np.eye(estimates.size) - 1 / estimates.size
    between = float(estimates @ centring @ estimates - np.trace(centring @ covariance)) / (estimates.size - 1)
    if between <= 0:
        return np.full(estimates.size, estimates.mean())
    precision = np.linalg.inv(covariance + between * np.eye(estimates.size))
    ones = np.ones(estimates.size)
    centre = float(ones @ precision @ estimates / (ones @ precision @ ones))
    return np.asarray(centre + between * precision @ (estimates - centre), dtype=np.float64)
