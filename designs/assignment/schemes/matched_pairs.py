"""Matched pairs, and K-tuples for K arms: one unit of each tuple to each arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from designs.assignment.population.units import Units, as_array, levels
from designs.assignment.schemes.scheme import BaseScheme
from designs.errors import DesignRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedPairs(BaseScheme):
    """Strata of K units for K arms of equal shares, so that every tuple has each arm once.

    Args:
        pairs: Column that names the tuple.
    """

    method: ClassVar[str] = "matched_pairs"

    pairs: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the population that the draw reads, besides the id; each once."""
        return tuple(dict.fromkeys((*BaseScheme.columns.__get__(self), *(self.pairs,))))

    def __post_init__(self) -> None:
        BaseScheme.__post_init__(self)
        if set(self.weights) != {1} or self.hold_out:
            raise DesignRefused(
                "a matched design with unequal shares or a hold-out",
                where="randomisation",
                rule="a pair has one unit for each arm",
            )


def matched(units: Units, scheme: MatchedPairs) -> Units:
    """The units with their tuples as strata.

    Raises:
        DesignRefused: A tuple that does not have one unit for each arm, or an arm barred to some; by name.
    """
    if units.tuple_of is None:
        raise DesignRefused(
            "the units carry no pairs", where=scheme.pairs, rule="matched pairs are declared by a column"
        )
    if units.barred is not None and any(levels(units.barred, "text of barred arms").names):
        raise DesignRefused(
            "an arm is barred to some customers", rule="every unit of a pair can get every arm", where=scheme.pairs
        )
    level = levels(units.tuple_of, "pair")
    sizes = np.bincount(level.codes, minlength=len(level.names))
    wrong = np.flatnonzero(sizes != len(scheme.arms))
    if len(wrong):
        name, size = level.names[int(wrong[0])], int(sizes[wrong[0]])
        raise DesignRefused(
            f"{len(wrong)} pairs do not have {len(scheme.arms)} units; first {name!r}, with {size}",
            where=f"{scheme.pairs} {name}",
            rule="each arm takes one unit of every pair",
            remedy="complete these pairs, or exclude their units before the draw",
        )
    return Units(ids=units.ids, strata=units.tuple_of)


def match_by_score(score: NDArray[np.float64], ids: Any, size: int, strata: Any | None = None) -> Any:
    """Tuples of neighbours in a score, within strata.

    Matching on the outcome as predicted from before the trial is the best that pairs can do (Bai 2022, American
    Economic Review 112:3911-3940). Equal scores are ordered by id, so the order of the rows does not matter.

    Args:
        score: n numbers.
        ids: n texts.
        size: Units in a tuple: one for each arm.
        strata: n texts, or none.

    Returns:
        n texts, the tuple of each; null for the last few of a stratum that do not fill one.

    Examples:
        >>> match_by_score(np.array([3.0, 1.0, 2.9, 1.2, 9.0]), ["a", "b", "c", "d", "e"], 2).to_pylist()
        ['2', '1', '2', '1', None]
    """
    if not np.isfinite(score).all():
        raise DesignRefused("a score is missing", rule="units are matched on a number that each of them has")
    stratum = np.zeros(len(score), np.int64) if strata is None else levels(strata, "stratum").codes
    by_id = np.argsort(np.array(as_array(ids).to_pylist(), dtype=object), kind="stable")
    ranked = by_id[np.lexsort((score[by_id], stratum[by_id]))]
    labels: list[str | None] = [None] * len(ranked)
    number = 0
    for j in np.unique(stratum).tolist():
        mine = ranked[stratum[ranked] == j]
        for start in range(0, len(mine) - size + 1, size):
            number += 1
            for row in mine[start : start + size].tolist():
                labels[row] = str(number)
    return pa.array(labels, pa.string())
