"""Survival and restricted mean at the horizon, arm by arm within strata, and their stratum-weighted differences.

An arm's curve is the average of its strata's curves, each weighted by the customers of the stratum, all arms: what a
difference in means does. Within one stratum the variance is Greenwood's (or that of the cumulative incidence); where
several are averaged it is multiplied by n/(n − 1), as Neyman's is, for a stratum of few customers would else be taken
to be surer than it is. Clusters are resampled instead, and the variance has the degrees of freedom of its clusters
(Satterthwaite 1946): with few of them a normal quantile would be too small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.inference.intervals import Effect
from analysis.regression.difference_in_means import short_stratum
from analysis.survival.cluster_bootstrap import ClusterExits, Resampled, home_strata, resampled_horizons
from analysis.survival.exits import ExitCells
from analysis.survival.kaplan_meier import LifeTable, restricted_mean, survival_at

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Quantity = Literal["survival", "mean"]
QUANTITIES: tuple[Quantity, ...] = ("survival", "mean")
ROUNDING = 1e-12  # of the horizon or of 1: an error below it is none
TOO_MANY_LEFT = 0.05  # of a contrast's customers in strata that lack one of its arms


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """Every contrast of one quantity: effects, covariance (contrasts, contrasts) with NaN, and what rows must say."""

    effects: tuple[Effect, ...]
    covariance: Floats
    notes: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """The strata that one contrast is compared in, each with its share; or why there is nothing to compare."""

    shares: Floats
    reason: str | None
    uninferable: str | None
    note: str | None


def differences(
    cells: ExitCells,
    arms: Sequence[str],
    contrasts: Sequence[tuple[str, str]],
    horizon: float,
    *,
    clustered: bool,
    seed: int,
) -> dict[Quantity, Differences]:
    """Arm less comparison at the horizon, for every contrast: share without the event, and restricted mean.

    Args:
        cells: customers by how their follow-up ended; ``cells.arm`` indexes ``arms``.
        contrasts: (arm, comparison) ids.
        horizon: day.
        clustered: whether errors are those of whole clusters.
        seed: of the cluster bootstrap.
    """
    K, J = len(arms), len(cells.names)
    tables = {(k, j): table for k in range(K) for j in range(J) if (table := _table(cells, k, j)).times.size}
    short = _ends_early(cells, arms, contrasts, tables, horizon)
    weighed = [_weighed(cells, arms, pair, short, clustered=clustered) for pair in contrasts]
    functionals = np.zeros((len(contrasts), K, J))
    for t, pair in enumerate(contrasts):
        for arm, sign in zip(pair, (1.0, -1.0), strict=True):
            functionals[t, arms.index(arm)] = sign * weighed[t].shares
    drawn = _drawn(cells, K, horizon, seed) if clustered and not short else None
    found: dict[Quantity, Differences] = {}
    for quantity in QUANTITIES:
        at = {place: _at(table, horizon, quantity) for place, table in tables.items()}
        estimates = np.zeros((K, J))
        for place, (estimate, _) in at.items():
            estimates[place] = estimate
        if drawn is None:
            variances = np.zeros((K, J))
            for place, (_, variance) in at.items():
                variances[place] = variance * _few(tables[place].customers, J)
            flat = functionals.reshape(len(contrasts), -1)
            covariance = (flat * variances.reshape(-1)) @ flat.T
        else:
            covariance = _drawn_covariance(functionals, drawn, quantity)
        df = [None] * len(contrasts) if drawn is None else _df(functionals, drawn, quantity, _clusters(cells, K))
        values = np.einsum("tkj,kj->t", functionals, estimates)
        scale = 1.0 if quantity == "survival" else horizon
        found[quantity] = _differences(
            values, np.where(np.abs(covariance) > (ROUNDING * scale) ** 2, covariance, 0.0), df, weighed
        )
    return found


def _differences(
    values: Floats, covariance: Floats, df: Sequence[float | None], weighed: Sequence[_Weighed]
) -> Differences:
    effects, known = [], np.ones(len(weighed), dtype=bool)
    for t, part in enumerate(weighed):
        effect = replace(Effect.normal(float(values[t]), float(covariance[t, t])), df=df[t])
        if part.reason is not None:
            effect = Effect(None, None, reason=part.reason)
        elif part.uninferable is not None:
            effect = Effect(effect.estimate, None, reason=part.uninferable)
        effects.append(effect)
        known[t] = effect.std_error is not None
    covariance = np.where(known[:, None] & known[None, :], covariance, np.nan)
    return Differences(tuple(effects), covariance, tuple(part.note for part in weighed))


def _table(cells: ExitCells, arm: int, stratum: int) -> LifeTable:
    return cells.table((cells.arm == arm) & (cells.stratum == stratum))


def _at(table: LifeTable, horizon: float, quantity: Quantity) -> tuple[float, float]:
    at = survival_at(table, horizon) if quantity == "survival" else restricted_mean(table, horizon)
    return at.estimate, at.variance


def _few(customers: int, strata: int) -> float:
    return 1.0 if strata == 1 or customers < 2 else customers / (customers - 1.0)


def _ends_early(
    cells: ExitCells,
    arms: Sequence[str],
    contrasts: Sequence[tuple[str, str]],
    tables: dict[tuple[int, int], LifeTable],
    horizon: float,
) -> str | None:
    """The arms, in strata that are compared at all, whose curve is not known up to the horizon."""
    assigned = _assigned(cells, len(arms)) > 0
    compared = np.any([assigned[[arms.index(arm) for arm in pair]].all(axis=0) for pair in contrasts], axis=0)
    short = [
        arms[k] + (f" ({cells.names[j]})" if cells.names[j] else "")
        for (k, j), table in tables.items()
        if compared[j] and not table.follows_to(horizon)
    ]
    if not short:
        return None
    more = f" and {len(short) - 3} more" if len(short) > 3 else ""
    return f"follow-up ends before day {horizon:g} in: {', '.join(short[:3])}{more}"


def _assigned(cells: ExitCells, arms: int) -> Floats:
    return cells.observed(arms) if cells.assigned is None else cells.assigned


def _weighed(
    cells: ExitCells, arms: Sequence[str], pair: tuple[str, str], short: str | None, *, clustered: bool
) -> _Weighed:
    """Customers of a stratum that lacks an arm of the contrast leave it; who was assigned decides that, and nobody's
    outcome does."""
    observed, assigned = cells.observed(len(arms)), _assigned(cells, len(arms))
    places = [arms.index(arm) for arm in pair]
    for place in places:
        if not observed[place].sum():
            nobody = f"nobody in arm {arms[place]} has this outcome observed"
            return _Weighed(np.zeros(len(cells.names)), nobody, None, None)
    kept = np.asarray((assigned[places] > 0).all(axis=0))
    everyone = assigned[places].sum()
    left = everyone - assigned[places][:, kept].sum()
    shares = np.where(kept, observed.sum(axis=0), 0.0)
    reason: str | None = short
    note: str | None = None
    if left > TOO_MANY_LEFT * everyone:
        reason = (
            f"{left:,.0f} of {everyone:,.0f} customers are in strata that lack one of the two arms: too many to leave"
        )
    elif left:
        note = f"{left:,.0f} customers of strata that lack one of the two arms are not compared"
    for place in places:
        empty = [cells.names[j] for j in np.flatnonzero(kept & (observed[place] == 0))]
        if reason is None and empty:
            reason = short_stratum(arms[place], empty, 1, "customer with this outcome observed")
    uninferable = None
    if reason is None:
        uninferable = _alone(cells, arms, places, kept, clustered=clustered)
    total = shares.sum()
    return _Weighed(shares / total if total else shares, reason, uninferable, note)


def _alone(cells: ExitCells, arms: Sequence[str], places: Sequence[int], kept: Bools, *, clustered: bool) -> str | None:
    """Why a contrast has no error: a stratum in which an arm has one unit, so that nothing is known of their spread."""
    if not clustered and len(cells.names) == 1:
        return None
    units = _clusters(cells, len(arms)) if clustered else cells.observed(len(arms))
    for place in places:
        names = [cells.names[j] for j in np.flatnonzero(kept & (units[place] == 1))]
        if names:
            return short_stratum(arms[place], names, 2, "cluster" if clustered else "customer")
    return None


def _drawn(cells: ExitCells, arms: int, horizon: float, seed: int) -> Resampled | tuple[Resampled, ...]:
    """Resamples: of each arm by itself where clusters were assigned whole, else of the clusters with all their arms."""
    J = len(cells.names)
    if _whole(cells):
        by_arm = []
        for k in range(arms):
            inside = cells.arm == k
            exits = ClusterExits(
                cells.cluster[inside], cells.stratum[inside], cells.stratum[inside], cells.time[inside],
                cells.code[inside], cells.count[inside],
            )  # fmt: skip
            by_arm.append(resampled_horizons(exits, J, horizon, np.random.default_rng([seed, k])))
        return tuple(by_arm)
    exits = ClusterExits(
        cells.cluster, cells.arm * J + cells.stratum, cells.stratum, cells.time, cells.code, cells.count
    )
    return resampled_horizons(exits, arms * J, horizon, np.random.default_rng([seed]))


def _whole(cells: ExitCells) -> bool:
    pairs = np.unique(np.stack([cells.cluster, cells.arm]), axis=1)
    return bool(np.unique(pairs[0]).size == pairs.shape[1])


def _drawn_covariance(functionals: Floats, drawn: Resampled | tuple[Resampled, ...], quantity: Quantity) -> Floats:
    T, K, J = functionals.shape
    if isinstance(drawn, Resampled):
        return _covariance(functionals.reshape(T, K * J), getattr(drawn, quantity))
    parts = [_covariance(functionals[:, k], getattr(of_arm, quantity)) for k, of_arm in enumerate(drawn)]
    return np.asarray(sum(parts), dtype=np.float64)


def _clusters(cells: ExitCells, arms: int) -> Ints:
    """Clusters by arm and stratum, each in the stratum where most of its customers are; shape (arms, strata)."""
    units = np.zeros((arms, len(cells.names)), dtype=np.int64)
    for k in range(arms):
        inside = cells.arm == k
        _, member = np.unique(cells.cluster[inside], return_inverse=True)
        home = home_strata(member, cells.stratum[inside], cells.count[inside])
        units[k] = np.bincount(home, minlength=len(cells.names))
    return units


def _df(
    functionals: Floats, drawn: Resampled | tuple[Resampled, ...], quantity: Quantity, clusters: Ints
) -> list[float | None]:
    """Satterthwaite's degrees of freedom of every contrast.

    Each arm and stratum is resampled by itself and has its clusters less one; where clusters were not assigned whole,
    each stratum, with the clusters of the arm that has fewer.
    """
    found: list[float | None] = []
    for weights in functionals:
        if isinstance(drawn, Resampled):
            values = getattr(drawn, quantity).reshape(-1, *weights.shape)
            used = (weights != 0).any(axis=0)
            parts = np.var((values[:, :, used] * weights[:, used]).sum(axis=1), axis=0, ddof=1)
            number = np.where(weights != 0, clusters, np.iinfo(np.int64).max).min(axis=0)[used]
        else:
            used = weights != 0
            values = np.stack([getattr(of_arm, quantity) for of_arm in drawn], axis=1)
            parts = weights[used] ** 2 * np.var(values[:, used], axis=0, ddof=1)
            number = clusters[used]
        known = (parts > 0) & (number > 1)
        parts = parts[known]
        found.append(float(parts.sum() ** 2 / (parts**2 / (number[known] - 1)).sum()) if parts.size else None)
    return found


def _covariance(weights: Floats, values: Floats) -> Floats:
    """Covariance over the draws of Σ weight × value, a group of no weight left out; shape (contrasts, contrasts)."""
    used = (weights != 0).any(axis=0)
    combined = values[:, used] @ weights[:, used].T
    centred = combined - combined.mean(axis=0)
    return np.asarray(centred.T @ centred / (len(combined) - 1), dtype=np.float64)
