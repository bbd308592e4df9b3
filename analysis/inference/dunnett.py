"""Several arms against one comparison: the distribution of the largest absolute t statistic.

Contrasts that share their comparison arm are correlated as ``rho_ij = loading_i * loading_j``. Given the part they
share and the common scale, they are independent, so the probability that none exceeds a bound is one integral over
the shared part, averaged over the scale. Both are done on fixed nodes: the same input gives the same digits always.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainccinv, gammaincinv, ndtr

from analysis.inference.intervals import critical_value
from analysis.inference.root_finding import rising_root

Floats = NDArray[np.float64]

_SHARED_NODES = 160
_SCALE_NODES = 48
_SCALE_TAIL = 1e-17
_SHARED_LIMIT = 8.5  # the normal distribution beyond this holds 2e-17


@functools.cache
def _legendre(count: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def _shared_part() -> tuple[Floats, Floats]:
    """Nodes of the standard normal shared part, and the probability each stands for."""
    nodes, weights = _legendre(_SHARED_NODES)
    z = nodes * _SHARED_LIMIT
    return z, weights * _SHARED_LIMIT * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)


def _scale(df: float | None) -> tuple[Floats, Floats]:
    """Nodes of the root of chi-square(df) / df, and their probabilities; 1 for the normal distribution."""
    if df is None:
        return np.ones(1), np.ones(1)
    half = df / 2.0
    low, high = np.sqrt(gammaincinv(half, _SCALE_TAIL) / half), np.sqrt(gammainccinv(half, _SCALE_TAIL) / half)
    nodes, weights = _legendre(_SCALE_NODES)
    s = low + 0.5 * (high - low) * (nodes + 1.0)
    log_density = (df - 1.0) * np.log(s) - half * s * s  # its constant goes when the mass is made one
    mass = weights * np.exp(log_density - log_density.max())
    return s, mass / mass.sum()


def loadings(correlation: Floats) -> tuple[Floats, float]:
    """One-factor loadings of a correlation matrix, and the largest gap that they leave.

    Args:
        correlation: shape (m, m), of the m contrasts.

    Returns:
        Loadings, shape (m,), each within (-1, 1); the largest absolute difference between ``correlation`` and their
        products off the diagonal. The gap is zero for independent arms that share a comparison.

    Examples:
        >>> import numpy as np
        >>> fitted, gap = loadings(np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0]]))
        >>> fitted.round(6).tolist(), round(gap, 9)
        ([0.707107, 0.707107, 0.707107], 0.0)
    """
    m = correlation.shape[0]
    if m == 1:
        return np.zeros(1), 0.0
    if m == 2:
        rho = float(np.clip(correlation[0, 1], -0.999999, 0.999999))
        root = np.sqrt(abs(rho))
        return np.array([root, np.copysign(root, rho)]), 0.0
    off = ~np.eye(m, dtype=bool)
    values = np.full(m, 0.5)
    for _ in range(500):  # alternating least squares on the products off the diagonal
        previous = values.copy()
        for i in range(m):
            others = values[off[i]]
            values[i] = np.clip(correlation[i][off[i]] @ others / max(float(others @ others), 1e-12), -0.999, 0.999)
        if np.max(np.abs(values - previous)) < 1e-13:
            break
    return values, float(np.max(np.abs((np.outer(values, values) - correlation)[off])))


def probability_within(bound: float, loading: Floats, df: float | None) -> float:
    """P(max abs(T_i) <= bound) for m correlated t statistics with common degrees of freedom.

    Args:
        bound: not negative.
        loading: shape (m,), correlation ``loading_i * loading_j`` off the diagonal.
        df: ``None`` for the normal distribution.

    Source: Dunnett (1955), JASA 50:1096; Hsu (1996), Multiple Comparisons, appendix A.

    Examples:
        >>> import numpy as np
        >>> round(probability_within(1.959964, np.zeros(1), None), 6)
        0.95
    """
    z, shared_weights = _shared_part()
    scale, scale_weights = _scale(df)
    unshared = np.sqrt(1.0 - loading**2)
    reach = bound * scale[:, None, None]
    shift = loading[None, None, :] * z[None, :, None]
    within = np.prod(ndtr((reach - shift) / unshared) - ndtr((-reach - shift) / unshared), axis=2)
    return float(np.clip(scale_weights @ within @ shared_weights, 0.0, 1.0))


def adjusted_p_value(statistic: float, loading: Floats, df: float | None) -> float:
    """P(max abs(T) >= abs(statistic)): the single-step adjusted p-value."""
    return 1.0 - probability_within(abs(statistic), loading, df)


def simultaneous_critical_value(level: float, loading: Floats, df: float | None) -> float:
    """The bound that the largest absolute statistic exceeds with probability ``level``.

    Examples:
        >>> import numpy as np
        >>> round(simultaneous_critical_value(0.05, np.full(3, np.sqrt(0.5)), 16.0), 2)  # Dunnett's table 2a
        2.59
    """
    pointwise, bonferroni = critical_value(level, df), critical_value(level / len(loading), df)
    return rising_root(lambda bound: probability_within(bound, loading, df) - (1.0 - level), pointwise, bonferroni)
