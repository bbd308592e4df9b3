"""Variances of survival at a horizon where customers were assigned in clusters: whole clusters are resampled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 1_999
_HELD = 20_000_000  # numbers held at once


def horizon_variances(
    cluster: NDArray[np.int64],
    stratum: NDArray[np.int64],
    time: Floats,
    code: NDArray[np.int64],
    count: Floats,
    horizon: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Bootstrap variances of the share without the event, and of the restricted mean, in one arm.

    Args:
        cluster: shape (cells,), the cluster of each cell.
        stratum: shape (cells,); clusters are resampled within strata.
        time: shape (cells,).
        code: shape (cells,), 0 censored, 1 event, 2 competing event.
        count: shape (cells,), customers in each cell.
        horizon: the fixed time.
        rng: the source of the draws.

    Returns:
        The two variances, over 1,999 draws.
    """
    times, place = np.unique(np.minimum(time, horizon), return_inverse=True)
    code = np.where(time > horizon, 0, code)  # what happens after the horizon is follow-up to it, no more
    clusters, member = np.unique(cluster, return_inverse=True)
    stratum_of = np.zeros(clusters.size, dtype=np.int64)
    stratum_of[member] = stratum
    exits = np.zeros((clusters.size, 3, times.size))
    np.add.at(exits, (member, code, place), count)
    flat = exits.reshape(clusters.size, -1)
    survivals, means = [], []
    batch = max(1, min(DRAWS, _HELD // max(flat.shape[1], clusters.size)))
    for begin in range(0, DRAWS, batch):
        weights = _resampled(stratum_of, min(batch, DRAWS - begin), rng)
        survival, mean = _at_horizon((weights @ flat).reshape(-1, 3, times.size), times, horizon)
        survivals.append(survival)
        means.append(mean)
    return float(np.var(np.concatenate(survivals), ddof=1)), float(np.var(np.concatenate(means), ddof=1))


def _resampled(stratum: NDArray[np.int64], draws: int, rng: np.random.Generator) -> Floats:
    """How often each cluster is drawn: multinomial within its stratum, shape (draws, G).

    m − 1 of m clusters are drawn and scaled up, which makes the variance of a mean unbiased (Rao & Wu 1988).
    """
    weights = np.zeros((draws, stratum.size))
    for number in np.unique(stratum):
        in_stratum = np.flatnonzero(stratum == number)
        if in_stratum.size == 1:
            weights[:, in_stratum] = 1.0
            continue
        drawn = rng.multinomial(in_stratum.size - 1, np.full(in_stratum.size, 1 / in_stratum.size), size=draws)
        weights[:, in_stratum] = drawn * in_stratum.size / (in_stratum.size - 1)
    return weights


def _at_horizon(exits: Floats, times: Floats, horizon: float) -> tuple[Floats, Floats]:
    leaving = exits.sum(axis=1)
    at_risk = np.maximum(leaving[:, ::-1].cumsum(axis=1)[:, ::-1], 1e-12)
    before = np.cumprod(1.0 - (exits[:, 1] + exits[:, 2]) / at_risk, axis=1)
    before = np.concatenate([np.ones((exits.shape[0], 1)), before[:, :-1]], axis=1)
    jump = before * exits[:, 1] / at_risk
    return 1.0 - jump.sum(axis=1), horizon - (jump * np.clip(horizon - times, 0.0, None)).sum(axis=1)
