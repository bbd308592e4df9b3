"""Least squares on dense arrays: the streaming fit's own algebra of errors, for tests whose data are in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.regression.cluster_robust import Pieces, bell_mccaffrey, plain_scores
from analysis.regression.heteroskedastic import LEVERAGE_ONE, LEVERAGE_POWER
from analysis.regression.model import independent, invert
from designs.literals import StandardErrors

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """Coefficients (q,) and their covariance (q, q), in the order of the columns of X; ``df`` (q,) of each t."""

    coefficients: Floats
    covariance: Floats
    df: Floats

    @property
    def std_errors(self) -> Floats:
        """(q,) square roots of the diagonal."""
        errors: Floats = np.sqrt(np.diag(self.covariance))
        return errors


def least_squares(
    X: Floats,
    y: Floats,
    kind: StandardErrors,
    *,
    weights: Floats | None = None,
    clusters: NDArray[np.generic] | None = None,
) -> LeastSquares:
    """Regress y on X.

    Args:
        X: (n, q) of full column rank.
        y: (n,).
        kind: Standard errors; CR needs ``clusters``.
        weights: (n,) positive; leverage and HC are those of the rows times √weight.
        clusters: (n,) labels.

    Raises:
        AnalysisRefused: Collinear columns, or clustered errors without clusters.

    Examples:
        >>> X = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
        >>> fit = least_squares(X, np.array([0.0, 2.0, 3.0, 5.0]), "HC2")
        >>> fit.coefficients.round(6).tolist(), round(float(fit.std_errors[1]), 6)
        ([1.0, 3.0], 1.414214)
    """
    n, q = X.shape
    if weights is not None:
        X, y = X * np.sqrt(weights)[:, None], y * np.sqrt(weights)
    gram = (X.T @ X)[None]
    if not independent(gram).all():
        raise AnalysisRefused(
            "columns are collinear", rule="X has full column rank", remedy="drop the redundant columns"
        )
    inverse, root = invert(gram)
    coefficients = inverse[0] @ (X.T @ y)
    coefficients = coefficients + inverse[0] @ (X.T @ (y - X @ coefficients))
    residuals = y - X @ coefficients
    if kind in LEVERAGE_POWER or kind == "classical":
        return LeastSquares(coefficients, hc_covariance(X, residuals, inverse[0], kind), np.full(q, float(n - q)))
    if clusters is None:
        raise AnalysisRefused(f"{kind} needs clusters", rule="CR0, CR1 and CR2 are sums over clusters")
    covariance, df = _cluster_covariance(X, residuals, inverse, root, clusters, kind)
    return LeastSquares(coefficients, covariance, df)


def hc_covariance(X: Floats, residuals: Floats, inverse: Floats, kind: StandardErrors) -> Floats:
    """(q, q) classical or HC0 to HC3 covariance, given (n, q) rows, (n,) residuals and (q, q) (X'X)⁻¹."""
    n, q = X.shape
    if kind == "classical":
        classical: Floats = float(residuals @ residuals) / (n - q) * inverse
        return classical
    left = 1.0 - np.einsum("ij,jk,ik->i", X, inverse, X, optimize=True)
    regular = left > LEVERAGE_ONE
    factor = np.where(regular, 1.0 / np.where(regular, left, 1.0) ** (LEVERAGE_POWER[kind] / 2), 0.0)
    scaled = X * (residuals * (factor if LEVERAGE_POWER[kind] else 1.0))[:, None]
    covariance: Floats = (n / (n - q) if kind == "HC1" else 1.0) * inverse @ (scaled.T @ scaled) @ inverse
    return covariance


def _cluster_covariance(
    X: Floats, residuals: Floats, inverse: Floats, root: Floats, clusters: NDArray[np.generic], kind: StandardErrors
) -> tuple[Floats, Floats]:
    n, q = X.shape
    labels, code = np.unique(clusters, return_inverse=True)
    G = len(labels)
    order = np.argsort(code, kind="stable")
    starts = np.searchsorted(code[order], np.arange(G + 1))
    gram, scores = np.empty((G, q, q)), np.empty((G, q, 1))
    for g in range(G):
        of_cluster = X[order[starts[g] : starts[g + 1]]]
        gram[g] = of_cluster.T @ of_cluster
        scores[g, :, 0] = of_cluster.T @ residuals[order[starts[g] : starts[g + 1]]]
    pieces = Pieces(np.arange(G), G, np.zeros(G, dtype=np.int64), gram, scores)
    identity = np.eye(q)[None]
    combine = np.eye(q)[:, None, :]
    if kind == "CR2":
        adjusted = bell_mccaffrey(pieces, root, identity, combine)
    else:
        adjusted = plain_scores(pieces, inverse, identity, combine)
    u = adjusted.scores[:, :, 0]
    factor = G / (G - 1) * (n - 1) / (n - q) if kind == "CR1" else 1.0
    df = adjusted.spread.satterthwaite() if adjusted.spread is not None else np.full(q, G - 1.0)
    return factor * (u.T @ u), df
