"""Guardrails where whole clusters were assigned: bounds by inverting the cluster randomisation test."""

from __future__ import annotations

import numpy as np

from analysis.deciding.guardrails import InvertedTest
from analysis.frame import AnalysisFrame
from analysis.randomisation.in_memory import labelled_generator, of_cell, read_rows
from analysis.randomisation.randomisation_inference import RandomisationTest
from analysis.randomisation.schemes import DRAWS, whole_clusters_test
from analysis.specification import Cell
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol


def guardrail_bounds(
    frame: AnalysisFrame,
    protocol: Protocol,
    protocol_digest: str,
    outcome: Outcome,
    cell: Cell,
    *,
    level: float,
    level_established: float,
) -> InvertedTest | str:
    """Bound one binary guardrail in one cell.

    The clusters of the two arms are redrawn within strata, the difference of customers' means is studentised, and the
    test is inverted.

    Args:
        frame: one row per allocated customer.
        protocol: one with a cluster.
        protocol_digest: with the outcome and the cell it seeds the redraws, so that a verdict can be repeated.
        outcome: the guardrail.
        cell: the two arms, and the subgroup level if any.
        level, level_established: two-sided levels of the bounds.

    Returns:
        The bounds, or the reason why there are none.
    """
    column = column_of(outcome)
    rows = read_rows(of_cell(frame, protocol, cell), protocol, [column])
    y, cluster = rows.number(column), rows.cluster
    known = ~np.isnan(y)
    if cluster is None or not known.any():
        return "no customer has this outcome observed"
    if y[known].min() == y[known].max():
        return "no such event in either arm, so there is nothing to bound"
    y, in_arm, stratum, cluster = y[known], rows.arm[known] == cell.arm, rows.stratum[known], cluster[known]
    label = f"harm:{outcome.id}:{cell.arm}:{cell.by.column if cell.by else None}:{cell.level}"

    def inverted(alpha: float) -> RandomisationTest:
        rng = labelled_generator(protocol_digest, label)
        return whole_clusters_test(y, in_arm, stratum, cluster, rng, alpha=alpha, draws=DRAWS)

    test = inverted(level)
    established = test if level == level_established else inverted(level_established)
    if test.estimate is None or test.interval is None or established.interval is None:
        return test.reason or established.reason or "the redraws do not bound it"
    return InvertedTest(test.estimate, test.interval, established.interval)
