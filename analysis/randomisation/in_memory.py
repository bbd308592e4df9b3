"""Rows in memory, for what works on arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.frame import ARM_COLUMN, AnalysisFrame, open_to, strata_of
from analysis.regression.leaving import strata_that_leave
from analysis.specification import Cell, Response, level_position, response_values
from data.pieces import coded
from designs.protocol.models import Protocol

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RowsInMemory:
    """Columns of one frame, each of shape (n,); rows in no particular order."""

    table: pa.Table
    arm: NDArray[np.str_]
    stratum: Integers  # codes of the combined strata; zeros where there are none
    cluster: Integers | None
    errors_cluster: Integers | None = None  # by which errors are clustered: those assigned together, or as declared

    def number(self, column: str) -> Floats:
        """A column as doubles, NaN where missing."""
        values = self.table[column]
        if pa.types.is_boolean(values.type):
            values = values.cast(pa.int8())
        filled: Floats = values.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
        return filled

    def response(self, response: Response) -> Floats:
        """What is regressed, with each arm's own offset; NaN where a column is missing."""
        offset = np.array([response.offsets.get(str(arm), 0.0) for arm in self.arm])
        values: Floats = response_values(response, self.number) + offset
        return values

    def codes(self, column: str) -> tuple[Integers, list[str | None]]:
        """A column as codes of its values, in their order; a missing value is the level ``None``, last."""
        values = coded(self.table[column].cast(pa.string()), nulls="encode")
        names: list[str | None] = values.dictionary.to_pylist()
        order = sorted(range(len(names)), key=lambda k: (names[k] is None, str(names[k])))
        rank = np.empty(len(names), dtype=np.int64)
        rank[order] = np.arange(len(names))
        return rank[values.indices.to_numpy(zero_copy_only=False)], [names[k] for k in order]

    def of_contrast(self, pair: tuple[str, str]) -> RowsInMemory:
        """Without the customers of strata that lack one or both arms of a contrast, unless too many would leave."""
        lacking = self.lacking(pair)
        return self.among(~lacking[self.stratum]) if lacking.any() else self

    def lacking(self, pair: tuple[str, str]) -> NDArray[np.bool_]:
        """The strata, shape (J,), that leave a contrast.

        These rows are everybody who was assigned, so a missing outcome makes nobody leave.
        """
        strata = int(self.stratum.max(initial=-1)) + 1
        of_pair = np.stack([np.bincount(self.stratum[self.arm == arm], minlength=strata) for arm in pair])
        return strata_that_leave(of_pair)

    def among(self, chosen: NDArray[np.bool_]) -> RowsInMemory:
        """These rows alone."""
        cluster = None if self.cluster is None else self.cluster[chosen]
        stratum = np.unique(self.stratum[chosen], return_inverse=True)[1].astype(np.int64)
        errors = None if self.errors_cluster is None else self.errors_cluster[chosen]
        return RowsInMemory(self.table.filter(pa.array(chosen)), self.arm[chosen], stratum, cluster, errors)


def read_rows(frame: AnalysisFrame, protocol: Protocol, columns: Sequence[str]) -> RowsInMemory:
    """Collect the named columns, the arm, the strata and the cluster of every row."""
    strata = strata_of(frame, protocol)
    keys = [ARM_COLUMN, *strata, *([protocol.errors_cluster] if protocol.errors_cluster else [])]
    wanted = list(dict.fromkeys([*keys, *columns]))
    table = frame.engine.collect(frame.rows.select(*(nw.col(name) for name in wanted)))
    arm = np.array(table[ARM_COLUMN].to_pylist(), dtype=np.str_)
    whole = RowsInMemory(table, arm, np.zeros(arm.size, dtype=np.int64), None)
    stratum = np.zeros(arm.size, dtype=np.int64)
    for name in strata:
        codes, names = whole.codes(name)
        stratum = stratum * len(names) + codes
    stratum = np.unique(stratum, return_inverse=True)[1].astype(np.int64)
    errors = whole.codes(protocol.errors_cluster)[0] if protocol.errors_cluster else None
    return RowsInMemory(table, arm, stratum, errors if protocol.cluster else None, errors)


def of_cell(frame: AnalysisFrame, protocol: Protocol, cell: Cell) -> AnalysisFrame:
    """The customers of one contrast: in its two arms, able to get either, and in the cell's level if it has one."""
    of_arms = nw.col(ARM_COLUMN).is_in(list(cell.pair))
    if cell.by is not None and cell.level is not None:
        of_arms = of_arms & (level_position(cell.by) == cell.by.names.index(cell.level))
    among = open_to(frame, protocol, cell.pair)
    return replace(among, rows=among.rows.filter(of_arms))


def labelled_generator(protocol_digest: str, label: str) -> np.random.Generator:
    """A stream of its own for each purpose, the same at every evaluation of the same protocol."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(f"{protocol_digest}:{label}".encode()).digest(), "big"))
