"""Groups of a number by its quantiles, and what ties do to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import narwhals as nw

from analysis.errors import AnalysisRefused
from analysis.frame import AnalysisFrame
from analysis.results import CutLevel
from analysis.specification import Group, Levels, level_position
from analysis.wording.numbers import count, span
from analysis.wording.phrases import listed

_GROUP = "_group"


@dataclass(frozen=True, slots=True)
class _Cut:
    """A cut point, and the quantile group that begins at it; ``above_ties`` where it had nothing below."""

    at: float
    begins: int
    above_ties: bool = False


def quantile_levels(frame: AnalysisFrame, column: str, groups: int) -> Levels:
    """Q1 to Qk of a column: cut at its quantiles over all arms, every row whose value is known.

    Cut points are numpy's linear quantiles; groups are left-closed and the last one is closed too. Where so many
    customers share the lowest value that a cut has nothing below it, it is put above that value, so that they are a
    group. Quantiles that ties leave nobody between are one group, named by the first and the last of them.

    Raises:
        AnalysisRefused: the column has no value.
    """
    value = nw.col(column).cast(nw.Float64)
    quantiles = {f"cut_{i}": value.quantile(i / groups, interpolation="linear") for i in range(1, groups)}
    absent = value.is_null().cast(nw.Int64).sum()
    row = frame.engine.collect(frame.rows.select(**quantiles, least=value.min(), without=absent))
    least, without = row["least"][0].as_py(), int(row["without"][0].as_py())
    if least is None:
        raise AnalysisRefused("the subgroup column has no value", where=column)
    cuts = [_Cut(row[f"cut_{i}"][0].as_py(), i + 1) for i in range(1, groups)]
    if cuts[0].at <= least:
        above = frame.engine.collect(frame.rows.filter(value > least).select(next=value.min()))["next"][0].as_py()
        moved = [] if above is None else [_Cut(above, cut.begins, above_ties=True) for cut in cuts if cut.at <= least]
        cuts = sorted([*moved, *(cut for cut in cuts if cut.at > least)], key=lambda cut: cut.at)
    every = Levels(column, tuple(map(str, range(len(cuts) + 1))), tuple(cut.at for cut in cuts))
    held = frame.engine.collect(
        frame.rows.select(level_position(every).alias(_GROUP), value.alias("v"))
        .filter(~nw.col("v").is_null())
        .group_by(_GROUP)
        .agg(nw.col("v").min().alias("lower"), nw.col("v").max().alias("upper"), nw.len().alias("n"))
    )
    found = {int(part[_GROUP]): Group("", part["lower"], part["upper"], int(part["n"])) for part in held.to_pylist()}
    places = sorted(found)
    begins_at = {place: cuts[place - 1].at for place in places[1:]}
    if any(cut.above_ties for cut in cuts) and len(places) > 2:
        # What the tied customers leave of their last quantile goes to the next where it is less than half of one.
        left, following = places[1], places[2]
        if 2 * groups * found[left].customers < sum(group.customers for group in found.values()):
            joined = found[left].customers + found[following].customers
            found[following] = replace(found[following], lower=found[left].lower, customers=joined)
            begins_at[following] = begins_at.pop(left)
            places.remove(left)
    names = _names(cuts, places, groups)
    return Levels(
        column,
        names,
        tuple(begins_at[place] for place in places[1:]),
        without=without,
        groups=tuple(replace(found[place], name=name) for name, place in zip(names, places, strict=True)),
    )


def _names(cuts: Sequence[_Cut], places: Sequence[int], groups: int) -> tuple[str, ...]:
    """Each group by the quantiles that it holds; what customers share goes with the quantiles that it fills."""
    begins = [1]
    for before, place in pairwise(places):
        between = cuts[before:place]
        above = next((cut.at for cut in between if cut.above_ties), None)
        of_ties = [cut.begins for cut in between if above is not None and (cut.above_ties or cut.at != above)]
        begins.append(max(of_ties) if of_ties else min(cut.begins for cut in between))
    ends = [*(begin - 1 for begin in begins[1:]), groups]
    return tuple(f"Q{a}" if a == b else f"Q{a}–Q{b}" for a, b in zip(begins, ends, strict=True))


def cut_levels(by: Levels) -> tuple[CutLevel, ...]:
    """What each group holds, for the results."""
    return tuple(CutLevel(by.column, group.name, group.lower, group.upper, group.customers) for group in by.groups)


def merged_note(by: Levels, column: str | None = None) -> str | None:
    """What to say where quantiles could not be told apart.

    Args:
        column: What the plan calls it.

    >>> by = Levels("x", ("Q1–Q3", "Q4"), (1.0,), groups=(Group("Q1–Q3", 0, 0, 814), Group("Q4", 1, 310.5, 186)))
    >>> merged_note(by)
    'So many customers share a value of x that some of its quantiles are one group: Q1–Q3 is 0 (814 customers).'
    """
    merged = [group for group in by.groups if "–" in group.name]
    if not merged:
        return None
    words = [
        f"{group.name} is {span(group.lower, group.upper)} ({count(group.customers)} customers)" for group in merged
    ]
    shared = f"So many customers share a value of {column or by.column} that some of its quantiles are one group"
    return f"{shared}: {listed(words)}."
