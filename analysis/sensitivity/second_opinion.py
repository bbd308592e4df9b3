"""The primary estimate once more, by statsmodels, on a design built here and not by the two passes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.randomisation.in_memory import RowsInMemory
from analysis.regression.heteroskedastic import LEVERAGE_ONE
from analysis.results import Check, Estimate, Evaluation
from analysis.sensitivity.design_matrix import covariate_matrix, independent_columns
from analysis.specification import Specification
from designs.protocol.columns import column_of
from designs.protocol.eligibility import closes_an_arm
from designs.protocol.models import Protocol

Floats = NDArray[np.float64]

UP_TO = 50_000  # customers
AGREE_WITHIN = 1e-8  # relative; both sum doubles, in different orders
_COV_TYPE = {"classical": "nonrobust", "HC0": "HC0", "HC1": "HC1", "HC2": "HC2", "HC3": "HC3"}


def second_opinion(
    data: RowsInMemory | None, protocol: Protocol, specification: Specification, evaluation: Evaluation
) -> Check:
    """Refit the primary outcome and record how far the two programs agree, or why it was not fitted again.

    Args:
        data: everybody, or ``None`` where they were not read into memory.
        protocol: as locked.
        specification: the declared regression.
        evaluation: whose estimates of the primary outcome are compared.
    """
    customers = evaluation.flow.allocated
    if protocol.primary.kind == "time_to_event":
        return _not_fitted("A time to an event is no regression that could be fitted again.")
    if protocol.randomisation.method == "matched_pairs" or closes_an_arm(protocol):
        return _not_fitted("Pairs, or arms that some customers cannot get, are not one regression to fit again.")
    if data is None or customers > UP_TO:
        return _not_fitted(f"It is made for up to {UP_TO:,} customers, and there are {customers:,}.")
    rows = [row for row in evaluation.estimates if row.outcome == protocol.primary.id and row.declared]
    if not rows:
        return _not_fitted("The design gives no effect that a verdict could rest on.")
    return compare(data, protocol, specification, rows)


def _not_fitted(detail: str) -> Check:
    return Check("second_opinion", None, detail, "informs")


def compare(
    data: RowsInMemory, protocol: Protocol, specification: Specification, estimates: Sequence[Estimate]
) -> Check:
    """Fit the primary outcome by statsmodels and compare its estimates with these.

    The standard error is compared where statsmodels has the declared kind; it has no CR2, so there the coefficients
    alone are compared, and the check says so.
    """
    if any(row.estimate is None for row in estimates):
        # An arm without customers in some stratum, or with too few, is out of its own contrasts only.
        return _not_fitted("An effect could not be estimated, so there is no one regression of all arms to fit again.")
    # Contrasts that lose the same strata are one regression, of the customers who stay.
    groups: dict[bytes, list[Estimate]] = {}
    for row in estimates:
        groups.setdefault(data.lacking((row.arm, row.comparison)).tobytes(), []).append(row)
    gaps: dict[str, float | int | str | None] = {}
    not_compared = ""
    for rows in groups.values():
        stay = data.of_contrast((rows[0].arm, rows[0].comparison))
        of_group, not_compared = _gaps(stay, protocol, specification, rows)
        gaps |= of_group
    if not gaps:
        return Check("second_opinion", None, "no estimate of the primary outcome to compare", "warns")
    worst = max(float(gap or 0.0) for gap in gaps.values())
    what = "estimates" if not_compared else "estimates and standard errors"
    detail = f"{what} agree to {worst:.1g} of their size" if worst <= AGREE_WITHIN else f"{what} differ by {worst:.2g}"
    return Check("second_opinion", worst <= AGREE_WITHIN, detail + not_compared, "warns", gaps)


def _gaps(
    data: RowsInMemory, protocol: Protocol, specification: Specification, estimates: Sequence[Estimate]
) -> tuple[dict[str, float], str]:
    """How far estimates and errors of one regression differ, and why errors are not compared."""
    from statsmodels.regression.linear_model import OLS

    y = data.number(column_of(protocol.primary))
    known = ~np.isnan(y)
    matrix, place = _design_matrix(data, specification, known)
    model = OLS(y[known], matrix)
    kind = specification.standard_errors
    with np.errstate(divide="ignore", invalid="ignore"):  # one customer alone in a cell has a leverage of 1
        if kind in _COV_TYPE:
            fitted = model.fit(cov_type=_COV_TYPE[kind])
        elif kind == "CR2" or data.cluster is None:
            fitted = model.fit()
        else:
            fitted = model.fit(
                cov_type="cluster", cov_kwds={"groups": data.cluster[known], "use_correction": kind == "CR1"}
            )
        covariance = fitted.cov_params()
    not_compared = ""
    if kind in ("HC2", "HC3") and _has_leverage_one(matrix):
        not_compared = "; a customer is alone in a cell, where statsmodels divides by zero, so errors are not compared"
    if kind == "CR2":
        not_compared = "; statsmodels has no CR2, so errors are not compared"
    differences: dict[str, float] = {}
    for row in estimates:
        if row.estimate is None or row.std_error is None:
            continue
        weights = place[row.arm] - place[row.comparison]
        gap = abs(float(weights @ fitted.params) - row.estimate) / max(abs(row.estimate), row.std_error)
        if not not_compared:
            gap = max(gap, abs(float(np.sqrt(weights @ covariance @ weights)) - row.std_error) / row.std_error)
        differences[f"{row.arm} against {row.comparison}"] = gap
    return differences, not_compared


def _has_leverage_one(matrix: Floats) -> bool:
    """Whether some row's leverage is 1: its fitted value is its own, and its residual zero."""
    q, _ = np.linalg.qr(matrix)
    return bool((1.0 - np.einsum("ij,ij->i", q, q)).min() < LEVERAGE_ONE)


def _design_matrix(
    data: RowsInMemory, specification: Specification, known: NDArray[np.bool_]
) -> tuple[Floats, dict[str, Floats]]:
    """Columns of one model with all arms, and for each arm the weights that give its adjusted mean."""
    arms = data.arm[known]
    strata = data.stratum[known]
    indicator = np.column_stack([(arms == arm).astype(np.float64) for arm in specification.arms])
    later_strata = np.unique(strata)[1:]
    stratum_columns = (strata[:, None] == later_strata[None, :]).astype(np.float64)
    extra = stratum_columns
    if specification.adjustment != "none":
        extra = np.column_stack([stratum_columns, covariate_matrix(data, specification.covariates, known)])
    extra = independent_columns(extra, arms, in_every_arm=specification.adjustment != "additive")
    centred = extra - extra.mean(axis=0)
    blocks = [indicator]
    if specification.adjustment == "additive":
        blocks.append(centred)
    else:  # Lin; stratum-weighted means are Lin on the strata alone
        blocks += [indicator[:, [k]] * centred for k in range(len(specification.arms))]
    matrix = np.column_stack(blocks)
    unit = np.eye(matrix.shape[1])
    return matrix, {arm: unit[k] for k, arm in enumerate(specification.arms)}
