"""Intervals of curves where customers were assigned in clusters, against what a jackknife of whole clusters says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.results import SurvivalCurve
from analysis.survival import cluster_influence
from analysis.survival.cluster_influence import variance_by_cluster
from analysis.survival.curves import curves_of
from analysis.survival.exits import ExitCells
from analysis.survival.kaplan_meier import kaplan_meier
from designs.protocol.models import Outcome
from tests.analysis.evaluations import declared

HORIZON = 20.0
DAYS = np.arange(2.0, 19.0)


def outcome(**more: Any) -> Outcome:
    wait = {"id": "wait", "role": "primary", "kind": "time_to_event", "time": "d", "event": "e", "horizon": HORIZON}
    return declared(outcomes=[{**wait, **more}]).primary


def exits(seed: int, clusters: int = 40, strata: int = 1, competing: bool = False, whole: bool = True) -> ExitCells:
    """One arm. Clusters of unequal size pay at unequal rates; where they are not whole, they span the strata."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(2, 15, clusters))
    stratum = cluster % strata if whole else rng.integers(0, strata, cluster.size)
    rate = rng.gamma(2.0, 0.5, clusters)[cluster] * 0.06
    pays, ends = rng.exponential(1 / rate), rng.uniform(5, 60, cluster.size)
    gone = rng.exponential(40.0, cluster.size) if competing else np.full(cluster.size, np.inf)
    days = np.minimum(np.minimum(pays, gone), ends)
    code = np.where(days == pays, 1, np.where(days == gone, 2, 0))
    nothing = np.zeros(cluster.size, dtype=np.int64)
    names = tuple(map(str, range(strata)))
    return ExitCells(nothing, stratum, cluster, np.ceil(days), code, np.ones(cluster.size), names=names)


def naive(cells: ExitCells, weight: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The curve after each of DAYS, by one customer at a time and one day at a time."""
    curve = np.zeros(DAYS.size)
    for j, share in enumerate(shares):
        of = cells.stratum == j
        time, code, w = cells.time[of], cells.code[of], weight[of]
        nobody, incidence, at = 1.0, 0.0, {}
        for day in np.unique(time):
            at_risk = w[time >= day].sum()
            if at_risk > 0:
                incidence += nobody * w[(time == day) & (code == 1)].sum() / at_risk
                nobody *= 1 - w[(time == day) & (code > 0)].sum() / at_risk
            at[day] = incidence
        curve += share * np.array([1.0 - max([0.0, *(v for day, v in at.items() if day <= d)]) for d in DAYS])
    return curve


def ours(cells: ExitCells) -> tuple[np.ndarray, np.ndarray]:
    """Variance after each of DAYS, and the strata's shares."""
    strata = np.arange(len(cells.names))
    shares = cells.observed(1)[0] / cells.observed(1).sum()
    tables = [cells.table(cells.stratum == j) for j in strata]
    return variance_by_cluster(cells, tables, strata, shares, DAYS), shares


@pytest.mark.parametrize("competing", [False, True])
@pytest.mark.parametrize(("strata", "whole"), [(1, True), (3, True), (3, False)])
def test_it_is_the_sum_of_squared_derivatives_by_whole_clusters(competing, strata, whole, monkeypatch):
    cells = exits(7, 30, strata, competing, whole)
    variance, shares = ours(cells)
    total = np.zeros(DAYS.size)
    for cluster in np.unique(cells.cluster):
        derivative = np.zeros(DAYS.size)
        for j in range(strata):
            inside = (cells.cluster == cluster) & (cells.stratum == j)
            number = np.unique(cells.cluster[cells.stratum == j]).size
            step = 1e-5
            up, down = (naive(cells, 1.0 + sign * step * inside, shares) for sign in (1, -1))
            derivative += (up - down) / (2 * step) * np.sqrt(number / (number - 1))
        total += derivative**2
    assert variance == pytest.approx(total, rel=1e-6)
    monkeypatch.setattr(cluster_influence, "_HELD", 100)  # a few clusters at a time
    assert ours(cells)[0] == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize("competing", [False, True])
def test_it_agrees_with_leaving_out_one_cluster_after_another(competing):
    cells = exits(8, 150, 1, competing)
    variance, shares = ours(cells)
    without = np.array([naive(cells, 1.0 * (cells.cluster != g), shares) for g in range(150)])
    jackknife = 149 / 150 * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    assert variance == pytest.approx(jackknife, rel=0.05)


@pytest.mark.parametrize("competing", [False, True])
def test_clusters_of_one_customer_are_greenwoods(competing):
    cells = exits(9, 60, 1, competing)
    n = cells.time.size
    alone = ExitCells(cells.arm, cells.stratum, np.arange(n), cells.time, cells.code, cells.count)
    table = alone.table(cells.arm == 0)
    curve = kaplan_meier(table)
    place = np.searchsorted(table.times, DAYS, side="right") - 1
    assert ours(alone)[0] == pytest.approx(curve.std_error[place] ** 2 * n / (n - 1), rel=1e-9)


def curve(cells: ExitCells, clustered: bool) -> SurvivalCurve:
    (found,) = curves_of(cells, ("nfa",), outcome(), 0.05, clustered=clustered)
    return found


def test_the_interval_is_that_of_clusters_and_holds_what_it_says():
    """40 clusters of 10 who pay at one rate within each: Greenwood's interval holds the truth too seldom."""
    rng = np.random.default_rng(10)
    held = {True: 0, False: 0}
    size, truth = 400, 2.0**-2.0  # of exp(−rate × 20) where rate × 20 is gamma with shape 2 and scale 1
    for _ in range(size):
        cluster = np.repeat(np.arange(40), 10)
        pays = np.ceil(rng.exponential(20.0 / rng.gamma(2.0, 1.0, 40)[cluster]))
        nothing = np.zeros(400, dtype=np.int64)
        days, paid = np.minimum(pays, 30.0), (pays <= 30.0).astype(np.int64)
        cells = ExitCells(nothing, nothing, cluster, days, paid, np.ones(400))
        for clustered in held:
            of = curve(cells, clustered)
            assert of.days[-1] == HORIZON
            held[clustered] += of.ci_lower[-1] <= truth <= of.ci_upper[-1]
    assert held[True] / size > 0.95 - 3.29 * np.sqrt(0.95 * 0.05 / size) - 0.01
    assert held[False] / size < 0.8


def test_where_a_stratum_has_one_cluster_there_is_a_curve_and_no_interval():
    cells = exits(11, 20, 2)
    lonely = ExitCells(
        cells.arm, cells.stratum, np.where(cells.stratum == 1, 1, cells.cluster), cells.time, cells.code, cells.count,
        names=cells.names,
    )  # fmt: skip
    of = curve(lonely, True)
    assert of.surviving == curve(lonely, False).surviving
    assert set(of.ci_lower) == set(of.ci_upper) == {None}
    assert len(of.ci_lower) == len(of.days)
