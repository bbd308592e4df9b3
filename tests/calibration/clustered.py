"""CR2 with Satterthwaite's degrees of freedom, over the number, sizes and shares of clusters.

Where the methods' own limits are known (sizes with a log-sd of 1, 3 of 12 clusters treated) nothing is promised but
that every row says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.fit import Contrast
from analysis.regression import regress
from analysis.specification import Column
from tests.analysis.frames import frame_of
from tests.analysis.regression.arrays import least_squares
from tests.calibration.rates import always, coverage, digits, effects_of, error_rates
from tests.calibration.simulated import (
    Customers,
    Floats,
    agreement,
    contrasts_of,
    digits_of_agreement,
    response,
    specification_of,
    stream,
)
from tests.suites import Figure, Suite

FEW = "outside the grid: few clusters, or a few large ones, and every row says so"
AT_ONCE = 10  # outcomes on the same clusters: few, for their sizes matter
MEAN_SIZE = 20
LIKENESS = 0.1  # intracluster correlation


@dataclass(frozen=True)
class Setting:
    """So many clusters, the first of them treated; ``spread`` is the standard deviation of the logarithm of size."""

    clusters: int
    treated: int
    spread: float
    strata: int = 1
    note: str | None = None

    @property
    def name(self) -> str:
        within = f" in {self.strata} strata" if self.strata > 1 else ""
        return f"{self.clusters} clusters, {self.treated} treated{within}, log-sd of size {self.spread:g}"

    def draw(self, rng: np.random.Generator) -> Customers:
        """Clusters with sizes of their own."""
        sizes = np.exp(self.spread * rng.normal(size=self.clusters) - self.spread**2 / 2)
        count = np.maximum(np.round(MEAN_SIZE * sizes), 2).astype(np.int64)
        cluster = np.arange(self.clusters)
        return Customers(
            specification_of(kind="CR2", strata=self.strata > 1, cluster=True),
            (cluster < self.treated).astype(np.int64),
            count,
            stratum=cluster % self.strata if self.strata > 1 else None,
            cluster=cluster,
        )


GRID = (
    Setting(12, 6, 0.0),
    Setting(12, 6, 0.5),
    Setting(12, 6, 1.0, note=FEW),
    Setting(12, 3, 0.0, note=FEW),
    Setting(12, 3, 0.5, note=FEW),
    Setting(40, 20, 0.0),
    Setting(40, 20, 0.5),
    Setting(40, 20, 0.0, strata=4),
    Setting(40, 20, 1.0, note=FEW),
    Setting(40, 10, 0.0),
    Setting(200, 100, 0.0),
    Setting(200, 100, 0.5),
    Setting(200, 100, 1.0, note=FEW),
    Setting(200, 50, 0.5),
)

# Adjusting for a covariate costs clusters: 40 of sizes with a log-sd of 0.5 err 5.6%.
ADJUSTED = (Setting(40, 20, 0.0), Setting(40, 20, 0.5, note=FEW), Setting(100, 50, 0.5))
WHOLE = 3  # simulations that are also run through the whole call


def sums(rng: np.random.Generator, customers: Customers, R: int, effect: float, spread: float) -> tuple[Floats, Floats]:
    """Exact sums of normal customers in normal clusters; the treated vary ``spread`` times as much."""
    sd = np.where(customers.treated, spread, 1.0)[:, None]
    n = customers.count.astype(float)[:, None]
    shared = np.sqrt(LIKENESS) * rng.normal(size=(len(n), R))
    own = np.sqrt((1 - LIKENESS) / n) * rng.normal(size=(len(n), R))
    means = effect * customers.treated[:, None] + sd * (shared + own)
    within = sd**2 * (1 - LIKENESS) * rng.chisquare(n - 1, size=(len(n), R))
    return n * means, within + n * means**2


def rows(rng: np.random.Generator, customers: Customers) -> Floats:
    """(n,) single customers of the same kind."""
    shared = np.repeat(np.sqrt(LIKENESS) * rng.normal(size=len(customers.count)), customers.count)
    return np.asarray(shared + np.sqrt(1 - LIKENESS) * rng.normal(size=len(shared)))


def simulated(
    setting: Setting, size: int, rng: np.random.Generator, effect: float = 0.0, spread: float = 1.0
) -> list[Contrast]:
    found: list[Contrast] = []
    while len(found) < size:
        customers = setting.draw(rng)
        drawn = sums(rng, customers, min(AT_ONCE, size - len(found)), effect, spread)
        found += [contrast for (contrast,) in contrasts_of(customers, *drawn)]
    return found


def by_means(size: int, seed: int) -> Iterator[Figure]:
    agree = []
    for number, setting in enumerate(GRID):
        rng = stream(seed, f"clustered {number}")
        null = simulated(setting, size, rng)
        yield from error_rates(setting.name, effects_of(null), note=setting.note)
        real = simulated(setting, size, rng, effect=0.3, spread=1.2)
        yield coverage(setting.name, effects_of(real), 0.3, note=setting.note)
        if setting.note:
            yield always(setting.name, "rows that say so", [contrast.note is not None for contrast in (*null, *real)])
        customers = setting.draw(rng)
        agree.append(digits_of_agreement(customers, rows(rng, customers)))
    yield digits("every setting", agree)


def with_covariate(size: int, seed: int) -> Iterator[Figure]:
    """Lin's adjustment for a number that customers and clusters differ in, by the algebra of dense arrays."""
    for number, setting in enumerate(ADJUSTED):
        yield from _adjusted(setting, size, stream(seed, f"clustered lin {number}"))


def _adjusted(setting: Setting, size: int, rng: np.random.Generator) -> Iterator[Figure]:
    name = f"Lin, {setting.name}"
    null, whole, agree = [], [], []
    for simulation in range(size):
        customers = setting.draw(rng)
        cluster, treated = (np.repeat(codes, customers.count) for codes in (customers.cluster, customers.treated))
        x = 0.6 * rng.normal(size=setting.clusters)[cluster] + rng.normal(size=len(cluster))
        y = rows(rng, customers) + 0.4 * x
        z = x - x.mean()
        X = np.column_stack([np.ones(len(y)), treated, z, z * treated]).astype(float)
        fit = least_squares(X, y, "CR2", clusters=cluster)
        contrast = _contrast(float(fit.coefficients[1]), float(fit.std_errors[1]), float(fit.df[1]))
        null.append(contrast)
        if simulation < WHOLE:
            design = specification_of(adjustment="lin", kind="CR2", covariates=(Column("x", "number"),), cluster=True)
            columns = {"_arm": np.where(treated, "letter", "nfa"), "cluster": cluster, "x": x, "y0": y}
            whole += regress(frame_of(columns), design, [response(0)]).fits["y0", None].contrasts
            agree.append(agreement((contrast,), whole[-1:]))
    yield from error_rates(name, effects_of(null), note=setting.note)
    if setting.note:
        yield always(name, "rows that say so", [contrast.note is not None for contrast in whole])
    yield digits(name, agree)


def _contrast(estimate: float, std_error: float, df: float) -> Contrast:
    return Contrast("y0", "letter", "nfa", estimate, std_error, df, 0, 0, None, None, None, None)


SUITES = (
    Suite("clusters", "CR2 for clusters dealt whole, difference in means", by_means),
    Suite("clusters-lin", "CR2 beside Lin's adjustment", with_covariate),
)
