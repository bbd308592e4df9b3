"""From fits to the rows of the results: intention to treat, and tests of interaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from analysis.evaluate.families import effect_of
from analysis.fit import Contrast, Fit, JointCovariance
from analysis.inference.cautions import lopsided
from analysis.inference.estimates import row_of, with_effect
from analysis.inference.multiplicity import Adjusted
from analysis.results import Estimate, EstimationMethod, Interaction, Variant
from analysis.specification import Levels
from designs.protocol.models import Outcome, Protocol

Floats = NDArray[np.float64]

METHODS: Mapping[str, EstimationMethod] = {"none": "difference_in_means", "additive": "additive", "lin": "lin"}


def itt_rows(
    protocol: Protocol,
    outcome: Outcome,
    fit: Fit,
    adjusted: Sequence[Adjusted],
    *,
    subgroup: str | None = None,
    level: str | None = None,
    variant: Variant | None = None,
) -> tuple[Estimate, ...]:
    """The declared estimate of every planned contrast of one outcome, in one subgroup level or among everyone."""
    return tuple(
        _row(protocol, outcome, contrast, in_family, subgroup=subgroup, level=level, variant=variant)
        for contrast, in_family in zip(fit.contrasts, adjusted, strict=True)
    )


def interaction_rows(
    outcome: Outcome, by: Levels, fits: Sequence[Fit], joint: JointCovariance | None
) -> tuple[Interaction, ...]:
    """One Wald F test an arm: is its effect the same in every level?"""
    rows = []
    for number, contrast in enumerate(fits[0].contrasts):
        estimates = [fit.contrasts[number].estimate for fit in fits]
        test = _wald(by, number, estimates, joint)
        rows.append(Interaction(outcome.id, by.column, contrast.arm, contrast.comparison, *test))
    return tuple(rows)


def _wald(
    by: Levels, number: int, estimates: Sequence[float | None], joint: JointCovariance | None
) -> tuple[float | None, float | None, float | None, float | None, str | None]:
    """(F, numerator df, denominator df, p-value, reason) that the contrast is equal over the estimable levels."""
    if joint is None:
        return None, None, None, None, "the levels' joint covariance is not known"
    place = {pair: position for position, pair in enumerate(joint.pairs)}
    known = [
        (place[name, number], estimate)
        for name, estimate in zip(by.names, estimates, strict=True)
        if estimate is not None and (name, number) in place and np.isfinite(_variance(joint, place[name, number]))
    ]
    if len(known) < 2 or joint.df is None:
        return None, None, None, None, "fewer than two levels can be estimated"
    positions, values = [position for position, _ in known], np.array([estimate for _, estimate in known])
    difference = np.hstack([-np.ones((len(known) - 1, 1)), np.eye(len(known) - 1)])
    covariance = difference @ joint.matrix[np.ix_(positions, positions)] @ difference.T
    gap = difference @ values
    if not np.isfinite(covariance).all() or np.linalg.matrix_rank(covariance) < len(gap):
        return None, None, None, None, "the differences between levels have no error to judge them by"
    statistic = float(gap @ np.linalg.solve(covariance, gap)) / len(gap)
    if joint.df <= 0:
        return None, None, None, None, "no degrees of freedom are left"
    p_value = float(fdtrc(len(gap), joint.df, max(statistic, 0.0)))
    return statistic, float(len(gap)), float(joint.df), p_value, None


def _variance(joint: JointCovariance, position: int) -> float:
    return float(joint.matrix[position, position])


def _row(
    protocol: Protocol,
    outcome: Outcome,
    contrast: Contrast,
    adjusted: Adjusted,
    *,
    subgroup: str | None,
    level: str | None,
    variant: Variant | None,
) -> Estimate:
    alpha = protocol.analysis.alpha
    row = row_of(
        outcome,
        (contrast.arm, contrast.comparison),
        method=METHODS[protocol.analysis.adjustment],
        standard_errors=protocol.analysis.standard_errors,
        variant=variant,
        customers=(contrast.n_arm, contrast.n_comparison),
    )
    notes = contrast.note, adjusted.note, lopsided(contrast.skewness, alpha)
    return replace(
        with_effect(row, effect_of(contrast), alpha, adjusted, notes),
        subgroup=subgroup,
        level=level,
        n_left_out=contrast.n_left_out,
        mean_comparison=contrast.mean_comparison,
        adjusted_mean_arm=contrast.adjusted_mean_arm,
        adjusted_mean_comparison=contrast.adjusted_mean_comparison,
    )
