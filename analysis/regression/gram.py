"""Cross-products of sparse regression rows, per group: an arm, a cluster, or any block of rows.

A row of a regression is mostly zeros: one indicator per category, and a few numbers. Counting the pairs of
indicators that meet, instead of multiplying out rows, keeps the cost to a handful of passes over the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Indicator:
    """A category's part of M rows: row i has a 1 in column ``columns[codes[i]]``, or none where that is -1."""

    codes: Ints
    columns: Ints


@dataclass(frozen=True, slots=True)
class SparseRows:
    """M regression rows of ``width`` columns: indicators, and numbers (M, c) in ``value_columns`` (-1: left out)."""

    indicators: tuple[Indicator, ...]
    values: Floats
    value_columns: Ints
    width: int

    def take(self, rows: Ints | NDArray[np.bool_]) -> SparseRows:
        return SparseRows(
            tuple(Indicator(x.codes[rows], x.columns) for x in self.indicators),
            self.values[rows],
            self.value_columns,
            self.width,
        )


def totals(group: Ints, weight: Floats, groups: int) -> Floats:
    """Σ weight of each group: (groups,) from (M,)."""
    return np.asarray(np.bincount(group, weight, groups), dtype=np.float64)


def cross_products(
    group: Ints, groups: int, rows: SparseRows, weight: Floats, sums: Floats, products: Floats
) -> Floats:
    """X'WX of each group.

    Args:
        group: (M,) which group each row (or cell of rows alike) belongs to, 0 to ``groups`` - 1.
        groups: How many groups.
        rows: Where the indicators are; its ``values`` are not used.
        weight: (M,) Σw.
        sums: (M, c) Σw·a of the numbers.
        products: (M, c, c) Σw·a·a'.

    Returns:
        (groups, width, width).
    """
    out = np.zeros((groups, rows.width, rows.width))
    for i, first in enumerate(rows.indicators):
        kept_i, at_i = _columns_in_model(first)
        for second in rows.indicators[: i + 1]:
            kept_j, at_j = _columns_in_model(second)
            if len(at_i) == 0 or len(at_j) == 0:
                continue
            if second is first:
                table = _tally(group, groups, [(first, kept_i)], weight)
                out[:, at_i, at_i] += table[:, kept_i]
                continue
            table = _tally(group, groups, [(first, kept_i), (second, kept_j)], weight)
            block = table[:, kept_i][:, :, kept_j]
            out[:, at_i[:, None], at_j] += block
            out[:, at_j[:, None], at_i] += block.transpose(0, 2, 1)
        for j, column in enumerate(rows.value_columns):
            if column >= 0 and len(at_i):
                line = _tally(group, groups, [(first, kept_i)], sums[:, j])[:, kept_i]
                out[:, at_i, column] += line
                out[:, column, at_i] += line
    for j, column in enumerate(rows.value_columns):
        for k, other in enumerate(rows.value_columns[: j + 1]):
            if column >= 0 and other >= 0:
                total = totals(group, products[:, j, k], groups)
                out[:, column, other] += total
                if j != k:
                    out[:, other, column] += total
    return out


def cross_responses(
    group: Ints, groups: int, rows: SparseRows, response_sums: Floats, response_products: Floats
) -> Floats:
    """X'Wy of each group.

    Args:
        group, groups, rows: As in :func:`cross_products`.
        response_sums: (M, R) Σw·y.
        response_products: (M, R, c) Σw·y·a.

    Returns:
        (groups, width, R).
    """
    R = response_sums.shape[1]
    out = np.zeros((groups, rows.width, R))
    for r in range(R):
        for indicator in rows.indicators:
            chosen, places = _columns_in_model(indicator)
            if len(places):
                out[:, places, r] += _tally(group, groups, [(indicator, chosen)], response_sums[:, r])[:, chosen]
        for j, column in enumerate(rows.value_columns):
            if column >= 0:
                out[:, column, r] += totals(group, response_products[:, r, j], groups)
    return out


def column_totals(rows: SparseRows, count: Floats, sums: Floats) -> Floats:
    """Σx over all rows: (width,), given (M,) counts and (M, c) sums of the numbers."""
    total = np.zeros(rows.width)
    for indicator in rows.indicators:
        chosen, places = _columns_in_model(indicator)
        total[places] += totals(indicator.codes, count, len(indicator.columns))[chosen]
    for j, column in enumerate(rows.value_columns):
        if column >= 0:
            total[column] += sums[:, j].sum()
    return total


def inner(rows: SparseRows, block: Ints, vectors: Floats) -> Floats:
    """x'v of each row with its block's vector: (M,) from (B, width)."""
    padded = _padded(vectors)
    out = np.zeros(len(block))
    for indicator in rows.indicators:
        out += padded[block, indicator.columns[indicator.codes]]
    for j, column in enumerate(rows.value_columns):
        if column >= 0:
            out += rows.values[:, j] * vectors[block, column]
    return out


def quadratic(rows: SparseRows, block: Ints, matrices: Floats) -> Floats:
    """x'Mx of each row with its block's symmetric matrix: (M,) from (B, width, width)."""
    padded = _padded(_padded(matrices).transpose(0, 2, 1)).transpose(0, 2, 1)
    entries: list[tuple[Ints, Floats | None]] = [(x.columns[x.codes], None) for x in rows.indicators]
    for j, column in enumerate(rows.value_columns):
        if column >= 0:
            entries.append((np.full(len(block), column, dtype=np.int64), rows.values[:, j]))
    out = np.zeros(len(block))
    for i, (at, value) in enumerate(entries):
        for k in range(i + 1):
            other, factor = entries[k]
            term = padded[block, at, other]
            if value is not None:
                term = term * value
            if factor is not None:
                term = term * factor
            out += term if i == k else 2.0 * term
    return out


def _columns_in_model(indicator: Indicator) -> tuple[Ints, Ints]:
    chosen = np.flatnonzero(indicator.columns >= 0)
    return chosen, indicator.columns[chosen]


def _tally(group: Ints, groups: int, indicators: Sequence[tuple[Indicator, Ints]], weight: Floats) -> Floats:
    """Σ weight by group and by the codes of one or two indicators: (groups, L) or (groups, L, L')."""
    key = group
    shape = [groups]
    for indicator, _ in indicators:
        size = len(indicator.columns)
        key = key * size + indicator.codes if size > 1 else key
        shape.append(size)
    counted: Floats = totals(key, weight, int(np.prod(shape))).reshape(shape)
    return counted


def _padded(vectors: Floats) -> Floats:
    """A zero column at the end, where an index of -1 lands."""
    padded: Floats = np.concatenate([vectors, np.zeros((*vectors.shape[:-1], 1))], axis=-1)
    return padded
