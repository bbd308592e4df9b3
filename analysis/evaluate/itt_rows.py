"""From fits to the rows of the results: intention to treat, and tests of interaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.evaluate.families import effect_of
from analysis.fit import Contrast, Fit, JointCovariance
from analysis.inference.cautions import lopsided
from analysis.inference.estimates import row_of, with_effect
from analysis.inference.hotelling import FTest, equality
from analysis.inference.intervals import Effect
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
    seen: Callable[[Contrast], Effect] = effect_of,
) -> tuple[Estimate, ...]:
    """The declared estimate of every planned contrast of one outcome, in one subgroup level or among everyone.

    ``seen`` makes an effect of each contrast.
    """
    return tuple(
        _row(protocol, outcome, contrast, seen(contrast), in_family, subgroup=subgroup, level=level, variant=variant)
        for contrast, in_family in zip(fit.contrasts, adjusted, strict=True)
    )


def interaction_rows(
    outcome: Outcome, by: Levels, fits: Sequence[Fit], joint: JointCovariance | None
) -> tuple[Interaction, ...]:
    """One test an arm, Wald's F or under clusters AHT: is its effect the same in every level?"""
    rows = []
    for number, contrast in enumerate(fits[0].contrasts):
        estimates = [fit.contrasts[number].estimate for fit in fits]
        test = _equality(by, number, estimates, joint)
        row = Interaction(outcome.id, by.column, contrast.arm, contrast.comparison, None, None, None, None)
        if isinstance(test, str):
            rows.append(replace(row, reason=test))
            continue
        rows.append(
            replace(
                row, statistic=test.statistic, df_numerator=test.df_numerator, df_denominator=test.df_denominator,
                p_value=test.p_value, approximate_hotelling=joint is not None and joint.kernel is not None,
            )
        )  # fmt: skip
    return tuple(rows)


def _equality(by: Levels, number: int, estimates: Sequence[float | None], joint: JointCovariance | None) -> FTest | str:
    """The test that a contrast is equal over the estimable levels, or why there is none."""
    if joint is None:
        return "the levels' joint covariance is not known"
    place = {pair: position for position, pair in enumerate(joint.pairs)}
    known = [
        (place[name, number], estimate)
        for name, estimate in zip(by.names, estimates, strict=True)
        if estimate is not None and (name, number) in place and np.isfinite(_variance(joint, place[name, number]))
    ]
    if len(known) < 2 or joint.df is None:
        return "fewer than two levels can be estimated"
    at, values = [position for position, _ in known], np.array([estimate for _, estimate in known])
    return equality(
        values,
        joint.matrix[np.ix_(at, at)],
        joint.df,
        expected=None if joint.expected is None else joint.expected[at],
        kernel=None if joint.kernel is None else joint.kernel[np.ix_(at, at)],
    )


def _variance(joint: JointCovariance, position: int) -> float:
    return float(joint.matrix[position, position])


def _row(
    protocol: Protocol,
    outcome: Outcome,
    contrast: Contrast,
    effect: Effect,
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
    notes = contrast.note, effect.note, adjusted.note, lopsided(contrast.skewness, alpha)
    return replace(
        with_effect(row, effect, alpha, adjusted, notes),
        subgroup=subgroup,
        level=level,
        n_left_out=contrast.n_left_out,
        mean_comparison=contrast.mean_comparison,
        adjusted_mean_arm=contrast.adjusted_mean_arm,
        adjusted_mean_comparison=contrast.adjusted_mean_comparison,
    )
