"""Redraws of one contrast, kept so that any constant effect can be tested by them, and not only none.

Where an estimate leans too much for Student's t, a bound and a one-sided p-value come from here: the same assignment
redrawn, the difference studentised each time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TIE = 1e-9  # relative to the statistic: what counts as equally extreme
FARTHEST = 2.0**12  # standard errors; a bound further off is none
CLOSE = 1e-3  # standard errors to which a bound is found


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """D redraws of a contrast and what each would have shown had the arm a constant effect.

    Take an effect of τ off the arm's customers and redraw: a draw's difference is a line in τ and its variance a
    parabola, since the same units keep their shift wherever they land. So one set of draws tests every τ.

    Attributes:
        difference, error: as observed; the error does not depend on τ.
        lines: (D, 2) difference of each draw, ``lines[:, 0] - τ lines[:, 1]``.
        parabolas: (D, 3) variance of each draw, ``v0 - 2τ v1 + τ² v2``.
        exact: whether every assignment is there once.
        moved: what was added to every customer of the arm since, a change in what it costs.
    """

    difference: float
    error: float
    lines: Floats
    parabolas: Floats
    exact: bool
    moved: float = 0.0

    @property
    def draws(self) -> int:
        return int(self.lines.shape[0])

    def p_greater(self, null: float = 0.0) -> float:
        """One-sided p-value against an effect of at most ``null``."""
        return self._p(null, 1.0)

    def p_less(self, null: float = 0.0) -> float:
        """One-sided p-value against an effect of at least ``null``."""
        return self._p(null, -1.0)

    def bounds(self, level: float) -> tuple[float, float] | None:
        """The effects that neither one-sided test at ``level / 2`` rejects; ``None`` where an end is too far off.

        Returns:
            (lower, upper), in standard errors from the observed difference.
        """
        lower, upper = self._edge(level / 2.0, -1.0), self._edge(level / 2.0, 1.0)
        return None if lower is None or upper is None else (-lower, upper)

    def accuracy(self, level: float) -> float | None:
        """The Monte Carlo error of the further off of :meth:`bounds`, in standard errors of the difference."""
        p = level / 2.0
        error = float(np.sqrt(p * (1.0 - p) / self.draws))
        wide, narrow = self.bounds(2.0 * max(p - error, 1.0 / self.draws)), self.bounds(2.0 * (p + error))
        if wide is None or narrow is None:
            return None
        return max(abs(far - near) for far, near in zip(wide, narrow, strict=True)) / 2.0

    def with_more(self, amount: float) -> Redrawn:
        """The same redraws of an outcome to which every customer of the arm adds ``amount``."""
        return replace(self, moved=self.moved + amount)

    def reversed(self) -> Redrawn:
        """The same redraws of the outcome with its sign changed."""
        turned = self.lines * np.array([-1.0, 1.0])
        parabolas = self.parabolas * np.array([1.0, -1.0, 1.0])
        return Redrawn(-self.difference, self.error, turned, parabolas, self.exact, -self.moved)

    def _p(self, null: float, side: float) -> float:
        shift = null - self.moved
        observed = side * studentised(np.array([self.difference - shift]), np.array([self.error]))[0]
        difference = self.lines[:, 0] - shift * self.lines[:, 1]
        variance = self.parabolas[:, 0] - 2.0 * shift * self.parabolas[:, 1] + shift**2 * self.parabolas[:, 2]
        t = side * studentised(difference, np.sqrt(np.maximum(variance, 0.0)))
        extreme = int(np.count_nonzero(t >= observed - tolerance(float(observed))))
        added = 0 if self.exact else 1
        return (extreme + added) / (self.draws + added)

    def _edge(self, level: float, side: float) -> float | None:
        """How many standard errors from the estimate, on one side, the test begins to reject."""

        def kept(steps: float) -> bool:
            null = self.difference + self.moved + side * steps * self.error
            return (self.p_less(null) if side > 0 else self.p_greater(null)) > level

        inside, outside = 0.0, 2.0
        while kept(outside):
            inside, outside = outside, 2.0 * outside
            if outside > FARTHEST:
                return None
        while outside - inside > CLOSE:
            middle = 0.5 * (inside + outside)
            inside, outside = (middle, outside) if kept(middle) else (inside, middle)
        return outside


def tolerance(statistic: float) -> float:
    """By how much a redraw may fall short of a statistic and be as extreme; nothing where that is without end."""
    return TIE * max(1.0, abs(statistic)) if np.isfinite(statistic) else 0.0


def studentised(difference: Floats, error: Floats) -> Floats:
    """A draw whose error is zero is as extreme as can be, unless its difference is zero too."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = difference / error
    return np.where(error > 0, ratio, np.where(np.abs(difference) <= 1e-15, 0.0, np.copysign(np.inf, difference)))
