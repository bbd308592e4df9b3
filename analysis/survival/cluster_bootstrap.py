"""Errors of survival where customers were assigned in clusters: whole clusters are resampled within their strata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWS = 1_999
_HELD = 20_000_000  # numbers held at once


@dataclass(frozen=True, slots=True, eq=False)
class ClusterExits:
    """How follow-up ended, by cluster; one entry a cell.

    Attributes:
        cluster: shape (cells,).
        group: shape (cells,), what is estimated apart from the others: a stratum of an arm.
        stratum: shape (cells,), within which clusters are resampled.
        time: shape (cells,).
        code: shape (cells,), 0 censored, 1 event, 2 competing event.
        count: shape (cells,), customers in each cell.
    """

    cluster: Ints
    group: Ints
    stratum: Ints
    time: Floats
    code: Ints
    count: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Resampled:
    """What 1,999 resamples give, for each of the groups.

    Attributes:
        survival: shape (draws, groups), share without the event by the horizon.
        mean: shape (draws, groups), days without it.
    """

    survival: Floats
    mean: Floats


def resampled_horizons(exits: ClusterExits, groups: int, horizon: float, rng: np.random.Generator) -> Resampled:
    """Resample whole clusters; a cluster is drawn with all its groups.

    Args:
        groups: how many there are; one without customers is NaN.
        horizon: the fixed time.
        rng: the source of the draws.
    """
    clusters, member = np.unique(exits.cluster, return_inverse=True)
    stratum = home_strata(member, exits.stratum, exits.count)
    parts = [_part(exits, member, group, horizon) for group in range(groups)]
    widest = max((part.exits[0].size for part in parts if part is not None), default=1)
    survival, mean = np.full((DRAWS, groups), np.nan), np.full((DRAWS, groups), np.nan)
    for rows in _batches(max(1, min(DRAWS, _HELD // max(widest, clusters.size)))):
        weights = _resampled(stratum, rows.stop - rows.start, rng)
        for group, part in enumerate(parts):
            if part is not None:
                drawn = (weights[:, part.clusters] @ part.exits.reshape(len(part.clusters), -1)).reshape(
                    -1, 3, part.times.size
                )
                survival[rows, group], mean[rows, group] = _at_horizon(drawn, part.times, horizon)
    return Resampled(survival, mean)


def home_strata(member: Ints, stratum: Ints, count: Floats) -> Ints:
    """The stratum of each cluster: where it spans several, the one that holds most of its customers.

    Args:
        member: shape (cells,), 0 to G − 1, the cluster of each cell.
    """
    distinct, place = np.unique(stratum, return_inverse=True)
    customers = np.zeros((int(member.max(initial=-1)) + 1, distinct.size))
    np.add.at(customers, (member, place), count)
    return np.asarray(distinct[customers.argmax(axis=1)] if distinct.size else [], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One group: which clusters it has, and how their follow-up ended, shape (clusters, codes, times)."""

    clusters: Ints
    exits: Floats
    times: Floats


def _part(exits: ClusterExits, member: Ints, group: int, horizon: float) -> _Part | None:
    inside = exits.group == group
    if not inside.any():
        return None
    time = exits.time[inside]
    times, place = np.unique(np.minimum(time, horizon), return_inverse=True)
    code = np.where(time > horizon, 0, exits.code[inside])  # after the horizon is follow-up to it, no more
    clusters, row = np.unique(member[inside], return_inverse=True)
    by_code = np.zeros((clusters.size, 3, times.size))
    np.add.at(by_code, (row, code, place), exits.count[inside])
    return _Part(clusters.astype(np.int64), by_code, times)


def _batches(size: int) -> Iterator[slice]:
    for begin in range(0, DRAWS, size):
        yield slice(begin, min(begin + size, DRAWS))


def _resampled(stratum: Ints, draws: int, rng: np.random.Generator) -> Floats:
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
