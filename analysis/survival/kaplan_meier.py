"""Time to an event, from counts: Kaplan-Meier, Greenwood, restricted mean, Aalen-Johansen, log-rank.

Everything here starts from a life table, so its cost grows with the number of distinct times and not with the
number of customers. Event codes: 0 censored, 1 the event, 2 a competing event (a debt remitted or insolvent).
At a tied time events come before censorings, the usual convention.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtri

from analysis.inference.intervals import above_zero

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LifeTable:
    """Counts of one group at its distinct times, ascending.

    Attributes:
        times: shape (T,), in the unit of the outcome (days).
        at_risk: shape (T,), customers followed up to just before each time.
        events: shape (T,), customers with the event at each time.
        competing: shape (T,), customers with a competing event at each time.
        censored: shape (T,), customers whose follow-up ended at each time.
    """

    times: Floats
    at_risk: Floats
    events: Floats
    competing: Floats
    censored: Floats

    @property
    def customers(self) -> int:
        return int(self.at_risk[0]) if self.at_risk.size else 0

    def follows_to(self, horizon: float) -> bool:
        """Whether the curve is known up to ``horizon``: someone was followed that far, or nobody was left."""
        if not self.times.size:
            return False
        last = self.at_risk[-1] - self.events[-1] - self.competing[-1]
        return bool(self.times[-1] >= horizon or last <= 0)


def life_table(times: Floats, codes: NDArray[np.int64], counts: Floats) -> LifeTable:
    """Collect cells of (time, event code, number of customers) into a life table.

    Args:
        times: shape (cells,), not negative.
        codes: shape (cells,), 0 censored, 1 event, 2 competing event.
        counts: shape (cells,), customers in each cell.

    Examples:
        >>> import numpy as np
        >>> table = life_table(np.array([2.0, 3.0, 3.0]), np.array([1, 1, 0]), np.array([1.0, 2.0, 1.0]))
        >>> table.at_risk.tolist(), table.events.tolist()
        ([4.0, 3.0], [1.0, 2.0])
    """
    distinct, position = np.unique(times, return_inverse=True)

    def leaving(code: int) -> Floats:
        of_code = codes == code
        return np.asarray(np.bincount(position[of_code], counts[of_code], distinct.size), dtype=np.float64)

    censored, events, competing = leaving(0), leaving(1), leaving(2)
    everyone = censored + events + competing
    at_risk = everyone.sum() - np.concatenate([[0.0], np.cumsum(everyone)[:-1]])
    return LifeTable(distinct, at_risk, events, competing, censored)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A survival curve with its pointwise interval (log-log transformation), one value a distinct time."""

    times: Floats
    survival: Floats
    std_error: Floats
    ci_lower: Floats
    ci_upper: Floats
    at_risk: Floats


def kaplan_meier(table: LifeTable, alpha: float = 0.05) -> Curve:
    """Product-limit estimate with Greenwood's variance (Kaplan & Meier 1958; Greenwood 1926).

    Where competing events exist it is one minus the cumulative incidence, as :func:`survival_at` has it.
    """
    survival, variance = survival_curve(table)
    lower, upper = log_log_interval(survival, np.sqrt(variance), alpha)
    return Curve(table.times, survival, np.sqrt(variance), lower, upper, table.at_risk)


def survival_curve(table: LifeTable) -> tuple[Floats, Floats]:
    """Share without the event after each time, and its variance; with competing events, one minus their incidence."""
    if table.competing.any():
        return _incidence_curve(table)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival: Floats = np.cumprod(1.0 - table.events / table.at_risk, dtype=np.float64)
        greenwood = np.cumsum(table.events / (table.at_risk * (table.at_risk - table.events)))
        return survival, np.where(survival > 0, survival**2 * greenwood, 0.0)


def log_log_interval(survival: Floats, std_error: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Pointwise limits by the log-log transformation, which keeps them between 0 and 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        half = ndtri(1 - alpha / 2) * std_error / (survival * np.abs(np.log(survival)))
        lower, upper = survival ** np.exp(half), survival ** np.exp(-half)
    inside = (survival > 0) & (survival < 1)
    return np.where(inside, lower, survival), np.where(inside, upper, survival)


@dataclass(frozen=True, slots=True)
class AtHorizon:
    """An estimate at a fixed horizon and its variance."""

    estimate: float
    variance: float


def survival_at(table: LifeTable, horizon: float) -> AtHorizon:
    """Share without the event by ``horizon``; with competing events, one minus its cumulative incidence."""
    if table.competing.any():
        incidence = cumulative_incidence(table, horizon)
        return AtHorizon(1.0 - incidence.estimate, incidence.variance)
    upto = table.times <= horizon
    at_risk, events = table.at_risk[upto], table.events[upto]
    survival = float(np.prod(1.0 - events / at_risk))
    if survival <= 0.0:
        return AtHorizon(0.0, 0.0)
    return AtHorizon(survival, float(survival**2 * np.sum(events / (at_risk * (at_risk - events)))))


def restricted_mean(table: LifeTable, horizon: float) -> AtHorizon:
    """Mean time to the event within ``horizon``: the area under the curve (Royston & Parmar 2013).

    The variance is Σ (area right of t)² d/(n(n − d)). Where competing events exist the area is that under one
    minus the cumulative incidence, with the variance of :func:`cumulative_incidence` carried through by the
    same influence values.
    """
    if table.competing.any():
        return _restricted_mean_competing(table, horizon)
    upto = table.times < horizon
    times, at_risk, events = table.times[upto], table.at_risk[upto], table.events[upto]
    survival = np.cumprod(1.0 - events / at_risk)
    edges = np.concatenate([[0.0], times, [horizon]])
    areas = np.concatenate([[1.0], survival]) * np.diff(edges)
    right_of = areas.sum() - np.cumsum(areas)[:-1]  # area from each time to the horizon
    alive = at_risk > events
    variance = np.sum(right_of[alive] ** 2 * events[alive] / (at_risk[alive] * (at_risk[alive] - events[alive])))
    return AtHorizon(float(areas.sum()), float(variance))


def _incidence_steps(table: LifeTable) -> tuple[Floats, Floats]:
    """Overall survival just before each time, and the jump of the event's cumulative incidence at it."""
    leaving = (table.events + table.competing) / table.at_risk
    before = np.concatenate([[1.0], np.cumprod(1.0 - leaving)[:-1]])
    return before, before * table.events / table.at_risk


def _incidence_variance(table: LifeTable, weight: Floats) -> float:
    """Delta-method variance of Σ weight(t) × jump(t) (Marubini & Valsecchi 1995, section 10.4)."""
    before, jump = _incidence_steps(table)
    n, d, c = table.at_risk, table.events, table.competing
    total = d + c
    later = np.cumsum((weight * jump)[::-1])[::-1] - weight * jump  # Σ over later times
    alive = n > total
    survival_part = np.sum(later[alive] ** 2 * total[alive] / (n[alive] * (n[alive] - total[alive])))
    own_part = np.sum((weight * before) ** 2 * d * (n - d) / n**3)
    cross_part = -2.0 * np.sum(later * weight * before * d / n**2)
    return float(max(survival_part + own_part + cross_part, 0.0))


def _incidence_curve(table: LifeTable) -> tuple[Floats, Floats]:
    """One minus the cumulative incidence after each time, and :func:`_incidence_variance` of every one of them.

    The incidence between u and t is F(t) − F(u), so that squares open into running sums.
    """
    before, jump = _incidence_steps(table)
    n, d, total = table.at_risk, table.events, table.events + table.competing
    incidence = np.cumsum(jump)
    with np.errstate(divide="ignore", invalid="ignore"):
        leaving = np.where(n > total, total / (n * (n - total)), 0.0)
    own, cross = before**2 * d * (n - d) / n**3, before * d / n**2
    sums = [np.cumsum(part) for part in (leaving, leaving * incidence, leaving * incidence**2, own, cross)]
    variance = incidence**2 * sums[0] - 2 * incidence * sums[1] + sums[2] + sums[3]
    variance += 2 * (np.cumsum(cross * incidence) - incidence * sums[4])
    return 1.0 - incidence, np.maximum(variance, 0.0)


def cumulative_incidence(table: LifeTable, horizon: float) -> AtHorizon:
    """Aalen-Johansen share with the event by ``horizon`` while competing events remove customers."""
    _, jump = _incidence_steps(table)
    upto = (table.times <= horizon).astype(float)
    return AtHorizon(float(np.sum(jump * upto)), _incidence_variance(table, upto))


def _restricted_mean_competing(table: LifeTable, horizon: float) -> AtHorizon:
    _, jump = _incidence_steps(table)
    time_lost = np.clip(horizon - table.times, 0.0, None)
    return AtHorizon(horizon - float(np.sum(jump * time_lost)), _incidence_variance(table, time_lost))


@dataclass(frozen=True, slots=True)
class LogRank:
    """Stratified log-rank test of equal hazards between two groups."""

    statistic: float | None  # chi-square
    df: int
    p_value: float | None
    reason: str | None = None


def log_rank(strata: list[tuple[LifeTable, LifeTable]]) -> LogRank:
    """Mantel-Haenszel form of the log-rank test, summed over strata (Mantel 1966).

    Args:
        strata: a (first group, second group) pair of life tables for each stratum.
    """
    difference = variance = 0.0
    for first, second in strata:
        times = np.union1d(first.times[first.events > 0], second.times[second.events > 0])
        n1, d1 = _at(first, times)
        n2, d2 = _at(second, times)
        n, d = n1 + n2, d1 + d2
        difference += float(np.sum(d1 - d * n1 / n))
        several = n > 1
        n, d, n1, n2 = n[several], d[several], n1[several], n2[several]
        variance += float(np.sum(d * (n - d) * n1 * n2 / (n**2 * (n - 1))))
    if variance <= 0:
        return LogRank(None, 1, None, "no event happened while both groups were followed")
    statistic = difference**2 / variance
    return LogRank(statistic, 1, above_zero(float(gammaincc(0.5, statistic / 2))))


def _at(table: LifeTable, times: Floats) -> tuple[Floats, Floats]:
    """Customers at risk and events of one group at given times."""
    place = np.searchsorted(table.times, times)
    inside = place < table.times.size
    at_risk = np.zeros(times.size)
    at_risk[inside] = table.at_risk[place[inside]]
    exact = inside.copy()
    exact[inside] = table.times[place[inside]] == times[inside]
    events = np.zeros(times.size)
    events[exact] = table.events[place[exact]]
    return at_risk, events
