"""Strata from the columns of a population, and the merging of those too small to hold every arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from designs.assignment.population.units import EVERYBODY, Levels, crossed, levels


@dataclass(frozen=True, slots=True)
class Crossing:
    """The combinations of stratum variables that occur.

    Args:
        names: The variables.
        rows: J combinations of values.
        codes: n codes into ``rows``.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    codes: NDArray[np.int64] = field(repr=False)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How often each combination occurs."""
        return np.bincount(self.codes, minlength=len(self.rows)).astype(np.int64)


def cross(columns: Mapping[str, Any], first_row: int = 0) -> Crossing:
    """Cross one or more stratum variables; a null is refused by name (rows counted on from ``first_row``)."""
    rows: tuple[tuple[str, ...], ...] = ((),)
    codes: NDArray[np.int64] | None = None
    for name, values in columns.items():
        level = levels(_as_text(values), name, first_row)
        if codes is None:
            rows, codes = tuple((value,) for value in level.names), level.codes
        else:
            # Rows stand in place of names here: only their number and their order matter.
            pairs, codes = crossed(Levels(tuple(map(str, range(len(rows)))), codes), level)
            rows = tuple((*rows[int(at)], value) for at, value in pairs)
    assert codes is not None
    return Crossing(tuple(columns), rows, codes)


def _as_text(values: Any) -> Any:
    if isinstance(values, (pa.Array, pa.ChunkedArray)) and not pa.types.is_dictionary(values.type):
        return values.cast(pa.string())
    return values


def merged_labels(
    names: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    sizes: Sequence[int],
    order: Sequence[str] = (),
    least: int = 0,
) -> list[str]:
    """The label of each combination, once combinations that are too small have been merged.

    The variables in ``order`` are given up one after another. Where a stratum then has fewer than ``least`` units,
    all strata that agree with it on the variables left become one.

    Args:
        names: The variables.
        rows: J combinations of values.
        sizes: J numbers of units.
        order: Variables that may be given up, the first to go first.
        least: How many units a stratum needs.

    Returns:
        J labels such as ``band=low; phone=none``, equal where strata were merged.

    Examples:
        >>> rows = [("low", "none"), ("low", "present"), ("high", "none"), ("high", "present")]
        >>> merged_labels(["band", "phone"], rows, [3, 40, 20, 20], ["phone"], least=8)
        ['band=low', 'band=low', 'band=high; phone=none', 'band=high; phone=present']
    """
    variables = [tuple(range(len(names)))] * len(rows)
    for turn in range(1, len(order) + 1):
        fewer = tuple(at for at, name in enumerate(names) if name not in order[:turn])
        stratum = [_values(row, keep) for row, keep in zip(rows, variables, strict=True)]
        broad = [_values(row, fewer) for row in rows]
        units: Counter[tuple[tuple[int, str], ...]] = Counter()
        for key, size in zip(stratum, sizes, strict=True):
            units[key] += size
        lacking = {whole for whole, key in zip(broad, stratum, strict=True) if units[key] < least}
        variables = [fewer if whole in lacking else keep for keep, whole in zip(variables, broad, strict=True)]
    return [
        "; ".join(f"{names[at]}={_escaped(value)}" for at, value in _values(row, keep)) or EVERYBODY
        for row, keep in zip(rows, variables, strict=True)
    ]


def _values(row: tuple[str, ...], keep: tuple[int, ...]) -> tuple[tuple[int, str], ...]:
    return tuple((at, row[at]) for at in keep)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;")


def stratum_labels(columns: Mapping[str, Any], *, merge: Sequence[str] = (), least: int = 0) -> Any:
    """One combined label per customer, such as ``debt_band=low; phone_status=none``.

    Args:
        columns: Name and n values of each stratum variable. Nulls are refused.
        merge: The variables given up in turn where a stratum has fewer than ``least`` units.
        least: How many customers a stratum needs.

    Returns:
        A dictionary-encoded Arrow array of n texts; different combinations never share a label unless merged.

    Examples:
        >>> stratum_labels({"band": pa.array(["low", "high"]), "phone": pa.array(["none", "present"])}).to_pylist()
        ['band=low; phone=none', 'band=high; phone=present']
    """
    crossing = cross(columns)
    return labelled(crossing, crossing.sizes.tolist(), merge, least)


def labelled(crossing: Crossing, sizes: Sequence[int], merge: Sequence[str], least: int) -> Any:
    """The labels of a crossing, one per customer, as a dictionary-encoded array."""
    labels = merged_labels(crossing.names, crossing.rows, sizes, merge, least)
    distinct = {label: at for at, label in enumerate(dict.fromkeys(labels))}
    codes = np.array([distinct[label] for label in labels], np.int32)[crossing.codes]
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(list(distinct), pa.string()))
