"""Guardrails where customers were dealt in clusters: bounds by inverting the cluster randomisation test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.frame import AnalysisFrame
from analysis.randomisation.in_memory import bring, column_of, compared, seed_of
from analysis.randomisation.schemes import whole_clusters_test
from analysis.specification import Levels
from designs.protocol.models import Protocol

DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class ClusteredHarm:
    """What a cluster randomisation test is asked for: one binary guardrail of one arm, everyone or one level."""

    outcome: str
    arm: str
    comparison: str
    by: Levels | None = None
    level: str | None = None


HarmBounds = Callable[[ClusteredHarm, float], tuple[float, float, float] | str]  # at a two-sided level, as Bounds


def clustered_harm_bounds(frame: AnalysisFrame, protocol: Protocol, protocol_digest: str) -> HarmBounds:
    """What a verdict asks for where a binary guardrail's customers were dealt in clusters.

    The clusters of two arms are redrawn within strata, the difference of customers' means is studentised, and the
    test is inverted for the bounds.
    """

    def asked(harm: ClusteredHarm, level: float) -> tuple[float, float, float] | str:
        column = column_of(protocol.outcome(harm.outcome))
        among = compared(frame, protocol, (harm.arm, harm.comparison), harm.by, harm.level)
        dense = bring(among, protocol, [column])
        y = dense.number(column)
        known = ~np.isnan(y)
        if dense.cluster is None or not known.any():
            return "no customer has this outcome observed"
        if y[known].min() == y[known].max():
            return "no such event in either arm, so there is nothing to bound"
        rng = seed_of(protocol_digest, f"harm:{harm.outcome}:{harm.arm}:{harm.by and harm.by.column}:{harm.level}")
        test = whole_clusters_test(
            y[known], dense.arm[known] == harm.arm, dense.stratum[known], dense.cluster[known], rng,
            alpha=level, draws=DRAWS,
        )  # fmt: skip
        if test.estimate is None or test.ci_lower is None or test.ci_upper is None:
            return test.reason or "the redraws do not bound it"
        return test.estimate, test.ci_lower, test.ci_upper

    return asked
