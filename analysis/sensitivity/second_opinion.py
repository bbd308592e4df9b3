"""The primary estimate once more, by statsmodels, on a design built here and not by the two passes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.randomisation.in_memory import Dense, covariate_matrix, independent_columns
from analysis.regression.heteroskedastic import LONE
from analysis.results import Check, Estimate
from analysis.specification import Specification
from designs.protocol.columns import column_of
from designs.protocol.models import Protocol

Floats = NDArray[np.float64]

UP_TO = 50_000  # customers
AGREE_WITHIN = 1e-8  # relative; both sum doubles, in different orders
_COV_TYPE = {"classical": "nonrobust", "HC0": "HC0", "HC1": "HC1", "HC2": "HC2", "HC3": "HC3"}


def second_opinion(
    dense: Dense, protocol: Protocol, specification: Specification, estimates: Sequence[Estimate]
) -> Check:
    """Refit the primary outcome and record how far the two programs agree.

    The standard error is compared where statsmodels has the declared kind; it has no CR2, so there the coefficients
    alone are compared, and the check says so.
    """
    if any(row.estimate is None for row in estimates):
        return _not_one_model()
    from statsmodels.regression.linear_model import OLS

    y = dense.number(column_of(protocol.primary))
    rows = ~np.isnan(y)
    matrix, place = _design_matrix(dense, specification, rows)
    model = OLS(y[rows], matrix)
    kind = specification.standard_errors
    with np.errstate(divide="ignore", invalid="ignore"):  # one customer alone in a cell has a leverage of 1
        if kind in _COV_TYPE:
            fitted = model.fit(cov_type=_COV_TYPE[kind])
        elif kind == "CR2" or dense.cluster is None:
            fitted = model.fit()
        else:
            fitted = model.fit(
                cov_type="cluster", cov_kwds={"groups": dense.cluster[rows], "use_correction": kind == "CR1"}
            )
        covariance = fitted.cov_params()
    not_compared = ""
    if kind in ("HC2", "HC3") and _somebody_is_alone(matrix):
        not_compared = (
            "; a customer is alone in a cell, where statsmodels divides by nought, so errors are not compared"
        )
    if kind == "CR2":
        not_compared = "; statsmodels has no CR2, so errors are not compared"
    differences: dict[str, float | int | str | None] = {}
    worst = 0.0
    for row in estimates:
        if row.estimate is None or row.std_error is None:
            continue
        weights = place[row.arm] - place[row.comparison]
        gap = abs(float(weights @ fitted.params) - row.estimate) / max(abs(row.estimate), row.std_error)
        if not not_compared:
            gap = max(gap, abs(float(np.sqrt(weights @ covariance @ weights)) - row.std_error) / row.std_error)
        differences[f"{row.arm} against {row.comparison}"] = gap
        worst = max(worst, gap)
    if not differences:
        return Check("second_opinion", None, "no estimate of the primary outcome to compare", "warns")
    what = "estimates" if not_compared else "estimates and standard errors"
    detail = f"{what} agree to {worst:.1g} of their size" if worst <= AGREE_WITHIN else f"{what} differ by {worst:.2g}"
    return Check("second_opinion", worst <= AGREE_WITHIN, detail + not_compared, "warns", differences)


def _somebody_is_alone(matrix: Floats) -> bool:
    """Whether some row's leverage is 1: its fitted value is its own, and its residual nil."""
    q, _ = np.linalg.qr(matrix)
    return bool((1.0 - np.einsum("ij,ij->i", q, q)).min() < LONE)


def _not_one_model() -> Check:
    """An arm without customers in some stratum, or with too few, is out of its own contrasts only."""
    detail = "An effect could not be estimated, so there is no one regression of all arms to fit again."
    return Check("second_opinion", None, detail, "informs")


def another_model() -> Check:
    """Where the assignment asks for another fit than one model of all customers."""
    return Check(
        "second_opinion",
        None,
        "Pairs, or arms that some customers cannot get, are not one regression to fit again.",
        "informs",
    )


def not_a_regression() -> Check:
    """Where the primary outcome is a time to an event."""
    return Check("second_opinion", None, "A time to an event is no regression that could be fitted again.", "informs")


def too_many(customers: int) -> Check:
    return Check(
        "second_opinion", None, f"It is made for up to {UP_TO:,} customers, and there are {customers:,}.", "informs"
    )


def _design_matrix(
    dense: Dense, specification: Specification, rows: NDArray[np.bool_]
) -> tuple[Floats, dict[str, Floats]]:
    """Columns of one model with all arms, and for each arm the weights that give its adjusted mean."""
    arms = dense.arm[rows]
    strata = dense.stratum[rows]
    indicator = np.column_stack([(arms == arm).astype(np.float64) for arm in specification.arms])
    others = np.unique(strata)[1:]
    stratum_columns = (strata[:, None] == others[None, :]).astype(np.float64)
    extra = stratum_columns
    if specification.adjustment != "none":
        extra = np.column_stack([stratum_columns, covariate_matrix(dense, specification.covariates, rows)])
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
