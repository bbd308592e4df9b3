"""Cross-products by cluster: from cells that hold the cluster, or from the rows of some clusters at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.frame import AnalysisFrame
from analysis.regression.cluster_robust import Pieces
from analysis.regression.coefficients import Fitted
from analysis.regression.gram import cross_products, cross_responses
from analysis.regression.model import filled, filled_responses
from analysis.regression.moments import Cells, refuse_missing_cluster
from analysis.regression.plan import cluster_text
from analysis.regression.residuals import joined
from data.pieces import coded

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROWS_AT_ONCE = 2_000_000
CLUSTERS_AT_ONCE = 500_000
NUMBERS_AT_ONCE = 4_000_000  # of the pieces' q × q matrices: 32 MB


@dataclass(frozen=True, slots=True)
class ClusterRows:
    """Rows (or cells) of whole clusters, ready for cross-products.

    Attributes:
        cell: (n,) which cell of the first pass each belongs to.
        cluster: (n,) code of its cluster, 0 to ``clusters`` - 1, in this chunk.
        values: (n, c) numbers about their centres, missing ones 0; not yet filled or scaled.
        weight: (n,) Σw, with ``sums`` (n, c), ``products`` (n, c, c), ``response_sums`` (n, R) and
            ``response_products`` (n, R, c) as in the cells.
    """

    cell: Ints
    cluster: Ints
    clusters: int
    weight: Floats
    sums: Floats
    products: Floats
    response_sums: Floats
    response_products: Floats


def from_cells(cells: Cells) -> Iterator[ClusterRows]:
    """The cells as they are, when the plan keyed them by cluster."""
    if cells.cluster is None:
        raise ValueError("the cells do not hold the cluster")
    for first in range(0, len(cells.cluster.labels), CLUSTERS_AT_ONCE):
        at = np.flatnonzero((cells.cluster.codes >= first) & (cells.cluster.codes < first + CLUSTERS_AT_ONCE))
        yield ClusterRows(
            at,
            cells.cluster.codes[at] - first,
            min(CLUSTERS_AT_ONCE, len(cells.cluster.labels) - first),
            cells.weight[at],
            cells.sums[at],
            cells.products[at],
            cells.response_sums[at],
            cells.response_products[at],
        )


def from_rows(frame: AnalysisFrame, cells: Cells) -> Iterator[ClusterRows]:
    """The rows of all clusters, at most about two million at a time, each cluster whole."""
    plan = cells.plan
    index = pa.table({"cell": pa.array(np.arange(len(cells.count), dtype=np.int32))})
    rows = joined(frame, cells, index, cluster=cluster_text(plan.specification))
    wanted = ["cell", "cluster", *(f"a{i}" for i in range(len(plan.running)))]
    wanted += [f"y{r}" for r in range(len(plan.responses))]
    wanted += ["w"] if plan.specification.weight is not None else []
    rows = rows.select(*wanted)
    for bounds in _bounds(frame, rows, float(cells.count.sum())):
        part = rows
        if bounds[0] is not None:
            part = part.filter(nw.col("cluster") >= bounds[0])
        if bounds[1] is not None:
            part = part.filter(nw.col("cluster") < bounds[1])
        yield _chunk(cells, frame.engine.collect(part))


def _bounds(frame: AnalysisFrame, rows: nw.LazyFrame[Any], n: float) -> list[tuple[str | None, str | None]]:
    """Ranges of cluster labels that hold at most about ``ROWS_AT_ONCE`` rows each."""
    if n <= ROWS_AT_ONCE:
        return [(None, None)]
    sizes = frame.engine.collect(rows.group_by("cluster").agg(nw.len().alias("n")).sort("cluster"))
    reached = np.cumsum(sizes["n"].to_numpy()) // ROWS_AT_ONCE
    cuts: list[str | None] = [sizes["cluster"][int(i) + 1].as_py() for i in np.flatnonzero(np.diff(reached) > 0)]
    return list(zip([None, *cuts], [*cuts, None], strict=True))


def _chunk(cells: Cells, table: pa.Table) -> ClusterRows:
    plan = cells.plan
    if table["cluster"].null_count:
        refuse_missing_cluster(plan)
    encoded = coded(table["cluster"])
    cell = table["cell"].to_numpy().astype(np.int64)
    n, k, c, R = len(cell), len(plan.keyed), len(plan.numbers), len(plan.responses)
    values = np.zeros((n, c))
    keyed = np.divide(
        cells.sums[:, :k], cells.weight[:, None], out=np.zeros_like(cells.sums[:, :k]), where=cells.weight[:, None] > 0
    )
    values[:, :k] = keyed[cell]
    for i in range(len(plan.running)):
        values[:, k + i] = table[f"a{i}"].to_numpy()
    weight = table["w"].to_numpy() if plan.specification.weight is not None else np.ones(n)
    sums = values * weight[:, None]
    y = np.column_stack([table[f"y{r}"].to_numpy() for r in range(R)]) * weight[:, None]
    return ClusterRows(
        cell,
        encoded.indices.to_numpy().astype(np.int64),
        len(encoded.dictionary),
        weight,
        sums,
        sums[:, :, None] * values[:, None, :],
        y,
        y[:, :, None] * values[:, None, :],
    )


def pieces(rows: ClusterRows, cells: Cells, fit: Fitted) -> Iterator[tuple[Pieces, Ints]]:
    """The (cluster, block) pieces of one fit, some clusters at a time, and those clusters' codes.

    Scores are X'y - Sβ, so no residual is ever held.
    """
    model = fit.model
    position = np.full(len(cells.count), -1)
    position[fit.index] = np.arange(len(fit.index))
    cell_of = position[rows.cell]
    taking_part = cell_of >= 0
    taking_part[taking_part] = model.block[cell_of[taking_part]] >= 0
    chosen = np.flatnonzero(taking_part)
    cell_of = cell_of[chosen]
    block = model.block[cell_of]
    B, q = model.gram.shape[:2]
    labels, piece = np.unique(rows.cluster[chosen] * B + block, return_inverse=True)
    order = np.argsort(piece, kind="stable")
    starts = np.searchsorted(piece[order], np.arange(len(labels) + 1))
    for first, last in _slices(labels // B, max(NUMBERS_AT_ONCE // (q * q), 1)):
        at = order[starts[first] : starts[last]]
        yield _pieces(rows, cells, fit, chosen[at], cell_of[at], piece[at] - first, labels[first:last])


def _slices(cluster_of_piece: Ints, most: int) -> Iterator[tuple[int, int]]:
    """Ranges of pieces of at most about ``most``, never parting a cluster."""
    m = len(cluster_of_piece)
    first = 0
    while first < m:
        last = min(first + most, m)
        while last < m and cluster_of_piece[last] == cluster_of_piece[last - 1]:
            last += 1
        yield first, last
        first = last


def _pieces(
    rows: ClusterRows, cells: Cells, fit: Fitted, at: Ints, cell_of: Ints, piece: Ints, labels: Ints
) -> tuple[Pieces, Ints]:
    model = fit.model
    B, m = len(model.gram), len(labels)
    missing = cells.missing[rows.cell[at]]
    chosen = list(fit.responses)
    sums, products = filled(rows.weight[at], missing, rows.sums[at], rows.products[at], model.fill, model.scale)
    y = rows.response_sums[at][:, chosen]
    yx = filled_responses(missing, y, rows.response_products[at][:, chosen], model.fill, model.scale)
    sparse = model.rows.take(cell_of)
    block = labels % B
    gram = cross_products(piece, m, sparse, rows.weight[at], sums, products)
    scores = cross_responses(piece, m, sparse, y, yx) - np.matmul(gram, fit.coefficients.transpose(1, 2, 0)[block])
    clusters, cluster = np.unique(labels // B, return_inverse=True)
    return Pieces(cluster.reshape(-1), len(clusters), block, gram, scores), clusters
