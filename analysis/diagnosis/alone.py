"""The estimate without its verdict: a quick look at power, before whole trials are simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.diagnosis.results import TruthName
from analysis.diagnosis.worlds import World
from analysis.planning.power import level_of_a_contrast
from analysis.planning.power_simulation import BinaryWorld, SimulatedPower, simulate_power
from designs.protocol.shares import shares_of_everybody

_TRIALS: Final = 1_000
_CUSTOMERS: Final = 10_000_000  # of all of them together: under a second


@dataclass(frozen=True, slots=True)
class EstimateAlone:
    """What one approach's estimate finds at one truth, by Lin's estimator with HC2 errors and each contrast at α/m."""

    arm: str
    truth: TruthName
    found: SimulatedPower


def estimates_alone(world: World, truth: TruthName, seed: np.random.SeedSequence) -> tuple[EstimateAlone, ...]:
    """Every approach against the comparison. Empty where a trial is more than that: clusters, or no share.

    Args:
        world: What is declared and assumed.
        truth: Which effects are true.
        seed: Of these trials.
    """
    plan, primary = world.plan, world.doings[0]
    if primary.outcome.kind != "binary" or plan.errors_cluster is not None or plan.randomisation.saturations:
        return ()
    shares = shares_of_everybody(plan)
    alpha = level_of_a_contrast(plan)
    found: dict[tuple[int, float], SimulatedPower] = {}
    rows = []
    rng = np.random.default_rng(seed)
    comparison = int(world.customers * shares[plan.comparison.id])
    for arm, effect in world.effects[truth].items():
        n = int(world.customers * shares[arm])
        if min(n, comparison) <= 2:
            return ()
        trials = max(min(_TRIALS, _CUSTOMERS // (n + comparison)), 20)
        if (n, effect) not in found:
            of = BinaryWorld(primary.baseline, effect)
            found[n, effect] = simulate_power(of, n, comparison, trials=trials, alpha=alpha, rng=rng)
        rows.append(EstimateAlone(arm, truth, found[n, effect]))
    return tuple(rows)
