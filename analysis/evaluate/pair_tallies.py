"""Events in matched pairs of customers: pairs in which one of the two had it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import narwhals as nw
import numpy as np
import pyarrow as pa

from analysis.estimators.paired import pair_differences, unit_means
from analysis.frame import ARM_COLUMN, AnalysisFrame
from analysis.inference.paired_shares import PairedEvents
from analysis.specification import Cell, level_position


def paired_events(
    frame: AnalysisFrame, columns: Mapping[str, str], cells: Sequence[Cell], pairs: str
) -> dict[tuple[str, Cell], PairedEvents | str]:
    """Pairs in which a binary outcome happened to one customer alone, of each outcome in each cell; or why not.

    A pair counts in a cell where both its customers are there and have the outcome, as in the estimate.

    Args:
        columns: outcome id -> its column.
        cells: two arms each, among everyone or in a level of a subgroup.
        pairs: the column that names the pair.
    """
    groups = {cell.by: f"_level{number}" for number, cell in enumerate(cells) if cell.by is not None}
    keys = {"_arm": nw.col(ARM_COLUMN), "_pair": nw.col(pairs).cast(nw.String)}
    keys |= {name: level_position(by) for by, name in groups.items() if by is not None}
    values = {f"y:{name}": nw.col(column).cast(nw.Float64) for name, column in columns.items()}
    table = frame.engine.collect(frame.rows.select(**keys, **values))
    arm = np.array(table["_arm"].to_pylist(), dtype=np.str_)
    pair = np.unique(np.array(table["_pair"].to_pylist(), dtype=np.str_), return_inverse=True)[1]
    found: dict[tuple[str, Cell], PairedEvents | str] = {}
    for cell in cells:
        inside = np.ones(arm.size, dtype=np.bool_)
        if cell.by is not None and cell.level is not None:
            inside = _number(table[groups[cell.by]]) == cell.by.names.index(cell.level)
        for name in columns:
            y = np.where(inside, _number(table[f"y:{name}"]), np.nan)
            units = [unit_means(y, arm == of, pair, int(pair.max(initial=-1)) + 1) for of in cell.pair]
            within = pair_differences(*units)
            if within is None or within.pair.size < 2:
                found[name, cell] = "fewer than two pairs have both outcomes"
                continue
            difference = within.difference
            found[name, cell] = PairedEvents(
                int((difference > 0).sum()), int((difference < 0).sum()), int(difference.size)
            )
    return found


def _number(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
