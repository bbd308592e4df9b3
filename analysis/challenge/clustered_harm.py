"""Guardrails where customers were dealt in clusters: bounds by inverting the cluster randomisation test."""

from __future__ import annotations

from dataclasses import replace

import narwhals as nw
import numpy as np

from analysis.as_designed import eligible_for_both
from analysis.challenge.dense import bring, column_of, seed_of
from analysis.evaluate.declared import level_position
from analysis.evaluate.evidence import ClusteredHarm, HarmBounds
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.randomisation_inference import cluster_randomisation_test
from designs.protocol.models import Protocol

DRAWS = 10_000


def clustered_harm_bounds(frame: AnalysisFrame, protocol: Protocol, protocol_digest: str) -> HarmBounds:
    """What a verdict asks for where a binary guardrail's customers were dealt in clusters.

    The clusters of two arms are redrawn within strata, the difference of customers' means is studentised, and the
    test is inverted for the bounds.
    """

    def asked(harm: ClusteredHarm, level: float) -> tuple[float, float, float] | str:
        where = nw.col(ARM_COLUMN).is_in([harm.arm, harm.comparison])
        if harm.by is not None and harm.level is not None:
            where = where & (level_position(harm.by) == harm.by.names.index(harm.level))
        column = column_of(protocol.outcome(harm.outcome))
        eligible = eligible_for_both(frame, protocol, (harm.arm, harm.comparison))
        dense = bring(replace(eligible, rows=eligible.rows.filter(where)), protocol, [column])
        y = dense.number(column)
        known = ~np.isnan(y)
        if dense.cluster is None or not known.any():
            return "no customer has this outcome observed"
        if y[known].min() == y[known].max():
            return "no such event in either arm, so there is nothing to bound"
        member = np.unique(dense.cluster[known], return_inverse=True)[1]
        first = np.zeros(int(member.max()) + 1, dtype=np.int64)
        first[member] = np.arange(member.size)
        test = cluster_randomisation_test(
            np.bincount(member, y[known]).astype(np.float64),
            np.bincount(member).astype(np.float64),
            (dense.arm[known] == harm.arm)[first],
            np.unique(dense.stratum[known][first], return_inverse=True)[1].astype(np.int64),
            draws=DRAWS,
            rng=seed_of(protocol_digest, f"harm:{harm.outcome}:{harm.arm}:{harm.by and harm.by.column}:{harm.level}"),
            alpha=level,
        )
        if test.estimate is None or test.ci_lower is None or test.ci_upper is None:
            return test.reason or "the redraws do not bound it"
        return test.estimate, test.ci_lower, test.ci_upper

    return asked
