"""Whose strata, covariates and segments are known, and who stands alone in one: counted, and compared between arms."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from analysis.evaluate.tallies import codes_of, tally_shares
from analysis.frame import ARM_COLUMN, STRATUM_COLUMN, AnalysisFrame, open_to, open_to_every_arm, strata_of
from analysis.integrity.known_before import Difference, alone_p, unknown_p, usual_shares
from analysis.integrity.known_before import known_before as check_of
from analysis.integrity.shares_by_stratum import ShareCounts, compare_shares, shares_differ
from analysis.results import Check
from designs.protocol.models import Protocol
from designs.protocol.words import column_words

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def known_before(
    frame: AnalysisFrame, protocol: Protocol, numbers: Sequence[str], categories: Sequence[str]
) -> tuple[Check, ...]:
    """The check of a trial randomised elsewhere; a trial of our own knew all of this before its draw.

    Nothing to check where every value is known and no arm stands alone.

    Args:
        frame: everybody.
        numbers, categories: covariates, strata and subgroup columns.
    """
    if protocol.randomised_here:
        return ()
    grouping = [name for name in (protocol.cluster, protocol.errors_cluster) if name is not None]
    columns = list(dict.fromkeys([*numbers, *categories, *grouping]))
    levels = [name for name in categories if name not in protocol.randomisation.strata]
    strata = strata_of(frame, protocol)
    if not columns and not strata:
        return ()
    differences = _unknown(frame, protocol, columns)
    if not protocol.randomisation.saturations:  # there a cluster's saturation decides how many of each arm it has
        for column in ([strata] if strata else []) + [(name,) for name in levels]:
            differences += _alone(frame, protocol, column)
    return (check_of(differences, protocol.labels, column_words(protocol)),) if differences else ()


def _unknown(frame: AnalysisFrame, protocol: Protocol, columns: Sequence[str]) -> list[Difference]:
    alike, comparison = open_to_every_arm(frame, protocol), protocol.comparison.id
    counted = tally_shares(alike, {name: nw.col(name) for name in columns}, (), None) if columns else {}
    found = []
    for name, counts in counted.items():
        lacking = {arm: round(n) for arm, n in zip(counts.arm, counts.customers - counts.count, strict=True)}
        if not any(lacking.values()):
            continue
        cluster = protocol.cluster if name != protocol.cluster else None
        apart = _strata_beside(alike, protocol, name)
        value = {name: nw.col(name)}
        within = tally_shares(alike, value, apart, cluster)[name]
        if apart and not shares_differ(within.arm, within.stratum, within.customers):
            within = tally_shares(alike, value, (), cluster)[name]
        of_strata = tally_shares(alike, value, [name], None)[name] if name in protocol.randomisation.strata else None
        for arm in (arm.id for arm in protocol.arms if arm.id != comparison):
            unknown = lacking.get(arm, 0), lacking.get(comparison, 0)
            compared = compare_shares(within, arm, comparison)
            p_value = None if compared is None else compared.p_value
            if of_strata is not None and p_value is not None:
                p_value = max(p_value, _by_any_share(of_strata, arm, comparison, unknown))
            found.append(Difference("unknown", name, arm, comparison, unknown, p_value))
    return found


def _strata_beside(frame: AnalysisFrame, protocol: Protocol, name: str) -> tuple[str, ...]:
    """The strata without a column, and without what is made of it."""
    made = {name, STRATUM_COLUMN} if name in protocol.randomisation.strata else {name}
    return tuple(column for column in strata_of(frame, protocol) if column not in made)


def _by_any_share(counts: ShareCounts, arm: str, comparison: str, unknown: tuple[int, int]) -> float:
    """Where shares differ by the very column that is not known; nothing to add where they do not."""
    known = counts.count > 0
    units = [
        np.bincount(counts.stratum[of], counts.customers[of], int(counts.stratum.max()) + 1).astype(np.float64)
        for of in (known & (counts.arm == arm), known & (counts.arm == comparison))
    ]
    if not units[0].sum() or not units[1].sum():
        return 1.0
    least, most = usual_shares(*units)
    return unknown_p(unknown, *units) if most > least else 0.0


def _alone(frame: AnalysisFrame, protocol: Protocol, columns: Sequence[str]) -> list[Difference]:
    """Units that were assigned, by stratum or level: those without a level are of no level, and of a stratum's own."""
    name = columns[0] if len(columns) == 1 else ", ".join(columns)
    named = {STRATUM_COLUMN: "the merged stratum"}
    found = []
    for arm, comparison in protocol.contrasts:
        rows = open_to(frame, protocol, (arm, comparison)).rows
        keys = [ARM_COLUMN, *columns, *([protocol.cluster] if protocol.cluster else [])]
        keys = list(dict.fromkeys(keys))
        rows = rows.filter(nw.col(ARM_COLUMN).is_in([arm, comparison]))
        if columns != strata_of(frame, protocol):
            rows = rows.filter(~nw.col(columns[0]).is_null())
        table = frame.engine.collect(rows.select(*keys).group_by(keys).agg(nw.len().alias("_n")))
        if not table.num_rows:
            continue
        stratum, arms = codes_of(table, columns), np.array(table[ARM_COLUMN].to_pylist(), dtype=np.str_)
        customers = np.asarray(table["_n"].to_numpy(zero_copy_only=False), dtype=np.float64)
        units = np.ones(customers.size) if protocol.cluster else customers
        units_arm, units_comparison = (_by_stratum(stratum, units, arms == who) for who in (arm, comparison))
        if not ((units_arm == 0) != (units_comparison == 0)).any():
            continue
        alone = (
            int(_by_stratum(stratum, customers, arms == arm)[units_comparison == 0].sum()),
            int(_by_stratum(stratum, customers, arms == comparison)[units_arm == 0].sum()),
        )
        p_value = alone_p(units_arm, units_comparison)
        found.append(Difference("alone", named.get(name, name), arm, comparison, alone, p_value))
    return found


def _by_stratum(stratum: Integers, values: Floats, of: NDArray[np.bool_]) -> Integers:
    return np.bincount(stratum[of], values[of], int(stratum.max()) + 1).round().astype(np.int64)
