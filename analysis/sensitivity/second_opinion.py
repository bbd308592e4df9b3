"""The primary estimate once more, by statsmodels, on a design built here and not by the two passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from analysis.estimators.as_designed import regress_as_designed
from analysis.evaluate.specify import response_of
from analysis.fit import Contrast
from analysis.frame import AnalysisFrame, strata_of
from analysis.randomisation.in_memory import RowsInMemory, read_rows
from analysis.regression.heteroskedastic import LEVERAGE_ONE, LEVERAGE_POWER
from analysis.results import Check, Estimate, Evaluation
from analysis.sensitivity.design_matrix import covariate_matrix, independent_columns
from analysis.sensitivity.sample import Sample, sampled
from analysis.specification import Specification
from designs.protocol.columns import column_of
from designs.protocol.eligibility import closes_an_arm
from designs.protocol.models import Protocol

Floats = NDArray[np.float64]

CELLS = 20_000_000  # rows × columns of one fit: statsmodels holds it about five times over, in 1 GiB
MOST_COLUMNS = 1_000  # whether each depends on the others takes their cube, once and for each that does
AGREE_WITHIN = 1e-8  # relative; both sum doubles, in different orders
_COV_TYPE = {"classical": "nonrobust", "HC0": "HC0", "HC1": "HC1", "HC2": "HC2", "HC3": "HC3"}


def second_opinion(
    data: RowsInMemory | None,
    frame: AnalysisFrame,
    protocol: Protocol,
    specification: Specification,
    evaluation: Evaluation,
) -> Check:
    """Refit the primary outcome and record how far the two programs agree, or why it was not fitted again.

    Where everybody is more than statsmodels can hold in 1 GiB, both programs fit a random sample of whole clusters or
    strata, and the check says so.

    Args:
        data: everybody, or ``None`` where they were not read into memory.
        frame: the same rows, lazily.
        protocol: as locked.
        specification: the declared regression.
        evaluation: whose estimates of the primary outcome are compared.
    """
    if protocol.primary.kind == "time_to_event":
        return _not_fitted("A time to an event is no regression that could be fitted again.")
    if protocol.randomisation.method == "matched_pairs" or closes_an_arm(protocol):
        return _not_fitted("Pairs, or arms that some customers cannot get, are not one regression to fit again.")
    declared = [row for row in evaluation.estimates if row.outcome == protocol.primary.id and row.declared]
    if not declared:
        return _not_fitted("The design gives no effect that a verdict could rest on.")
    width = _columns_of_the_design(frame, protocol, specification)
    if width > MOST_COLUMNS:
        return _not_fitted(f"A fit of {width:,} columns is not made again: at most {MOST_COLUMNS:,} are.")
    at_most = CELLS // width
    if data is not None and data.arm.size <= at_most:
        return compare(data, protocol, specification, declared)
    sample = sampled(frame, protocol, evaluation.protocol_digest, at_most)
    if isinstance(sample, str):
        return _not_fitted(
            f"A fit of {width:,} columns is made for up to {at_most:,} customers, there are "
            f"{evaluation.flow.allocated:,}, and {sample}."
        )
    return _compare_on(sample, protocol, specification)


def _compare_on(sample: Sample, protocol: Protocol, specification: Specification) -> Check:
    """Both programs on a sample; it says nothing of the whole trial's figures, and all of how they are made."""
    response = response_of(protocol.primary)
    ours = regress_as_designed(sample.frame, protocol, specification, [response]).fits[response.id, None]
    covariates = [column.name for column in specification.covariates]
    data = read_rows(sample.frame, protocol, [column_of(protocol.primary), *covariates])
    check = compare(data, protocol, specification, ours.contrasts)
    return replace(check, detail=f"On {sample.words}: {check.detail}")


def _columns_of_the_design(frame: AnalysisFrame, protocol: Protocol, specification: Specification) -> int:
    """At most how many columns one fit has."""
    categories = [column.name for column in specification.covariates if column.kind == "category"]
    numbers = len(specification.covariates) - len(categories)
    strata = strata_of(frame, protocol)
    width = 0
    if specification.adjustment != "none":
        width += 2 * numbers  # itself, and an indicator of where it is missing
        if categories:
            counted = frame.engine.collect(frame.rows.select(*(nw.col(name).n_unique() for name in categories)))
            width += sum(int(counted[name][0].as_py()) for name in categories)
    if strata:
        combinations = frame.rows.select(*(nw.col(name) for name in strata)).unique().select(nw.len().alias("strata"))
        width += int(frame.engine.collect(combinations)["strata"][0].as_py()) - 1
    if specification.adjustment == "additive":
        return width + len(specification.arms)
    return width + 1 if _arms_fit_apart(specification) else (width + 1) * len(specification.arms)


def _arms_fit_apart(specification: Specification) -> bool:
    """With every column times every arm a row holds zeros for all other arms, so that each arm is a fit of its own.

    The other errors pool what is left over, or let clusters span arms.
    """
    return specification.adjustment != "additive" and specification.standard_errors in ("HC0", "HC2", "HC3")


def _not_fitted(detail: str) -> Check:
    return Check("second_opinion", None, detail, "informs")


def compare(
    data: RowsInMemory, protocol: Protocol, specification: Specification, estimates: Sequence[Estimate | Contrast]
) -> Check:
    """Fit the primary outcome by statsmodels and compare its estimates with these.

    The standard error is compared where statsmodels has the declared kind; it has no CR2, so there the coefficients
    alone are compared, and the check says so.
    """
    if any(row.estimate is None for row in estimates):
        # An arm without customers in some stratum, or with too few, is out of its own contrasts only.
        return _not_fitted("An effect could not be estimated, so there is no one regression of all arms to fit again.")
    # Contrasts that lose the same strata are one regression, of the customers who stay.
    groups: dict[bytes, list[Estimate | Contrast]] = {}
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
    data: RowsInMemory, protocol: Protocol, specification: Specification, estimates: Sequence[Estimate | Contrast]
) -> tuple[dict[str, float], str]:
    """How far estimates and errors of one regression differ, and why errors are not compared."""
    y = data.number(column_of(protocol.primary))
    known = ~np.isnan(y)
    design = _design_of(data, known, specification)
    if _arms_fit_apart(specification):
        means = _fitted_apart(y[design.rows], design, specification)
    else:
        means = _fitted_together(y[design.rows], data, design, specification)
    not_compared = ""
    if specification.standard_errors == "CR2":
        not_compared = "; statsmodels has no CR2, so errors are not compared"
    elif means.alone:
        not_compared = "; a customer is alone in a cell, where statsmodels divides by zero, so errors are not compared"
    elif _borrows(data, known, specification):
        not_compared = (
            "; a customer is alone in an arm of a stratum, whose spread statsmodels takes for nil, so errors are not "
            "compared"
        )
    differences: dict[str, float] = {}
    for row in estimates:
        if row.estimate is None or row.std_error is None:
            continue
        weights = means.place[row.arm] - means.place[row.comparison]
        gap = abs(float(weights @ means.means) - row.estimate) / max(abs(row.estimate), row.std_error)
        if not not_compared:
            gap = max(gap, abs(float(np.sqrt(weights @ means.covariance @ weights)) - row.std_error) / row.std_error)
        differences[f"{row.arm} against {row.comparison}"] = gap
    return differences, not_compared


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """Columns of one regression, beside the arms' own.

    Attributes:
        rows: which customers are fitted, shape (N,).
        arms: of those who are, shape (n,).
        extra: strata and covariates, centred over all arms, without those that follow from the others, shape (n, q).
        lacking: arms without a customer in some stratum: other columns are dependent in these.
    """

    rows: NDArray[np.bool_]
    arms: NDArray[np.str_]
    extra: Floats
    lacking: frozenset[str]

    def of_arm(self, arm: str) -> tuple[NDArray[np.bool_], Floats]:
        """Which rows are the arm's, and the columns that are independent in it."""
        of_arm = self.arms == arm
        columns = self.extra[of_arm]
        return of_arm, independent_columns(
            columns, self.arms[of_arm], in_arms=[arm]
        ) if arm in self.lacking else columns


def _design_of(data: RowsInMemory, known: NDArray[np.bool_], specification: Specification) -> _Design:
    """An arm that lacks a stratum is in no contrast, and decides no other arm's columns.

    Under Lin's adjustment it is not fitted; it counts among those at whose means the others are compared.
    """
    arms, stratum = data.arm[known], data.stratum[known]
    strata = np.unique(stratum)
    lacking = frozenset(arm for arm in specification.arms if np.unique(stratum[arms == arm]).size < strata.size)
    whole = [arm for arm in specification.arms if arm not in lacking]
    in_arms = [] if specification.adjustment == "additive" else whole
    extra = (stratum[:, None] == strata[1:][None, :]).astype(np.float64)
    if specification.adjustment != "none":
        extra = np.column_stack([extra, covariate_matrix(data, specification.covariates, known, in_arms=in_arms)])
    extra = independent_columns(extra, arms, in_arms=in_arms)
    extra -= extra.mean(axis=0)
    if specification.adjustment != "lin" or not lacking:
        return _Design(known, arms, extra, lacking)
    fitted = np.isin(arms, whole)
    rows = known.copy()
    rows[known] = fitted
    return _Design(rows, arms[fitted], extra[fitted], frozenset())


def _borrows(data: RowsInMemory, known: NDArray[np.bool_], specification: Specification) -> bool:
    """Whether some arm has one customer in a stratum, whose part of a robust error is ours and not statsmodels'."""
    if specification.adjustment == "additive" or specification.standard_errors not in LEVERAGE_POWER:
        return False
    strata = int(data.stratum.max(initial=-1)) + 1
    return any(
        (np.bincount(data.stratum[known & (data.arm == arm)], minlength=strata) == 1).any()
        for arm in specification.arms
        if specification.strata
    )


@dataclass(frozen=True, slots=True, eq=False)
class _AdjustedMeans:
    """Every arm's adjusted mean by statsmodels.

    Attributes:
        place: of each arm in what follows, as a unit vector.
        means: shape (K,).
        covariance: shape (K, K).
        alone: whether some customer fits itself, so that HC2 and HC3 divide by zero.
    """

    place: dict[str, Floats]
    means: Floats
    covariance: Floats
    alone: bool


def _fitted_apart(y: Floats, design: _Design, specification: Specification) -> _AdjustedMeans:
    """One fit an arm, whose constant is the arm's adjusted mean."""
    from statsmodels.regression.linear_model import OLS

    fitted_arms = [arm for arm in specification.arms if arm in set(design.arms)]
    means, variances, alone = [], [], False
    for arm in fitted_arms:
        of_arm, columns = design.of_arm(arm)
        matrix = np.column_stack([np.ones(len(columns)), columns])
        with np.errstate(divide="ignore", invalid="ignore"):  # a leverage of 1
            fitted = OLS(y[of_arm], matrix).fit(cov_type=specification.standard_errors)
            variances.append(float(fitted.cov_params()[0, 0]))
        means.append(float(fitted.params[0]))
        alone |= specification.standard_errors != "HC0" and _has_leverage_one(matrix)
    place = dict(zip(fitted_arms, np.eye(len(means)), strict=True))
    return _AdjustedMeans(place, np.array(means), np.diag(variances), alone)


def _fitted_together(y: Floats, data: RowsInMemory, design: _Design, specification: Specification) -> _AdjustedMeans:
    """One fit of all arms."""
    from statsmodels.regression.linear_model import OLS

    kind = specification.standard_errors
    fitted_arms = [arm for arm in specification.arms if arm in set(design.arms)]
    indicator = np.column_stack([(design.arms == arm).astype(np.float64) for arm in fitted_arms])
    if specification.adjustment == "additive":
        matrix = np.column_stack([indicator, design.extra])
    else:  # Lin; stratum-weighted means are Lin on the strata alone
        matrix = np.column_stack([indicator, *(_in_rows(*design.of_arm(arm)) for arm in fitted_arms)])
    model = OLS(y, matrix)
    with np.errstate(divide="ignore", invalid="ignore"):
        if kind in _COV_TYPE:
            fitted = model.fit(cov_type=_COV_TYPE[kind])
        elif kind == "CR2" or data.errors_cluster is None:
            fitted = model.fit()
        else:
            groups = {"groups": data.errors_cluster[design.rows], "use_correction": kind == "CR1"}
            fitted = model.fit(cov_type="cluster", cov_kwds=groups)
        covariance = fitted.cov_params()
    count = len(fitted_arms)
    place = dict(zip(fitted_arms, np.eye(count), strict=True))
    alone = kind in ("HC2", "HC3") and _has_leverage_one(matrix)
    return _AdjustedMeans(place, fitted.params[:count], covariance[:count, :count], alone)


def _in_rows(of_arm: NDArray[np.bool_], columns: Floats) -> Floats:
    """An arm's columns in the rows of all arms, zero in the others'."""
    matrix = np.zeros((of_arm.size, columns.shape[1]))
    matrix[of_arm] = columns
    return matrix


def _has_leverage_one(matrix: Floats) -> bool:
    """Whether some row's leverage is 1: its fitted value is its own, and its residual zero."""
    from scipy.linalg import solve_triangular  # not by everybody who imports this module: it is slow to load

    triangle = np.linalg.qr(matrix, mode="r")
    rows = max(1, CELLS // 10 // matrix.shape[1])  # a slice of the matrix, so that it is not held once more
    for start in range(0, matrix.shape[0], rows):
        q = solve_triangular(triangle, matrix[start : start + rows].T, trans="T")
        if (1.0 - np.einsum("ij,ij->j", q, q)).min() < LEVERAGE_ONE:
            return True
    return False
