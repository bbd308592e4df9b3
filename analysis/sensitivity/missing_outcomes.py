"""What the missing outcomes of each contrast could hide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.estimators.paired import PairDifferences, pair_differences, unit_means
from analysis.integrity.missing_outcomes import Bounds, imbens_manski, lee_bounds, worst_case_bounds
from analysis.randomisation.in_memory import Floats, Integers, RowsInMemory
from analysis.results import OutcomeBounds
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol

Assumption = Literal["worst_case", "lee"]

_LEE_IN_PAIRS = (
    "Lee's bounds trim one arm by a share of its customers, and the clusters of a pair differ in size; "
    "worst-case bounds stand beside them where the outcome is a share"
)


def outcome_bounds(
    by_contrast: Mapping[tuple[str, str], RowsInMemory], protocol: Protocol, outcome: Outcome
) -> list[OutcomeBounds]:
    """Bounds of each contrast in which the outcome is missing for somebody.

    Args:
        by_contrast: the customers who could have got both arms of each planned contrast.
    """
    alpha, rows = protocol.analysis.alpha, []
    kinds: list[tuple[Assumption, Bounds]]
    for pair in protocol.contrasts:
        data = by_contrast[pair]
        y = data.number(column_of(outcome))
        if not np.isnan(y).any():
            continue
        of_pair = np.isin(data.arm, pair)
        y, treated, stratum = y[of_pair], data.arm[of_pair] == pair[0], data.stratum[of_pair]
        cluster = None if data.cluster is None else data.cluster[of_pair]
        pairs = protocol.randomisation.pairs
        if pairs is not None and cluster is not None:
            kinds = [("lee", Bounds(None, None, reason=_LEE_IN_PAIRS))]
        else:
            kinds = [("lee", lee_bounds(y, treated, alpha, stratum=stratum, cluster=cluster))]
        if outcome.kind == "binary":
            if pairs is not None:
                worst = worst_case_in_pairs(y, treated, data.codes(pairs)[0][of_pair], alpha)
            else:
                worst = worst_case_bounds(y, treated, 0.0, 1.0, alpha, stratum=stratum, cluster=cluster)
            kinds.insert(0, ("worst_case", worst))
        rows += [
            OutcomeBounds(
                outcome.id, *pair, assumption, bounds.lower, bounds.upper,
                bounds.ci_lower, bounds.ci_upper, bounds.trimmed_share, bounds.reason,
            )
            for assumption, bounds in kinds
        ]  # fmt: skip
    return rows


def worst_case_in_pairs(y: Floats, treated: NDArray[np.bool_], pair: Integers, alpha: float = 0.05) -> Bounds:
    """Bounds on a difference in shares from differences within pairs, when every missing outcome could be 0 or 1.

    Pairs that the estimate leaves out for a missing outcome are in both ends: the estimate of the pairs with every
    missing outcome filled, its error and its J − 1 degrees of freedom (:mod:`analysis.estimators.paired`).

    Args:
        y: shape (n,), NaN where missing.
        treated: shape (n,).
        pair: shape (n,), codes of the pair of each customer, or of the customer's cluster.
        alpha: one minus the confidence.

    Examples:
        >>> import numpy as np
        >>> y, pair = np.array([1.0, 0.0, np.nan, 0.0, 1.0, 1.0]), np.array([0, 0, 1, 1, 2, 2])
        >>> bounds = worst_case_in_pairs(y, np.array([True, False] * 3), pair)
        >>> round(bounds.lower, 3), round(bounds.upper, 3)  # the second pair differs by 0 or by 1
        (0.333, 0.667)
    """

    pairs = int(pair.max(initial=-1)) + 1

    def end(fill_treated: float, fill_comparison: float) -> PairDifferences | None:
        filled = np.where(np.isnan(y), np.where(treated, fill_treated, fill_comparison), y)
        return pair_differences(*(unit_means(filled, arm, pair, pairs) for arm in (treated, ~treated)))

    low, high = end(0.0, 1.0), end(1.0, 0.0)
    if low is None or high is None:
        return Bounds(None, None, reason="no pair has customers in both arms")
    if low.pair.size < 2:
        return Bounds(low.estimate, high.estimate, reason="there is one pair, so the bounds have no error")
    errors = [float(np.sqrt((side.influence**2).sum())) for side in (low, high)]
    interval = imbens_manski(low.estimate, high.estimate, errors[0], errors[1], alpha, float(low.pair.size - 1))
    return Bounds(low.estimate, high.estimate, errors[0], errors[1], *interval)
