"""Amounts seen in other ways than by their mean: shares with any, quantiles, a bootstrap of the mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.estimators.amounts import Interval, bootstrap_interval, hurdle, quantile_effects
from analysis.inference.estimates import row_of
from analysis.integrity.shares_by_stratum import shares_differ
from analysis.randomisation.canonical_order import canonical_order, sums_of
from analysis.randomisation.in_memory import Floats, Integers, RowsInMemory, labelled_generator
from analysis.results import Estimate, Variant
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol


def amount_rows(
    data: RowsInMemory, protocol: Protocol, outcome: Outcome, pair: tuple[str, str], protocol_digest: str
) -> list[Estimate]:
    """Who has any of an amount, how much, the quantiles, and a resampled interval of the mean, for one contrast.

    Args:
        data: the customers who could have got both arms.
        protocol_digest: it seeds the resampling.
    """
    y = data.number(column_of(outcome))
    known = ~np.isnan(y) & np.isin(data.arm, pair)
    y, treated, alpha = y[known], data.arm[known] == pair[0], protocol.analysis.alpha
    stratum, cluster = data.stratum[known], data.cluster[known] if data.cluster is not None else None
    order, stratum, cluster = _for_resampling(y, treated, stratum, cluster)
    y, treated = y[order], treated[order]
    rng = labelled_generator(protocol_digest, f"amount:{outcome.id}:{pair[0]}:{pair[1]}")
    whole = bootstrap_interval(y, treated, stratum, rng=rng, cluster=cluster, alpha=alpha)
    intervals: list[tuple[Variant, str, Interval]] = [(Variant("bootstrap_mean"), "bootstrap", whole)]
    if cluster is None:
        # Where shares differ by stratum, arms that are pooled over strata would differ for that alone.
        within = stratum if shares_differ(data.arm[known][order], stratum) else None
        parts = hurdle(y, treated, alpha, stratum=within)
        intervals += [
            (Variant("share_with_any", outcome.measured_in), "unpooled", parts.paid_anything),
            (Variant("mean_with_any", outcome.measured_in), "unpooled", parts.how_much),
        ]
        quantiles = (0.5, 0.75, 0.9)
        effects = quantile_effects(y, treated, quantiles, rng=rng, alpha=alpha, stratum=within)
        intervals += [
            (Variant("quantile", quantile=q), "bootstrap", effect) for q, effect in zip(quantiles, effects, strict=True)
        ]
    rows = []
    for variant, errors, interval in intervals:
        row = row_of(
            outcome,
            pair,
            method="difference_in_means",
            standard_errors=errors,
            variant=variant,
            customers=(int(treated.sum()), int((~treated).sum())),
        )
        rows.append(
            replace(
                row,
                estimate=interval.estimate,
                std_error=interval.std_error,
                ci_lower=interval.ci_lower,
                ci_upper=interval.ci_upper,
                reason=interval.reason,
            )
        )
    return rows


def _for_resampling(
    y: Floats, treated: NDArray[np.bool_], stratum: Integers, cluster: Integers | None
) -> tuple[Integers, Integers, Integers | None]:
    """The order in which customers are resampled, and the codes of strata and clusters in it, by what they hold."""
    if cluster is None:
        return *canonical_order(stratum, treated, y), None
    member = np.unique(cluster, return_inverse=True)[1].reshape(-1)
    size, total = np.bincount(member), sums_of(y, member)
    one = np.zeros(size.size, dtype=np.int64)
    one[member] = np.arange(member.size)
    order, code = canonical_order(stratum[one], treated[one], size.astype(np.float64), total)
    place, of_cluster = np.empty_like(order), np.empty_like(order)
    place[order], of_cluster[order] = np.arange(order.size), code
    rows = np.lexsort((y, place[member]))
    return rows, of_cluster[member][rows], place[member][rows]
