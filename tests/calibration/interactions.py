"""Tests of interaction under clusters: 5% means 5% with few of them, for two levels and for four.

The Wald F with G − 1 degrees of freedom stands beside, as what approximate Hotelling's T² prevents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.inference.hotelling import equality
from tests.calibration.rates import ALPHA, at_most, share
from tests.calibration.simulated import Customers, cells_of, regressed, specification_of, stream
from tests.suites import Figure, Suite

AT_ONCE = 10  # outcomes on the same clusters: few, for their sizes and levels matter
MEAN_SIZE = 30
SPREAD = 0.5  # of the logarithm of size
LIKENESS = 0.1  # intracluster correlation


@dataclass(frozen=True)
class Setting:
    """So many clusters, half of them treated; ``constant``: all of a cluster have one level."""

    clusters: int
    levels: int
    constant: bool = False

    @property
    def name(self) -> str:
        how = "constant in clusters" if self.constant else "crossed with them"
        return f"{self.clusters} clusters, {self.levels} levels {how}"

    def draw(self, rng: np.random.Generator) -> Customers:
        """Cells of cluster and level with customers in them."""
        sizes = np.exp(SPREAD * rng.normal(size=self.clusters) - SPREAD**2 / 2)
        count = np.maximum(np.round(MEAN_SIZE * sizes), 2 * self.levels).astype(np.int64)
        cluster = np.arange(self.clusters)
        if self.constant:
            cells, level, of = count, cluster // 2 % self.levels, cluster
        else:
            of_levels = rng.multinomial(count, np.full(self.levels, 1.0 / self.levels))
            of, level = (part[of_levels.ravel() > 0] for part in np.indices(of_levels.shape).reshape(2, -1))
            cells = of_levels.ravel()[of_levels.ravel() > 0]
        return Customers(
            specification_of(kind="CR2", cluster=True), of % 2, cells, cluster=of, level=level,
            levels=tuple(f"level {i}" for i in range(self.levels)),
        )  # fmt: skip


GRID = (
    *(Setting(clusters, 4) for clusters in (12, 20, 40, 80)),
    *(Setting(clusters, 4, constant=True) for clusters in (20, 40, 80)),
    Setting(12, 2),
    Setting(12, 2, constant=True),
)


def p_values(setting: Setting, size: int, rng: np.random.Generator) -> Iterator[tuple[float | None, float | None]]:
    """(AHT, Wald) of trials without any effect."""
    done = 0
    while done < size:
        customers = setting.draw(rng)
        R = min(AT_ONCE, size - done)
        n = customers.count.astype(float)[:, None]
        shared = np.sqrt(LIKENESS) * rng.normal(size=(setting.clusters, R))[customers.cluster]
        mean = shared + np.sqrt((1 - LIKENESS) / n) * rng.normal(size=(len(n), R))
        squares = (1 - LIKENESS) * rng.chisquare(np.maximum(n - 1, 1), size=(len(n), R)) * (n > 1) + n * mean**2
        found = regressed(cells_of(customers, n * mean, squares))
        for response, joint in found.joint_covariance.items():
            estimates: NDArray[np.float64] = np.array(
                [found.fits[response, name].contrasts[0].estimate for name in customers.levels], dtype=np.float64
            )
            aht = equality(estimates, joint.matrix, joint.df, expected=joint.expected, kernel=joint.kernel)
            wald = equality(estimates, joint.matrix, joint.df)
            yield (None if isinstance(aht, str) else aht.p_value), (None if isinstance(wald, str) else wald.p_value)
        done += R


def figures(size: int, seed: int) -> Iterator[Figure]:
    for number, setting in enumerate(GRID):
        found = list(p_values(setting, size, stream(seed, f"interactions {number}")))
        by_aht, by_wald = (share([p is not None and p <= ALPHA for p in of]) for of in zip(*found, strict=True))
        yield at_most(setting.name, "type I error", by_aht, ALPHA, size)
        note = "what G − 1 degrees of freedom would give"
        yield Figure(setting.name, "type I error of Wald's F", by_wald, None, None, size, note)


SUITES = (Suite("interactions", "Tests of interaction where clusters were assigned, AHT", figures, size=4_000),)
