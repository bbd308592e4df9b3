"""Who leaves a contrast: customers of a stratum that lacks one or both of its arms.

Such a stratum compares nobody, and one of a single customer used to cost its arm every estimate. Assignment alone
decides who leaves, never a missing outcome; they are counted, and where they are more than 5% of the contrast's
customers the contrast is not estimable, for then it would be about other people than it says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from analysis.fit import Contrast, Fit, JointCovariance, Regression
from analysis.frame import AnalysisFrame
from analysis.regression.difference_in_means import short_stratum
from analysis.regression.gram import totals
from analysis.regression.moments import Cells
from analysis.regression.plan import Plan
from analysis.specification import Specification, level_position

Floats = NDArray[np.float64]

MOST_LEAVING = 0.05  # of a contrast's customers
_NULL, _BETWEEN = "\x1e", "\x1f"  # no text of a file holds these

StratumKey = tuple[int, tuple[str | None, ...]]  # a subgroup level's position, and the values of the strata


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who leaves one contrast, of one subgroup level or of everyone.

    Attributes:
        customers: How many of its two arms. ``of``: customers of both before they leave.
        lacks: What the first arm that is lacking lacks, in words.
        keys: Their strata, and those that hold neither arm, whose customers the contrast is not about.
    """

    customers: int
    of: int
    lacks: str
    keys: frozenset[StratumKey]

    @property
    def too_many(self) -> bool:
        return too_many(self.customers, self.of)

    @property
    def reason(self) -> str:
        return f"{self.lacks}: {self.customers / self.of:.1%} of the customers are in such strata, more than 5%"

    @property
    def note(self) -> str | None:
        if not self.customers:
            return None
        who = f"{self.customers:,} customers" if self.customers > 1 else "1 customer"
        verb = "are" if self.customers > 1 else "is"
        return f"{self.lacks}: {who} of such strata {verb} left out of this comparison"


def strata_that_leave(counts: NDArray[Any]) -> NDArray[np.bool_]:
    """Which strata leave a contrast because they lack one or both its arms: none where too many customers would.

    Args:
        counts: Customers as assigned, shape (2, J) for the two arms.

    Examples:
        >>> strata_that_leave(np.array([[30, 0, 1], [20, 1, 0]])).tolist()
        [False, True, True]
        >>> strata_that_leave(np.array([[3, 0, 1], [2, 1, 0]])).tolist()
        [False, False, False]
    """
    lacking: NDArray[np.bool_] = (counts == 0).any(axis=0)
    return np.zeros_like(lacking) if too_many(counts[:, lacking].sum(), counts.sum()) else lacking


def too_many(leaving: float, customers: float) -> bool:
    """Whether so many would leave that the contrast is not estimable."""
    return leaving > MOST_LEAVING * customers


def leaving_contrasts(cells: Cells) -> dict[tuple[int, int], Leaving]:
    """Who leaves which contrast, by (subgroup level, contrast); those whom nobody leaves are not in it.

    Args:
        cells: Of all levels, customers with a missing response among them.
    """
    specification = cells.plan.specification
    if not specification.strata or not len(cells.count):
        return {}
    K, J = len(specification.arms), len(cells.stratum_names)
    found: dict[tuple[int, int], Leaving] = {}
    for level in np.unique(cells.level).tolist():
        inside = cells.level == level
        count = totals(cells.arm[inside] * J + cells.strata[inside], cells.count[inside], K * J).reshape(K, J)
        in_stratum = count.sum(axis=0)
        if (count[:, in_stratum > 0] > 0).all():
            continue
        for t, pair in enumerate(specification.contrasts):
            of_pair = count[[specification.arms.index(arm) for arm in pair]]
            lacking = (of_pair == 0).any(axis=0) & (in_stratum > 0)
            if lacking.any() and (of_pair.sum(axis=1) > 1).all():  # an arm of nobody is another matter
                found[level, t] = _leaving(cells, level, pair, of_pair, lacking)
    return found


def _leaving(cells: Cells, level: int, pair: tuple[str, str], of_pair: Floats, lacking: NDArray[np.bool_]) -> Leaving:
    arm = next(arm for arm, count in zip(pair, of_pair, strict=True) if (count[lacking] == 0).any())
    absent = np.flatnonzero(lacking & (of_pair[pair.index(arm)] == 0))
    names = [cells.stratum_names[int(j)] for j in absent]
    keys = frozenset((level, _values(cells, int(j))) for j in np.flatnonzero(lacking))
    lacks = short_stratum(arm, names, 1, "customer")
    return Leaving(int(of_pair[:, lacking].sum()), int(of_pair.sum()), lacks, keys)


def _values(cells: Cells, stratum: int) -> tuple[str | None, ...]:
    """The values of one stratum as text, as :func:`without_strata` compares them."""
    at = int(np.flatnonzero(cells.strata == stratum)[0])
    keys, plan = dict(cells.keys), cells.plan
    values: list[str | None] = []
    for i, name in enumerate(plan.specification.strata):
        value = keys[f"k_s{i}"][at].as_py()
        labels = plan.numbered.get(name)
        values.append(None if value is None else str(value) if labels is None else labels[int(value)])
    return tuple(values)


def without_strata(frame: AnalysisFrame, plan: Plan, keys: frozenset[StratumKey]) -> AnalysisFrame:
    """The rows that are in none of these strata, level by level where there are subgroups."""
    strata = plan.specification.strata
    parts = [nw.col(name).cast(nw.String).fill_null(_NULL) for name in strata]
    wanted = [_BETWEEN.join(_NULL if value is None else value for value in values) for _, values in keys]
    if plan.by is not None:
        parts.append(level_position(plan.by).cast(nw.String).fill_null(_NULL))
        wanted = [f"{text}{_BETWEEN}{level}" for text, (level, _) in zip(wanted, keys, strict=True)]
    label = parts[0] if len(parts) == 1 else nw.concat_str(parts, separator=_BETWEEN)
    return replace(frame, rows=frame.rows.filter(~label.is_in(sorted(wanted))))


def groups_of(
    specification: Specification, leaving: Mapping[tuple[int, int], Leaving]
) -> dict[frozenset[StratumKey], tuple[int, ...]]:
    """Contrasts (their numbers) that lose the same strata; those not estimable for it lose none."""
    groups: dict[frozenset[StratumKey], tuple[int, ...]] = {}
    for t in range(len(specification.contrasts)):
        keys = [of.keys for (_, number), of in leaving.items() if number == t and not of.too_many]
        union = frozenset().union(*keys)
        groups[union] = (*groups.get(union, ()), t)
    return groups


def with_leaving(
    regression: Regression, whole: Regression, leaving: Mapping[tuple[int, int], Leaving], names: Sequence[str | None]
) -> Regression:
    """The regression with what is said of those who left; a contrast that too many would leave has no estimate.

    Args:
        regression: Each contrast among those who stay in it.
        whole: Each among everybody; it counts the customers of contrasts that are not estimable.
        leaving: By (level, contrast).
        names: Of the levels, ``None`` for everyone.
    """
    fits = dict(regression.fits)
    joint = dict(regression.joint_covariance)
    for (level, t), of in leaving.items():
        for response, name in [key for key in fits if key[1] == names[level]]:
            fit = fits[response, name]
            contrasts, covariance = list(fit.contrasts), fit.covariance.copy()
            if of.too_many:
                contrasts[t] = _not_estimable(whole.fits[response, name].contrasts[t], of)
                covariance[t], covariance[:, t] = np.nan, np.nan
                if response in joint and name is not None:
                    joint[response] = _forgotten(joint[response], (name, t))
            else:
                row = contrasts[t]
                note = "; ".join(part for part in (row.note, of.note) if part)
                contrasts[t] = replace(row, n_left_out=of.customers, note=note)
            fits[response, name] = replace(fit, contrasts=tuple(contrasts), covariance=covariance)
    return Regression(fits, joint)


def _not_estimable(row: Contrast, of: Leaving) -> Contrast:
    return replace(
        row, estimate=None, std_error=None, df=None, adjusted_mean_arm=None, adjusted_mean_comparison=None,
        reason=of.reason, note=None, superpopulation_variance=0.0,
    )  # fmt: skip


def _forgotten(joint: JointCovariance, pair: tuple[str, int]) -> JointCovariance:
    at, matrix = joint.pairs.index(pair), joint.matrix.copy()
    matrix[at], matrix[:, at] = np.nan, np.nan
    return replace(joint, matrix=matrix)


def together(parts: Sequence[tuple[Sequence[int], Regression]]) -> Regression:
    """One regression of all contrasts; what one part does not know of another is NaN.

    Args:
        parts: The numbers of each part's contrasts, in order, and its regression; every number is in one part.
    """
    first = parts[0][1]
    fits = {key: _one_fit([(numbers, part.fits[key]) for numbers, part in parts]) for key in first.fits}
    joint = {
        response: _one_joint([(numbers, part.joint_covariance[response]) for numbers, part in parts])
        for response in first.joint_covariance
    }
    return Regression(fits, joint)


def of_contrasts(regression: Regression, numbers: Sequence[int]) -> Regression:
    """These contrasts of a regression alone."""
    at = list(numbers)
    fits = {
        key: replace(fit, contrasts=tuple(fit.contrasts[t] for t in at), covariance=fit.covariance[np.ix_(at, at)])
        for key, fit in regression.fits.items()
    }
    joints: dict[str, JointCovariance] = {}
    for response, joint in regression.joint_covariance.items():
        kept = [place for place, (_, t) in enumerate(joint.pairs) if t in at]
        pairs = tuple((joint.pairs[place][0], at.index(joint.pairs[place][1])) for place in kept)
        joints[response] = replace(
            joint,
            pairs=pairs,
            matrix=joint.matrix[np.ix_(kept, kept)],
            expected=None if joint.expected is None else joint.expected[kept],
            kernel=None if joint.kernel is None else joint.kernel[np.ix_(kept, kept)],
        )
    return Regression(fits, joints)


def _one_fit(parts: Sequence[tuple[Sequence[int], Fit]]) -> Fit:
    T = sum(len(numbers) for numbers, _ in parts)
    covariance = np.full((T, T), np.nan)
    contrasts: dict[int, Contrast] = {}
    for numbers, fit in parts:
        covariance[np.ix_(numbers, numbers)] = fit.covariance
        contrasts |= dict(zip(numbers, fit.contrasts, strict=True))
    fits = [fit for _, fit in parts]
    return replace(
        fits[0],
        contrasts=tuple(contrasts[t] for t in range(T)),
        covariance=covariance,
        dropped=tuple(dict.fromkeys(column for fit in fits for column in fit.dropped)),
        merged=tuple(dict.fromkeys(level for fit in fits for level in fit.merged)),
        n=max(fit.n for fit in fits),
    )


def _one_joint(parts: Sequence[tuple[Sequence[int], JointCovariance]]) -> JointCovariance:
    names = tuple(dict.fromkeys(name for name, _ in parts[0][1].pairs))
    T = sum(len(numbers) for numbers, _ in parts)
    pairs = tuple((name, t) for name in names for t in range(T))
    place = {pair: at for at, pair in enumerate(pairs)}
    matrix, kernel = (np.full((len(pairs), len(pairs)), np.nan) for _ in range(2))
    expected = np.full(len(pairs), np.nan)
    for numbers, joint in parts:
        places = [place[name, numbers[t]] for name, t in joint.pairs]
        matrix[np.ix_(places, places)] = joint.matrix
        if joint.kernel is not None and joint.expected is not None:
            expected[places], kernel[np.ix_(places, places)] = joint.expected, joint.kernel
    known = [joint.df for _, joint in parts if joint.df is not None]
    clustered = all(joint.kernel is not None for _, joint in parts)
    return replace(
        parts[0][1], pairs=pairs, matrix=matrix, df=min(known) if known else None,
        expected=expected if clustered else None, kernel=kernel if clustered else None,
    )  # fmt: skip
