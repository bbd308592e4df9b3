"""Tests on the rows of a trial, each redrawing two arms as the declared scheme assigned them."""

from __future__ import annotations

from collections.abc import Callable

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr

from analysis.errors import AnalysisRefused
from analysis.estimators.paired import PairDifferences, pair_differences, unit_means
from analysis.frame import WAVE_COLUMN, AnalysisFrame
from analysis.randomisation.canonical_order import sums_of
from analysis.randomisation.in_memory import RowsInMemory, read_rows
from analysis.randomisation.randomisation_inference import (
    RandomisationTest,
    cluster_randomisation_test,
    paired_randomisation_test,
    randomisation_test,
)
from analysis.specification import Response
from designs.protocol.models import Protocol

Floats = NDArray[np.float64]
DRAWS = 10_000
MOST_DRAWS = 200_000
NO_CLUSTER_WITH_BOTH = "no cluster has two customers of each arm"
MOST_CUSTOMERS = 2_000_000  # of two arms, redrawn one by one


def within_strata_test(
    frame: AnalysisFrame, protocol: Protocol, response: Response, pair: tuple[str, str], rng: np.random.Generator, *,
    alpha: float, draws: int, interval: bool,
) -> RandomisationTest:  # fmt: skip
    """Customers were assigned within strata, or whole clusters of them; a response that is missing is left out.

    Args:
        frame: the customers of the two arms.
    """
    customers = int(frame.engine.collect(frame.rows.select(nw.len().alias("n")))["n"][0].as_py())
    if customers > MOST_CUSTOMERS:
        return RandomisationTest(None, reason=f"more than {MOST_CUSTOMERS:,} customers in the two arms: not redrawn")
    rows = read_rows(frame, protocol, response.columns).of_contrast(pair)
    y = rows.response(response)
    known = ~np.isnan(y)
    y, treated = y[known], (rows.arm == pair[0])[known]
    stratum = np.unique(rows.stratum[known], return_inverse=True)[1].astype(np.int64)
    if rows.cluster is None:
        return randomisation_test(y, treated, stratum, draws=draws, rng=rng, alpha=alpha, interval=interval)
    return whole_clusters_test(y, treated, stratum, rows.cluster[known], rng, alpha=alpha, draws=draws)


def paired_test(
    frame: AnalysisFrame, protocol: Protocol, response: Response, pair: tuple[str, str], rng: np.random.Generator, *,
    alpha: float, draws: int,
) -> RandomisationTest:  # fmt: skip
    """Within each matched pair (or tuple) the two units of the contrast, customers or whole clusters, change places."""
    name = str(protocol.randomisation.pairs)
    rows = read_rows(frame, protocol, [*response.columns, name])
    found = differences_of(rows, rows.response(response), name, pair)
    if found is None:
        return RandomisationTest(None, reason="no pair has both outcomes")
    weights = None if protocol.cluster is None else found.weight
    return paired_randomisation_test(found.difference, weights, size=found.size, draws=draws, rng=rng, alpha=alpha)


def differences_of(rows: RowsInMemory, y: Floats, pairs: str, pair: tuple[str, str]) -> PairDifferences | None:
    """The first arm's unit less the second's, in every matched pair that has both outcomes."""
    codes, names = rows.codes(pairs)
    of_arm, of_comparison = (unit_means(y, rows.arm == arm, codes, len(names)) for arm in pair)
    return pair_differences(of_arm, of_comparison)


def within_clusters_test(
    frame: AnalysisFrame, protocol: Protocol, column: str, pair: tuple[str, str], rng: np.random.Generator, *,
    alpha: float, draws: int,
) -> RandomisationTest:  # fmt: skip
    """Two-stage saturation: given each cluster's saturation, customers were assigned within it, so clusters are strata.

    Clusters without both arms tell nothing of the contrast given their saturation, and are left out.
    """
    rows = read_rows(frame, protocol, [column])
    if rows.cluster is None:
        raise AnalysisRefused("a saturation design has no clusters", rule="clusters are assigned to saturations")
    y = rows.number(column)
    known = ~np.isnan(y) & np.isin(rows.arm, pair)
    first = rows.arm[known] == pair[0]
    return customers_of_clusters_test(
        y[known], first, rows.stratum[known], rows.cluster[known], rng, alpha=alpha, draws=draws
    )


def customers_of_clusters_test(
    y: Floats, first: NDArray[np.bool_], stratum: NDArray[np.int64], cluster: NDArray[np.int64],
    rng: np.random.Generator, *, alpha: float, draws: int,
) -> RandomisationTest:  # fmt: skip
    """Customers were assigned within their cluster (of one wave, open to the same arms), so each is a stratum."""
    known, each = of_clusters_with_both(first, stratum, cluster)
    if not known.any():
        return RandomisationTest(None, reason=NO_CLUSTER_WITH_BOTH)
    return randomisation_test(y[known], first[known], each, draws=draws, rng=rng, alpha=alpha)


def of_clusters_with_both(
    first: NDArray[np.bool_], stratum: NDArray[np.int64], cluster: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """(n,) whether two customers of each arm or more are in one's cluster and stratum; and the codes of those rows."""
    within = np.unique(cluster * (int(stratum.max(initial=0)) + 1) + stratum, return_inverse=True)[1]
    both = (np.bincount(within, first) >= 2) & (np.bincount(within, ~first) >= 2)
    known = both[within]
    return known, np.unique(within[known], return_inverse=True)[1].astype(np.int64)


def whole_clusters_test(
    y: Floats, treated: NDArray[np.bool_], stratum: NDArray[np.int64], cluster: NDArray[np.int64],
    rng: np.random.Generator, *, alpha: float, draws: int,
) -> RandomisationTest:  # fmt: skip
    """Clusters were assigned whole, so each is its total and its customers, and changes arms as one; none missing."""
    member = np.unique(cluster, return_inverse=True)[1]
    first = np.zeros(int(member.max()) + 1 if member.size else 0, dtype=np.int64)
    first[member] = np.arange(member.size)
    return cluster_randomisation_test(
        sums_of(y, member), np.bincount(member).astype(np.float64), treated[first],
        np.unique(stratum[first], return_inverse=True)[1].astype(np.int64), draws=draws, rng=rng, alpha=alpha,
    )  # fmt: skip


def rerandomised_test(
    frame: AnalysisFrame, protocol: Protocol, column: str, pair: tuple[str, str], rng: np.random.Generator, *,
    alpha: float, draws: int,
) -> RandomisationTest:  # fmt: skip
    """Only redraws that the declared rule would have let pass count (Morgan & Rubin 2012, section 2)."""
    rule = protocol.randomisation.rerandomise
    if rule is None:
        raise AnalysisRefused("a rerandomised design declares no rule", where="randomisation.rerandomise")
    if WAVE_COLUMN in frame.laid_strata:
        return RandomisationTest(None, reason="each wave was balanced by itself, and waves are not redrawn together")
    rows = read_rows(frame, protocol, [column, *rule.covariates])
    y = rows.number(column)
    x = np.column_stack([rows.number(name) for name in rule.covariates])
    # The rule of the draw is about everybody's covariates; compared are those whose stratum holds both arms.
    known = ~np.isnan(y) & np.isin(rows.arm, pair) & ~rows.lacking(pair)[rows.stratum]
    wanted = draws_to_pass(draws, x.shape[1], len(protocol.arms), rule.threshold)
    stratum = np.unique(rows.stratum[known], return_inverse=True)[1].astype(np.int64)
    return randomisation_test(
        y[known], (rows.arm == pair[0])[known], stratum, draws=wanted, rng=rng, alpha=alpha, covariates=x[known],
        accept=within(rows, x, known, pair, rule.threshold),
    )  # fmt: skip


def draws_to_pass(draws: int, covariates: int, arms: int, threshold: float) -> int:
    """About how many redraws it takes for so many to pass the rule."""
    passing = float(chdtr(covariates * (arms - 1), threshold))
    return int(min(MOST_DRAWS, np.ceil(draws / max(passing, 1e-9))))


def within(
    rows: RowsInMemory, x: Floats, known: NDArray[np.bool_], pair: tuple[str, str], threshold: float
) -> Callable[[Floats], NDArray[np.bool_]]:
    """From sums of the covariates over the redrawn first arm to whether all arms together stay within the threshold.

    Customers of other arms, and those without the outcome, stay where they were.
    """
    centre = x.mean(axis=0)
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(x, rowvar=False)))
    both = x[known].sum(axis=0)
    still = {arm: x[(rows.arm == arm) & ~known].sum(axis=0) for arm in pair}
    sizes = {str(arm): int((rows.arm == arm).sum()) for arm in np.unique(rows.arm)}

    def distance(sums: Floats, size: int) -> Floats:
        apart = sums / size - centre
        return np.asarray(size * np.einsum("di,ij,dj->d", apart, inverse, apart), dtype=np.float64)

    others = sum(
        float(distance(x[rows.arm == arm].sum(axis=0)[None], size)[0]) for arm, size in sizes.items() if arm not in pair
    )

    def accept(sums: Floats) -> NDArray[np.bool_]:
        first = distance(sums + still[pair[0]], sizes[pair[0]])
        second = distance(both - sums + still[pair[1]], sizes[pair[1]])
        return np.asarray(first + second + others <= threshold * (1 + 1e-9))

    return accept
