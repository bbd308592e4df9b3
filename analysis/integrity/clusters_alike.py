"""Whether as much was kept of the clusters of one arm as of the other's, where clusters were assigned whole.

The sum over an arm's clusters of what each has beyond its stratum's share is held against the sums that other
assignments of the same clusters would have given (Gail, Mark, Carroll, Green & Pee 1996, Statistics in Medicine
15:1069). A score test with a normal distribution called an honest trial invalid 3.7 times in a thousand with 50 of
1,000 clusters in the letter arm, and could never have an alarm with ten or fewer, whatever they had lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.inference.intervals import lower_tail
from analysis.randomisation.redraws import redraws

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CLEAR = 0.05  # by the normal distribution: above it no alarm is near
SPREAD = 1 / 400  # of the variance: where no cluster holds more of it, the normal distribution holds far out
ROUNDS, A_ROUND, ENOUGH = 10, 9_999, 100  # redraws stop early once so many are as far out
_HELD = 4_000_000  # numbers held at once
_SEED = 1_959  # the same files have the same p-value
_TIED = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class WholeClusters:
    """The clusters of two arms, each in one stratum that holds both.

    Attributes:
        beyond: shape (G,), customers kept less those that the stratum's share would give; sums to zero in a stratum.
        stratum: shape (G,), codes.
        drawn: shape (G,), whether the cluster is the arm's.
    """

    beyond: Floats
    stratum: Integers
    drawn: NDArray[np.bool_]


def clusters_alike_p(clusters: WholeClusters) -> float:
    """Two-sided p-value of the sum of ``beyond`` over the drawn clusters, given each stratum's number of them.

    By the normal distribution with the exact variance where no cluster counts for much; else exact where there are few
    assignments, and from up to 99,990 redraws where the normal distribution is near an alarm.

    Examples:
        >>> import numpy as np
        >>> beyond, in_arm = np.array([2.0, 1.0, -1.0, -2.0]), np.array([True, True, False, False])
        >>> lost = WholeClusters(beyond, np.zeros(4, dtype=np.int64), in_arm)
        >>> round(clusters_alike_p(lost), 6)  # two of six assignments are as far out
        0.333333
    """
    beyond, size, take = _in_order(clusters)
    squares = np.add.reduceat(beyond**2, np.concatenate([[0], np.cumsum(size)[:-1]]))
    variance = float(np.sum(take * (size - take) / (size * np.maximum(size - 1, 1)) * squares))
    seen = abs(float(clusters.beyond @ clusters.drawn))
    if variance <= _TIED:
        return 1.0
    p_value = min(1.0, 2.0 * lower_tail(-seen / variance**0.5, None))
    if float(np.max(beyond**2)) <= SPREAD * variance:
        return p_value
    least, ones = seen - _TIED * max(seen, 1.0), np.ones(beyond.size, dtype=np.int64)
    at_once, rng = min(A_ROUND, max(1, _HELD // size.size)), np.random.default_rng(_SEED)
    tried = as_far = 0
    while tried < ROUNDS * A_ROUND and as_far < ENOUGH:
        made = redraws(beyond[:, None], ones, lambda rows: rows, size, take, at_once, rng)
        if p_value > CLEAR and not made.exact:
            return p_value
        for batch in made.batches():
            as_far += int(np.sum(np.abs(batch[:, :, 0].sum(axis=1)) >= least))
            tried += batch.shape[0]
        if made.exact:
            return as_far / tried
    return (1.0 + as_far) / (1.0 + tried)


def _in_order(clusters: WholeClusters) -> tuple[Floats, Integers, Integers]:
    """(beyond, clusters of each stratum, those drawn), by what they hold: redraws do not depend on the rows' order."""
    order = np.lexsort((clusters.beyond, clusters.stratum))
    _, starts, size = np.unique(clusters.stratum[order], return_index=True, return_counts=True)
    beyond, take = clusters.beyond[order], np.add.reduceat(clusters.drawn[order].astype(np.int64), starts)
    ranked = np.lexsort((np.add.reduceat(np.abs(beyond), starts), np.add.reduceat(beyond**2, starts), take, size))
    blocks = np.split(beyond, starts[1:])
    return np.concatenate([blocks[j] for j in ranked]), size[ranked].astype(np.int64), take[ranked]
