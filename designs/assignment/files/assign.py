"""Conduct a scheme from a Parquet file, row group by row group, for populations too large to hold.

A first pass reads ids and strata, and keeps two hashes and a stratum for each customer (20 bytes). The draw and its
digest need only those. A second pass hands the ids on with their arms; as many ids as fit in a fixed space are kept
from the first, the others are read again. The result is that of :func:`designs.assignment.conduct`, whatever the
row groups and the threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.hashing import first_words
from designs.assignment.conduct import assign_blocks
from designs.assignment.declare import Scheme, barred_arms, gather
from designs.assignment.drawn import Drawn, drawn_for_customers
from designs.assignment.files.row_groups import RowGroups, open_row_groups
from designs.assignment.keyed.keys import LEAF, digest_of_leaves, keys, refuse_first_repeat, repeated, sort_hashes
from designs.assignment.keyed.order import ids_among
from designs.assignment.keyed.stream import Randomness
from designs.assignment.population.clusters import clusters
from designs.assignment.population.strata import cross, merged_labels
from designs.assignment.population.units import EVERYBODY, Levels, checked_ids, crossed, levels
from designs.assignment.result import ALGORITHM, Counts
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.factorial import Factorial
from designs.assignment.schemes.simple import Simple
from designs.assignment.schemes.stratified import Blocks, block_units
from designs.errors import DesignRefused

STRATUM, ARM, PROBABILITY, HELD_OUT = "stratum", "arm", "probability", "held_out"
KEPT_BYTES = 192 << 20  # of ids, between the two passes
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class FileAssignment:
    """What was assigned from a file; who got which arm is in the rows that were written.

    Args:
        arms, counts, unit_counts, digest, algorithm, warnings: As in :class:`designs.assignment.result.Assignment`.
    """

    arms: tuple[str, ...]
    counts: Counts
    unit_counts: Counts
    digest: str
    algorithm: str = ALGORITHM
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AssignedFile:
    """The customers of a file, assigned and waiting to be written.

    Args:
        scheme: What was conducted.
        source: The file.
        drawn: Everybody's cell and stratum, with the counts.
    """

    scheme: Scheme
    source: RowGroups
    drawn: Drawn
    _kept_ids: Mapping[int, Any] = field(repr=False)  # by row group
    _digest: Future[str] = field(repr=False)  # worked out while the rows are written

    @property
    def assignment(self) -> FileAssignment:
        """What was assigned, with its digest."""
        drawn = self.drawn
        return FileAssignment(
            self.scheme.arms, drawn.counts, drawn.unit_counts, self._digest.result(), self.scheme.algorithm,
            drawn.warnings,
        )  # fmt: skip

    @property
    def schema(self) -> pa.Schema:
        """Of the batches: the id under its own name, stratum, arm, probability and, in a hold-out design, held_out."""
        fields = [
            self.source.schema.field(self.source.unit),
            pa.field(STRATUM, pa.dictionary(pa.int32(), pa.string())),
            pa.field(ARM, pa.dictionary(pa.int8(), pa.string())),
            pa.field(PROBABILITY, pa.float64()),
        ]
        return pa.schema(fields + ([pa.field(HELD_OUT, pa.bool_())] if self.scheme.hold_out else []))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Every customer, in the order of the file, one batch a row group."""
        return self.source.each(self._batch)

    def _batch(self, group: int) -> pa.RecordBatch:
        rows, strata = self.source.of(group), self.drawn.counts.strata
        cell, stratum, arm = self.drawn.cell[rows], self.drawn.stratum[rows], self.drawn.arm[rows]
        labels = list(dict.fromkeys(strata))
        label = np.array([labels.index(name) for name in strata], np.int32)
        columns = [
            self._ids(group),
            pa.DictionaryArray.from_arrays(pa.array(label[stratum]), pa.array(labels)),
            pa.DictionaryArray.from_arrays(pa.array(arm), pa.array(self.scheme.arms)),
            pa.array(self.drawn.shares.ravel().take(stratum * len(self.scheme.arms) + arm)),
        ]
        if self.scheme.hold_out:
            columns.append(pa.array(cell == len(self.scheme.arms)))
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _ids(self, group: int) -> Any:
        if group in self._kept_ids:
            return self._kept_ids[group]
        return self.source.read(group, [self.source.unit]).column(0).chunk(0)


def assign_file(
    scheme: Scheme,
    source: Path,
    unit: str,
    seed: str,
    trial_id: str,
    *,
    scope: str = "",
    threads: int | None = None,
) -> AssignedFile:
    """Assign the customers of a Parquet file; nothing is written yet.

    Args:
        scheme: Simple, complete or factorial randomisation, within strata and by cluster as declared.
        source: One row a customer, with the scheme's columns.
        unit: Name of the id column.
        seed, trial_id, scope: As in :func:`designs.assignment.conduct`.
        threads: How many to use; by default one per processor.

    Raises:
        DesignRefused: A column, id, stratum or cluster that cannot be assigned, by name.
    """
    if not isinstance(scheme, Simple | Complete | Factorial):
        raise DesignRefused(f"a {scheme.name} draw needs its customers in memory", remedy="use conduct")
    opened = open_row_groups(source, unit, scheme.columns, threads)
    randomness = Randomness(seed, trial_id, scope)
    scanned = _scan(opened, scheme, randomness)
    blocks, member_of = scanned.blocks, None
    if scheme.cluster is None:
        cell = assign_blocks(scheme, blocks, scanned.keyed, lambda rows: _ids_of(opened, rows), randomness)
    else:
        cell, blocks, member_of = _by_cluster(opened, scheme, randomness)
    no_repeats = _aside(_refuse_repeats, opened, scanned)
    drawn = drawn_for_customers(scheme, blocks, cell, member_of)
    digest = _aside(digest_of_leaves, scanned.leaves, drawn.arm, scheme.arms)
    no_repeats.result()
    return AssignedFile(scheme, opened, drawn, scanned.kept_ids, digest)


def _aside(work: Callable[..., _Result], *terms: Any) -> Future[_Result]:
    """Something worked out on a thread of its own, while this one goes on."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work, *terms)
    pool.shutdown(wait=False)
    return future


@dataclass(frozen=True, slots=True)
class _Scanned:
    """What the first pass keeps.

    Args:
        leaves: n leaves of the digest.
        keyed: n keys of the units; the leaves again, where clusters are assigned.
        blocks: Everybody's stratum; none, where clusters are assigned.
        kept_ids: The ids of some row groups.
    """

    leaves: NDArray[np.uint64]
    keyed: NDArray[np.uint64]
    blocks: Blocks
    kept_ids: dict[int, Any]


def _scan(source: RowGroups, scheme: Scheme, randomness: Randomness) -> _Scanned:
    prefixes = [LEAF] if scheme.cluster else [LEAF, randomness.key_prefix]
    hashed = [np.empty(source.rows, np.uint64) for _ in prefixes]
    codes = np.zeros(source.rows if scheme.cluster is None else 0, np.int32)
    place_of: dict[tuple[tuple[str, ...], str], int] = {}
    kept_ids: dict[int, Any] = {}
    lock = Lock()

    def scan(group: int) -> None:
        rows = source.of(group)
        table = source.read(group, (source.unit, *source.columns))
        ids = checked_ids(table.column(source.unit), rows.start)
        for whole, words in zip(hashed, first_words(prefixes, ids, many=source.many, threads=1), strict=True):
            whole[rows] = words
        met, local = _combinations(scheme, table, rows.start) if scheme.cluster is None else ([], None)
        with lock:
            place = np.array([place_of.setdefault(combination, len(place_of)) for combination in met], np.int32)
            if sum(array.nbytes for array in kept_ids.values()) + ids.nbytes <= KEPT_BYTES:
                kept_ids[group] = ids
        if local is not None:
            codes[rows] = place[local]

    deque(source.each(scan), maxlen=0)
    return _Scanned(hashed[0], hashed[-1], _blocks_of(scheme, source, list(place_of), codes), kept_ids)


def _combinations(
    scheme: Scheme, table: pa.Table, first_row: int
) -> tuple[list[tuple[tuple[str, ...], str]], NDArray[np.int64]]:
    """The combinations of stratum values and barred arms in some rows, and each row's code into them."""
    zeros = np.zeros(len(table), np.int64)
    values: tuple[tuple[str, ...], ...] = ((),)
    stratum, barred = Levels(("",), zeros), Levels(("",), zeros)
    if scheme.strata:
        crossing = cross({name: table.column(name) for name in scheme.strata}, first_row)
        values, stratum = crossing.rows, Levels(tuple(map(str, range(len(crossing.rows)))), crossing.codes)
    if scheme.bars:
        barred = levels(barred_arms(scheme, table), "text of barred arms")
    pairs, codes = crossed(stratum, barred)
    return [(values[int(at or 0)], pattern) for at, pattern in pairs], codes


def _blocks_of(
    scheme: Scheme, source: RowGroups, combinations: list[tuple[tuple[str, ...], str]], codes: NDArray[np.int32]
) -> Blocks:
    """The strata of all customers, from the combinations met, in the order in which they were."""
    if not combinations:
        return Blocks((), codes, ())
    sizes = np.zeros(len(combinations), np.int64)
    for rows in map(source.of, source.groups):
        sizes += np.bincount(codes[rows], minlength=len(combinations))
    values = list(dict.fromkeys(stratum for stratum, _ in combinations))
    place = {stratum: at for at, stratum in enumerate(values)}
    customers = np.bincount([place[stratum] for stratum, _ in combinations], weights=sizes, minlength=len(values))
    sizes_of_values = customers.astype(np.int64).tolist()
    labels = merged_labels(scheme.strata, values, sizes_of_values, scheme.merge, scheme.least_per_stratum)
    named = [(labels[place[stratum]] if scheme.strata else EVERYBODY, barred) for stratum, barred in combinations]
    rows_of = sorted(set(named))
    rank = np.array([rows_of.index(row) for row in named], np.int32)
    for rows in map(source.of, source.groups):
        codes[rows] = rank[codes[rows]]
    return Blocks(tuple(rows_of), codes, tuple(scheme.cell_weights(barred) for _, barred in rows_of))


def _by_cluster(
    source: RowGroups, scheme: Scheme, randomness: Randomness
) -> tuple[NDArray[np.int8], Blocks, NDArray[np.int64]]:
    """Assign whole clusters: each one's cell, their strata, and the cluster of every customer."""
    columns = pa.concat_tables(source.each(lambda group: source.read(group, source.columns))).unify_dictionaries()
    # Clusters are assigned by their own ids; customers' were hashed already, and would only take up room here.
    collapsed = clusters(gather(scheme, columns.append_column("", columns.column(scheme.cluster)), ""))
    blocks, ids = block_units(collapsed.units, scheme), checked_ids(collapsed.units.ids)
    cell = assign_blocks(scheme, blocks, keys(randomness.key_prefix, ids), ids_among(ids), randomness)
    return cell, blocks, collapsed.member_of


def _ids_of(source: RowGroups, rows: NDArray[np.int64]) -> list[str]:
    """The ids of a few rows."""
    group = np.searchsorted(np.array(source.starts), rows, side="right") - 1
    columns = {at: source.read(at, (source.unit,)).column(0) for at in np.unique(group).tolist()}
    return [columns[at][row - source.starts[at]].as_py() for at, row in zip(group.tolist(), rows.tolist(), strict=True)]


def _refuse_repeats(source: RowGroups, scanned: _Scanned) -> None:
    """Refuse an id that occurs twice. Where the keys have served their turn, they are sorted in their place."""
    ordered = scanned.keyed.copy() if scanned.keyed is scanned.leaves else scanned.keyed
    sort_hashes(ordered)
    if len(repeated(ordered)) == 0:
        return
    twice = repeated(np.sort(scanned.leaves))

    def suspects(group: int) -> list[tuple[int, str]]:
        ids = source.read(group, (source.unit,)).column(0)
        rows = np.flatnonzero(np.isin(scanned.leaves[source.of(group)], twice))
        return [(source.starts[group] + row, ids[row].as_py()) for row in rows.tolist()]

    refuse_first_repeat(pair for in_group in source.each(suspects) for pair in in_group)
