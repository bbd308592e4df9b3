"""From many simulated trials to what they say of the design, each figure with its Monte Carlo error.

Bias, coverage and power as Blair et al. 2019 (APSR 113:838, table 2); type S and M errors as Gelman & Carlin 2014
(Perspectives on Psychological Science 9:641). Monte Carlo errors as Morris, White & Crowther 2019 (Statistics in
Medicine 38:2074, table 6); bands of shares are exact (Clopper & Pearson 1934).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, get_args

import numpy as np
from scipy.special import betaincinv, ndtri

from analysis.diagnosis.results import (
    Diagnosand,
    EffectDiagnosis,
    Replicate,
    ReplicateEffect,
    TruthDiagnosis,
    TruthName,
)
from analysis.results.verdicts import VerdictCode

_BAND: Final = 0.95
ENDS: Final[tuple[VerdictCode, ...]] = tuple(code for code in get_args(VerdictCode) if code != "not_due")
_EXACT: Final = 1e-12


def diagnosands(truth: TruthName, effects: Mapping[str, float], replicates: Sequence[Replicate]) -> TruthDiagnosis:
    """What replicates at one truth say.

    Args:
        truth: Its name.
        effects: The primary's true effect of each arm but the comparison, in the outcome's unit.
        replicates: Trials that were simulated there.

    Examples:
        >>> held = Replicate("scale", "sms", (ReplicateEffect("sms", 0.03, 0.01, 0.01, 0.05, True),))
        >>> of = diagnosands("central", {"sms": 0.02}, [held, held])
        >>> round(of.effects[0].bias.value, 9), of.effects[0].coverage.value, of.verdicts["scale"].value
        (0.01, 1.0, 1.0)
    """
    codes = [replicate.code for replicate in replicates]
    scaled = [replicate.arm if replicate.code in ("scale", "scale_segment") else None for replicate in replicates]
    return TruthDiagnosis(
        truth,
        tuple(_effect(arm, true, replicates) for arm, true in effects.items()),
        {code: share_of([each == code for each in codes]) for code in ENDS},
        {arm: share_of([each == arm for each in scaled]) for arm in effects},
    )


def _effect(arm: str, truth: float, replicates: Sequence[Replicate]) -> EffectDiagnosis:
    rows = [row for replicate in replicates for row in replicate.effects if row.arm == arm]
    estimates = [row.estimate for row in rows if row.estimate is not None]
    found = [row.estimate for row in rows if row.found and row.estimate is not None]
    zero = abs(truth) < _EXACT
    return EffectDiagnosis(
        arm=arm,
        truth=truth,
        mean_estimate=mean_of(estimates),
        bias=mean_of([estimate - truth for estimate in estimates]),
        coverage=share_of([_covers(row, truth) for row in rows if row.estimate is not None]),
        # A trial that came to nothing found nothing.
        power=share_of([*(row.found for row in rows), *(False for _ in range(len(replicates) - len(rows)))]),
        type_s=None if zero else share_of([estimate * truth < 0 for estimate in found]),
        type_m=None if zero else mean_of([abs(estimate) / abs(truth) for estimate in found]),
    )


def _covers(row: ReplicateEffect, truth: float) -> bool:
    return row.lower is not None and row.upper is not None and row.lower <= truth <= row.upper


def share_of(found: Sequence[bool]) -> Diagnosand:
    """A share, with its binomial error and exact band."""
    n = len(found)
    if not n:
        return Diagnosand(None, None, None, None, 0)
    held, tail = sum(found), (1 - _BAND) / 2
    share = held / n
    lower = float(betaincinv(held, n - held + 1, tail)) if held else 0.0
    upper = float(betaincinv(held + 1, n - held, 1 - tail)) if held < n else 1.0
    return Diagnosand(share, math.sqrt(share * (1 - share) / n), lower, upper, n)


def mean_of(values: Sequence[float]) -> Diagnosand:
    """A mean, with its standard error and normal band; without them of a single trial."""
    n = len(values)
    if not n:
        return Diagnosand(None, None, None, None, 0)
    mean = float(np.mean(values))
    if n == 1:
        return Diagnosand(mean, None, None, None, 1)
    error = float(np.std(values, ddof=1)) / math.sqrt(n)
    away = float(ndtri(0.5 + _BAND / 2)) * error
    return Diagnosand(mean, error, mean - away, mean + away, n)
