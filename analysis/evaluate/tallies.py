"""Small counts from the engine that the regression does not give: who is there, who is missing, who had an event.

Each function is a scan that returns a few rows an arm; what follows is arithmetic elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.evaluate.size import refuse_too_many_values
from analysis.frame import ARM_COLUMN, DAY_ZERO_COLUMN, SATURATION_COLUMN, WAVE_COLUMN, AnalysisFrame
from analysis.inference.score_bounds import EventCounts
from analysis.integrity.balance import ArmMoments, ByStratum
from analysis.integrity.shares_by_stratum import ShareCounts, shares_differ
from analysis.regression.leaving import strata_that_leave
from analysis.specification import Levels, level_position
from data.engine import Engine
from data.pieces import coded

ByArmAndStratum = dict[str, dict[tuple[Any, ...], tuple[float, float, float]]]  # events, customers, those assigned
LEVEL = "_level"
MOST_COMBINATIONS = 20_000
PILOT_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class ArmTally:
    """One arm: its customers, those with each outcome observed, and what its covariates look like.

    ``moments`` are of numeric columns; ``levels`` count customers by level of each category, those without left out.
    """

    customers: int
    observed: Mapping[str, int]
    moments: Mapping[str, ArmMoments]
    levels: Mapping[str, Mapping[str, int]]

    def lacks(self, outcome: str) -> bool:
        """Whether some of its customers have no such outcome."""
        return self.observed[outcome] < self.customers


def tally_arms(
    frame: AnalysisFrame, outcomes: Mapping[str, nw.Expr], numbers: Sequence[str], categories: Sequence[str]
) -> dict[str, ArmTally]:
    """Count every arm, in one scan where the categories have few combinations.

    Args:
        outcomes: outcome id -> what is null where it is missing.
        numbers: numeric columns whose moments are wanted.
        categories: columns whose levels are counted.
    """
    together = _combinations(frame, categories) <= MOST_COMBINATIONS
    grouped = _grouped(frame, outcomes, numbers, categories if together else ())
    separate = {} if together else {name: _grouped(frame, {}, (), (name,)) for name in categories}
    for name in categories:
        counted = separate.get(name, grouped)
        refuse_too_many_values(name, len(pc.unique(counted[name])), len(pc.unique(counted[ARM_COLUMN])))
    arms: dict[str, ArmTally] = {}
    for arm in dict.fromkeys(grouped[ARM_COLUMN].to_pylist()):
        part = grouped.filter(pc.equal(grouped[ARM_COLUMN], arm))
        arms[arm] = ArmTally(
            customers=pc.sum(part["n"]).as_py(),
            observed={name: pc.sum(part[f"observed:{name}"]).as_py() for name in outcomes},
            moments={name: moments for name in numbers if (moments := _pooled(part, name)) is not None},
            levels={name: _counted(part, name) for name in categories} if together else {},
        )
    if not together:
        for arm, tally in arms.items():
            levels = {
                name: _counted(table.filter(pc.equal(table[ARM_COLUMN], arm)), name) for name, table in separate.items()
            }
            arms[arm] = replace(tally, levels=levels)
    return arms


def tally_day_zeros(frame: AnalysisFrame, arms: Sequence[str]) -> dict[str, dict[date, int]]:
    """Of each arm, how many customers have which day 0."""
    by = (ARM_COLUMN, DAY_ZERO_COLUMN)
    table = frame.engine.collect(frame.rows.select(*by).group_by(*by).agg(nw.len().alias("n")))
    counted: dict[str, dict[date, int]] = {arm: {} for arm in arms}
    for row in table.to_pylist():
        if row[ARM_COLUMN] in counted:  # a label that is no arm has a check of its own
            counted[row[ARM_COLUMN]][row[DAY_ZERO_COLUMN]] = int(row["n"])
    return counted


def _combinations(frame: AnalysisFrame, categories: Sequence[str]) -> int:
    """About how many combinations the categories have, from the first rows."""
    if not categories:
        return 1
    sample = frame.engine.collect(frame.rows.select(*categories).head(PILOT_ROWS))
    return math.prod(len(pc.unique(sample[name])) for name in categories)


def _grouped(
    frame: AnalysisFrame, outcomes: Mapping[str, nw.Expr], numbers: Sequence[str], categories: Sequence[str]
) -> pa.Table:
    """One row for each arm and combination of categories: customers, outcomes observed, moments of numbers."""
    aggregates = {"n": nw.len()}
    aggregates |= {f"observed:{name}": value.count() for name, value in outcomes.items()}
    for name in numbers:
        value = nw.col(name).cast(nw.Float64)
        aggregates |= {f"n:{name}": value.count(), f"mean:{name}": value.mean(), f"var:{name}": value.var()}
    table = frame.engine.collect(frame.rows.group_by(ARM_COLUMN, *categories).agg(**aggregates))
    for name in categories:
        table = table.append_column(f"level:{name}", pc.cast(table[name], pa.string()))
    return table


def _pooled(part: pa.Table, name: str) -> ArmMoments | None:
    """Moments over groups from each group's own: no sum of raw squares, so large values lose no digits."""
    n = _floats(part[f"n:{name}"])
    known = n > 0
    if not known.any():
        return None
    n, mean, variance = n[known], _floats(part[f"mean:{name}"])[known], _floats(part[f"var:{name}"])[known]
    total = n.sum()
    pooled_mean = float(n @ mean / total)
    squares = float(np.nansum(np.where(n > 1, (n - 1.0) * variance, 0.0)) + n @ (mean - pooled_mean) ** 2)
    return ArmMoments(int(total), pooled_mean, squares / (total - 1.0) if total > 1 else 0.0)


def _counted(part: pa.Table, name: str) -> dict[str, int]:
    customers: dict[str, int] = {}
    for level, count in zip(part[f"level:{name}"].to_pylist(), part["n"].to_pylist(), strict=True):
        if level is not None:
            customers[level] = customers.get(level, 0) + int(count)
    return customers


@dataclass(frozen=True, slots=True)
class ClusterTally:
    """Clusters that lie in one arm, by arm, and how many lie in more than one."""

    whole: Mapping[str, int]
    straddling: int

    @property
    def total(self) -> int:
        return sum(self.whole.values()) + self.straddling


def tally_clusters(frame: AnalysisFrame, cluster: str) -> ClusterTally:
    """Count the units that were assigned whole."""
    arm = nw.col(ARM_COLUMN)
    each = frame.rows.group_by(cluster).agg(first=arm.min(), last=arm.max())
    pairs = frame.engine.collect(each.group_by("first", "last").agg(nw.len().alias("n"))).to_pylist()
    straddling = sum(int(row["n"]) for row in pairs if row["first"] != row["last"])
    return ClusterTally({row["first"]: int(row["n"]) for row in pairs if row["first"] == row["last"]}, straddling)


def tally_saturations(frame: AnalysisFrame, cluster: str) -> tuple[int, int]:
    """(clusters, those of them at more than one saturation) of a saturation trial; each wave's draw is its own."""
    wave = [WAVE_COLUMN] if WAVE_COLUMN in frame.rows.collect_schema() else []
    saturation = nw.col(SATURATION_COLUMN)
    each = frame.rows.group_by(cluster, *wave).agg(first=saturation.min(), last=saturation.max())
    pairs = frame.engine.collect(each.group_by("first", "last").agg(nw.len().alias("n"))).to_pylist()
    straddling = sum(int(row["n"]) for row in pairs if row["first"] != row["last"])
    return sum(int(row["n"]) for row in pairs), straddling


@dataclass(frozen=True, slots=True)
class WithinStrata:
    """What covariates look like in each stratum of each arm, where shares differ by stratum.

    Attributes:
        numbers: column -> arm -> stratum -> (customers for whom it is known, mean).
        levels: column -> level -> arm -> stratum -> (customers for whom it is known, share with the level).
    """

    numbers: Mapping[str, Mapping[str, ByStratum]]
    levels: Mapping[str, Mapping[str, Mapping[str, ByStratum]]]


def tally_within_strata(
    frame: AnalysisFrame, strata: Sequence[str], numbers: Sequence[str], categories: Sequence[str]
) -> WithinStrata | None:
    """Covariates by arm and stratum; ``None`` where the arms' shares do not differ by stratum, or there are none."""
    if not strata:
        return None
    # Keys of their own names, for a stratum may be a covariate too.
    keys = {name: f"key:{number}" for number, name in enumerate(strata)}
    rows = frame.rows.with_columns(*(nw.col(name).alias(key) for name, key in keys.items()))

    def counted(*by: str, **aggregates: nw.Expr) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
        grouped = rows.group_by(ARM_COLUMN, *keys.values(), *by).agg(n=nw.len(), **aggregates)
        table = frame.engine.collect(grouped).to_pylist()
        return [(row[ARM_COLUMN], tuple(row[key] for key in keys.values()), row) for row in table]

    moments: dict[str, nw.Expr] = {}
    for name in numbers:
        value = nw.col(name).cast(nw.Float64)
        moments |= {f"n:{name}": value.count(), f"mean:{name}": value.mean()}
    whole = counted(**moments)
    codes = {stratum: code for code, stratum in enumerate(dict.fromkeys(stratum for _, stratum, _ in whole))}
    arm, stratum = np.array([arm for arm, _, _ in whole]), np.array([codes[stratum] for _, stratum, _ in whole])
    if not shares_differ(arm, stratum, np.array([float(row["n"]) for _, _, row in whole])):
        return None
    of_numbers: dict[str, dict[str, dict[object, tuple[int, float]]]] = {name: {} for name in numbers}
    for arm_id, place, row in whole:
        for name in numbers:
            if row[f"n:{name}"]:
                of_numbers[name].setdefault(arm_id, {})[place] = int(row[f"n:{name}"]), float(row[f"mean:{name}"])
    return WithinStrata(of_numbers, {name: _shares_of_levels(counted, name) for name in categories})


def _shares_of_levels(
    counted: Callable[..., list[tuple[str, tuple[Any, ...], dict[str, Any]]]], name: str
) -> dict[str, dict[str, dict[object, tuple[int, float]]]]:
    """Level -> arm -> stratum -> (customers with any level, share with this one)."""
    known: dict[tuple[str, tuple[Any, ...]], int] = {}
    with_level: dict[str, dict[tuple[str, tuple[Any, ...]], int]] = {}
    for arm, stratum, row in counted(name):
        if row[name] is not None:
            known[arm, stratum] = known.get((arm, stratum), 0) + int(row["n"])
            with_level.setdefault(_as_text(row[name]), {})[arm, stratum] = int(row["n"])
    shares: dict[str, dict[str, dict[object, tuple[int, float]]]] = {}
    for level, counts in with_level.items():
        for (arm, stratum), n in known.items():
            shares.setdefault(level, {}).setdefault(arm, {})[stratum] = n, counts.get((arm, stratum), 0) / n
    return shares


def _as_text(value: Any) -> str:
    """As the engine writes a level."""
    return str(pc.cast(pa.scalar(value), pa.string()).as_py())


def tally_shares(
    frame: AnalysisFrame, columns: Mapping[str, nw.Expr], strata: Sequence[str], cluster: str | None
) -> dict[str, ShareCounts]:
    """Customers with each value known, by arm and stratum, and by cluster where whole clusters were assigned.

    Args:
        columns: name -> what is null where it is missing.
        strata: columns whose combinations are the strata.
        cluster: column of what was assigned whole.
    """
    return shares_of_rows(frame.engine, frame.rows, columns, strata, cluster)


def shares_of_rows(
    engine: Engine,
    rows: nw.LazyFrame[Any],
    columns: Mapping[str, nw.Expr],
    strata: Sequence[str],
    cluster: str | None,
) -> dict[str, ShareCounts]:
    """The same of rows that are no frame yet; ``ARM_COLUMN`` holds the arm."""
    keys = [ARM_COLUMN, *strata, *([cluster] if cluster else [])]
    aggregates = {"n:": nw.len(), **{f"known:{name}": value.count() for name, value in columns.items()}}
    # Grouped by keys of their own names, for a column may be counted and group too.
    named = {key: f"key:{number}" for number, key in enumerate(keys)}
    rows = rows.with_columns(*(nw.col(key).alias(name) for key, name in named.items()))
    table = engine.collect(rows.group_by(*named.values()).agg(**aggregates))
    arm = np.array(table[named[ARM_COLUMN]].to_pylist(), dtype=np.str_)
    stratum = codes_of(table, [named[name] for name in strata])
    clusters = codes_of(table, [named[cluster]]) if cluster else None
    customers = _floats(table["n:"])
    return {name: ShareCounts(arm, stratum, customers, _floats(table[f"known:{name}"]), clusters) for name in columns}


def codes_of(table: pa.Table, names: Sequence[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Codes of the combinations of some columns, shape (rows,); a missing value is a value too."""
    combined = np.zeros(table.num_rows, dtype=np.int64)
    for name in names:
        encoded = coded(table[name].cast(pa.string()), nulls="encode")
        codes = np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        combined = np.unique(combined * (codes.max(initial=0) + 1) + codes, return_inverse=True)[1].astype(np.int64)
    return combined


def tally_events(
    frame: AnalysisFrame, columns: Mapping[str, str], strata: Sequence[str], by: Levels | None
) -> dict[tuple[str, str | None], ByArmAndStratum]:
    """Events and customers of binary outcomes by arm and stratum.

    Args:
        columns: outcome id -> its column.
        strata: columns whose combinations are the strata.
        by: the subgroup, or ``None`` for everyone.

    Returns:
        (outcome, level) -> arm -> stratum -> (events, customers with the outcome observed, customers assigned).
    """
    keys = [nw.col(ARM_COLUMN), *(nw.col(name) for name in strata)]
    names = [ARM_COLUMN, *strata]
    values = [nw.col(column).cast(nw.Float64).alias(f"y:{name}") for name, column in columns.items()]
    if by is not None:
        keys.append(level_position(by).alias(LEVEL))
        names.append(LEVEL)
    aggregates = {f"n:{name}": nw.col(f"y:{name}").count() for name in columns}
    aggregates |= {f"events:{name}": nw.col(f"y:{name}").sum() for name in columns}
    aggregates["assigned"] = nw.len()
    table = frame.engine.collect(frame.rows.select(*keys, *values).group_by(names).agg(**aggregates))
    events: dict[tuple[str, str | None], ByArmAndStratum] = {}
    for row in table.to_pylist():
        if by is not None and row[LEVEL] is None:
            continue
        at_level = by.names[int(row[LEVEL])] if by is not None else None
        stratum = tuple(row[name] for name in strata)
        for name in columns:
            by_arm = events.setdefault((name, at_level), {}).setdefault(row[ARM_COLUMN], {})
            counted = float(row[f"events:{name}"] or 0.0), float(row[f"n:{name}"]), float(row["assigned"])
            by_arm[stratum] = counted
    return events


def event_counts(by_arm: ByArmAndStratum, arm: str, comparison: str, *, additive: bool) -> EventCounts:
    """One arm against its comparison, stratum by stratum, weighed as the regression weighs them.

    Customers of a stratum in which nobody was assigned to one of the two leave, unless too many would; then, and where
    an outcome is missing for everybody, there are zero customers.

    Args:
        by_arm: every arm's counts, for a stratum weighs by its customers of all arms.
        additive: whether the regression has no interactions, and so weighs strata by what they say.
    """
    of_arm, of_comparison = by_arm.get(arm, {}), by_arm.get(comparison, {})
    strata = sorted(of_arm.keys() | of_comparison.keys(), key=repr)
    nobody = (0.0, 0.0, 0.0)
    pairs = [(*of_arm.get(stratum, nobody), *of_comparison.get(stratum, nobody)) for stratum in strata]
    columns = np.array(pairs, dtype=np.float64).reshape(-1, 6).T
    customers = np.array([sum(of.get(stratum, nobody)[1] for of in by_arm.values()) for stratum in strata])
    stays = ~strata_that_leave(columns[[2, 5]])
    events_arm, n_arm, events_comparison, n_comparison = columns[[0, 1, 3, 4]][:, stays]
    return EventCounts(events_arm, n_arm, events_comparison, n_comparison, None if additive else customers[stays])


def _floats(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
