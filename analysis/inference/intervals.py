"""From an estimate and its standard error to p-values and bounds, by Student's t or the normal distribution.

Every rule downstream (multiplicity, net benefit, guardrails, verdict) works on :class:`Effect` and on nothing else,
so that a p-value and the bound beside it can never come from different distributions.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from typing import Final

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from analysis.inference.redrawn import Redrawn

SMALLEST_P: Final = sys.float_info.min


@dataclass(frozen=True, slots=True)
class Effect:
    """One estimated difference, in its own unit.

    Attributes:
        estimate: the difference; ``None`` where it cannot be estimated.
        std_error: its standard error, above zero; ``None`` where it cannot be estimated.
        df: degrees of freedom of Student's t; ``None`` means the normal distribution.
        reason: why there is no estimate.
        skewness: how far it leans, g of :func:`analysis.inference.skewness.skewness`; ``None`` where that is not asked.
        redrawn: redraws of it, where it leans too much for its bounds; or the reason why there are none.

    Examples:
        >>> effect = Effect(0.474833683, 0.162672338, 954.304421)
        >>> round(effect.p_value, 7), round(effect.lower(0.05), 7), round(effect.upper(0.05), 7)
        (0.0035945, 0.1555969, 0.7940705)
        >>> Effect(None, None, reason="the arm is empty").p_value is None
        True
    """

    estimate: float | None
    std_error: float | None
    df: float | None = None
    reason: str | None = None
    skewness: float | None = None
    redrawn: Redrawn | str | None = None

    @classmethod
    def normal(cls, estimate: float, variance: float) -> Effect:
        """An estimate whose error is the root of a variance, judged by the normal distribution."""
        if variance > 0:
            return cls(estimate, math.sqrt(variance))
        return cls(estimate, None, reason="the outcome does not vary, so its error is not estimable")

    @property
    def estimable(self) -> bool:
        """Whether there is an estimate with an error above zero, and degrees of freedom, to judge it by."""
        return self._parts() is not None

    @property
    def note(self) -> str | None:
        """What a reader must know of its p-value and bounds."""
        return None

    @property
    def statistic(self) -> float | None:
        parts = self._parts()
        return None if parts is None else parts[0] / parts[1]

    @property
    def p_value(self) -> float | None:
        """Two-sided p-value of no difference."""
        statistic = self.statistic
        return None if statistic is None else 2.0 * lower_tail(-abs(statistic), self.df)

    def p_above(self, null: float = 0.0) -> float | None:
        """One-sided p-value against a difference of at most ``null``."""
        parts = self._parts()
        return None if parts is None else lower_tail((null - parts[0]) / parts[1], self.df)

    def in_order(self, p_value: float) -> float | None:
        """What a one-sided p-value of another test of this effect, such as a redrawn one, comes to in this trial."""
        return p_value

    def held_to(self, level: float) -> float:
        """The two-sided nominal level at which a test at ``level`` is judged here: less, where looks share it."""
        return level

    def shown_below(self, value: float, level: float) -> bool:
        """Whether the effect is shown to lie below a value, at one-sided ``level / 2``."""
        upper = self.upper(level)
        return upper is not None and upper < value

    def lower(self, level: float) -> float | None:
        """Lower end of the two-sided ``1 - level`` interval: a one-sided bound at ``level / 2``."""
        parts = self._parts()
        return None if parts is None else parts[0] - critical_value(level, self.df) * parts[1]

    def upper(self, level: float) -> float | None:
        """Upper end of the two-sided ``1 - level`` interval: a one-sided bound at ``level / 2``."""
        parts = self._parts()
        return None if parts is None else parts[0] + critical_value(level, self.df) * parts[1]

    def _parts(self) -> tuple[float, float] | None:
        if self.estimate is None or self.std_error is None or self.std_error <= 0.0:
            return None
        return None if self.df is not None and self.df <= 0.0 else (self.estimate, self.std_error)

    def reversed(self) -> Effect:
        """The same difference the other way round: for an outcome that is better when it is lower."""
        return replace(
            self,
            estimate=None if self.estimate is None else -self.estimate,
            skewness=None if self.skewness is None else -self.skewness,
            redrawn=self.redrawn.reversed() if isinstance(self.redrawn, Redrawn) else self.redrawn,
        )

    def with_more(self, amount: float) -> Effect:
        """The same difference where every customer of the arm adds ``amount`` to it."""
        return replace(
            self,
            estimate=None if self.estimate is None else self.estimate + amount,
            redrawn=self.redrawn.with_more(amount) if isinstance(self.redrawn, Redrawn) else self.redrawn,
        )


def lower_tail(statistic: float, df: float | None) -> float:
    """P(T <= statistic) for Student's t, or the normal distribution where ``df`` is ``None``.

    Examples:
        >>> round(lower_tail(-1.959963984540054, None), 6)
        0.025
    """
    return above_zero(float(ndtr(statistic) if df is None else stdtr(df, statistic)))


def above_zero(p_value: float) -> float:
    """A p-value that underflowed, as the smallest double of full precision; every other as it is.

    No p-value is nil. The functions that give tails return 0 for what lies below that double, so it is an upper bound.

    Examples:
        >>> above_zero(0.0), above_zero(0.25)
        (2.2250738585072014e-308, 0.25)
    """
    return max(p_value, SMALLEST_P)


def critical_value(level: float, df: float | None) -> float:
    """The two-sided critical value: P(abs(T) > value) = level, for ``0 < level < 1``.

    Examples:
        >>> round(critical_value(0.05, None), 6), round(critical_value(0.05, 10.0), 6)
        (1.959964, 2.228139)
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    upper = ndtri(1.0 - level / 2.0) if df is None else stdtrit(df, 1.0 - level / 2.0)
    if math.isfinite(upper):
        return float(upper)
    raise ValueError(f"no critical value at level {level} with {df} degrees of freedom")
