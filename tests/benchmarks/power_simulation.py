"""P7: power by simulation, against drawing the random numbers alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.planning.power_simulation import BinaryWorld, SimulatedPower, simulate_power
from tests.benchmarks.row import Goal, Row

TRIALS, CUSTOMERS = 1_000, 10_000


def simulate(_folder: Path) -> SimulatedPower:
    rng = np.random.default_rng(1)
    return simulate_power(
        BinaryWorld(0.4, 0.02, 0.05), CUSTOMERS // 2, CUSTOMERS // 2, trials=TRIALS, alpha=0.05, rng=rng
    )


def draw_only(_folder: Path) -> None:
    rng = np.random.default_rng(1)
    for _ in range(TRIALS // 20):
        rng.standard_normal((20, CUSTOMERS), dtype=np.float32)
        rng.random((20, CUSTOMERS), dtype=np.float32)


def statsmodels_loop(_folder: Path) -> list[float]:
    """A hundredth of the trials, one regression each."""
    import statsmodels.api as sm

    rng = np.random.default_rng(1)
    out = []
    for _ in range(TRIALS // 100):
        x, z = rng.standard_normal(CUSTOMERS), np.arange(CUSTOMERS) < CUSTOMERS // 2
        y = (rng.random(CUSTOMERS) < 0.4 + 0.05 * x + 0.02 * z).astype(float)
        centred = x - x.mean()
        design = np.column_stack([np.ones(CUSTOMERS), z, centred, z * centred])
        out.append(float(sm.OLS(y, design).fit(cov_type="HC2").pvalues[1]))
    return out


ROWS = (
    Row(
        id="P7",
        what="Power by simulation: 1,000 trials of 10,000 customers, Lin with HC2; peer: 10 trials in statsmodels",
        goal=Goal(ratio=4.0, seconds=1.0),
        work=simulate,
        limit=draw_only,
        peers={"statsmodels": statsmodels_loop},
    ),
)
