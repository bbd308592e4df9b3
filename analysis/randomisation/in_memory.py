"""Rows brought into memory for what works on arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.frame import ARM_COLUMN, AnalysisFrame, open_to, strata_of
from analysis.specification import Column, Levels, Response, level_position, response_values
from designs.protocol.models import Protocol

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """Columns of one frame, each of shape (n,); rows in no particular order."""

    table: pa.Table
    arm: NDArray[np.str_]
    stratum: Integers  # codes of the combined strata; nil where there are none
    cluster: Integers | None

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
        values = self.table[column].cast(pa.string()).combine_chunks().dictionary_encode(null_encoding="encode")
        names: list[str | None] = values.dictionary.to_pylist()
        order = sorted(range(len(names)), key=lambda k: (names[k] is None, str(names[k])))
        rank = np.empty(len(names), dtype=np.int64)
        rank[order] = np.arange(len(names))
        return rank[values.indices.to_numpy(zero_copy_only=False)], [names[k] for k in order]


def bring(frame: AnalysisFrame, protocol: Protocol, columns: Sequence[str]) -> Dense:
    """Collect the named columns, the arm, the strata and the cluster of every row."""
    strata = strata_of(frame, protocol)
    keys = [ARM_COLUMN, *strata, *([protocol.cluster] if protocol.cluster else [])]
    wanted = list(dict.fromkeys([*keys, *columns]))
    table = frame.engine.collect(frame.rows.select(*(nw.col(name) for name in wanted)))
    arm = np.array(table[ARM_COLUMN].to_pylist(), dtype=np.str_)
    whole = Dense(table, arm, np.zeros(arm.size, dtype=np.int64), None)
    stratum = np.zeros(arm.size, dtype=np.int64)
    for name in strata:
        codes, names = whole.codes(name)
        stratum = stratum * len(names) + codes
    stratum = np.unique(stratum, return_inverse=True)[1].astype(np.int64)
    cluster = whole.codes(protocol.cluster)[0] if protocol.cluster else None
    return Dense(table, arm, stratum, cluster)


def compared(
    frame: AnalysisFrame, protocol: Protocol, pair: tuple[str, str], by: Levels | None = None, level: str | None = None
) -> AnalysisFrame:
    """The customers of one contrast: in its two arms, able to get either, and in the level that is asked for."""
    among = open_to(frame, protocol, pair)
    where = nw.col(ARM_COLUMN).is_in(list(pair))
    if by is not None and level is not None:
        where = where & (level_position(by) == by.names.index(level))
    return replace(among, rows=among.rows.filter(where))


def covariate_matrix(dense: Dense, covariates: Sequence[Column], rows: NDArray[np.bool_]) -> Floats:
    """Covariates of the chosen rows as columns: indicators of levels, numbers with missing ones at the mean.

    A number that is missing somewhere brings an indicator of that with it. Levels that some arm lacks stand together.
    """
    columns: list[Floats] = []
    arms = dense.arm[rows]
    for covariate in covariates:
        if covariate.kind == "category":
            codes, names = dense.codes(covariate.name)
            codes = codes[rows]
            reference = int(np.argmax(np.bincount(codes)))
            everywhere = [k for k in range(len(names)) if all((codes[arms == a] == k).any() for a in np.unique(arms))]
            # Where columns depend on each other the last one goes: the most frequent level, which is the reference.
            everywhere.sort(key=lambda k: k == reference)
            columns += [(codes == k).astype(np.float64) for k in everywhere]
            continue
        values = dense.number(covariate.name)[rows]
        missing = np.isnan(values)
        if missing.any():
            columns.append(missing.astype(np.float64))
            values = np.where(missing, values[~missing].mean() if not missing.all() else 0.0, values)
        columns.append(values)
    return np.column_stack(columns) if columns else np.empty((int(rows.sum()), 0))


def independent_columns(columns: Floats, arms: NDArray[np.str_], *, in_every_arm: bool = True) -> Floats:
    """The columns that are independent of each other and of a constant in every arm, or else over all arms together.

    Which of a collinear set stays does not change a fitted mean.
    """
    names = np.unique(arms)
    if in_every_arm:
        parts = [(np.ones((int((arms == a).sum()), 1)), arms == a) for a in names]
    else:
        parts = [((arms[:, None] == names).astype(np.float64), np.ones(len(arms), dtype=np.bool_))]
    kept: list[int] = []
    for j in range(columns.shape[1]):
        candidate = [*kept, j]
        if all(
            np.linalg.matrix_rank(np.column_stack([constants, columns[rows][:, candidate]]))
            == len(candidate) + constants.shape[1]
            for constants, rows in parts
        ):
            kept.append(j)
    return columns[:, kept]


def seed_of(protocol_digest: str, label: str) -> np.random.Generator:
    """A stream of its own for each purpose, the same at every evaluation of the same protocol."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(f"{protocol_digest}:{label}".encode()).digest(), "big"))
