"""Logit as the declared check of a binary outcome: average marginal effects, in points like the headline."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from analysis.inference.estimates import row_of, with_effect
from analysis.inference.intervals import Effect
from analysis.integrity.shares_by_stratum import shares_differ
from analysis.randomisation.in_memory import RowsInMemory
from analysis.results import Estimate, Variant
from analysis.sensitivity.design_matrix import columns_of, covariate_matrix, independent_columns
from analysis.specification import Column
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol

Floats = NDArray[np.float64]
UP_TO = 50_000  # customers
MOST_STRATA = 60
MOST_COLUMNS = 300  # of covariates: whether each depends on the others takes their cube


def logit_rows(
    data: RowsInMemory, protocol: Protocol, outcome: Outcome, covariates: Sequence[Column]
) -> list[Estimate]:
    """Difference in the average predicted share between arms, with delta-method errors (Agresti 2013, section 5.5).

    Every customer is predicted under each arm, so the contrast is over the same customers as Lin's. Clusters enter
    through the sandwich, and strata as levels where the arms' shares differ by them: those that hold every arm.
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    y = data.number(column_of(outcome))
    known = ~np.isnan(y)
    within = shares_differ(data.arm[known], data.stratum[known])
    if within:
        known &= _in_every_arm(data, known)
    arms = data.arm[known]
    names = [arm.id for arm in protocol.arms]
    indicator = np.column_stack([(arms == name).astype(np.float64) for name in names])
    clustered = data.errors_cluster is not None
    label = "HC0, clustered" if clustered else "HC0"
    described = [
        row_of(
            outcome,
            pair,
            method="logit",
            standard_errors=label,
            variant=Variant("logit"),
            customers=(int((arms == pair[0]).sum()), int((arms == pair[1]).sum())),
        )
        for pair in protocol.contrasts
    ]
    if not indicator.any(axis=0).all():
        return [replace(row, reason="an arm has nobody who could have got every arm") for row in described]
    if (columns := columns_of(data, covariates, known, in_arms=names)) > MOST_COLUMNS:
        reason = f"covariates take {columns:,} columns, and a logit holds at most {MOST_COLUMNS}"
        return [replace(row, reason=reason) for row in described]
    adjusters = covariate_matrix(data, covariates, known, in_arms=names)
    if within:
        strata = np.unique(data.stratum[known])[1:]
        if strata.size >= MOST_STRATA:
            reason = f"arms have other shares in other strata, and a logit holds fewer than {MOST_STRATA}"
            return [replace(row, reason=reason) for row in described]
        adjusters = np.column_stack([data.stratum[known][:, None] == strata, adjusters]).astype(np.float64)
    adjusters = independent_columns(adjusters, arms, in_arms=names)
    adjusters = (adjusters - adjusters.mean(axis=0)) / adjusters.std(axis=0)
    matrix = np.column_stack([indicator, adjusters])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model = GLM(y[known], matrix, family=Binomial())
            fitted = (
                model.fit(cov_type="cluster", cov_kwds={"groups": data.errors_cluster[known], "use_correction": False})
                if data.errors_cluster is not None
                else model.fit(cov_type="HC0")
            )
    except (PerfectSeparationError, np.linalg.LinAlgError, Warning) as problem:
        return [replace(row, reason=f"the logit did not fit ({problem})") for row in described]
    beta, covariance = np.asarray(fitted.params), np.asarray(fitted.cov_params())
    shares, gradients = _average_predictions(beta, adjusters, len(names))
    completed = []
    for row in described:
        arm, comparison = names.index(row.arm), names.index(row.comparison)
        slope = gradients[arm] - gradients[comparison]
        effect = Effect.normal(shares[arm] - shares[comparison], float(slope @ covariance @ slope))
        completed.append(with_effect(row, effect, protocol.analysis.alpha))
    return completed


def _in_every_arm(data: RowsInMemory, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each customer's stratum has customers with the outcome in every arm."""
    arms = np.unique(data.arm[known])
    held = [np.isin(data.stratum, data.stratum[known & (data.arm == arm)]) for arm in arms]
    return np.asarray(np.logical_and.reduce(held), dtype=np.bool_)


def _average_predictions(beta: Floats, extra: Floats, arms: int) -> tuple[list[float], list[Floats]]:
    shares, gradients = [], []
    for arm in range(arms):
        p = expit(beta[arm] + extra @ beta[arms:])
        slope = p * (1 - p)
        gradient = np.zeros(beta.size)
        gradient[arm] = slope.mean()
        gradient[arms:] = (slope[:, None] * extra).mean(axis=0)
        shares.append(float(p.mean()))
        gradients.append(gradient)
    return shares, gradients
