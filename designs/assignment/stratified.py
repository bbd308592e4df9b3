"""Complete randomisation within strata: every stratum's total exact, every cell and arm total within 1.

A stratum here is a combined label together with the pattern of barred arms: customers who may not get some arm are
dealt among themselves, at the declared ratio of the arms that are open to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from designs.assignment.dealing import IdsOf, deal, permuted_arms
from designs.assignment.rounding import controlled_rounding
from designs.assignment.stream import Randomness, Uniform
from designs.assignment.units import EVERYBODY, Codes, Levels, Units, crossed, levels
from designs.errors import DesignRefused


@dataclass(frozen=True, slots=True)
class Blocks:
    """The strata of a draw.

    Args:
        rows: J pairs (stratum label, barred arms), sorted.
        codes: n codes into ``rows``.
        weights: J tuples of K whole numbers, nought where the arm is barred.
    """

    rows: tuple[tuple[str, str], ...]
    codes: Codes = field(repr=False)
    weights: tuple[tuple[int, ...], ...]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Units in each stratum."""
        return np.bincount(self.codes, minlength=len(self.rows)).astype(np.int64)

    def shares(self) -> list[list[Fraction]]:
        """J × K probabilities, exactly."""
        return [[Fraction(weight, sum(row)) for weight in row] for row in self.weights]

    def probabilities(self) -> NDArray[np.float64]:
        """J × K probabilities."""
        return np.array([[float(share) for share in row] for row in self.shares()])


def stratum_labels(columns: Mapping[str, Any], first_row: int = 0) -> Any:
    """One combined label per customer, such as ``debt_band=low; phone_status=none``.

    Args:
        columns: Name and n values of each stratum variable. Nulls are refused.
        first_row: Where these rows begin in the file, for the refusal.

    Returns:
        A dictionary-encoded Arrow array of n texts; different combinations never share a label.

    Examples:
        >>> stratum_labels({"band": pa.array(["low", "high"]), "phone": pa.array(["none", "present"])}).to_pylist()
        ['band=low; phone=none', 'band=high; phone=present']
    """
    names: tuple[str, ...] = ("",)
    codes: NDArray[np.int64] | None = None
    for column, values in columns.items():
        level = levels(_as_text(values), column, first_row)
        labelled = Levels(tuple(f"{column}={_escaped(name)}" for name in level.names), level.codes)
        if codes is None:
            names, codes = labelled.names, labelled.codes
        else:
            pairs, codes = crossed(Levels(names, codes), labelled)
            names = tuple(f"{first}; {second}" for first, second in pairs)
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names, pa.string()))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;")


def _as_text(values: Any) -> Any:
    if isinstance(values, (pa.Array, pa.ChunkedArray)) and not pa.types.is_dictionary(values.type):
        return values.cast(pa.string())
    return values


def pattern_weights(barred: str, arms: tuple[str, ...], weights: tuple[int, ...]) -> tuple[int, ...]:
    """The weights of the arms that a pattern leaves open; nought for the others."""
    closed = set(barred.split())
    unknown = closed - set(arms)
    if unknown:
        raise DesignRefused(f"arm {sorted(unknown)[0]!r} is barred but not declared", where="barred arms")
    if closed == set(arms):
        raise DesignRefused(
            "some customers may not get any arm",
            where="barred arms",
            rule="everyone who is dealt can get at least one arm",
            remedy="exclude them, with the reason, before the draw",
        )
    return tuple(0 if arm in closed else weight for arm, weight in zip(arms, weights, strict=True))


def blocks(units: Units, arms: tuple[str, ...], weights: tuple[int, ...], first_row: int = 0) -> Blocks:
    """Cross the strata with the patterns of barred arms."""
    nought = np.zeros(len(units), np.int64)
    stratum, barred = Levels((EVERYBODY,), nought), Levels(("",), nought)
    if units.strata is not None:
        stratum = levels(units.strata, "stratum", first_row)
    if units.barred is not None:
        barred = levels(units.barred, "barred-arms text", first_row)
    rows, codes = crossed(stratum, barred)
    return Blocks(rows, codes, tuple(pattern_weights(pattern, arms, weights) for _, pattern in rows))


def rounded_counts(
    sizes: NDArray[np.int64], weights: tuple[tuple[int, ...], ...], source: Uniform
) -> NDArray[np.int64]:
    """How many units of each stratum each arm takes: J × K, by unbiased controlled rounding."""
    denominator = lcm(*(sum(row) for row in weights))
    table = [
        [size * weight * (denominator // sum(row)) for weight in row]
        for size, row in zip(sizes.tolist(), weights, strict=True)
    ]
    return np.array(controlled_rounding(table, denominator, source), np.int64).reshape(len(weights), -1)


def deal_within(block: Blocks, keyed: NDArray[np.uint64], ids_of: IdsOf, randomness: Randomness) -> NDArray[np.int8]:
    """The arm of every unit, dealt within strata along the keyed order."""
    counts = rounded_counts(block.sizes, block.weights, randomness.stream("rounding"))
    order = permuted_arms(len(block.rows), counts.shape[1], randomness.stream("intervals"))
    return deal(keyed, block.codes, counts, order, ids_of)
