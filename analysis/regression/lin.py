"""Lin's estimator: a regression per arm on the same columns, compared at the covariate means of all arms.

It equals one regression with centred covariates interacted with the arms. Strata enter as indicators, interacted;
covariate slopes are per arm, not per stratum. Source: Lin (2013), Annals of Applied Statistics 7:295–318.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.regression.difference_in_means import short_stratum
from analysis.regression.gram import column_totals, cross_products, totals
from analysis.regression.model import (
    Adjusters,
    Model,
    adjusters,
    arm_counts,
    drop_columns,
    independent,
    invert,
    too_few,
)
from analysis.regression.moments import Cells

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


def lin(cells: Cells) -> Model:
    """One block per arm. The same columns are dropped in every arm; covariate means are over all arms."""
    design = cells.plan.specification
    K = len(design.arms)
    counts = arm_counts(cells)
    reasons = too_few(cells, counts)
    live = counts >= 2
    reasons, live = _lacking_strata(cells, reasons, live)
    while True:
        columns = adjusters(cells, live)
        gram = cross_products(cells.arm, K, columns.rows, cells.weight, columns.sums, columns.products)
        keep = independent(gram[live]) if live.any() else np.zeros(columns.rows.width, dtype=bool)
        crowded = live & (counts <= keep.sum())
        if not crowded.any():
            break
        reasons = _crowded(cells, reasons, crowded, counts, int(keep.sum()))
        live = live & ~crowded
    return _assemble(cells, columns, gram, keep, live, counts, tuple(reasons))


def _assemble(
    cells: Cells,
    columns: Adjusters,
    gram: Floats,
    keep: Mask,
    live: Mask,
    counts: Floats,
    reasons: tuple[str | None, ...],
) -> Model:
    design = cells.plan.specification
    K, q = len(design.arms), int(keep.sum())
    rows = drop_columns(columns.rows, keep)
    gram = gram[:, keep][:, :, keep]
    gram[~live] = np.eye(q)
    inverse, root = invert(gram)
    # The target is everyone with the outcome observed, so the means are plain counts even under weights.
    if design.weight is not None:
        plain = (cells.plain_sums + cells.missing * columns.fill * cells.count[:, None]) / columns.scale
    else:
        plain = columns.sums
    means = column_totals(rows, cells.count, plain) / max(cells.count.sum(), 1.0)
    functionals = np.broadcast_to(means, (K, 1, q)).copy()
    mean_functionals = np.zeros((K, K, q))
    for k in range(K):
        mean_functionals[k, k] = means if live[k] else np.nan
    combine = np.zeros((len(design.contrasts), K, 1))
    for t, (arm, comparison) in enumerate(design.contrasts):
        combine[t, design.arms.index(arm), 0] += 1.0
        combine[t, design.arms.index(comparison), 0] -= 1.0
    return Model(
        block=np.where(live[cells.arm], cells.arm, -1),
        rows=rows,
        fill=columns.fill,
        scale=columns.scale,
        gram=gram,
        inverse=inverse,
        root=root,
        functionals=functionals,
        combine=combine,
        mean_functionals=mean_functionals,
        n=float(counts[live].sum()),
        p=q * int(live.sum()),
        unestimable=reasons,
        uninferable=_thin_strata(cells),
        dropped=(*columns.constant, *(term for term, kept in zip(columns.terms, keep, strict=True) if not kept)),
        merged=columns.merged,
    )


def _stratum_counts(cells: Cells) -> tuple[Floats, list[str]]:
    strata, stratum = np.unique(cells.strata, return_inverse=True)
    K, J = len(cells.plan.specification.arms), len(strata)
    count = totals(cells.arm * J + stratum.reshape(-1), cells.count, K * J).reshape(K, J)
    return count, [cells.stratum_names[int(s)] for s in strata]


def _lacking_strata(cells: Cells, reasons: list[str | None], live: Mask) -> tuple[list[str | None], Mask]:
    """An arm that lacks a stratum cannot be adjusted to it: its contrasts have no estimate, the others stand."""
    if not cells.plan.specification.strata:
        return reasons, live
    count, names = _stratum_counts(cells)
    lacking = live & (count == 0).any(axis=1)
    for t, pair in enumerate(cells.plan.specification.contrasts):
        for arm in pair:
            k = cells.plan.specification.arms.index(arm)
            if reasons[t] is None and lacking[k]:
                reasons[t] = short_stratum(arm, [names[int(j)] for j in np.flatnonzero(count[k] == 0)], 1, "customer")
    return reasons, live & ~lacking


def _thin_strata(cells: Cells) -> tuple[str | None, ...]:
    design = cells.plan.specification
    reasons: list[str | None] = [None] * len(design.contrasts)
    if not design.strata:
        return tuple(reasons)
    count, names = _stratum_counts(cells)
    for t, pair in enumerate(design.contrasts):
        for arm in pair:
            thin = np.flatnonzero(count[design.arms.index(arm)] < 2)
            if reasons[t] is None and len(thin):
                reasons[t] = short_stratum(arm, [names[int(j)] for j in thin], 2, "customer")
    return tuple(reasons)


def _crowded(cells: Cells, reasons: list[str | None], crowded: Mask, counts: Floats, q: int) -> list[str | None]:
    design = cells.plan.specification
    out = list(reasons)
    for t, pair in enumerate(design.contrasts):
        for arm in pair:
            k = design.arms.index(arm)
            if out[t] is None and crowded[k]:
                out[t] = f"arm {arm} has {int(counts[k])} customers, too few for the {q} columns of its regression"
    return out
