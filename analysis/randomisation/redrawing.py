"""Redraws for a verdict: one response in one cell, its two arms redrawn as the declared scheme assigned them."""

from __future__ import annotations

import math
from dataclasses import replace

import narwhals as nw
import numpy as np

from analysis.frame import WAVE_COLUMN, AnalysisFrame, open_to
from analysis.inference.redrawn import Redrawn
from analysis.randomisation.canonical_order import sums_of
from analysis.randomisation.in_memory import Floats, RowsInMemory, labelled_generator, of_cell, read_rows
from analysis.randomisation.schemes import (
    DRAWS,
    MOST_CUSTOMERS,
    NO_CLUSTER_WITH_BOTH,
    differences_of,
    draws_to_pass,
    of_clusters_with_both,
    within,
)
from analysis.randomisation.shifted import redrawn_clusters, redrawn_customers, redrawn_pairs
from analysis.specification import Cell, Response, level_position
from designs.protocol.models import Protocol
from designs.protocol.words import column_words

LEVEL = "_level"
PER_LEVEL = 20  # redraws that a one-sided level is worth at least: a p-value at it has an error of a fifth
MOST_FOR_LEVEL = 100_000

WAVES = "each wave was balanced by itself, and waves are not redrawn together"


def redraw(
    frame: AnalysisFrame, protocol: Protocol, protocol_digest: str, response: Response, cell: Cell, level: float
) -> Redrawn | str:
    """Redraw the two arms of a cell and studentise the difference each time.

    Clusters that were assigned whole change arms whole, in a saturation trial customers change arms within their
    cluster, the two of a pair change places, and of rerandomised
    assignments only those count that the declared rule would have let pass.

    Args:
        frame: one row per allocated customer.
        protocol: as locked.
        protocol_digest: with the response and the cell it seeds the redraws, so that a verdict can be repeated.
        response: what is compared.
        cell: the two arms, and the subgroup level if any.
        level: the strictest two-sided level that a p-value of these redraws will be held against.

    Returns:
        The redraws, or the reason why the scheme, or its size, allows none.
    """
    if protocol.analysis.errors_clustered_by is not None:
        by = column_words(protocol).column(protocol.analysis.errors_clustered_by)
        return f"errors are clustered by {by}, which no redraw moves whole"
    method = protocol.randomisation.method
    if method == "rerandomised" and WAVE_COLUMN in frame.laid_strata:
        return WAVES
    among = of_cell(frame, protocol, cell)
    customers = int(among.engine.collect(among.rows.select(nw.len().alias("n")))["n"][0].as_py())
    if customers > MOST_CUSTOMERS:
        return f"more than {MOST_CUSTOMERS:,} customers in the two arms: not redrawn"
    column = cell.by.column if cell.by else None
    rng = labelled_generator(protocol_digest, f"bound:{response.id}:{cell.arm}:{cell.comparison}:{column}:{cell.level}")
    draws = max(DRAWS, min(MOST_FOR_LEVEL, math.ceil(2 * PER_LEVEL / level)))
    if method == "rerandomised":
        return _rerandomised(frame, protocol, response, cell, draws, rng)
    pairs = protocol.randomisation.pairs if method == "matched_pairs" else None
    rows = read_rows(among, protocol, [*response.columns, *([pairs] if pairs else [])])
    y = rows.response(response)
    if pairs is not None:
        found = differences_of(rows, y, pairs, cell.pair)
        if found is None or found.constant:
            return "fewer than two pairs differ"
        weights = None if protocol.cluster is None else found.weight
        return redrawn_pairs(found.difference, weights, draws=draws, rng=rng)
    known = ~np.isnan(y)
    if not known.any():
        return "no customer has it observed"
    if rows.cluster is not None and method == "saturation":
        first, stratum, cluster = (rows.arm == cell.arm)[known], rows.stratum[known], rows.cluster[known]
        both, each = of_clusters_with_both(first, stratum, cluster)
        if not both.any():
            return NO_CLUSTER_WITH_BOTH
        return redrawn_customers(y[known][both], first[both], each, draws=draws, rng=rng)
    if rows.cluster is not None:
        return _whole_clusters(rows, y, known, cell, draws, rng)
    return redrawn_customers(y[known], (rows.arm == cell.arm)[known], rows.stratum[known], draws=draws, rng=rng)


def _rerandomised(
    frame: AnalysisFrame, protocol: Protocol, response: Response, cell: Cell, draws: int, rng: np.random.Generator
) -> Redrawn | str:
    """Every arm's customers say whether a redraw is balanced, so all are read where one cell is asked about too."""
    rule, among = protocol.randomisation.rerandomise, open_to(frame, protocol, cell.pair)
    if rule is None:
        return "a rerandomised design declares no rule"
    columns = [*response.columns, *rule.covariates]
    if cell.by is not None:
        among = replace(among, rows=among.rows.with_columns(level_position(cell.by).alias(LEVEL)))
        columns.append(LEVEL)
    rows = read_rows(among, protocol, columns)
    y, x = rows.response(response), np.column_stack([rows.number(name) for name in rule.covariates])
    moved = ~np.isnan(y) & np.isin(rows.arm, cell.pair)
    if cell.by is not None:
        moved &= rows.number(LEVEL) == cell.by.names.index(str(cell.level))
    if not moved.any():
        return "no customer has it observed"
    first, of_first = np.bincount(rows.stratum[moved]), np.bincount(rows.stratum[moved], rows.arm[moved] == cell.arm)
    moved &= ((of_first > 0) & (of_first < first))[np.minimum(rows.stratum, first.size - 1)]
    wanted = draws_to_pass(draws, x.shape[1], len(protocol.arms), rule.threshold)
    return redrawn_customers(
        y[moved], (rows.arm == cell.arm)[moved], rows.stratum[moved], draws=wanted, rng=rng, covariates=x[moved],
        accept=within(rows, x, moved, cell.pair, rule.threshold),
    )  # fmt: skip


def _whole_clusters(
    rows: RowsInMemory, y: Floats, known: np.ndarray[tuple[int], np.dtype[np.bool_]], cell: Cell, draws: int,
    rng: np.random.Generator,
) -> Redrawn | str:  # fmt: skip
    assert rows.cluster is not None
    member = np.unique(rows.cluster[known], return_inverse=True)[1]
    first = np.zeros(int(member.max()) + 1, dtype=np.int64)
    first[member] = np.arange(member.size)
    return redrawn_clusters(
        sums_of(y[known], member), np.bincount(member).astype(np.float64),
        (rows.arm == cell.arm)[known][first], rows.stratum[known][first], draws=draws, rng=rng,
    )  # fmt: skip
