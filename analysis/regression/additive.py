"""Additive adjustment: arm indicators, stratum indicators and covariates in one regression without interactions."""

from __future__ import annotations

import numpy as np

from analysis.regression.gram import Indicator, column_totals, cross_products
from analysis.regression.model import Model, adjusters, arm_counts, drop_columns, independent, invert, too_few
from analysis.regression.moments import Cells


def additive(cells: Cells) -> Model:
    """One block of all columns. The first arm that has customers is the reference; arm columns come first, so that a
    covariate collinear with them is the one to go."""
    design = cells.plan.specification
    K, T = len(design.arms), len(design.contrasts)
    counts = arm_counts(cells)
    present = np.flatnonzero(counts > 0)
    columns_of_arms = np.full(K, -1, dtype=np.int64)
    columns_of_arms[present[1:]] = np.arange(len(present) - 1)
    arms = Indicator(cells.arm, columns_of_arms)
    columns = adjusters(cells, None, extra=[("arm", arms)])
    group = np.zeros(len(cells.count), dtype=np.int64)
    gram = cross_products(group, 1, columns.rows, cells.weight, columns.sums, columns.products)
    keep = independent(gram)
    rows = drop_columns(columns.rows, keep)
    gram = gram[:, keep][:, :, keep]
    inverse, root = invert(gram)
    q = int(keep.sum())

    of_arm = rows.indicators[1].columns
    plain = columns.sums
    if design.weight is not None:
        plain = (cells.plain_sums + cells.missing * columns.fill * cells.count[:, None]) / columns.scale
    means = column_totals(rows, cells.count, plain) / max(cells.count.sum(), 1.0)
    means[of_arm[of_arm >= 0]] = 0.0
    mean_functionals = np.tile(means, (K, 1, 1))
    for k in range(K):
        if counts[k] == 0:
            mean_functionals[k] = np.nan
        elif of_arm[k] >= 0:
            mean_functionals[k, 0, of_arm[k]] = 1.0
    functionals = np.zeros((1, T, q))
    for t, pair in enumerate(design.contrasts):
        for arm, sign in zip(pair, (1.0, -1.0), strict=True):
            at = of_arm[design.arms.index(arm)]
            if at >= 0:
                functionals[0, t, at] += sign
    return Model(
        block=group,
        rows=rows,
        fill=columns.fill,
        scale=columns.scale,
        gram=gram,
        inverse=inverse,
        root=root,
        functionals=functionals,
        combine=np.eye(T)[:, None, :],
        mean_functionals=mean_functionals,
        n=float(counts.sum()),
        p=q,
        unestimable=_unestimable(cells, too_few(cells, counts), of_arm, present),
        uninferable=(None,) * T,
        dropped=(*columns.constant, *(term for term, kept in zip(columns.terms, keep, strict=True) if not kept)),
        merged=columns.merged,
    )


def _unestimable(
    cells: Cells,
    reasons: list[str | None],
    of_arm: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    present: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> tuple[str | None, ...]:
    """An arm whose indicator was dropped cannot be told from the others' columns."""
    design = cells.plan.specification
    out = list(reasons)
    for t, pair in enumerate(design.contrasts):
        for arm in pair:
            k = design.arms.index(arm)
            if out[t] is None and of_arm[k] < 0 and k != present[0]:
                out[t] = f"arm {arm} cannot be told apart from the other columns of the regression"
    return tuple(out)
