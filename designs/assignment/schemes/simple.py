"""Simple randomisation: every unit by itself, so the arms' totals vary by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from designs.assignment.schemes.scheme import BaseScheme
from designs.assignment.schemes.stratified import Blocks

_KEYS = 1 << 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Simple(BaseScheme):
    """Each unit's arm is where its key falls among the cumulative shares of 2^64.

    A probability differs from its share by less than 2^-64. Strata change nothing here, and are carried for the
    counts and the analysis only.
    """

    method: ClassVar[str] = "simple"


def thresholds(weights: tuple[int, ...]) -> list[int]:
    """K - 1 whole numbers: a unit's arm is how many of them its key has reached.

    Examples:
        >>> [threshold / 2**64 for threshold in thresholds((1, 2, 1))]
        [0.25, 0.75]
    """
    total = sum(weights)
    return [sum(weights[: k + 1]) * _KEYS // total for k in range(len(weights) - 1)]


def assign_simply(blocks: Blocks, keyed: NDArray[np.uint64]) -> NDArray[np.int8]:
    """The arm of every unit, each by its own key."""
    arm = np.zeros(len(keyed), np.int8)
    patterns = sorted(set(blocks.weights))
    pattern = np.array([patterns.index(row) for row in blocks.weights], np.int64)
    for at, open_weights in enumerate(patterns):
        rows = np.flatnonzero(pattern[blocks.codes] == at) if len(patterns) > 1 else slice(None)
        for threshold in thresholds(open_weights):
            # A threshold of 2^64 (every later arm barred) is above every key.
            if threshold < _KEYS:
                arm[rows] += keyed[rows] >= np.uint64(threshold)
    return arm
