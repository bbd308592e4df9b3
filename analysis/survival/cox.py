"""Proportional hazards with Efron's ties, from counts of customers in groups that share their covariates.

Customers of one group are alike in everything the model sees, so counts at risk and counts of events are all the
partial likelihood needs: with arms as the groups, a million customers fit as fast as a hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused

Floats = NDArray[np.float64]
_MAX_ITERATIONS = 50
_TOLERANCE = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """One stratum. ``times`` holds the distinct times of any exit, ascending.

    Attributes:
        times: shape (T,).
        at_risk: shape (T, G), customers of each group followed up to just before each time.
        events: shape (T, G), customers of each group with the event at each time.
    """

    times: Floats
    at_risk: Floats
    events: Floats


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """Coefficients (q,), model covariance (q, q), and what score residuals need."""

    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Ties:
    """Efron's denominators, one row for each of the m events at a time: S − (l/m) D for l = 0, …, m − 1."""

    place: NDArray[np.int64]  # which time
    fraction: Floats  # l/m
    share: Floats  # 1/m
    s0: Floats
    mean: Floats  # (rows, q)


def _summed(place: NDArray[np.int64], weights: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(place, weights, size), dtype=np.float64)


def _ties(stratum: RiskSets, design: Floats, hazard: Floats) -> _Ties:
    deaths = stratum.events.sum(axis=1).round().astype(np.int64)
    place = np.repeat(np.arange(deaths.size), deaths)
    start = np.cumsum(deaths) - deaths
    order = np.arange(place.size) - start[place]
    m = deaths[place].astype(float)
    fraction = order / m
    s0 = (stratum.at_risk @ hazard)[place] - fraction * (stratum.events @ hazard)[place]
    weighted = hazard[:, None] * design
    s1 = (stratum.at_risk @ weighted)[place] - fraction[:, None] * (stratum.events @ weighted)[place]
    return _Ties(place, fraction, 1.0 / m, s0, s1 / s0[:, None])


def _derivatives(strata: Sequence[RiskSets], design: Floats, beta: Floats) -> tuple[float, Floats, Floats]:
    """Log partial likelihood, score and observed information at ``beta``."""
    hazard = np.exp(design @ beta)
    q = design.shape[1]
    squares = hazard[:, None] * np.einsum("gi,gj->gij", design, design).reshape(design.shape[0], q * q)
    likelihood, score, information = 0.0, np.zeros(q), np.zeros((q, q))
    for stratum in strata:
        ties = _ties(stratum, design, hazard)
        by_group = stratum.events.sum(axis=0)
        likelihood += float(by_group @ (design @ beta) - np.log(ties.s0).sum())
        score += by_group @ design - ties.mean.sum(axis=0)
        # Σ over rows of S2/S0, without a q × q block for every event
        inverse = _summed(ties.place, 1.0 / ties.s0, stratum.times.size)
        tied = _summed(ties.place, ties.fraction / ties.s0, stratum.times.size)
        per_group = inverse @ stratum.at_risk - tied @ stratum.events
        information += (per_group @ squares).reshape(q, q) - ties.mean.T @ ties.mean
    return likelihood, score, information


def cox(strata: Sequence[RiskSets], design: Floats) -> CoxFit:
    """Maximise the stratified partial likelihood (Cox 1972; ties: Efron 1977, JASA 72:557) by Newton's method.

    Args:
        strata: risk sets, one for each stratum; all have the same groups.
        design: shape (G, q), the covariates of each group.

    Raises:
        AnalysisRefused: when no finite maximum exists (an arm without events, or collinear covariates).
    """
    beta = np.zeros(design.shape[1])
    likelihood, score, information = _derivatives(strata, design, beta)
    for iteration in range(1, _MAX_ITERATIONS + 1):
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError as error:
            raise AnalysisRefused("the hazard model has no unique maximum", rule="covariates vary") from error
        scale = 1.0
        while True:
            trial = beta + scale * step
            likelihood_there, score_there, information_there = _derivatives(strata, design, trial)
            if np.isfinite(likelihood_there) and likelihood_there >= likelihood - 1e-9 * abs(likelihood):
                break
            scale /= 2
            if scale < 1e-8:
                raise AnalysisRefused("the hazard model did not converge")
        moved = float(np.max(np.abs(scale * step))) if step.size else 0.0
        beta, likelihood, score, information = trial, likelihood_there, score_there, information_there
        if np.max(np.abs(beta)) > 30:
            raise AnalysisRefused("the hazard ratio is not finite", rule="every arm needs events and survivors")
        if moved < _TOLERANCE * max(1.0, float(np.max(np.abs(beta)))):
            covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
            return CoxFit(beta, covariance, likelihood, iteration, True)
    raise AnalysisRefused("the hazard model did not converge", where=f"{_MAX_ITERATIONS} iterations")


def score_residuals(stratum: RiskSets, design: Floats, fit: CoxFit) -> tuple[Floats, Floats]:
    """Lin-Wei score residuals of every kind of exit (Lin & Wei 1989, JASA 84:1074; Efron's weights for ties).

    Returns:
        Two arrays of shape (T, G, q): of a customer censored at that time, and of one with the event at it.
    """
    hazard = np.exp(design @ fit.coefficients)
    ties = _ties(stratum, design, hazard)
    size = stratum.times.size
    rate = 1.0 / ties.s0
    sums = [_summed(ties.place, rate, size), _summed(ties.place, rate * ties.fraction, size)]
    q = design.shape[1]

    def of_mean(weight: Floats) -> Floats:
        return np.stack([_summed(ties.place, weight * ties.mean[:, j], size) for j in range(q)], axis=1)

    means, tied_means, average = of_mean(rate), of_mean(rate * ties.fraction), of_mean(ties.share)

    def expected(total: Floats, mean: Floats) -> Floats:
        """e_g (X_g Σλ − Σ x̄λ) for every time and group."""
        return hazard[None, :, None] * (design[None] * total[:, None, None] - mean[:, None, :])

    at_time = expected(sums[0], means)
    upto = np.cumsum(at_time, axis=0)
    censored = -upto
    at_event = np.where((sums[0] > 0)[:, None, None], design[None] - average[:, None, :], 0.0)
    died = at_event - (upto - at_time) - expected(sums[0] - sums[1], means - tied_means)
    return censored, died
