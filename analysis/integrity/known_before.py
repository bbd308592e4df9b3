"""What was known before customers were assigned cannot differ by arm: whose value is known, and who stands alone.

A file of a trial randomised elsewhere is written after the fact. Non-payers of one arm whose stratum, covariate or
segment is blank or misspelt leave the comparison, or their segment, although every outcome is there. Assignment knew
nothing of the arms' outcomes, so two things are tested for each such column: that the value is known of the same share
of customers of every arm, and that no arm stands alone in more strata, or levels, than assignment leaves it by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, gammaln, ndtr

from analysis.inference.multiplicity import holm
from analysis.inference.root_finding import rising_root
from analysis.integrity.shares_by_stratum import ALARM, shares_differ
from analysis.results import Check
from designs.protocol.words import ColumnWords

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LARGE = 20  # units of a stratum that says which shares there are
_DOUBT = 0.05  # p-value of one share in all small strata below which it is not taken for granted
_NEVER = 1e-12  # expected strata of a size in one arm
_MOST_ON_A_GRID = 200_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One column in one arm against another.

    Attributes:
        kind: ``unknown``: whose value is not known; ``alone``: of strata or levels that hold nobody of the other arm.
        column: its name, or the strata's.
        arm, comparison: ids.
        customers: such customers of the arm and of the comparison.
        p_value: two-sided.
    """

    kind: Literal["unknown", "alone"]
    column: str
    arm: str
    comparison: str
    customers: tuple[int, int]
    p_value: float | None


def unknown_p(unknown: tuple[int, int], arm: Floats, comparison: Floats) -> float:
    """P-value of the arm's part of those without a stratum, where arms have other shares in other strata.

    Nobody knows which share they had, so it is the largest over the shares of the strata.

    Args:
        unknown: customers of the arm and of the comparison.
        arm, comparison: those of each stratum, shape (J,).

    Examples:
        >>> import numpy as np
        >>> unknown_p((30, 20), np.array([800.0, 200.0]), np.array([200.0, 800.0]))
        1.0
        >>> unknown_p((50, 0), np.array([800.0, 200.0]), np.array([200.0, 800.0])) < 0.001
        True
    """
    n = sum(unknown)
    if n == 0:
        return 1.0
    least, most = usual_shares(arm, comparison)
    at_most, at_least = float(bdtr(unknown[0], n, least)), float(bdtrc(unknown[0] - 1, n, most)) if unknown[0] else 1.0
    return min(1.0, 2.0 * min(at_most, at_least))


def usual_shares(arm: Floats, comparison: Floats) -> tuple[float, float]:
    """The smallest and the largest share of the arm: the overall one, unless shares differ by stratum beyond chance.

    Then they are those of the large strata that hold both arms. Where most customers are in strata too small to say
    what their shares are, they may be anything.

    Examples:
        >>> import numpy as np
        >>> usual_shares(np.array([800.0, 300.0]), np.array([200.0, 700.0]))
        (0.3, 0.8)
        >>> usual_shares(np.array([5.0, 1.0] * 40), np.array([1.0, 5.0] * 40))
        (0.0, 1.0)
    """
    overall = float(arm.sum() / (arm.sum() + comparison.sum()))
    both = (arm > 0) & (comparison > 0)
    if both.sum() < 2 or not _differ(arm[both], comparison[both]):
        return overall, overall
    large = both & (arm + comparison >= LARGE)
    if (arm + comparison)[large].sum() < 0.5 * (arm + comparison).sum():
        return 0.0, 1.0
    shares = (arm / np.maximum(arm + comparison, 1.0))[large]
    return min([overall, *shares.tolist()]), max([overall, *shares.tolist()])


def _differ(arm: Floats, comparison: Floats) -> bool:
    """Whether shares differ between strata that hold both arms: any doubt counts, for then less is tested."""
    codes = np.arange(arm.size)
    names = np.repeat(np.array(["arm", "comparison"]), codes.size)
    if shares_differ(names, np.tile(codes, 2), np.concatenate([arm, comparison])):
        return True
    excess, variance = _spread_of_small(arm, arm + comparison)
    return variance > 0.0 and float(ndtr(-excess / variance**0.5)) < _DOUBT


def _spread_of_small(arm: Floats, size: Floats) -> tuple[float, float]:
    """How much more the arm's units of small strata spread than one share would have it, and the variance of that.

    Strata are here for holding both arms, so what one share would give is binomial without its two ends.
    """
    small = (size > 2.0) & (size < LARGE)
    arm, size = arm[small], size[small]
    if not size.size:
        return 0.0, 0.0
    sizes, at = np.unique(size, return_inverse=True)
    counts = np.arange(1.0, LARGE)[None, :]
    inside = counts < sizes[:, None]
    ways = np.where(inside, gammaln(sizes + 1)[:, None] - gammaln(counts + 1), 0.0)
    ways -= np.where(inside, gammaln(np.where(inside, sizes[:, None] - counts, 0.0) + 1), 0.0)

    def moments(share: float) -> tuple[Floats, Floats, Floats]:
        weight = np.where(inside, np.exp(ways + (counts - sizes[:, None] / 2.0) * np.log(share / (1.0 - share))), 0.0)
        weight /= weight.sum(axis=1, keepdims=True)
        mean = (weight * counts).sum(axis=1)
        away = counts - mean[:, None]
        return mean, (weight * away**2).sum(axis=1), (weight * away**4).sum(axis=1)

    def short(share: float) -> float:
        return float(moments(share)[0][at].sum() - arm.sum())

    ends = 1e-6, 1.0 - 1e-6
    if short(ends[0]) >= 0.0 or short(ends[1]) <= 0.0:
        return 0.0, 0.0
    mean, variance, fourth = moments(rising_root(short, *ends))
    excess = (arm - mean[at]) ** 2 - variance[at]
    return float(excess.sum()), float((fourth - variance**2)[at].sum())


def alone_p(arm: Integers, comparison: Integers) -> float:
    """Whether an arm stands alone in more strata than chance leaves it: the p-value of six one-sided tests together.

    Of either arm: units in strata that hold it alone, against what simple assignment gives over all strata (blocked
    assignment gives fewer); and against what is due to it of the strata that hold one arm, each of size m with
    probability p^m / (p^m + q^m). Both distributions are exact, of a weighted sum of strata. And strata of one size,
    against the binomial of that size.

    Args:
        arm, comparison: units of each stratum, shape (J,).

    Examples:
        >>> import numpy as np
        >>> alone_p(np.array([500, 510, 290]), np.array([500, 490, 0])) < 1e-9  # a stratum that was misspelt
        True
        >>> alone_p(np.array([500, 510, 1]), np.array([500, 490, 0]))
        1.0
    """
    size = arm + comparison
    used = size > 0
    arm, comparison, size = arm[used], comparison[used], size[used]
    if not ((arm == 0) | (comparison == 0)).any() or not arm.sum() or not comparison.sum():
        return 1.0
    least, most = usual_shares(arm.astype(np.float64), comparison.astype(np.float64))
    one_armed = (arm == 0) | (comparison == 0)
    p_values = []
    for alone, share in ((comparison == 0, most), (arm == 0, 1.0 - least)):
        seen = int(size[alone].sum())
        p_values.append(_at_least(seen, size, share ** size.astype(np.float64), alone))
        odds = ((1.0 - share) / share) ** size[one_armed].astype(np.float64)
        p_values.append(_at_least(seen, size[one_armed], 1.0 / (1.0 + odds), alone[one_armed]))
        p_values.append(_of_one_size(size, share, alone))
    return min(1.0, len(p_values) * min(p_values))


def _of_one_size(size: Integers, share: float, alone: NDArray[np.bool_]) -> float:
    """Smallest p-value, times their number, over the sizes of strata: how many of one size hold an arm alone.

    A hundred strata of one customer, or one stratum of forty, are lost in a sum over strata of all sizes.
    """
    sizes, number = np.unique(size, return_counts=True)
    held = np.bincount(np.searchsorted(sizes, size[alone]), minlength=sizes.size)
    seen = held > 0
    if not seen.any():
        return 1.0
    p_values = bdtrc(held[seen] - 1.0, number[seen], share ** sizes[seen].astype(np.float64))
    return min(1.0, float(p_values.min()) * int(seen.sum()))


def _at_least(seen: int, size: Integers, chance: Floats, alone: NDArray[np.bool_]) -> float:
    """Probability that a sum of sizes, each counted with its chance, is ``seen`` or more."""
    if seen == 0:
        return 1.0
    sizes, first, number = np.unique(size, return_index=True, return_counts=True)
    of_size = chance[first]
    never = number * of_size < _NEVER
    if never.any():
        if np.isin(size[alone], sizes[never]).any():
            return float((number * of_size)[never].sum())
        sizes, number, of_size = sizes[~never], number[~never], of_size[~never]
    mean = float(np.sum(number * of_size * sizes))
    variance = float(np.sum(number * of_size * (1.0 - of_size) * sizes.astype(np.float64) ** 2))
    most = int(np.sum(sizes * number))
    if most > _MOST_ON_A_GRID:
        return float(ndtr((mean + 0.5 - seen) / variance**0.5)) if variance > 0.0 else float(seen <= mean + 0.5)
    turn = np.exp(-2j * np.pi * np.arange(most // 2 + 1) / (most + 1))
    transform = np.ones(turn.size, dtype=np.complex128)
    for m, n, p in zip(sizes, number, of_size, strict=True):
        transform *= (1.0 - p + p * turn ** int(m)) ** int(n)
    probability = np.fft.irfft(transform, most + 1)
    return min(1.0, max(0.0, float(probability[seen:].sum())))


def known_before(differences: Sequence[Difference], labels: dict[str, str], words: ColumnWords | None = None) -> Check:
    """The check of all columns together: Holm over them, at the level of the other checks that block."""
    figures: dict[str, float | int | str | None] = {}
    told = []
    for row, p_value in zip(differences, holm([row.p_value for row in differences]), strict=True):
        key = f"{row.kind}_{row.column}_{row.arm}" + ("" if row.kind == "unknown" else f"_{row.comparison}")
        figures |= {key: row.customers[0], f"p_adjusted_{key}": p_value}
        if row.kind == "unknown":
            figures[f"{row.kind}_{row.column}_{row.comparison}"] = row.customers[1]
        if p_value is not None and p_value < ALARM:
            told.append(_told(row, labels, words or ColumnWords()))
    if told:
        detail = f"What was known before customers were assigned differs between arms: {'; '.join(told)}."
        return Check("known_before", False, detail, "blocks", figures)
    detail = "What was known before customers were assigned is known alike in every arm."
    return Check("known_before", True, detail, "blocks", figures)


def _told(row: Difference, labels: dict[str, str], words: ColumnWords) -> str:
    arm, other = labels.get(row.arm, row.arm), labels.get(row.comparison, row.comparison)
    named = ", ".join(words.column(column) for column in row.column.split(", "))
    who = f"{arm} {row.customers[0]:,}, {other} {row.customers[1]:,}"
    if row.kind == "unknown":
        return f"{named} is not known of customers of {who}"
    return f"{named} has values that only one of two arms has, with customers of {who}"
