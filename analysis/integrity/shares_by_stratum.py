"""How the share of customers for whom something holds differs between two arms, within strata.

Where arms have other shares in other strata, a pooled comparison of who was kept compares strata: with 2:1 and 1:2 in
two regions that lose 5% and 12%, whatever the arm, pooling called 43 of 60 good trials invalid. Everything here
compares like with like (Mantel & Haenszel 1959, JNCI 22:719), by whole clusters where clusters were assigned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from analysis.inference.intervals import SMALLEST_P, above_zero, lower_tail
from analysis.integrity.clusters_alike import WholeClusters, clusters_alike_p
from analysis.integrity.exact import hypergeometric_p, hypergeometric_variance

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ALARM = 0.001
EXACT_UP_TO = 10_000.0  # variance of a count, above which a chi-square errs by less than 2% of the alarm


@dataclass(frozen=True, slots=True, eq=False)
class ShareCounts:
    """Customers, and those for whom something holds, one entry for each arm and stratum (and cluster).

    Attributes:
        arm: shape (m,), ids.
        stratum: shape (m,), codes.
        customers: shape (m,).
        count: shape (m,), at most ``customers``.
        cluster: shape (m,), codes of what was assigned whole; ``None`` where customers were assigned one by one.
    """

    arm: NDArray[np.str_]
    stratum: Integers
    customers: Floats
    count: Floats
    cluster: Integers | None = None


def shares_differ(arm: NDArray[np.str_], stratum: Integers, customers: Floats | None = None) -> bool:
    """Whether arms have other shares in other strata, beyond chance: Pearson's chi-square of the table, p < 0.001.

    Where they do, what pools strata compares them. Assignment alone decides it, so looking costs nothing.

    Args:
        arm, stratum: shape (m,).
        customers: shape (m,), of each pair of them; one each if not given.

    Examples:
        >>> import numpy as np
        >>> arm, stratum = np.array(["a", "b", "a", "b"]), np.array([0, 0, 1, 1])
        >>> shares_differ(arm, stratum, np.array([20.0, 40.0, 400.0, 800.0]))
        False
        >>> shares_differ(arm, stratum, np.array([200.0, 400.0, 800.0, 400.0]))
        True
    """
    rows, row = np.unique(arm, return_inverse=True)
    columns, column = np.unique(stratum, return_inverse=True)
    if min(rows.size, columns.size) < 2:
        return False
    table = np.bincount(row * columns.size + column, customers, rows.size * columns.size).astype(np.float64)
    table = table.reshape(rows.size, columns.size)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return float(chdtrc((rows.size - 1) * (columns.size - 1), statistic)) < ALARM


@dataclass(frozen=True, slots=True)
class Compared:
    """One arm's share against the comparison's, within strata. ``p_value`` is two-sided; ``among`` says of whom."""

    difference: float
    p_value: float
    among: str = "among customers of the same stratum"


def compare_shares(counts: ShareCounts, arm: str, comparison: str) -> Compared | None:
    """The Mantel-Haenszel difference of two shares and its p-value; ``None`` where no stratum holds both arms.

    The test is the exact conditional one, which for one stratum is Fisher's; that of Mantel & Haenszel without a
    correction (Pearson's, for one stratum) where the count of the arm has a standard deviation above 100; or, by
    clusters, a randomisation test (:mod:`analysis.integrity.clusters_alike`). Where clusters lie in both arms, or in
    several strata, it is a score test whose variance comes from their totals about their stratum's share, or the test
    of customers where that has the larger p-value: it is the exact one if they were assigned one by one, and with one
    letter in each of 60 clusters of 20 the score test alone has twelve false alarms in a thousand.
    """
    tables, place = _tables(counts, arm, comparison)
    if tables is None:
        return None
    total = tables.n_arm + tables.n_comparison
    weight = tables.n_arm * tables.n_comparison / total
    gap = tables.count_arm / tables.n_arm - tables.count_comparison / tables.n_comparison
    difference = float(weight @ gap / weight.sum())
    if counts.cluster is None:
        return Compared(difference, _p_value(tables))
    whole = _whole_clusters(counts, place, counts.arm == arm, tables)
    if whole is not None:
        return Compared(difference, clusters_alike_p(whole))
    std_error = _cluster_error(counts, place, counts.arm == arm, tables, weight)
    if std_error == 0.0:
        return Compared(difference, 1.0 if abs(difference) < 1e-12 else SMALLEST_P)
    of_clusters = min(1.0, 2.0 * lower_tail(-abs(difference) / std_error, None))
    return Compared(difference, max(of_clusters, _p_value(tables)))


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """The 2 × 2 tables of the strata that hold both arms; each of shape (J,)."""

    n_arm: Floats
    count_arm: Floats
    n_comparison: Floats
    count_comparison: Floats


def _tables(counts: ShareCounts, arm: str, comparison: str) -> tuple[_Tables | None, Integers]:
    """The tables, and for every entry of ``counts`` its table's position, or −1."""
    strata, code = np.unique(counts.stratum, return_inverse=True)
    of_arm, of_comparison = counts.arm == arm, counts.arm == comparison

    def summed(values: Floats, of: NDArray[np.bool_]) -> Floats:
        return np.bincount(code[of], values[of], strata.size).astype(np.float64)

    n1, n0 = summed(counts.customers, of_arm), summed(counts.customers, of_comparison)
    both = (n1 > 0) & (n0 > 0)
    place = np.full(strata.size, -1, dtype=np.int64)
    place[both] = np.arange(int(both.sum()))
    where = np.where(of_arm | of_comparison, place[code], -1)
    if not both.any():
        return None, where
    k1, k0 = summed(counts.count, of_arm), summed(counts.count, of_comparison)
    return _Tables(n1[both], k1[both], n0[both], k0[both]), where


def _p_value(tables: _Tables) -> float:
    n1, n0 = tables.n_arm, tables.n_comparison
    total = n1 + n0
    lost = total - tables.count_arm - tables.count_comparison
    varies = (lost > 0) & (lost < total)
    if not varies.any():
        return 1.0
    n1, n0, total, lost = n1[varies], n0[varies], total[varies], lost[varies]
    lost_arm = n1 - tables.count_arm[varies]
    share = lost / total
    variance = hypergeometric_variance(n1, lost, total)
    if variance <= EXACT_UP_TO and (p_value := hypergeometric_p(round(lost_arm.sum()), n1, lost, total)) > 0.0:
        return p_value
    correction = 1.0 if total.size == 1 else total / (total - 1.0)  # Pearson's has none
    variance = float(np.sum(n1 * n0 / total * share * (1.0 - share) * correction))
    return above_zero(float(chdtrc(1, float((lost_arm - n1 * share).sum()) ** 2 / variance)))


def _whole_clusters(
    counts: ShareCounts, place: Integers, treated: NDArray[np.bool_], tables: _Tables
) -> WholeClusters | None:
    """The clusters of the two arms by what they have beyond their stratum's share; None unless each lies whole in one
    arm and one stratum."""
    assert counts.cluster is not None
    used = place >= 0
    stratum, of_arm = place[used], treated[used]
    clusters, code = np.unique(counts.cluster[used], return_inverse=True)
    home, drawn = np.empty(clusters.size, dtype=np.int64), np.empty(clusters.size, dtype=bool)
    home[code], drawn[code] = stratum, of_arm
    if (home[code] != stratum).any() or (drawn[code] != of_arm).any():
        return None
    share = (tables.count_arm + tables.count_comparison) / (tables.n_arm + tables.n_comparison)
    beyond = np.bincount(code, counts.count[used] - share[stratum] * counts.customers[used], clusters.size)
    return WholeClusters(beyond.astype(np.float64), home, drawn)


def _cluster_error(
    counts: ShareCounts, place: Integers, treated: NDArray[np.bool_], tables: _Tables, weight: Floats
) -> float:
    """Standard error of the difference from the totals of clusters about their stratum's share in both arms.

    A cluster that lies in several strata, or arms, enters once. A stratum of G clusters is scaled by G / (G − 1), as
    the Mantel-Haenszel variance scales by N / (N − 1).
    """
    assert counts.cluster is not None
    used = place >= 0
    stratum, cluster, of_arm = place[used], counts.cluster[used], treated[used]
    n, k = counts.customers[used], counts.count[used]
    share = (tables.count_arm + tables.count_comparison) / (tables.n_arm + tables.n_comparison)
    size = np.where(of_arm, tables.n_arm[stratum], tables.n_comparison[stratum])
    pull = np.where(of_arm, 1.0, -1.0) * weight[stratum] / weight.sum() / size * (k - share[stratum] * n)
    pairs = np.unique(np.column_stack([stratum, cluster]), axis=0)
    clusters = np.bincount(pairs[:, 0], minlength=weight.size).astype(np.float64)
    scale = np.sqrt(np.divide(clusters, clusters - 1.0, out=np.ones_like(clusters), where=clusters > 1))
    code = np.unique(cluster, return_inverse=True)[1]
    by_cluster = np.bincount(code, pull * scale[stratum])
    return math.sqrt(float(by_cluster @ by_cluster))
