"""Who was not followed until a time to an event is due: compared between arms among those who could still be lost.

An event that comes early ends follow-up for a good reason, so the share of customers whose follow-up was cut short
differs between arms wherever the message works. What must not differ is the chance to be lost of a customer who is
still without the event: a log-rank test in which the loss is the event (the test of Mantel and Haenszel within strata
and days of loss), and where whole clusters were assigned a randomisation test of its sums of residuals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.inference.intervals import lower_tail
from analysis.integrity.clusters_alike import WholeClusters, clusters_alike_p
from analysis.integrity.shares_by_stratum import Compared, ShareCounts, compare_shares

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FROM_THE_START = -math.inf  # whose time or event is not known at all
TO_THE_HORIZON = math.inf
AMONG = "among customers still without the event, day by day,"


@dataclass(frozen=True, slots=True, eq=False)
class FollowUp:
    """Customers by how long they were followed; one entry a cell, each array of shape (m,).

    Attributes:
        arm: ids.
        stratum: codes.
        until: days: of the event (or of one that competes), or of the loss; ``FROM_THE_START`` where nothing is known,
            ``TO_THE_HORIZON`` where nothing had happened by then.
        lost: whether follow-up ended there without an event, before the horizon.
        customers: counts.
        cluster: codes of what was assigned whole; ``None`` where customers were assigned one by one.
    """

    arm: NDArray[np.str_]
    stratum: Integers
    until: Floats
    lost: NDArray[np.bool_]
    customers: Floats
    cluster: Integers | None = None

    def lost_of(self, arm: str, *, on_the_way: bool = False) -> int:
        """Customers of an arm without the outcome; or only those who were followed for a while."""
        which = self.lost & (self.arm == arm)
        if on_the_way:
            which &= self.until > FROM_THE_START
        return round(float(self.customers[which].sum()))


def compare_follow_up(cells: FollowUp, arm: str, comparison: str) -> Compared | None:
    """The excess of customers followed, as a share of the arm, and its p-value; ``None`` if no stratum holds both arms.

    Where nobody is lost on the way it is the comparison of the shares who have the outcome, to the digit.

    Examples:
        >>> cells = FollowUp(np.array(["a", "a", "b", "b"]), np.zeros(4, np.int64), np.array([9.0, np.inf, 9.0, 40.0]),
        ...                  np.array([False, False, False, True]), np.array([50.0, 50.0, 50.0, 50.0]))
        >>> compare_follow_up(cells, "a", "b").difference
        0.5
    """
    pair = (cells.arm == arm) | (cells.arm == comparison)
    # By stratum and day; who has the event on a day is no longer there to be lost on it.
    order = np.flatnonzero(pair)[np.lexsort((cells.lost[pair], cells.until[pair], cells.stratum[pair]))]
    if not order.size:
        return None
    stratum = np.unique(cells.stratum[order], return_inverse=True)[1]
    of_arm, customers, lost, until = (
        cells.arm[order] == arm,
        cells.customers[order],
        cells.lost[order],
        cells.until[order],
    )
    at_risk = _AtRisk.of(stratum, until, lost, np.where(of_arm, customers, 0.0), np.where(of_arm, 0.0, customers))
    n1, n0 = at_risk.assigned
    both = (n1 > 0) & (n0 > 0)
    if not both.any():
        return None
    whole = float((n1[both] * n0[both] / (n1 + n0)[both]).sum())
    excess = float((at_risk.weight * (at_risk.lost_comparison - at_risk.lost_arm)).sum()) / whole
    found = Compared(excess, 1.0, among=AMONG)
    if cells.cluster is None:
        tested = compare_shares(at_risk.tables(arm, comparison), arm, comparison)
        return found if tested is None else replace(found, p_value=tested.p_value)
    cluster, used = cells.cluster[order], both[stratum]
    whole_clusters = _whole_clusters(at_risk.beyond(lost) * customers, stratum, cluster, of_arm, used)
    if whole_clusters is not None:
        return replace(found, p_value=clusters_alike_p(whole_clusters))
    std_error = _cluster_error(at_risk.pull(of_arm, lost) * customers / whole, stratum, cluster)
    if std_error == 0.0:
        return replace(found, p_value=1.0 if abs(excess) < 1e-12 else 0.0)
    return replace(found, p_value=min(1.0, 2.0 * lower_tail(-abs(excess) / std_error, None)))


@dataclass(frozen=True, slots=True, eq=False)
class _AtRisk:
    """At each stratum's days, in order: who was still there in either arm, and which part of them was lost.

    ``group`` is the place of every row; ``assigned`` are both arms' customers by stratum. Where nobody is lost, or one
    arm has nobody there, the weight is zero.
    """

    group: Integers
    stratum: Integers
    assigned: tuple[Floats, Floats]
    n_arm: Floats
    n_comparison: Floats
    d_arm: Floats
    d_comparison: Floats

    @classmethod
    def of(cls, stratum: Integers, until: Floats, lost: NDArray[np.bool_], arm: Floats, comparison: Floats) -> _AtRisk:
        new = np.ones(stratum.size, dtype=bool)
        new[1:] = (np.diff(stratum) != 0) | (until[1:] != until[:-1]) | (lost[1:] != lost[:-1])
        group = np.cumsum(new) - 1
        starts = np.flatnonzero(new)
        of_group = stratum[starts]

        def there(customers: Floats) -> tuple[Floats, Floats, Floats]:
            whole = np.bincount(stratum, customers).astype(np.float64)
            before = np.cumsum(customers) - customers
            first = np.flatnonzero(np.diff(stratum, prepend=-1))
            gone = before[starts] - before[first][of_group]
            return whole, whole[of_group] - gone, np.bincount(group, customers).astype(np.float64) * lost[starts]

        n1, there1, d1 = there(arm)
        n0, there0, d0 = there(comparison)
        return cls(group, of_group, (n1, n0), there1, there0, d1, d0)

    @property
    def weight(self) -> Floats:
        n, compared = self.n_arm + self.n_comparison, self._compared
        return np.divide(self.n_arm * self.n_comparison, n, out=np.zeros(n.size), where=compared)

    @property
    def _compared(self) -> NDArray[np.bool_]:
        return (self.n_arm > 0) & (self.n_comparison > 0) & (self.d_arm + self.d_comparison > 0)

    @property
    def lost_arm(self) -> Floats:
        return np.divide(self.d_arm, self.n_arm, out=np.zeros(self.n_arm.size), where=self._compared)

    @property
    def lost_comparison(self) -> Floats:
        return np.divide(self.d_comparison, self.n_comparison, out=np.zeros(self.n_arm.size), where=self._compared)

    def tables(self, arm: str, comparison: str) -> ShareCounts:
        """Every day of a stratum on which somebody was lost, as a stratum of its own."""
        days = np.flatnonzero(self._compared)
        names = np.repeat(np.array([arm, comparison]), days.size)
        there = np.concatenate([self.n_arm[days], self.n_comparison[days]])
        lost = np.concatenate([self.d_arm[days], self.d_comparison[days]])
        return ShareCounts(names, np.tile(days, 2), there, there - lost)

    def beyond(self, lost: NDArray[np.bool_]) -> Floats:
        """Of each customer of a row, losses expected by the days that both arms were there, less the one that came."""
        part, share = self._compared.astype(np.float64), self._share
        return self._summed(part * share)[self.group] - lost * part[self.group]

    def pull(self, of_arm: NDArray[np.bool_], lost: NDArray[np.bool_]) -> Floats:
        """How each customer of a row pulls on the excess, before it is divided by the whole: a residual."""
        n = self.n_arm + self.n_comparison
        pulls = []
        for others in (self.n_comparison, self.n_arm):
            part = np.divide(others, n, out=np.zeros(n.size), where=self._compared)
            pulls.append(self._summed(part * self._share)[self.group] - lost * part[self.group])
        return np.asarray(np.where(of_arm, pulls[0], -pulls[1]), dtype=np.float64)

    @property
    def _share(self) -> Floats:
        n = self.n_arm + self.n_comparison
        return np.divide(self.d_arm + self.d_comparison, n, out=np.zeros(n.size), where=self._compared)

    def _summed(self, values: Floats) -> Floats:
        """From the first day of a stratum up to each."""
        whole = np.cumsum(values)
        first = np.flatnonzero(np.diff(self.stratum, prepend=-1))
        return np.asarray(whole - (whole[first] - values[first])[self.stratum], dtype=np.float64)


def _whole_clusters(
    beyond: Floats, stratum: Integers, cluster: Integers, of_arm: NDArray[np.bool_], used: NDArray[np.bool_]
) -> WholeClusters | None:
    """The clusters of the strata that hold both arms; None unless each lies whole in one arm and one stratum."""
    names, code = np.unique(cluster[used], return_inverse=True)
    home, drawn = np.empty(names.size, dtype=np.int64), np.empty(names.size, dtype=bool)
    home[code], drawn[code] = stratum[used], of_arm[used]
    if (home[code] != stratum[used]).any() or (drawn[code] != of_arm[used]).any():
        return None
    return WholeClusters(np.bincount(code, beyond[used]).astype(np.float64), home, drawn)


def _cluster_error(pull: Floats, stratum: Integers, cluster: Integers) -> float:
    """From the totals of clusters; a stratum of G is scaled by G / (G − 1), as where shares are compared."""
    pairs = np.unique(np.column_stack([stratum, cluster]), axis=0)
    clusters = np.bincount(pairs[:, 0]).astype(np.float64)
    scale = np.sqrt(np.divide(clusters, clusters - 1.0, out=np.ones_like(clusters), where=clusters > 1))
    by_cluster = np.bincount(np.unique(cluster, return_inverse=True)[1], pull * scale[stratum])
    return math.sqrt(float(by_cluster @ by_cluster))
