"""Redraws that test every constant effect: customers, whole clusters or pairs, as they were assigned.

Each draws as its namesake in :mod:`analysis.randomisation.randomisation_inference` does, and keeps of every draw how
its difference and its variance follow an effect that is taken off the treated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from analysis.inference.redrawn import Redrawn
from analysis.randomisation.canonical_order import canonical_order
from analysis.randomisation.randomisation_inference import Accept
from analysis.randomisation.redraws import redraws
from analysis.randomisation.studentised import Statistic, neyman, ratio, too_thin

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
EXACT_PAIRS = 14  # 2^14 assignments
PAIRS_AT_ONCE = 1_000


def redrawn_customers(
    y: Floats, treated: NDArray[np.bool_], stratum: Integers, *, draws: int, rng: np.random.Generator,
    covariates: Floats | None = None, accept: Accept | None = None,
) -> Redrawn | str:  # fmt: skip
    """Customers were assigned within strata, each arm's number given.

    Args:
        y: shape (n,), none missing.
        treated: shape (n,), whether the customer is in the first arm.
        stratum: shape (n,), any codes. One that lacks an arm tells nothing of the contrast and is left out.
        draws: how many redraws, where there are too many assignments to enumerate.
        rng: the source of the redraws.
        covariates: shape (n, k), what a rerandomised design balanced; needs ``accept``.
        accept: from sums of the covariates over the redrawn first arm, (D, k), to which draws its rule lets pass.

    Returns:
        The redraws, or the reason why there are none.
    """
    balanced = () if covariates is None else tuple(covariates.T)
    order, size, take, problem = _in_order(treated, stratum, y, *balanced)
    if problem is not None:
        return problem
    y, z = y[order], treated[order].astype(np.float64)
    code = np.repeat(np.arange(size.size), size)
    centred = y - (np.bincount(code, y) / size)[code]
    extra = np.zeros((y.size, 0)) if covariates is None else covariates[order]
    rows = np.column_stack([centred, z, extra])

    def features(of: Floats) -> Floats:
        value, mark = of[:, 0], of[:, 1]
        return np.column_stack([value, value**2, mark, mark * value, of[:, 2:]])

    def at(sums: Floats, shift: float) -> tuple[Floats, Floats]:
        value, squares, marks, both = np.moveaxis(sums[..., :4], -1, 0)
        return value - shift * marks, squares - 2.0 * shift * both + shift**2 * marks

    return _kept(rows, features, at, neyman, z, size, take, size / size.sum(), draws, rng, accept)


def redrawn_clusters(
    totals: Floats, sizes: Floats, treated: NDArray[np.bool_], stratum: Integers, *, draws: int,
    rng: np.random.Generator,
) -> Redrawn | str:  # fmt: skip
    """Clusters were assigned whole; the difference is one of customers' means.

    Args:
        totals: shape (G,), each cluster's sum of the outcome over customers with it observed.
        sizes: shape (G,), how many customers that is.
        treated, stratum: shape (G,), as in :func:`redrawn_customers`.
    """
    order, size, take, problem = _in_order(treated, stratum, sizes, totals)
    if problem is not None:
        return problem
    totals, sizes, z = totals[order], sizes[order], treated[order].astype(np.float64)
    totals = totals - sizes * totals.sum() / sizes.sum()
    rows = np.column_stack([totals, sizes, z])

    def features(of: Floats) -> Floats:
        total, n, mark = of.T
        return np.column_stack([total, n, total**2, total * n, n**2, mark * n, mark * n * total, mark * n**2])

    def at(sums: Floats, shift: float) -> tuple[Floats, ...]:
        total, n, squares, cross, n_squares, marks, mark_total, mark_squares = np.moveaxis(sums, -1, 0)
        shifted = squares - 2.0 * shift * mark_total + shift**2 * mark_squares
        return total - shift * marks, n, shifted, cross - shift * mark_squares, n_squares

    code = np.repeat(np.arange(size.size), size)
    weight = np.bincount(code, sizes) / sizes.sum()
    return _kept(rows, features, at, ratio, z, size, take, weight, draws, rng, None)


def redrawn_pairs(
    differences: Floats, weights: Floats | None = None, *, draws: int, rng: np.random.Generator
) -> Redrawn | str:
    """Within each pair a coin says which of the two was treated.

    Args:
        differences: shape (J,), treated minus comparison in each pair.
        weights: shape (J,), summing to one; equal where absent.
    """
    pairs = differences.size
    if pairs < 2:
        return "fewer than two pairs"
    exact = pairs <= EXACT_PAIRS
    order = np.lexsort((differences, *(() if weights is None else (weights,))))
    differences, weights = differences[order], None if weights is None else weights[order]

    def signs() -> Iterable[Floats]:
        if exact:
            yield (1 - 2 * (np.arange(2**pairs)[:, None] >> np.arange(pairs) & 1)).astype(np.float64)
            return
        for begin in range(0, draws, PAIRS_AT_ONCE):
            yield (2 * rng.integers(0, 2, (min(PAIRS_AT_ONCE, draws - begin), pairs)) - 1).astype(np.float64)

    if weights is not None:
        return _weighted_pairs(differences, weights, signs(), exact)
    # A draw's mean is Σ s(d - τ)/J, its variance (Σ(d - τ)² - J mean²) / (J(J - 1)), for the squares keep their sum.
    lines = np.vstack([np.column_stack([s @ differences, s.sum(axis=1)]) for s in signs()]) / pairs
    squares = np.array([float(differences @ differences), float(differences.sum()), float(pairs)])
    mean = np.column_stack([lines[:, 0] ** 2, lines[:, 0] * lines[:, 1], lines[:, 1] ** 2])
    parabolas = (squares - pairs * mean) / (pairs * (pairs - 1.0))
    error = float(differences.std(ddof=1) / np.sqrt(pairs))
    return Redrawn(float(differences.mean()), error, lines, parabolas, exact)


def _weighted_pairs(differences: Floats, weights: Floats, signs: Iterable[Floats], exact: bool) -> Redrawn:
    """A draw's mean is Σ ωs(d - τ), its variance Σ a(s(d - τ) - mean)² with a = ω²/(1 - ω)."""
    a = weights**2 / (1.0 - weights)
    columns = np.column_stack([weights * differences, weights, a * differences, a])
    drawn = np.vstack([s @ columns for s in signs])
    lines, other = drawn[:, :2], drawn[:, 2:]
    squares = np.array([float(a @ differences**2), float(a @ differences), float(a.sum())])
    mean = np.column_stack([lines[:, 0] ** 2, lines[:, 0] * lines[:, 1], lines[:, 1] ** 2])
    crossed = (lines[:, 0] * other[:, 1] + lines[:, 1] * other[:, 0]) / 2.0
    both = np.column_stack([lines[:, 0] * other[:, 0], crossed, lines[:, 1] * other[:, 1]])
    estimate = float(weights @ differences)
    error = float(np.sqrt(a @ (differences - estimate) ** 2))
    return Redrawn(estimate, error, lines, squares - 2.0 * both + a.sum() * mean, exact)


def _in_order(
    treated: NDArray[np.bool_], stratum: Integers, *columns: Floats
) -> tuple[Integers, Integers, Integers, str | None]:
    """Units by stratum, those of strata without both arms left out; units and treated units of each; what is wrong."""
    order, code = canonical_order(stratum, treated, *columns)
    size, take = np.bincount(code), np.bincount(code, treated[order]).astype(np.int64)
    both = (take > 0) & (take < size)
    order, size, take = order[both[code]], size[both], take[both]
    problem = None
    if not both.any():
        problem = "no stratum has both arms"
    elif too_thin(size, take):
        problem = "a stratum has fewer than two units of an arm, so the difference has no error to studentise"
    return order, size, take, problem


def _kept(
    rows: Floats, features: Callable[[Floats], Floats], at: Callable[[Floats, float], tuple[Floats, ...]],
    pair: Callable[[Statistic, Floats], tuple[Floats, Floats]], z: Floats, size: Integers, take: Integers,
    weight: Floats, draws: int, rng: np.random.Generator, accept: Accept | None,
) -> Redrawn | str:  # fmt: skip
    """Draw, and keep each draw's difference as a line and its variance as a parabola in what is taken off."""
    starts = np.concatenate([[0], np.cumsum(size)[:-1]])
    columns = features(rows)
    whole = np.add.reduceat(columns, starts, axis=0)
    observed = np.add.reduceat(z[:, None] * columns, starts, axis=0)[None]

    def shifted(sums: Floats, shift: float) -> tuple[Floats, Floats]:
        of_all = np.stack(at(whole, shift), axis=-1)
        return pair(Statistic(of_all, take, size, weight, pair), np.stack(at(sums, shift), axis=-1))

    difference, error = (float(part[0]) for part in shifted(observed, 0.0))
    if not error > 0.0:
        return "the outcome does not vary within the arms"
    step = error * float(np.sqrt(size.sum()))  # about a standard deviation, so that no digits are lost
    used = columns.shape[1] - (rows.shape[1] - 2 if accept is not None else 0)
    lines, parabolas = [], []
    drawn = redraws(rows, np.ones(len(rows), np.int64), features, size, take, draws, rng)
    for sums in drawn.batches():
        kept = sums if accept is None else sums[accept(sums[:, :, used:].sum(axis=1))]
        (still, v), (up, v_up), (_, v_down) = (shifted(kept, shift) for shift in (0.0, step, -step))
        v, v_up, v_down = v**2, v_up**2, v_down**2
        lines.append(np.column_stack([still, (still - up) / step]))
        parabolas.append(np.column_stack([v, (v_down - v_up) / (4 * step), (v_up + v_down - 2 * v) / (2 * step**2)]))
    found = np.vstack(lines)
    if not len(found):
        return "no redraw passed the declared rule"
    return Redrawn(difference, error, found, np.vstack(parabolas), drawn.exact)
