"""Effects of every arm on every response, by the declared regression, in two passes over the rows.

The first pass returns counts and cross-products of cells; the coefficients follow from small matrices. The second is
made only for what needs each customer's residual: HC errors with covariates that vary within a cell, and clusters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import narwhals as nw
import numpy as np

from analysis.errors import AnalysisRefused
from analysis.fit import Contrast, Fit, Floats, JointCovariance, Regression
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.inference.cautions import few_clusters, few_customers, not_assigned_whole
from analysis.regression.fitting import Fitting, fit_models
from analysis.regression.gram import totals
from analysis.regression.heteroskedastic import LEVERAGE_POWER
from analysis.regression.inference import infer
from analysis.regression.leaving import (
    Leaving,
    groups_of,
    leaving_contrasts,
    of_contrasts,
    together,
    with_leaving,
    without_strata,
)
from analysis.regression.moments import Cells, read_cells
from analysis.regression.plan import make_plan
from analysis.regression.superpopulation_variance import superpopulation_variance
from analysis.regression.thin_strata import with_borrowed
from analysis.regression.third_moments import contrast_skewness
from analysis.regression.uncertainty import Joint, Uncertainty
from analysis.specification import Levels, Response, Specification
from designs.literals import CLUSTERED

NO_VARIATION = 1e-13  # of the response's size: what rounding alone leaves of a constant
NO_CUSTOMERS = "no customer has this outcome observed"
# CR0 and CR1 beside pair indicators reject 18% of true nulls at 5%: the pair is the cluster there.
PAIRS_OF_CLUSTERS = (
    "each stratum holds one cluster of each arm, where errors clustered without CR2 are too small; "
    "the pair would have to be the cluster"
)


def regress(
    frame: AnalysisFrame,
    specification: Specification,
    responses: Sequence[Response],
    *,
    by: Levels | None = None,
    skewness: bool = False,
) -> Regression:
    """Fit every response, in all customers or in each level of ``by``, one model with all arms each.

    Complete cases per response; covariate means over all arms' rows with that response observed. What cannot be
    estimated is ``None`` with a reason, contrast by contrast. Rows of arms that the design does not name are left out.

    Args:
        frame: One row per allocated customer.
        specification: The declared regression.
        responses: What is regressed.
        by: Subgroup levels; each is a fit of its own, and rows in no level are left out.
        skewness: Whether the skewness of every estimate is wanted; without clusters that may be one more pass.

    Returns:
        Fits by (response id, level name or ``None``), and with ``by`` the joint covariance over levels.

    Raises:
        AnalysisRefused: The design contradicts itself, or a column holds what cannot be analysed.
    """
    _check(frame, specification, responses, by)
    clustered = specification.standard_errors in CLUSTERED
    covariates = specification.covariates if specification.adjustment != "none" else ()
    measured = {response.measured: response for response in responses}
    plan = make_plan(
        frame, specification, tuple(measured.values()), by,
        by_cluster=clustered and not covariates, third_moments=skewness,
    )  # fmt: skip
    cells = read_cells(frame, plan)
    leaving = leaving_contrasts(cells)
    regression = regress_cells(frame, cells, responses)
    if leaving:
        regression = _of_those_who_stay(frame, cells, responses, regression, leaving)
    additive = specification.adjustment == "additive" and specification.strata
    if clustered and additive and _strata_are_pairs_of_clusters(frame, specification):
        return _without_errors(regression, PAIRS_OF_CLUSTERS)
    return regression


def _of_those_who_stay(
    frame: AnalysisFrame,
    cells: Cells,
    responses: Sequence[Response],
    whole: Regression,
    leaving: Mapping[tuple[int, int], Leaving],
) -> Regression:
    """Each contrast among the customers of strata that hold both its arms: one more fit for each set of strata."""
    plan = cells.plan
    specification, by = plan.specification, plan.by
    parts: list[tuple[tuple[int, ...], Regression]] = []
    for keys, numbers in groups_of(specification, leaving).items():
        if not keys:
            parts.append((numbers, of_contrasts(whole, numbers)))
            continue
        among = without_strata(frame, plan, keys)
        of_group = replace(specification, contrasts=tuple(specification.contrasts[t] for t in numbers))
        group = make_plan(
            among, of_group, plan.responses, by, by_cluster=plan.by_cluster, third_moments=plan.third_moments
        )
        parts.append((numbers, regress_cells(among, read_cells(among, group), responses)))
    names: Sequence[str | None] = (None,) if by is None else by.names
    return with_leaving(together(parts), whole, leaving, names)


def regress_cells(frame: AnalysisFrame, cells: Cells, responses: Sequence[Response] | None = None) -> Regression:
    """The same from cells that the first pass, or a simulation, has made; the plan in them says what is regressed.

    Args:
        frame: What the cells came from. It is read again only where something varies within a cell.
        cells: Of all levels and of everything that is measured.
        responses: What is asked for: the plan's own, or others that measure the same and differ in their offsets.
    """
    specification, by = cells.plan.specification, cells.plan.by
    responses = cells.plan.responses if responses is None else responses
    place = {response.measured: r for r, response in enumerate(cells.plan.responses)}
    fits = fit_models(cells)
    uncertainty, joints = _inferred(frame, cells, fits)
    uncertainty = with_borrowed(fits, uncertainty)
    found: dict[tuple[str, str | None], Fit] = {}
    for fit in fits:
        name = None if by is None else by.names[fit.fitted.level]
        for response in responses:
            if (r := place[response.measured]) in fit.fitted.responses:
                i = fit.fitted.responses.index(r)
                found[response.id, name] = _to_fit(fit, i, response, uncertainty[fit.fitted.level, r])
    ordered: dict[tuple[str, str | None], Fit] = {}
    for response in responses:
        for level in (None,) if by is None else by.names:
            ordered[response.id, level] = found.get((response.id, level)) or _empty_fit(specification, response)
    joint: dict[str, JointCovariance] = {}
    if by is not None:
        for response in responses:
            levels = {name: ordered[response.id, name] for name in by.names}
            joint[response.id] = _joint(place[response.measured], fits, levels, uncertainty, joints)
    return Regression(ordered, joint)


def _inferred(
    frame: AnalysisFrame, cells: Cells, fits: Sequence[Fitting]
) -> tuple[dict[tuple[int, int], Uncertainty], dict[int, Joint]]:
    """What is known of the fits that anybody takes part in; of the others, nothing."""
    T = len(cells.plan.specification.contrasts)
    nothing = Uncertainty(np.full((T, T), np.nan), np.full(T, np.nan))
    uncertainty = {(fit.fitted.level, r): nothing for fit in fits for r in fit.fitted.responses}
    taking_part = [fit for fit in fits if (fit.fitted.model.block >= 0).any()]
    if not taking_part:
        return uncertainty, {}
    known, joints = infer(frame, cells, taking_part)
    return uncertainty | known, joints


def _check(
    frame: AnalysisFrame, specification: Specification, responses: Sequence[Response], by: Levels | None
) -> None:
    columns = set(frame.rows.collect_schema().names())
    named = [
        *specification.strata,
        *(c.name for c in specification.covariates),
        *(column for r in responses for column in r.columns),
    ]
    named += [
        name for name in (specification.cluster, specification.weight, by.column if by else None) if name is not None
    ]
    absent = [name for name in dict.fromkeys(named) if name not in columns]
    if absent:
        raise AnalysisRefused(
            f"the data have no column {', '.join(absent)}", where="analysis frame", rule="every column used is there"
        )
    if specification.standard_errors in CLUSTERED and specification.cluster is None:
        raise AnalysisRefused(
            f"{specification.standard_errors} needs a cluster",
            where="standard_errors",
            remedy="declare the cluster column",
        )
    strangers = [arm for pair in specification.contrasts for arm in pair if arm not in specification.arms]
    if strangers:
        raise AnalysisRefused(f"contrast with {strangers[0]}, which is no arm", rule="contrasts are between the arms")


def _strata_are_pairs_of_clusters(frame: AnalysisFrame, specification: Specification) -> bool:
    if specification.standard_errors == "CR2" or specification.cluster in specification.strata:
        return False
    cluster = nw.col(str(specification.cluster))
    counted = frame.rows.group_by(*specification.strata, ARM_COLUMN).agg(cluster.n_unique().alias("clusters"))
    most = frame.engine.collect(counted.select(nw.col("clusters").max().alias("most")))["most"][0].as_py()
    return bool(most == 1)


def _without_errors(regression: Regression, reason: str) -> Regression:
    """The same estimates, with a reason where the standard errors were."""
    fits = {
        key: replace(
            fit,
            contrasts=tuple(
                replace(row, std_error=None, df=None, note=None, reason=row.reason or reason) for row in fit.contrasts
            ),
            covariance=np.full_like(fit.covariance, np.nan),
        )
        for key, fit in regression.fits.items()
    }
    joint = {
        name: replace(levels, matrix=np.full_like(levels.matrix, np.nan), df=None)
        for name, levels in regression.joint_covariance.items()
    }
    return Regression(fits, joint)


def _to_fit(fit: Fitting, i: int, response: Response, uncertainty: Uncertainty) -> Fit:
    model, cells = fit.fitted.model, fit.cells
    covariance = uncertainty.covariance.copy()
    counts = totals(cells.arm, cells.count, len(cells.plan.specification.arms))
    means = counts, _raw_means(fit, i, response, counts), _adjusted_means(fit, i, response)
    contrasts = []
    for t in range(len(cells.plan.specification.contrasts)):
        contrast = _contrast(fit, i, t, response, uncertainty, means)
        if contrast.std_error is None:
            covariance[t], covariance[:, t] = np.nan, np.nan
        contrasts.append(contrast)
    return Fit(
        contrasts=tuple(contrasts),
        covariance=covariance,
        dropped=model.dropped,
        n=int(cells.count.sum()),
        clusters=uncertainty.clusters,
        merged=model.merged,
        p=model.p,
    )


def _contrast(
    fit: Fitting, i: int, t: int, response: Response, uncertainty: Uncertainty, means: tuple[Floats, Floats, Floats]
) -> Contrast:
    """``means``: customers, raw and adjusted means by arm."""
    specification = fit.cells.plan.specification
    arm, comparison = specification.contrasts[t]
    arm_place, comparison_place = specification.arms.index(arm), specification.arms.index(comparison)
    counts, raw, adjusted = means
    reason = fit.fitted.model.unestimable[t]
    estimate = None if reason is not None else _estimate(fit, i, t, response)
    std_error, df = None, None
    if reason is None:
        reason = _no_standard_error(fit, i, t, uncertainty)
    if reason is None:
        std_error, df = float(np.sqrt(uncertainty.covariance[t, t])), float(uncertainty.df[t])
    return Contrast(
        response=response.id,
        arm=arm,
        comparison=comparison,
        estimate=estimate,
        std_error=std_error,
        df=df,
        n_arm=int(counts[arm_place]),
        n_comparison=int(counts[comparison_place]),
        mean_arm=_finite(raw[arm_place]),
        mean_comparison=_finite(raw[comparison_place]),
        adjusted_mean_arm=_finite(adjusted[arm_place]),
        adjusted_mean_comparison=_finite(adjusted[comparison_place]),
        reason=reason,
        note=None if df is None else _note(fit, (arm_place, comparison_place), counts, df, uncertainty),
        superpopulation_variance=superpopulation_variance(fit, i, t),
        skewness=None
        if std_error is None
        else contrast_skewness(t, (arm_place, comparison_place), std_error, uncertainty),
    )


def _note(fit: Fitting, pair: tuple[int, int], counts: Floats, df: float, uncertainty: Uncertainty) -> str | None:
    """Why a standard error that can be had is less sure than it looks."""
    specification, model = fit.cells.plan.specification, fit.fitted.model
    notes: list[str | None] = [] if specification.cluster_assigned else [not_assigned_whole(specification.called)]
    by_arm, effective, either = (
        uncertainty.clusters_by_arm, uncertainty.effective_clusters_by_arm, uncertainty.clusters_together
    )  # fmt: skip
    if by_arm is not None and effective is not None and either is not None:
        first, second = pair
        in_both = (by_arm[first], by_arm[second]), (effective[first], effective[second])
        notes.append(few_clusters(*in_both, together=either[first, second]))
    if specification.standard_errors in LEVERAGE_POWER:
        if any(uncertainty.borrowed):
            notes.append("what an arm's only customer of a stratum adds to the variance is taken from its other strata")
        elif LEVERAGE_POWER[specification.standard_errors] and uncertainty.leverage_one:
            customers = uncertainty.leverage_one
            notes.append(f"customers alone in their cell of the regression add nothing to its variance: {customers}")
        welch = specification.adjustment == "none" and not specification.strata
        columns = 1 if specification.adjustment == "additive" else model.p // max(int((counts > 0).sum()), 1)
        if not welch:
            notes.append(few_customers((counts[pair[0]], counts[pair[1]]), columns, df, specification.alpha))
    return "; ".join(note for note in notes if note) or None


def _estimate(fit: Fitting, i: int, t: int, response: Response) -> float:
    """Not the difference of the adjusted means, which a large common level would leave without digits."""
    model = fit.fitted.model
    by_block = np.matmul(model.functionals, fit.fitted.coefficients[i][:, :, None])[:, :, 0]
    effect = (model.combine[t] * by_block).sum()
    arm, comparison = fit.cells.plan.specification.contrasts[t]
    return float(effect) + response.offsets.get(arm, 0.0) - response.offsets.get(comparison, 0.0)


def _raw_means(fit: Fitting, i: int, response: Response, counts: Floats) -> Floats:
    cells, r = fit.cells, fit.fitted.responses[i]
    total = totals(cells.arm, cells.plain_response_sums[:, r], len(counts))
    mean = np.divide(total, counts, out=np.full_like(total, np.nan), where=counts > 0)
    return mean + cells.plan.response_centre[r] + _offsets(fit, response)


def _adjusted_means(fit: Fitting, i: int, response: Response) -> Floats:
    model, r = fit.fitted.model, fit.fitted.responses[i]
    mean = np.einsum("kbq,bq->k", model.mean_functionals, fit.fitted.coefficients[i])
    return np.asarray(mean + fit.cells.plan.response_centre[r] + _offsets(fit, response))


def _offsets(fit: Fitting, response: Response) -> Floats:
    return np.array([response.offsets.get(arm, 0.0) for arm in fit.cells.plan.specification.arms])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _no_standard_error(fit: Fitting, i: int, t: int, uncertainty: Uncertainty) -> str | None:
    """Why an estimate has no standard error, or ``None``."""
    specification, model = fit.cells.plan.specification, fit.fitted.model
    borrowed = bool(uncertainty.borrowed and uncertainty.borrowed[t])
    if specification.standard_errors != "classical" and model.uninferable[t] is not None and not borrowed:
        return model.uninferable[t]
    if uncertainty.clusters_by_arm is not None:
        for arm in specification.contrasts[t]:
            if uncertainty.clusters_by_arm[specification.arms.index(arm)] < 2:
                return f"arm {arm} has only one cluster"
    variance, df = uncertainty.covariance[t, t], uncertainty.df[t]
    if np.isfinite(variance) and variance <= (NO_VARIATION * _size(fit, i)) ** 2:
        return "the outcome does not vary within the arms, so that it has no standard error"
    if not (np.isfinite(variance) and np.isfinite(df) and df > 0):
        return f"{int(model.n)} customers are too few for the {model.p} columns of the regression"
    return None


def _size(fit: Fitting, i: int) -> float:
    """Root mean square of the response, at least."""
    cells, r = fit.cells, fit.fitted.responses[i]
    about_centre = cells.response_squares[:, r].sum() / cells.weight.sum()
    return float(np.sqrt(about_centre) + abs(cells.plan.response_centre[r]))


def _empty_fit(specification: Specification, response: Response) -> Fit:
    T = len(specification.contrasts)
    return Fit(
        contrasts=tuple(
            Contrast(response.id, arm, comparison, None, None, None, 0, 0, None, None, None, None, NO_CUSTOMERS)
            for arm, comparison in specification.contrasts
        ),
        covariance=np.full((T, T), np.nan),
        dropped=(),
        n=0,
        clusters=None,
        reason=NO_CUSTOMERS,
    )


def _joint(
    r: int,
    fits: Sequence[Fitting],
    levels: dict[str, Fit],
    uncertainty: dict[tuple[int, int], Uncertainty],
    joints: dict[int, Joint],
) -> JointCovariance:
    """Over the levels of a response that was measured as the plan's ``r``."""
    pairs = tuple((name, t) for name, fit in levels.items() for t in range(len(fit.contrasts)))
    matrix = np.zeros((len(pairs), len(pairs))) if r not in joints else joints[r].matrix.copy()
    freedom = 0.0
    for fit in fits:
        if r not in fit.fitted.responses:
            continue
        level, T = fit.fitted.level, len(fit.cells.plan.specification.contrasts)
        freedom += fit.fitted.model.n - fit.fitted.model.p
        if r not in joints:
            of_level = slice(level * T, (level + 1) * T)
            matrix[of_level, of_level] = uncertainty[level, r].covariance
    for place, (name, t) in enumerate(pairs):
        if levels[name].contrasts[t].std_error is None:
            matrix[place], matrix[:, place] = np.nan, np.nan
    df = joints[r].clusters - 1.0 if r in joints else freedom
    between = (joints[r].expected, joints[r].kernel) if r in joints else (None, None)
    return JointCovariance(pairs, matrix, df if df > 0 else None, *between)
