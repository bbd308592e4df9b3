"""Guardrails where clusters were assigned: bounds by inverting the test that redraws as the scheme drew."""

from __future__ import annotations

import numpy as np

from analysis.deciding.guardrails import InvertedTest
from analysis.frame import AnalysisFrame
from analysis.inference.intervals import critical_value
from analysis.randomisation.in_memory import labelled_generator, of_cell, read_rows
from analysis.randomisation.randomisation_inference import RandomisationTest
from analysis.randomisation.schemes import DRAWS, customers_of_clusters_test, paired_test, whole_clusters_test
from analysis.specification import Cell, Response
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

    The clusters of the two arms are redrawn within strata, change places within their pairs, or in a saturation trial
    the customers are redrawn within each cluster; the difference of customers' means is studentised, and the test is
    inverted. Where every customer of both arms is alike no redraw differs, and a share is bounded by how many clusters
    showed it.

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
    among = of_cell(frame, protocol, cell)
    rows = read_rows(among, protocol, [column]).of_contrast(cell.pair)
    y, cluster = rows.number(column), rows.cluster
    known = ~np.isnan(y)
    if cluster is None or not known.any():
        return "no customer has this outcome observed"
    y, in_arm, stratum, cluster = y[known], rows.arm[known] == cell.arm, rows.stratum[known], cluster[known]
    if y.min() == y.max():
        return all_alike(np.unique(cluster[in_arm]).size, np.unique(cluster[~in_arm]).size, level, level_established)
    label = f"harm:{outcome.id}:{cell.arm}:{cell.by.column if cell.by else None}:{cell.level}"

    def inverted(alpha: float) -> RandomisationTest:
        rng = labelled_generator(protocol_digest, label)
        if protocol.randomisation.method == "saturation":
            return customers_of_clusters_test(y, in_arm, stratum, cluster, rng, alpha=alpha, draws=DRAWS)
        if protocol.randomisation.method == "matched_pairs":
            response = Response(outcome.id, ((column, 1.0),))
            return paired_test(among, protocol, response, cell.pair, rng, alpha=alpha, draws=DRAWS)
        return whole_clusters_test(y, in_arm, stratum, cluster, rng, alpha=alpha, draws=DRAWS)

    test = inverted(level)
    established = test if level == level_established else inverted(level_established)
    if test.estimate is None or test.interval is None or established.interval is None:
        return test.reason or established.reason or "the redraws do not bound it"
    return InvertedTest(test.estimate, test.interval, established.interval)


def all_alike(
    clusters_arm: int, clusters_comparison: int, level: float, level_established: float
) -> InvertedTest | str:
    """Bounds where no customer of either arm had the event, or all had: z²/(G + z²), the score bound of G clusters.

    A cluster counts once, however many customers it has, since they may all act alike.
    """
    if clusters_arm == 0 or clusters_comparison == 0:
        return "one of the arms has no cluster"

    def bounds(alpha: float) -> tuple[float, float]:
        squared = critical_value(alpha, None) ** 2
        return -squared / (clusters_comparison + squared), squared / (clusters_arm + squared)

    return InvertedTest(0.0, bounds(level), bounds(level_established))
