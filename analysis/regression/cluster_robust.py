"""Cluster-robust scores CR0, CR1 and CR2, and the Satterthwaite degrees of freedom of CR2.

With G⁻¹ = LL' and S_g = X_g'X_g, everything CR2 needs of cluster g is a function of L'S_gL, a q × q matrix, whatever
the number of its members. Sources: Bell & McCaffrey (2002), Survey Methodology 28:169–181; Pustejovsky & Tipton (2018),
JBES 36:672–683, with an identity working model (under weights: variance inverse to the weight).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.regression.gram import totals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALL = 0.25  # largest eigenvalue, at most, up to which the series is shorter than an eigenvalue decomposition
SINGULAR = 1e-10  # 1 - eigenvalue below this: the cluster alone decides that direction (pseudo-inverse)


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is kept of m (cluster, block) pairs.

    Attributes:
        cluster: (m,) cluster, 0 to ``clusters`` - 1.
        block: (m,) block of the model.
        gram: (m, q, q) S = X'WX of the piece.
        scores: (m, q, R) X'We of each response's residuals.
    """

    cluster: Ints
    clusters: int
    block: Ints
    gram: Floats
    scores: Floats


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Of each cluster, for T contrasts.

    Attributes:
        scores: (clusters, T, R), whose outer products sum to the covariance.
        spread: How far the working model carries; ``None`` unless CR2.
        turned: (m, T, q) L'X'b of each piece, and ``inside`` (m, T) its b'b; ``None`` unless CR2.
    """

    scores: Floats
    spread: Spread | None
    turned: Floats | None = None
    inside: Floats | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Sums over clusters from which the degrees of freedom follow; they add up over chunks of clusters.

    With b_g = A_gX_gG⁻¹c: ``trace`` (T,) Σ (b'b - |L'X'b|²), ``within`` (T,) Σ ((b'b)² - 2 b'b |L'X'b|²), ``outer``
    Σ (L'X'b)(L'X'b)' over the columns of all blocks: (T, B, q, q) when no cluster is in two blocks, else (T, Bq, Bq).
    """

    trace: Floats
    within: Floats
    outer: Floats

    def __add__(self, other: Spread) -> Spread:
        if self.outer.shape == other.outer.shape:
            return Spread(self.trace + other.trace, self.within + other.within, self.outer + other.outer)
        return Spread(
            self.trace + other.trace,
            self.within + other.within,
            _over_blocks(self.outer) + _over_blocks(other.outer),
        )

    def satterthwaite(self) -> Floats:
        """(T,) degrees of freedom: (Σ p_g'p_g)² / ΣΣ (p_g'p_h)²; NaN where nothing varies."""
        squares = self.within + (self.outer**2).reshape(len(self.within), -1).sum(axis=1)
        positive = (squares > 0) & (self.trace > 0)
        df: Floats = np.divide(self.trace**2, squares, out=np.full_like(squares, np.nan), where=positive)
        return df


def plain_scores(pieces: Pieces, inverse: Floats, functionals: Floats, combine: Floats) -> Adjusted:
    """CR0 and CR1: the cluster sums of the contrasts' influence, unadjusted.

    Args:
        pieces: Of the clusters.
        inverse: (B, q, q) G⁻¹ of each block.
        functionals: (B, F, q) estimated in each block.
        combine: (T, B, F) contrasts of them.
    """
    weights = np.einsum("tbf,bfq,bqp->btp", combine, functionals, inverse, optimize=True)
    scores = np.einsum("mtq,mqr->mtr", weights[pieces.block], pieces.scores)
    return Adjusted(_by_cluster(pieces, scores), None)


def bell_mccaffrey(pieces: Pieces, root: Floats, functionals: Floats, combine: Floats) -> Adjusted:
    """CR2: each cluster's scores after A_g = (I - H_gg)^(-1/2), the symmetric root, pseudo-inverse where singular.

    Args:
        pieces: Of the clusters. All pieces of a cluster must be given together.
        root: (B, q, q) L of each block, LL' = G⁻¹.
        functionals: (B, F, q) estimated in each block.
        combine: (T, B, F) contrasts of them.
    """
    L = root[pieces.block]
    # np.matmul runs on the batched BLAS, einsum does not: the difference is fivefold with q around 20.
    similar = np.matmul(np.matmul(L.transpose(0, 2, 1), pieces.gram), L)
    targets = np.matmul(functionals, root)[pieces.block]
    adjusted = _inverse_root_times(similar, targets)
    mixing = combine.transpose(1, 0, 2)[pieces.block]
    y = np.matmul(mixing, adjusted)
    v = np.matmul(y, similar)
    scores = np.matmul(y, np.matmul(L.transpose(0, 2, 1), pieces.scores))
    inside = (y * v).sum(axis=2)
    return Adjusted(_by_cluster(pieces, scores), _spread(pieces, len(root), inside, v), v, inside)


def _inverse_root_times(similar: Floats, z: Floats) -> Floats:
    """(I - M)^(-1/2) z of each piece: (m, F, q), given M (m, q, q) symmetric and z (m, F, q).

    A cluster that is a small part of the data has a small M, and the binomial series ends after a few products; the
    others need their eigenvalues.
    """
    if similar.shape[1] == 1:
        return z * _root_factor(similar)
    size = np.abs(similar).sum(axis=2).max(axis=1)
    out = np.empty_like(z)
    small = size <= SMALL
    if small.any():
        out[small] = _by_series(similar[small], z[small], float(size[small].max()))
    if not small.all():
        values, vectors = np.linalg.eigh(similar[~small])
        turned = np.matmul(z[~small], vectors) * _root_factor(values)[:, None, :]
        out[~small] = np.matmul(turned, vectors.transpose(0, 2, 1))
    return out


def _by_series(similar: Floats, z: Floats, size: float) -> Floats:
    """Σ_k C(2k, k)/4^k M^k z, until the terms are below rounding; ``size`` bounds every eigenvalue."""
    total, term, bound, k = z.copy(), z, 1.0, 0
    while bound > 1e-17:
        k += 1
        term = np.matmul(term, similar) * ((2 * k - 1) / (2 * k))
        total += term
        bound *= size
    return total


def _root_factor(values: Floats) -> Floats:
    """(1 - λ)^(-1/2), and 0 where the cluster alone decides the direction."""
    left = 1.0 - np.clip(values, 0.0, None)
    regular = left > SINGULAR
    return np.where(regular, 1.0 / np.sqrt(np.where(regular, left, 1.0)), 0.0)


def _by_cluster(pieces: Pieces, scores: Floats) -> Floats:
    _, T, R = scores.shape
    out = np.empty((pieces.clusters, T, R))
    for t in range(T):
        for r in range(R):
            out[:, t, r] = totals(pieces.cluster, scores[:, t, r], pieces.clusters)
    return out


def _spread(pieces: Pieces, B: int, inside: Floats, v: Floats) -> Spread:
    """``inside`` (m, T) is b'b of each piece, ``v`` (m, T, q) is L'X'b."""
    m, T, q = v.shape
    length = (v * v).sum(axis=2)
    total = np.column_stack([totals(pieces.cluster, inside[:, t], pieces.clusters) for t in range(T)])
    total_length = np.column_stack([totals(pieces.cluster, length[:, t], pieces.clusters) for t in range(T)])
    trace = (total - total_length).sum(axis=0)
    within = (total * total - 2.0 * total * total_length).sum(axis=0)
    if m and np.bincount(pieces.cluster).max() > 1:
        return Spread(trace, within, _outer_over_blocks(pieces, B, v))
    outer = np.zeros((T, B, q, q))
    if q == 1:
        for t in range(T):
            outer[t, :, 0, 0] = totals(pieces.block, length[:, t], B)
    else:
        for b in np.unique(pieces.block):
            of_block = v[pieces.block == b].transpose(1, 0, 2)
            outer[:, b] = np.matmul(of_block.transpose(0, 2, 1), of_block)
    return Spread(trace, within, outer)


def _over_blocks(outer: Floats) -> Floats:
    """(T, B, q, q) blocks as the diagonal of (T, Bq, Bq)."""
    if outer.ndim == 3:
        return outer
    T, B, q, _ = outer.shape
    whole = np.zeros((T, B, q, B, q))
    for b in range(B):
        whole[:, b, :, b] = outer[:, b]
    return whole.reshape(T, B * q, B * q)


def _outer_over_blocks(pieces: Pieces, B: int, v: Floats) -> Floats:
    from scipy.sparse import csr_array

    _, T, q = v.shape
    outer = np.zeros((T, B * q, B * q))
    columns = (pieces.block[:, None] * q + np.arange(q)).reshape(-1)
    lines = np.repeat(pieces.cluster, q)
    for t in range(T):
        stacked = csr_array((v[:, t].reshape(-1), (lines, columns)), shape=(pieces.clusters, B * q))
        outer[t] = (stacked.T @ stacked).toarray()
    return outer
