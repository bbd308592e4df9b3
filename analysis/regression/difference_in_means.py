"""Difference in means, weighted by stratum size when strata are declared.

It equals the regression on arm indicators (within strata: Lin's regression on strata alone), and its HC2 variance is
Neyman's: Σ (N_j/N)² (s²_aj/n_aj + s²_cj/n_cj). Source: Imbens & Rubin (2015), chapters 6 and 9; Lin (2013).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.regression.gram import Indicator, SparseRows, totals
from analysis.regression.model import Model, arm_counts, few_customers, too_few
from analysis.regression.moments import Cells

Ints = NDArray[np.int64]


def difference_in_means(cells: Cells) -> Model:
    """One block per arm × stratum, each with a constant alone.

    Stratum weights are numbers of customers, all arms. A contrast with a stratum that lacks one of its arms has no
    estimate; a stratum with one customer (or one cluster) of an arm has no variance of its own.
    """
    specification = cells.plan.specification
    K, M = len(specification.arms), len(cells.count)
    strata, stratum = np.unique(cells.strata, return_inverse=True)
    J = len(strata)
    block = cells.arm * J + stratum.reshape(-1)
    count = totals(block, cells.count, K * J).reshape(K, J)
    weight = totals(block, cells.weight, K * J)
    share = count.sum(axis=0) / max(count.sum(), 1.0)

    mean_functionals = np.zeros((K, K * J, 1))
    functionals = np.zeros((K * J, 1, 1))
    for k in range(K):
        at = np.arange(k * J, (k + 1) * J)
        functionals[at, 0, 0] = share
        mean_functionals[k, at, 0] = share if (count[k] > 0).all() and count[k].sum() else np.nan
    combine = np.zeros((len(specification.contrasts), K * J, 1))
    for t, (arm, comparison) in enumerate(specification.contrasts):
        for name, sign in ((arm, 1.0), (comparison, -1.0)):
            k = specification.arms.index(name)
            combine[t, k * J : (k + 1) * J, 0] += sign

    gram = np.where(weight > 0, weight, 1.0)[:, None, None]
    names = [cells.stratum_names[int(s)] for s in strata]
    units = _units(cells, block, K * J).reshape(K, J)
    unit = "customer" if cells.cluster is None else "cluster"
    constant = Indicator(np.zeros(M, dtype=np.int64), np.zeros(1, dtype=np.int64))
    c = cells.sums.shape[1]
    return Model(
        block=block,
        rows=SparseRows((constant,), np.zeros((M, c)), np.full(c, -1), 1),
        fill=np.zeros(c),
        scale=np.ones(c),
        gram=gram,
        inverse=1.0 / gram,
        root=1.0 / np.sqrt(gram),
        functionals=functionals,
        combine=combine,
        mean_functionals=mean_functionals,
        n=float(count.sum()),
        p=int((count > 0).sum()),
        unestimable=_per_contrast(cells, count, too_few(cells, arm_counts(cells)), names, 1, "customer"),
        uninferable=_per_contrast(cells, units, [None] * len(specification.contrasts), names, 2, unit),
        dropped=(),
        merged=(),
    )


def _units(cells: Cells, block: Ints, blocks: int) -> NDArray[np.float64]:
    """Units that were assigned, by block: clusters where there are any, else customers."""
    if cells.cluster is None:
        return totals(block, cells.count, blocks)
    G = len(cells.cluster.labels)
    pairs = np.sort(block * G + cells.cluster.codes)
    first = np.ones(len(pairs), dtype=bool)
    first[1:] = pairs[1:] != pairs[:-1]
    return np.bincount(pairs[first] // G, minlength=blocks).astype(float)


def _per_contrast(
    cells: Cells, units: NDArray[np.float64], already: list[str | None], names: list[str], least: int, unit: str
) -> tuple[str | None, ...]:
    specification = cells.plan.specification
    reasons = list(already)
    for t, pair in enumerate(specification.contrasts):
        for arm in pair:
            short = np.flatnonzero(units[specification.arms.index(arm)] < least)
            if reasons[t] is None and len(short):
                reasons[t] = short_stratum(arm, [names[int(j)] for j in short], least, unit)
    return tuple(reasons)


def short_stratum(arm: str, strata: list[str], least: int, unit: str) -> str:
    """The sentence for strata where an arm has fewer than ``least`` units; without strata, for the arm."""
    if strata == [""]:
        return few_customers(arm, 0) if least == 1 else f"arm {arm} has only one {unit}"
    listed = "; ".join(strata[:3]) + (f" and {len(strata) - 3} more" if len(strata) > 3 else "")
    return (
        f"arm {arm} has {'no' if least == 1 else 'fewer than two'} {unit}{'s' if least > 1 else ''} in stratum {listed}"
    )
