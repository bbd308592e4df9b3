"""What every method's model has in common, and the columns that adjust for covariates and strata.

A model is a set of blocks (an arm, an arm × stratum, or everything together). Each block is a regression of its own on
the same columns, and every contrast is a sum of linear functionals of the blocks' coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.fit import Term
from analysis.regression.gram import Indicator, SparseRows, totals
from analysis.regression.moments import Cells, Coded
from analysis.regression.size import refuse_large

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

COLLINEAR = 1e-10  # share of a column's own square that the others must leave unexplained
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Model:
    """Least squares in B blocks of q columns for K arms and T contrasts.

    Attributes:
        block: (M,) block of each cell, -1 when it takes no part in the fit.
        rows: The cells' regression rows.
        fill: (c,) what a missing number becomes, about its centre. ``scale`` (c,) divides it afterwards.
        gram: (B, q, q) X'WX; ``inverse`` (B, q, q); ``root`` (B, q, q) L with LL' the inverse.
        functionals: (B, F, q) what is estimated in each block.
        combine: (T, B, F) contrast t = Σ combine[t, b, f] · functionals[b, f]'β_b.
        mean_functionals: (K, B, q) adjusted mean of each arm; NaN where it has none.
        n: Rows in the fit. ``p``: columns of the whole fit, all blocks.
        unestimable: (T,) why a contrast has no estimate, else ``None``.
        uninferable: (T,) why a robust standard error of it would be false, else ``None``.
    """

    block: Ints
    rows: SparseRows
    fill: Floats
    scale: Floats
    gram: Floats
    inverse: Floats
    root: Floats
    functionals: Floats
    combine: Floats
    mean_functionals: Floats
    n: float
    p: int
    unestimable: tuple[str | None, ...]
    uninferable: tuple[str | None, ...]
    dropped: tuple[Term, ...]
    merged: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Adjusters:
    """A constant, the strata and the covariates as columns, before collinear ones go."""

    rows: SparseRows
    sums: Floats
    products: Floats
    fill: Floats
    scale: Floats
    terms: tuple[Term, ...]
    constant: tuple[Term, ...]
    merged: tuple[Term, ...]


def adjusters(cells: Cells, live: Mask | None, *, extra: Sequence[tuple[str, Indicator]] = ()) -> Adjusters:
    """The columns that every block shares: constant, ``extra``, strata, then covariates as declared.

    A category's levels that some live arm lacks are merged into "other" (`live` (K,) says which arms count; ``None``
    keeps every level that occurs); its most frequent level is the reference. A missing category is a level of its own;
    a missing number is filled with the pooled mean and has an indicator.
    """
    columns = _Columns(len(cells.count))
    everywhere = Indicator(np.zeros(len(cells.count), dtype=np.int64), np.array([0], dtype=np.int64))
    columns.add(Term("constant"), everywhere, 1)
    for name, indicator in extra:
        columns.add_as_numbered(Term(name), indicator)
    if cells.plan.specification.strata:
        strata = Coded("stratum", cells.strata, cells.stratum_names)
        columns.add_category(" × ".join(cells.plan.specification.strata), strata, cells.count)
    categories = {c.name: c for c in cells.categories}
    numbers = {name: i for i, name in enumerate(cells.plan.numbers)}
    fill, scale, value_columns = np.zeros(len(numbers)), np.ones(len(numbers)), np.full(len(numbers), -1)
    for covariate in cells.plan.specification.covariates:
        if covariate.name in categories:
            coded, merged = categories[covariate.name], list[Term]()
            if live is not None:
                coded, merged = _merge_rare(coded, cells, live)
            columns.merged += merged
            columns.add_category(covariate.name, coded, cells.count)
        elif covariate.name in numbers:
            j = numbers[covariate.name]
            fill[j], scale[j] = _centre_and_scale(cells, j)
            if scale[j] > 0:
                value_columns[j] = columns.add_number(covariate.name)
            else:
                columns.constant.append(Term(covariate.name))
            if cells.missing[:, j].any():
                flag = Indicator(cells.missing[:, j].astype(np.int64), np.array([-1, 0], dtype=np.int64))
                columns.add_as_numbered(Term(covariate.name, marks_missing=True), flag)
    by, regressions = cells.plan.by, 1 if live is None else len(live)
    refuse_large(len(columns.terms), regressions, 1 if by is None else len(by.names))
    scale = np.where(scale > 0, scale, 1.0)
    sums, products = filled(cells.weight, cells.missing, cells.sums, cells.products, fill, scale)
    values = np.divide(sums, cells.weight[:, None], out=np.zeros_like(sums), where=cells.weight[:, None] > 0)
    return Adjusters(
        SparseRows(tuple(columns.indicators), values, value_columns, len(columns.terms)),
        sums,
        products,
        fill,
        scale,
        tuple(columns.terms),
        tuple(columns.constant),
        tuple(columns.merged),
    )


class _Columns:
    """Counts columns while indicators and numbers are added."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.indicators: list[Indicator] = []
        self.terms: list[Term] = []
        self.constant: list[Term] = []
        self.merged: list[Term] = []

    def add(self, term: Term, indicator: Indicator, width: int) -> None:
        self.indicators.append(indicator)
        self.terms += [term] * width

    def add_as_numbered(self, term: Term, indicator: Indicator) -> None:
        """Columns given from 0 are moved behind those that are there."""
        columns = np.where(indicator.columns >= 0, indicator.columns + len(self.terms), -1)
        self.add(term, Indicator(indicator.codes, columns), int((columns >= 0).sum()))

    def add_number(self, name: str) -> int:
        self.terms.append(Term(name))
        return len(self.terms) - 1

    def add_category(self, name: str, coded: Coded, count: Floats) -> None:
        tally = totals(coded.codes, count, len(coded.labels))
        occurring = np.flatnonzero(tally > 0)
        if len(occurring) < 2:
            self.constant.append(Term(name))
            return
        reference = int(np.argmax(tally))
        columns = np.full(len(coded.labels), -1, dtype=np.int64)
        others = occurring[occurring != reference]
        columns[others] = len(self.terms) + np.arange(len(others))
        self.indicators.append(Indicator(coded.codes, columns))
        self.terms += [_level(name, coded.labels[i], tally[i]) for i in others]


def _level(name: str, label: object, customers: float) -> Term:
    return Term(name, "missing" if label is None else str(label), customers=int(customers))


def _merge_rare(coded: Coded, cells: Cells, live: Mask) -> tuple[Coded, list[Term]]:
    K, L = len(live), len(coded.labels)
    tally = totals(cells.arm * L + coded.codes, cells.count, K * L).reshape(K, L)
    occurs = tally.sum(axis=0) > 0
    rare = occurs & (tally[live] <= 0).any(axis=0)
    if not rare.any():
        return coded, []
    codes = np.where(rare[coded.codes], L, coded.codes)
    customers = tally.sum(axis=0)
    merged = [_level(coded.name, coded.labels[int(i)], customers[i]) for i in np.flatnonzero(rare)]
    return Coded(coded.name, codes, (*coded.labels, OTHER)), merged


def _centre_and_scale(cells: Cells, j: int) -> tuple[float, float]:
    """Pooled mean of what is known, about the centre, and a scale of order one standard deviation (0: constant)."""
    known = ~cells.missing[:, j]
    n = cells.count[known].sum()
    w = cells.weight[known].sum()
    if n == 0:
        return 0.0, 0.0
    mean = cells.plain_sums[known, j].sum() / n
    weighted_mean = cells.sums[known, j].sum() / w
    square = cells.products[known, j, j].sum() / w
    variance = square - weighted_mean**2
    return float(mean), float(np.sqrt(variance)) if variance > 1e-13 * square else 0.0


def filled(
    weight: Floats, missing: Mask, sums: Floats, products: Floats, fill: Floats, scale: Floats
) -> tuple[Floats, Floats]:
    """Sums (M, c) and products (M, c, c) after missing numbers, which had entered as 0, become ``fill``."""
    if missing.any():
        extra = missing * fill
        cross = extra[:, :, None] * sums[:, None, :]
        products = products + cross + cross.transpose(0, 2, 1)
        products = products + weight[:, None, None] * extra[:, :, None] * extra[:, None, :]
        sums = sums + extra * weight[:, None]
    return sums / scale, products / (scale[:, None] * scale)


def filled_responses(
    missing: Mask, response_sums: Floats, response_products: Floats, fill: Floats, scale: Floats
) -> Floats:
    """Response products (M, R, c) after missing numbers became ``fill``, given response sums (M, R)."""
    if missing.any():
        response_products = response_products + response_sums[:, :, None] * (missing * fill)[:, None, :]
    return response_products / scale


def independent(grams: Floats) -> Mask:
    """Which columns are linearly independent of the ones before them, in every block: (q,) from (B, q, q)."""
    q = grams.shape[1]
    diagonal = np.einsum("bii->bi", grams)
    norm = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = grams / (norm[:, :, None] * norm[:, None, :])
    if (diagonal > 0).all():
        try:
            roots = np.linalg.cholesky(scaled)
        except np.linalg.LinAlgError:
            roots = None
        if roots is not None and (np.einsum("bii->bi", roots) ** 2 > COLLINEAR).all():
            return np.ones(q, dtype=bool)
    return _sweep(scaled, diagonal > 0)


def _sweep(scaled: Floats, present: Mask) -> Mask:
    """Cholesky of every block at once, leaving out a column as soon as one block has no use for it."""
    q = scaled.shape[1]
    keep = np.zeros(q, dtype=bool)
    left = scaled.copy()  # what the kept columns leave unexplained of those that follow
    for j in range(q):
        unexplained = left[:, j, j]
        keep[j] = bool(present[:, j].all() and (unexplained > COLLINEAR).all())
        if keep[j]:
            column = left[:, j:, j] / np.sqrt(unexplained)[:, None]
            left[:, j:, j:] -= column[:, :, None] * column[:, None, :]
    return keep


def drop_columns(rows: SparseRows, keep: Mask) -> SparseRows:
    """The same rows with only the kept columns, renumbered."""
    renumber = np.where(keep, np.cumsum(keep) - 1, -1)
    padded = np.append(renumber, -1)
    return SparseRows(
        tuple(Indicator(x.codes, padded[x.columns]) for x in rows.indicators),
        rows.values,
        padded[rows.value_columns],
        int(keep.sum()),
    )


def invert(gram: Floats) -> tuple[Floats, Floats]:
    """Inverse and its root L (LL' = inverse) of positive definite blocks (B, q, q)."""
    norm = np.sqrt(np.einsum("bii->bi", gram))
    lower = np.linalg.cholesky(gram / (norm[:, :, None] * norm[:, None, :]))
    identity = np.broadcast_to(np.eye(gram.shape[1]), gram.shape)
    root = np.linalg.solve(lower, identity).transpose(0, 2, 1) / norm[:, :, None]
    return root @ root.transpose(0, 2, 1), root


def arm_counts(cells: Cells) -> Floats:
    """(K,) customers by arm."""
    return totals(cells.arm, cells.count, len(cells.plan.specification.arms))


def too_few(cells: Cells, counts: Floats) -> list[str | None]:
    """(T,) why a contrast has too few customers in one of its arms."""
    arms = cells.plan.specification.arms
    reasons: list[str | None] = []
    for pair in cells.plan.specification.contrasts:
        few = [arm for arm in pair if counts[arms.index(arm)] < 2]
        reasons.append(None if not few else few_customers(few[0], int(counts[arms.index(few[0])])))
    return reasons


def few_customers(arm: str, count: int) -> str:
    """The sentence for an arm that is empty or has one customer."""
    have = "no customer" if count == 0 else "only one customer"
    return f"arm {arm} has {have} with this outcome observed"
