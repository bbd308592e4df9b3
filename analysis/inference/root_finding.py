"""Where a rising function passes zero. scipy.optimize would do, but importing it costs more than most analyses."""

from __future__ import annotations

import math
from collections.abc import Callable


def rising_root(function: Callable[[float], float], low: float, high: float, *, tolerance: float = 1e-12) -> float:
    """The root of an increasing function between ``low`` and ``high``, by false position with the Illinois step.

    Args:
        function: at most zero at ``low``, at least zero at ``high``; either may be infinite there.
        low, high: the bracket, ``low <= high``.
        tolerance: relative width of the bracket, or absolute value of the function, at which to stop.

    Source: Dowell & Jarratt (1971), BIT 11:168.

    Examples:
        >>> round(rising_root(lambda x: x * x - 2.0, 0.0, 2.0), 9)
        1.414213562
    """
    below, above = function(low), function(high)
    stayed = 0  # -1: the lower end stayed last time, 1: the upper end did
    for _ in range(200):
        if high - low <= tolerance * max(1.0, abs(low), abs(high)) or above <= below:
            break
        finite = math.isfinite(below) and math.isfinite(above)
        middle = low - below * (high - low) / (above - below) if finite else 0.5 * (low + high)
        middle = middle if low < middle < high else 0.5 * (low + high)
        value = function(middle)
        if abs(value) < tolerance:
            return middle
        if value < 0.0:
            low, below, above = middle, value, above / 2.0 if stayed == 1 else above
            stayed = 1
        else:
            high, above, below = middle, value, below / 2.0 if stayed == -1 else below
            stayed = -1
    return 0.5 * (low + high)
