"""The effect of receipt among compliers: two-stage least squares with the assigned arm as the only instrument.

Each contrast is a problem of its own (arm and comparison only), so several arms never stand for one receipt. With d the
receipt, λ̂ = ITT_y / ITT_d, and its standard error is that of the intention-to-treat estimate on y - λ̂d, by the declared
estimator, over |ITT_d|; that equals 2SLS. Undelivered contact is d = 0, never a reason to leave anyone out.
Sources: Angrist, Imbens & Rubin (1996), JASA 91:444–455; Anderson & Rubin (1949), Annals of Mathematical Statistics
20:46–63.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import stdtrit

from analysis.estimators.paired import regress_pairs
from analysis.fit import Contrast
from analysis.frame import AnalysisFrame
from analysis.regression import regress
from analysis.specification import Response, Specification

WEAK_FIRST_STAGE = 10.0


@dataclass(frozen=True, slots=True)
class ComplierEffect:
    """One response, one contrast. Units: the response's, per customer who received because of the arm.

    Attributes:
        estimate, std_error, df: As of any contrast; ``None`` with a ``reason``.
        first_stage: Difference in receipt, arm less comparison.
        first_stage_f: (ITT_d / its standard error)²; ``None`` when receipt follows the arm without exception.
        anderson_rubin_lower, anderson_rubin_upper: Interval that holds however weak the first stage is; both
            ``None`` with ``anderson_rubin_reason`` when the set is unbounded.
        n_arm, n_comparison: Customers with response and receipt observed.
        mean_comparison: Raw mean of the response in the comparison, among them.
    """

    response: str
    arm: str
    comparison: str
    estimate: float | None
    std_error: float | None
    df: float | None
    first_stage: float | None
    first_stage_f: float | None
    anderson_rubin_lower: float | None
    anderson_rubin_upper: float | None
    anderson_rubin_reason: str | None
    n_arm: int
    n_comparison: int
    mean_comparison: float | None
    reason: str | None = None
    note: str | None = None


def complier_effects(
    frame: AnalysisFrame,
    specification: Specification,
    responses: Sequence[Response],
    received: str | Mapping[str, str],
    *,
    alpha: float = 0.05,
    pairs: str | None = None,
) -> tuple[ComplierEffect, ...]:
    """Complier effect of every response and contrast, in that order.

    Args:
        frame: One row per allocated customer.
        specification: The declared regression; covariates, strata, clusters and errors are used as they are.
        responses: What is affected. An arm's offset is no effect of receipt, so it is left out.
        received: Column of 0/1 receipt, the same for all arms or by arm (the comparison is judged on the arm's column).
        alpha: Two-sided level of the Anderson-Rubin interval.
        pairs: The column of the matched pairs, which are then compared within themselves.

    Raises:
        AnalysisRefused: As :func:`analysis.regression.regress`.
    """
    effects: dict[tuple[int, int], ComplierEffect] = {}
    for t, (arm, comparison) in enumerate(specification.contrasts):
        column = received if isinstance(received, str) else received[arm]
        pair = dataclasses.replace(specification, arms=(comparison, arm), contrasts=((arm, comparison),))
        for r, effect in enumerate(_effects(frame, pair, responses, column, alpha, pairs)):
            effects[r, t] = effect
    return tuple(effects[r, t] for r in range(len(responses)) for t in range(len(specification.contrasts)))


def _effects(
    frame: AnalysisFrame,
    specification: Specification,
    responses: Sequence[Response],
    received: str,
    alpha: float,
    pairs: str | None,
) -> list[ComplierEffect]:
    fit = regress if pairs is None else partial(regress_pairs, pairs=pairs)
    numbered = list(enumerate(responses))
    first = [_less_receipt(response, received, 0.0, f"y{i}") for i, response in numbered]
    first += [_receipt_where_observed(response, received, f"d{i}") for i, response in numbered]
    stage = fit(frame, specification, first).fits
    stages = [_Stage(*(stage[f"{name}{i}", None].contrasts[0] for name in "yd")) for i, _ in numbered]
    estimable = [(i, response) for i, response in numbered if stages[i].reason is None]
    second = [_less_receipt(r, received, stages[i].ratio, f"at{i}") for i, r in estimable]
    second += [_less_receipt(r, received, stages[i].ratio + stages[i].step, f"off{i}") for i, r in estimable]
    residual = fit(frame, specification, second).fits if second else {}
    effects = []
    for i, response in numbered:
        if stages[i].reason is not None:
            effects.append(_result(response, stages[i], reason=stages[i].reason))
        else:
            at, off = residual[f"at{i}", None].contrasts[0], residual[f"off{i}", None].contrasts[0]
            effects.append(_effect(response, stages[i], at, off, alpha))
    return effects


@dataclass(frozen=True, slots=True)
class _Stage:
    """Intention to treat on the response and on receipt, among the same customers."""

    y: Contrast
    d: Contrast

    @property
    def reason(self) -> str | None:
        """Why there is no ratio."""
        if self.y.estimate is None or self.d.estimate is None:
            return self.y.reason or self.d.reason
        return "receipt does not differ between the arms" if self.d.estimate == 0.0 else None

    @property
    def ratio(self) -> float:
        return (self.y.estimate or 0.0) / (self.d.estimate or 1.0)

    @property
    def step(self) -> float:
        """How far from λ̂ the variance is taken again: of the size at which response and receipt weigh alike."""
        if not self.y.std_error or not self.d.std_error:
            return 1.0
        return self.y.std_error / self.d.std_error


def _less_receipt(response: Response, received: str, ratio: float, name: str) -> Response:
    return Response(name, response.terms, cap=response.cap, after_cap=(*response.after_cap, (received, -ratio)))


def _receipt_where_observed(response: Response, received: str, name: str) -> Response:
    """Receipt, missing wherever the response is, so that both stages have the same customers."""
    parts = (*response.terms, *response.after_cap)
    return Response(name, ((received, 1.0),), after_cap=tuple((column, 0.0) for column, _ in parts))


def _effect(response: Response, stage: _Stage, at: Contrast, off: Contrast, alpha: float) -> ComplierEffect:
    if at.std_error is None or at.df is None or stage.d.estimate is None:
        return _result(response, stage, reason=at.reason)
    variance_d = (stage.d.std_error or 0.0) ** 2
    bounds: tuple[float | None, float | None] = (None, None)
    unbounded = off.reason
    if off.std_error is not None:
        slope = (off.std_error**2 - at.std_error**2 - variance_d * stage.step**2) / stage.step
        curve = (at.std_error**2, slope, variance_d)
        bounds, unbounded = anderson_rubin(stage.ratio, stage.d.estimate, curve, at.df, alpha)
    first_stage_f = stage.d.estimate**2 / variance_d if variance_d > 0 else None
    note = None
    if first_stage_f is not None and first_stage_f < WEAK_FIRST_STAGE:
        note = f"the first stage is weak (F = {first_stage_f:.1f}): read the Anderson-Rubin interval"
    return dataclasses.replace(
        _result(response, stage, reason=None),
        estimate=stage.ratio,
        std_error=at.std_error / abs(stage.d.estimate),
        df=at.df,
        first_stage_f=first_stage_f,
        anderson_rubin_lower=bounds[0],
        anderson_rubin_upper=bounds[1],
        anderson_rubin_reason=unbounded,
        note=note,
    )


def anderson_rubin(
    ratio: float, first_stage: float, curve: tuple[float, float, float], df: float, alpha: float
) -> tuple[tuple[float | None, float | None], str | None]:
    """All λ at which the intention-to-treat effect on y - λd is not significant: bounds, and why there are none.

    Args:
        ratio: λ̂.
        first_stage: ITT_d.
        curve: (v, b, c) with the variance of ITT on y - λd equal to v + b(λ - λ̂) + c(λ - λ̂)².
        df: Of the t distribution.
        alpha: Two-sided level.

    Examples:
        >>> (lower, upper), _ = anderson_rubin(2.0, 0.5, (0.01, 0.0, 0.0), 1e9, 0.05)
        >>> round(lower, 3), round(upper, 3)
        (1.608, 2.392)
    """
    v, b, c = curve
    squared = float(stdtrit(df, 1.0 - alpha / 2.0)) ** 2
    # (first_stage · δ)² <= t²(v + bδ + cδ²) with δ = λ - λ̂; δ = 0 always satisfies it.
    leading = first_stage**2 - squared * c
    if leading <= 0.0:
        return (None, None), "the arms differ too little in receipt: the Anderson-Rubin set is unbounded"
    half = squared * b / (2.0 * leading)
    reach = float(np.sqrt(half**2 + squared * v / leading))
    return (ratio + half - reach, ratio + half + reach), None


def _result(response: Response, stage: _Stage, *, reason: str | None) -> ComplierEffect:
    return ComplierEffect(
        response=response.id,
        arm=stage.y.arm,
        comparison=stage.y.comparison,
        estimate=None,
        std_error=None,
        df=None,
        first_stage=stage.d.estimate,
        first_stage_f=None,
        anderson_rubin_lower=None,
        anderson_rubin_upper=None,
        anderson_rubin_reason=reason,
        n_arm=stage.y.n_arm,
        n_comparison=stage.y.n_comparison,
        mean_comparison=stage.y.mean_comparison,
        reason=reason,
    )
