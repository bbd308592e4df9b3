"""Log hazard ratios of every contrast that has a finite one.

An arm in which nobody has the event while others are followed has a hazard ratio of nil: in the limit its customers
leave every risk set, and the ratios of the other arms are those of a model without it. So arms are put into groups
within which every ratio is finite, and each group has a model of its own. A ratio is finite just where events of either
arm happen, directly or through other arms, while the other is followed (Ford 1957, American Mathematical Monthly 64:28,
for paired comparisons; a partial likelihood is one of those for each event).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.inference.intervals import Effect
from analysis.survival.cox import CoxFit, RiskSets, cox, score_residuals
from analysis.survival.exits import ExitCells

Floats = NDArray[np.float64]


def log_hazard_ratios(
    cells: ExitCells,
    arms: Sequence[str],
    comparison: str,
    contrasts: Sequence[tuple[str, str]],
    *,
    classical: bool,
    clustered: bool,
) -> tuple[Effect, ...]:
    """Cox, stratified, Efron's ties: one model for all arms whose ratios are finite.

    Args:
        cells: customers by how their follow-up ended; ``cells.arm`` indexes ``arms``.
        comparison: id of the arm that the model's coefficients are against, where it is among them.
        contrasts: (arm, comparison) ids.
        classical: model errors; else Lin and Wei's, summed within clusters where ``clustered``.
    """
    strata = [_risk_sets(cells, number, len(arms)) for number in np.unique(cells.stratum)]
    followed = np.bincount(cells.arm, cells.count, len(arms)) > 0
    events = np.bincount(cells.arm, cells.count * (cells.code == 1), len(arms)) > 0
    reaches = _reaches(strata, len(arms))
    effects: dict[tuple[str, str], Effect] = {}
    for group in _groups(reaches):
        inside = [pair for pair in contrasts if all(arms.index(arm) in group for arm in pair)]
        if inside:
            base = arms.index(comparison) if arms.index(comparison) in group else group[0]
            effects |= _of_group(cells, strata, arms, group, base, inside, classical=classical, clustered=clustered)
    return tuple(
        effects[pair] if pair in effects else Effect(None, None, reason=_infinite(pair, arms, followed, events))
        for pair in contrasts
    )


def _infinite(
    pair: tuple[str, str], arms: Sequence[str], followed: NDArray[np.bool_], events: NDArray[np.bool_]
) -> str:
    for of_whom, words in ((followed, "has this outcome observed"), (events, "had the event")):
        missing = [arm for arm in pair if not of_whom[arms.index(arm)]]
        if missing:
            return f"the hazard ratio is not finite: nobody in arm {' or arm '.join(missing)} {words}"
    return "the hazard ratio is not finite: in one of the two arms nobody had the event while the other was followed"


def _reaches(strata: Sequence[RiskSets], arms: int) -> NDArray[np.bool_]:
    """(i, j): events of i, or of arms that it is joined to, happen while j is followed."""
    reaches = np.eye(arms, dtype=bool)
    for stratum in strata:
        reaches |= ((stratum.events > 0).T.astype(np.int64) @ (stratum.at_risk > 0).astype(np.int64)) > 0
    for _ in range(arms):
        reaches |= (reaches.astype(np.int64) @ reaches.astype(np.int64)) > 0
    return reaches


def _groups(reaches: NDArray[np.bool_]) -> list[list[int]]:
    both = reaches & reaches.T
    return [list(np.flatnonzero(row)) for place, row in enumerate(both) if np.flatnonzero(row)[0] == place]


def _of_group(
    cells: ExitCells,
    strata: Sequence[RiskSets],
    arms: Sequence[str],
    group: list[int],
    base: int,
    contrasts: Sequence[tuple[str, str]],
    *,
    classical: bool,
    clustered: bool,
) -> dict[tuple[str, str], Effect]:
    treated = [arm for arm in group if arm != base]
    design = np.array([[float(arm == column) for column in treated] for arm in group])
    among = [RiskSets(part.times, part.at_risk[:, group], part.events[:, group]) for part in strata]
    try:
        fit = cox(among, design)
    except AnalysisRefused as refusal:
        return {pair: Effect(None, None, reason=str(refusal)) for pair in contrasts}
    covariance = fit.covariance if classical else _lin_wei(cells, among, group, design, fit, clustered=clustered)
    effects = {}
    for pair in contrasts:
        weights = design[group.index(arms.index(pair[0]))] - design[group.index(arms.index(pair[1]))]
        effects[pair] = Effect.normal(float(weights @ fit.coefficients), float(weights @ covariance @ weights))
    return effects


def _risk_sets(cells: ExitCells, stratum: int, arms: int) -> RiskSets:
    in_stratum = cells.stratum == stratum
    times, place = np.unique(cells.time[in_stratum], return_inverse=True)

    def grid(count: Floats) -> Floats:
        flat = np.bincount(place * arms + cells.arm[in_stratum], count, times.size * arms)
        return np.asarray(flat, dtype=np.float64).reshape(times.size, arms)

    leaving = grid(cells.count[in_stratum])
    at_risk = leaving.sum(axis=0) - np.cumsum(leaving, axis=0) + leaving
    return RiskSets(times, at_risk, grid(cells.count[in_stratum] * (cells.code[in_stratum] == 1)))


def _lin_wei(
    cells: ExitCells, strata: Sequence[RiskSets], group: list[int], design: Floats, fit: CoxFit, *, clustered: bool
) -> Floats:
    """Sandwich of score residuals, summed within clusters where there are any."""
    place_of = np.full(int(cells.arm.max(initial=0)) + 1, -1)
    place_of[[arm for arm in group if arm < place_of.size]] = [
        number for number, arm in enumerate(group) if arm < place_of.size
    ]
    scores = np.zeros((cells.time.size, design.shape[1]))
    for number, sets in zip(np.unique(cells.stratum), strata, strict=True):
        inside = (cells.stratum == number) & (place_of[cells.arm] >= 0)
        censored, died = score_residuals(sets, design, fit)
        place, arm = np.searchsorted(sets.times, cells.time[inside]), place_of[cells.arm[inside]]
        is_event = (cells.code[inside] == 1)[:, None]
        scores[inside] = np.where(is_event, died[place, arm], censored[place, arm])
    if clustered:
        weighted = cells.count[:, None] * scores
        summed = np.stack([np.bincount(cells.cluster, weighted[:, j]) for j in range(scores.shape[1])], axis=1)
        meat: Floats = np.asarray(summed.T @ summed, dtype=np.float64)
    else:
        meat = np.asarray((cells.count[:, None] * scores).T @ scores, dtype=np.float64)
    covariance: Floats = fit.covariance @ meat @ fit.covariance
    return covariance
