"""What the missing outcomes of each contrast could hide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from analysis.integrity.missing_outcomes import Bounds, lee_bounds, worst_case_bounds
from analysis.randomisation.in_memory import RowsInMemory
from analysis.results import OutcomeBounds
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol

Assumption = Literal["worst_case", "lee"]


def outcome_bounds(
    by_contrast: Mapping[tuple[str, str], RowsInMemory], protocol: Protocol, outcome: Outcome
) -> list[OutcomeBounds]:
    """Bounds of each contrast in which the outcome is missing for somebody.

    Args:
        by_contrast: the customers who could have got both arms of each planned contrast.
    """
    alpha, rows = protocol.analysis.alpha, []
    kinds: list[tuple[Assumption, Bounds]]
    for pair in protocol.contrasts:
        data = by_contrast[pair]
        y = data.number(column_of(outcome))
        if not np.isnan(y).any():
            continue
        of_pair = np.isin(data.arm, pair)
        y, treated, stratum = y[of_pair], data.arm[of_pair] == pair[0], data.stratum[of_pair]
        cluster = None if data.cluster is None else data.cluster[of_pair]
        if protocol.randomisation.pairs is not None and cluster is not None:
            kinds = _of_pairs(outcome)
        else:
            lee = lee_bounds(y, treated, alpha, stratum=stratum, cluster=cluster)
            kinds = [("lee", lee)]
            if outcome.kind == "binary":
                worst = worst_case_bounds(y, treated, 0.0, 1.0, alpha, stratum=stratum, cluster=cluster)
                kinds.insert(0, ("worst_case", worst))
        rows += [
            OutcomeBounds(
                outcome.id, *pair, assumption, bounds.lower, bounds.upper,
                bounds.ci_lower, bounds.ci_upper, bounds.trimmed_share, bounds.reason,
            )
            for assumption, bounds in kinds
        ]  # fmt: skip
    return rows


def _of_pairs(outcome: Outcome) -> list[tuple[Assumption, Bounds]]:
    """Pairs of clusters: the two of a pair differ in size, so that shares differ by pair and no bound is computed."""
    reason = "the clusters of a pair differ in size, and bounds within pairs are not computed"
    assumptions: tuple[Assumption, ...] = ("worst_case", "lee") if outcome.kind == "binary" else ("lee",)
    return [(assumption, Bounds(None, None, reason=reason)) for assumption in assumptions]
