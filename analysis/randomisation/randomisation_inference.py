"""Randomisation inference for one contrast: redraw what was declared, its two arms only.

The redraws condition on the realised stratum × arm counts, so other arms that work cannot distort the test. Two
statistics come from the same draws: the difference itself (Fisher's sharp null of no effect on anyone) and the
studentised difference (valid for the weak null of no average effect: Wu & Ding 2021, JASA 116:1898).
p = (1 + draws at least as extreme) / (1 + draws); an enumeration counts every assignment once instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisRefused
from analysis.inference.redrawn import TIE, studentised, tolerance
from analysis.randomisation.canonical_order import canonical_order
from analysis.randomisation.redraws import Redraws, redraws
from analysis.randomisation.studentised import Statistic, left_of, neyman, ratio, too_thin
from analysis.regression.regress import NO_VARIATION

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Accept = Callable[[Floats], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class RandomisationTest:
    """Result of one contrast; ``estimate`` is the stratum-weighted difference in means.

    ``p_sharp`` and ``p_value`` are two-sided, from the plain and the studentised statistic; ``p_greater`` and
    ``p_less`` are one-sided, studentised. ``exact`` says that every assignment was enumerated.
    """

    estimate: float | None
    std_error: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    p_sharp: float | None = None
    p_greater: float | None = None
    p_less: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    draws: int = 0
    exact: bool = False
    reason: str | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """(lower, upper), where there are both."""
        return None if self.ci_lower is None or self.ci_upper is None else (self.ci_lower, self.ci_upper)


def randomisation_test(
    y: Floats,
    treated: NDArray[np.bool_],
    stratum: Integers,
    *,
    count: Integers | None = None,
    draws: int = 10_000,
    rng: np.random.Generator,
    alpha: float = 0.05,
    interval: bool = True,
    covariates: Floats | None = None,
    accept: Accept | None = None,
) -> RandomisationTest:
    """Test one contrast under complete randomisation within strata.

    Args:
        y: shape (n,), the outcome of the customers of the two arms, none missing.
        treated: shape (n,), whether the customer is in the first arm.
        stratum: shape (n,), codes 0 to J − 1.
        count: shape (n,), how many customers are alike in each row; one where absent. Counts of a binary outcome
            by stratum and arm make the cost independent of the number of customers.
        draws: how many redraws, where there are too many assignments to enumerate.
        rng: the source of the redraws.
        alpha: one minus the coverage of the interval.
        interval: whether to invert the test. A binary outcome inverts the studentised test, since no constant
            shift is a sharp null for it; other outcomes invert the test of a constant effect.
        covariates: shape (n, k), what a rerandomised design balanced; needs ``accept``.
        accept: from sums of the covariates over the redrawn first arm, (D, k), to which draws the declared rule
            lets pass (Morgan & Rubin 2012).

    Raises:
        AnalysisRefused: when an outcome is missing.

    Examples:
        >>> import numpy as np
        >>> test = randomisation_test(
        ...     np.array([3.0, 4.0, 1.0, 0.0]), np.array([True, True, False, False]), np.zeros(4, int),
        ...     rng=np.random.default_rng(1), interval=False)
        >>> test.exact, test.draws, round(test.p_sharp, 4)
        (True, 6, 0.3333)
    """
    if np.isnan(y).any():
        raise AnalysisRefused("an outcome is missing", rule="redraws use complete cases", remedy="drop and count them")
    balanced = () if covariates is None else tuple(covariates.T)
    order, stratum = canonical_order(stratum, treated, y, *balanced, count=count)
    y, treated = y[order], treated[order]
    customers = np.ones(y.size, dtype=np.int64) if count is None else count[order]
    size, take, problem = _counts(treated, stratum, customers)
    if problem:
        return RandomisationTest(None, reason=problem)
    binary = bool(np.isin(y, (0.0, 1.0)).all())
    # Centred by stratum: squares lose no digits, and the difference stays as it was.
    centred = y - (np.bincount(stratum, customers * y) / size)[stratum]
    z = treated.astype(np.float64)
    keep_shifts = interval and not binary
    used = 4 if keep_shifts else 2
    extra = np.zeros((y.size, 0)) if covariates is None else covariates[order]
    rows = np.column_stack([centred, z, extra] if keep_shifts else [centred, extra])

    def features(of: Floats) -> Floats:
        value = of[:, 0]
        shifts = [of[:, 1], of[:, 1] * value] if keep_shifts else []
        return np.column_stack([value, value**2, *shifts, of[:, used // 2 :]])

    columns = customers[:, None] * features(rows)
    lengths = np.bincount(stratum)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    statistic = Statistic(np.add.reduceat(columns, starts, axis=0)[:, :used], take, size, size / size.sum(), neyman)
    observed = np.add.reduceat(z[:, None] * columns[:, :used], starts, axis=0)[None]
    drawn = redraws(rows, customers, features, lengths, take, draws, rng)
    if accept is not None:
        drawn = _accepted(drawn, accept, used)
    if not keep_shifts:
        return _test(statistic, observed, drawn, alpha, interval)
    kept = list(drawn.batches())
    test = _test(statistic, observed, Redraws(lambda: iter(kept), drawn.exact), alpha, interval=False)
    return _with_interval(test, *_invert(statistic, kept, test, alpha))


def cluster_randomisation_test(
    totals: Floats,
    sizes: Floats,
    treated: NDArray[np.bool_],
    stratum: Integers,
    *,
    draws: int = 10_000,
    rng: np.random.Generator,
    alpha: float = 0.05,
) -> RandomisationTest:
    """Test one contrast where clusters were assigned whole; the estimate is the difference of customers' means.

    Args:
        totals: shape (G,), each cluster's sum of the outcome over customers with it observed.
        sizes: shape (G,), how many customers that is.
        treated: shape (G,).
        stratum: shape (G,), codes 0 to J − 1.
    """
    order, stratum = canonical_order(stratum, treated, sizes, totals)
    totals, sizes, treated = totals[order], sizes[order], treated[order]
    size, take, problem = _counts(treated, stratum, np.ones_like(stratum))
    if problem:
        return RandomisationTest(None, reason=problem)
    totals = totals - sizes * totals.sum() / sizes.sum()

    rows = np.column_stack([totals, sizes])
    starts = np.concatenate([[0], np.cumsum(size)[:-1]])
    columns = _cluster_columns(rows)
    whole = np.add.reduceat(columns, starts, axis=0)
    observed = np.add.reduceat(treated[:, None] * columns, starts, axis=0)[None]
    statistic = Statistic(whole, take, size, whole[:, 1] / whole[:, 1].sum(), ratio)
    drawn = redraws(rows, np.ones_like(stratum), _cluster_columns, size, take, draws, rng)
    return _test(statistic, observed, drawn, alpha, interval=True)


def _cluster_columns(rows: Floats) -> Floats:
    total, customers = rows.T
    return np.column_stack([total, customers, total**2, total * customers, customers**2])


def paired_randomisation_test(
    differences: Floats,
    weights: Floats | None = None,
    *,
    size: float = 0.0,
    draws: int = 10_000,
    rng: np.random.Generator,
    alpha: float = 0.05,
) -> RandomisationTest:
    """Test one contrast of matched pairs: within each pair a coin says which of the two was treated.

    Args:
        differences: shape (J,), treated minus comparison in each pair.
        weights: shape (J,), summing to one; equal where absent. Units that change places keep their pair's weight.
        size: of the outcomes whose differences these are, to tell their rounding from variation.
    """
    pairs = differences.size
    if pairs < 2:
        return RandomisationTest(None, reason="fewer than two pairs")
    exact = 2**pairs <= 2**14
    weight = np.full(pairs, 1.0 / pairs) if weights is None else weights
    order = np.lexsort((differences, weight))
    differences, weight = differences[order], weight[order]
    if float(np.ptp(differences)) <= NO_VARIATION * size:
        differences = np.full(pairs, float(weight @ differences))
    # The error's squares are Σ a (d − T)² with a = ω²/(1 − ω), so a draw needs two sums of its signed differences.
    a = weight**2 / (1.0 - weight)
    columns = np.column_stack([weight * differences, a * differences])

    def batches() -> Iterator[Floats]:
        if exact:
            signs = 1.0 - 2.0 * (np.arange(2**pairs)[:, None] >> np.arange(pairs) & 1)
            yield (signs @ columns)[:, None, :]
            return
        for begin in range(0, draws, 1000):
            signs = rng.integers(0, 2, (min(1000, draws - begin), pairs)) * 2.0 - 1.0
            yield (signs @ columns)[:, None, :]

    squares, whole = float(a @ differences**2), float(a.sum())

    def pair(_: Statistic, sums: Floats) -> tuple[Floats, Floats]:
        mean, crossed = sums[:, 0, 0], sums[:, 0, 1]
        return mean, np.sqrt(left_of(squares + whole * mean**2, 2.0 * mean * crossed))

    nothing = np.zeros(1, dtype=np.int64)
    statistic = Statistic(np.zeros((1, 1)), nothing, nothing, np.ones(1), pair)
    observed = columns.sum(axis=0)[None, None, :]
    return _test(statistic, observed, Redraws(batches, exact), alpha, interval=True)


def _counts(treated: NDArray[np.bool_], stratum: Integers, count: Integers) -> tuple[Integers, Integers, str | None]:
    size = np.bincount(stratum, count).astype(np.int64)
    take = np.bincount(stratum, count * treated).astype(np.int64)
    problem = None
    if (take == 0).any() or (take == size).any():
        problem = "a stratum lacks one of the two arms"
    elif too_thin(size, take):
        problem = "a stratum has fewer than two units of an arm, so the difference has no error to studentise"
    return size, take, problem


def _accepted(drawn: Redraws, accept: Accept, used: int) -> Redraws:
    def batches() -> Iterator[Floats]:
        for sums in drawn.batches():
            yield sums[accept(sums[:, :, used:].sum(axis=1))][:, :, :used]

    return Redraws(batches, drawn.exact)


def _test(statistic: Statistic, observed: Floats, drawn: Redraws, alpha: float, interval: bool) -> RandomisationTest:
    difference, error = (float(value[0]) for value in statistic(observed))
    student = float(studentised(np.array([difference]), np.array([error]))[0])
    near, near_t = TIE * max(abs(difference), abs(error)), tolerance(student)
    counts = np.zeros(4, dtype=np.int64)
    done = 0
    pivots = []
    for sums in drawn.batches():
        plain, errors = statistic(sums)
        t = studentised(plain, errors)
        done += t.size
        counts += [
            np.count_nonzero(np.abs(t) >= abs(student) - near_t),
            np.count_nonzero(np.abs(plain) >= abs(difference) - near),
            np.count_nonzero(t >= student - near_t),
            np.count_nonzero(t <= student + near_t),
        ]
        if interval:
            pivots.append(np.abs(t))
    if done == 0:
        return RandomisationTest(difference, reason="no redraw passed the declared rule")
    added = 0 if drawn.exact else 1
    p_value, p_sharp, p_greater, p_less = ((int(count) + added) / (done + added) for count in counts)
    test = RandomisationTest(
        difference, error, student if np.isfinite(student) else None, p_value, p_sharp, p_greater, p_less,
        draws=done, exact=drawn.exact,
    )  # fmt: skip
    if not interval:
        return test
    reach = _critical(np.concatenate(pivots), alpha, added) * error
    return _with_interval(test, difference - reach, difference + reach)


def _critical(pivots: Floats, alpha: float, added: int) -> float:
    """The value that the studentised statistic must exceed to be rejected at ``alpha``."""
    allowed = int(np.floor(alpha * (pivots.size + added) + 1e-12)) - added
    return float(np.sort(pivots)[::-1][allowed]) if 0 <= allowed < pivots.size else float("inf")


def _with_interval(test: RandomisationTest, lower: float, upper: float) -> RandomisationTest:
    if not test.std_error:
        return replace(test, reason="the outcome does not vary within the arms, so there is no interval")
    if not (np.isfinite(lower) and np.isfinite(upper)):
        return replace(test, reason="too few assignments for an interval at this level")
    return replace(test, ci_lower=lower, ci_upper=upper)


def _invert(statistic: Statistic, kept: list[Floats], test: RandomisationTest, alpha: float) -> tuple[float, float]:
    """The constant effects that the studentised test does not reject, from the same draws.

    Under an effect of τ, outcomes without treatment are y − τz. Their sums over redrawn units follow from the sums
    of y, y², z and zy, so no shift needs new draws.
    """
    difference, error = test.estimate, test.std_error
    if difference is None or not error:
        return float("inf"), float("inf")
    added = 0 if test.exact else 1

    def shifted(sums: Floats, shift: float) -> Floats:
        y, squares, z, zy = np.moveaxis(sums, -1, 0)
        return np.stack([y - shift * z, squares - 2 * shift * zy + shift**2 * z], axis=-1)

    def p_at(shift: float) -> float:
        moved = Statistic(
            shifted(statistic.whole, shift), statistic.take, statistic.size, statistic.weight, statistic.pair
        )
        t = abs(difference - shift) / error
        extreme = sum(
            int(np.count_nonzero(np.abs(studentised(*moved(shifted(sums, shift)))) >= t - tolerance(t)))
            for sums in kept
        )
        return (extreme + added) / (test.draws + added)

    return _edge(p_at, difference, -error, alpha), _edge(p_at, difference, error, alpha)


def _edge(p_at: Callable[[float], float], centre: float, step: float, alpha: float) -> float:
    """Where p falls to ``alpha`` on one side of the estimate, by doubling and then halving."""
    inside, reach = 0.0, 2.0
    while p_at(centre + reach * step) > alpha:
        inside, reach = reach, reach * 2
        if reach > 2**12:
            return float("inf")
    while reach - inside > 1e-5:
        middle = (inside + reach) / 2
        if p_at(centre + middle * step) > alpha:
            inside = middle
        else:
            reach = middle
    return centre + reach * step
