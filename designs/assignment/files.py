"""Conduct a scheme from a Parquet file, row group by row group, for populations too large to hold.

Two passes over the file. The first reads ids and strata, and keeps two hashes and a stratum for each customer (20
bytes). The deal and its digest need only those. The second reads the rows again and hands them on with their arms.
The result is that of :func:`designs.assignment.conduct`, whatever the row groups and the threads.
"""

from __future__ import annotations

import os
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from designs.assignment.clustered import clusters
from designs.assignment.complete import Complete
from designs.assignment.conduct import Scheme, deal_blocks, strata_warnings
from designs.assignment.keyed import LEAF, MANY, digest_of_leaves, first_words, keys, refuse_first_repeat, repeated
from designs.assignment.simple import Simple
from designs.assignment.stratified import Blocks, blocks, pattern_weights, stratum_labels
from designs.assignment.stream import Randomness
from designs.assignment.units import ALGORITHM, Counts, Units, checked_ids, tabulated
from designs.errors import DesignRefused

ARM, PROBABILITY = "arm", "probability"
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a population's file that a draw reads.

    Args:
        unit: The id.
        barred: The arms that the customer may not get, where there is such a column.
        strata, cluster: As the scheme declares them.
    """

    unit: str
    strata: tuple[str, ...] = ()
    cluster: str | None = None
    barred: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """What makes a customer's stratum."""
        return self.strata + ((self.barred,) if self.barred else ())

    @property
    def all(self) -> tuple[str, ...]:
        """Every column once, the id first."""
        cluster = (self.cluster,) if self.cluster else ()
        return tuple(dict.fromkeys((self.unit, *self.strata, *cluster, *self.labels)))


@dataclass(frozen=True, slots=True)
class _Source:
    """A Parquet file, and which of its rows each row group holds."""

    path: Path
    columns: Columns
    metadata: pq.FileMetaData
    schema: pa.Schema
    starts: tuple[int, ...]
    threads: int

    @property
    def groups(self) -> range:
        return range(len(self.starts) - 1)

    @property
    def rows(self) -> int:
        return self.starts[-1]

    @property
    def many(self) -> bool:
        return self.rows >= MANY

    def of(self, group: int) -> slice:
        return slice(self.starts[group], self.starts[group + 1])

    def read(self, group: int, names: Sequence[str]) -> pa.Table:
        # A reader of its own each time: one reader does not serve two threads.
        with pq.ParquetFile(self.path, metadata=self.metadata, read_dictionary=list(self.columns.labels)) as file:
            return file.read_row_group(group, columns=list(names), use_threads=False)

    def each(self, work: Callable[[int], _Result]) -> Iterator[_Result]:
        """Every row group's result, in order, a few at a time on the threads."""
        with ThreadPoolExecutor(self.threads) as pool:
            waiting: deque[Future[_Result]] = deque()
            for group in self.groups:
                waiting.append(pool.submit(work, group))
                if len(waiting) > self.threads + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


@dataclass(frozen=True, slots=True)
class FileAssignment:
    """What was dealt from a file; who got which arm is in the rows that were written.

    Args:
        arms, counts, dealt, digest, algorithm, warnings: As in :class:`designs.assignment.units.Assignment`.
    """

    arms: tuple[str, ...]
    counts: Counts
    dealt: Counts
    digest: str
    algorithm: str = ALGORITHM
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileDealing:
    """The customers of a file, dealt and waiting to be written.

    Args:
        arms, counts, dealt, warnings: As in :class:`FileAssignment`.
        source: The file.
        arm, stratum: n codes each.
        probability: J × K.
    """

    arms: tuple[str, ...]
    counts: Counts
    dealt: Counts
    warnings: tuple[str, ...]
    source: _Source = field(repr=False)
    arm: NDArray[np.int8] = field(repr=False)
    stratum: NDArray[np.int32] = field(repr=False)
    probability: NDArray[np.float64] = field(repr=False)
    _digest: Future[str] = field(repr=False)  # worked out while the rows are written

    @property
    def schema(self) -> pa.Schema:
        """Of the batches: the columns that the draw read as they came, then ``arm`` and ``probability``."""
        kept = [self.source.schema.field(name) for name in self.source.columns.all]
        arm = pa.field(ARM, pa.dictionary(pa.int8(), pa.string()))
        return pa.schema([*kept, arm, pa.field(PROBABILITY, pa.float64())])

    @property
    def assignment(self) -> FileAssignment:
        """What was dealt, with its digest."""
        return FileAssignment(self.arms, self.counts, self.dealt, self._digest.result(), warnings=self.warnings)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Every customer with arm and probability, in the order of the file, one batch a row group."""
        return self.source.each(self._batch)

    def _batch(self, group: int) -> pa.RecordBatch:
        rows = self.source.of(group)
        arm = self.arm[rows]
        dealt = pa.DictionaryArray.from_arrays(pa.array(arm), pa.array(self.arms))
        share = pa.array(self.probability[self.stratum[rows], arm])
        kept = self.source.read(group, self.source.columns.all).combine_chunks().columns
        return pa.RecordBatch.from_arrays([*(column.chunk(0) for column in kept), dealt, share], schema=self.schema)


def deal_file(
    scheme: Scheme,
    source: Path,
    unit: str,
    seed: str,
    trial_id: str,
    *,
    barred: str | None = None,
    scope: str = "",
    threads: int | None = None,
) -> FileDealing:
    """Deal the customers of a Parquet file; nothing is written yet.

    Args:
        scheme: Simple or complete randomisation, within strata and by cluster as declared.
        source: One row a customer, with the scheme's columns.
        unit: Name of the id column.
        seed, trial_id: As in :func:`designs.assignment.conduct`.
        barred: Name of the column of barred arms.
        scope: "" for a first draw, ``wave 2`` for a later one.
        threads: How many to use; by default one per processor.

    Raises:
        DesignRefused: A column, id, stratum or cluster that cannot be dealt, by name.
    """
    if not isinstance(scheme, Simple | Complete):
        raise DesignRefused(f"a {scheme.name} draw needs its customers in memory", remedy="use conduct")
    opened = _open(source, Columns(unit, scheme.strata, scheme.cluster, barred), threads or os.cpu_count() or 1)
    randomness = Randomness(seed, trial_id, scope)
    keyed, leaves, block = _scan(opened, scheme, randomness)
    distinct = _aside(_refuse_repeats, opened, leaves)
    if scheme.cluster is None:
        arm = deal_blocks(scheme, block, keyed, lambda rows: _ids_of(opened, rows), randomness)
        dealt = tabulated(block.codes, arm, block.rows, scheme.arms)
        warnings = strata_warnings(block)
    else:
        arm, block, dealt, warnings = _by_cluster(opened, scheme, block, randomness)
    distinct.result()
    return FileDealing(
        arms=scheme.arms,
        counts=tabulated(block.codes, arm, block.rows, scheme.arms),
        dealt=dealt,
        warnings=warnings,
        source=opened,
        arm=arm,
        stratum=block.codes.astype(np.int32, copy=False),
        probability=block.probabilities(),
        _digest=_aside(digest_of_leaves, leaves, arm, scheme.arms),
    )


def conduct_file(
    scheme: Scheme,
    source: Path,
    unit: str,
    seed: str,
    trial_id: str,
    destination: Path,
    *,
    barred: str | None = None,
    scope: str = "",
    threads: int | None = None,
) -> FileAssignment:
    """Deal the customers of one Parquet file into another; arguments as in :func:`deal_file`.

    The destination appears whole or not at all. It is not yet durable: a snapshot store sees to that.
    """
    dealing = deal_file(scheme, source, unit, seed, trial_id, barred=barred, scope=scope, threads=threads)
    partial = destination.with_name(f"{destination.name}.{secrets.token_hex(8)}.partial")
    try:
        _write(dealing.batches(), dealing.schema, partial, plain=[unit])
        partial.replace(destination)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return dealing.assignment


def _aside(work: Callable[..., _Result], *terms: Any) -> Future[_Result]:
    """Something worked out on a thread of its own, while this one goes on."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work, *terms)
    pool.shutdown(wait=False)
    return future


def _write(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path, plain: Sequence[str]) -> None:
    coded = [name for name in schema.names if name not in plain]  # ids never repeat, so a dictionary of them is waste
    with pq.ParquetWriter(path, schema, compression="snappy", use_dictionary=coded, write_statistics=False) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _open(path: Path, columns: Columns, threads: int) -> _Source:
    with pq.ParquetFile(path, read_dictionary=list(columns.labels)) as file:
        metadata, schema = file.metadata, file.schema_arrow
        starts = np.cumsum([0, *(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))])
    absent = [name for name in columns.all if name not in schema.names]
    if absent:
        raise DesignRefused(f"the population has no column {absent[0]!r}", where=path.name, rule="the draw needs it")
    if starts[-1] == 0:
        raise DesignRefused("there is nobody to deal", where=path.name, rule="a draw needs at least one customer")
    return _Source(path, columns, metadata, schema, tuple(starts.tolist()), threads)


def _scan(
    source: _Source, scheme: Scheme, randomness: Randomness
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], Blocks]:
    """Every customer's key (none where clusters are dealt), leaf of the digest, and stratum."""
    prefixes = [LEAF] if scheme.cluster else [LEAF, randomness.key_prefix]
    hashed = [np.empty(source.rows, np.uint64) for _ in prefixes]
    codes = np.empty(source.rows, np.int32)
    known: dict[tuple[str, str], int] = {}
    lock = Lock()

    def scan(group: int) -> None:
        rows = source.of(group)
        table = source.read(group, (source.columns.unit, *source.columns.labels))
        ids = checked_ids(table.column(source.columns.unit), rows.start)
        for held, words in zip(hashed, first_words(prefixes, ids, many=source.many, threads=1), strict=True):
            held[rows] = words
        local = blocks(_labelled(table, ids, source.columns, rows.start), scheme.arms, scheme.weights, rows.start)
        with lock:
            place = np.array([known.setdefault(row, len(known)) for row in local.rows], np.int32)
        codes[rows] = place[local.codes]

    deque(source.each(scan), maxlen=0)
    names = sorted(known)
    rank = np.empty(len(known), np.int32)
    rank[[known[name] for name in names]] = np.arange(len(names), dtype=np.int32)
    for rows in map(source.of, source.groups):
        codes[rows] = rank[codes[rows]]
    weights = tuple(pattern_weights(barred, scheme.arms, scheme.weights) for _, barred in names)
    return hashed[-1], hashed[0], Blocks(tuple(names), codes, weights)


def _labelled(table: pa.Table, ids: Any, columns: Columns, first_row: int) -> Units:
    strata = {name: table.column(name) for name in columns.strata}
    return Units(
        ids=ids,
        strata=stratum_labels(strata, first_row) if strata else None,
        barred=table.column(columns.barred) if columns.barred else None,
    )


def _by_cluster(
    source: _Source, scheme: Scheme, block: Blocks, randomness: Randomness
) -> tuple[NDArray[np.int8], Blocks, Counts, tuple[str, ...]]:
    """Deal whole clusters; the arm and the stratum of every customer, and what was dealt."""
    names = pa.array([stratum for stratum, _ in block.rows], pa.string())
    patterns = pa.array([barred for _, barred in block.rows], pa.string())
    column = pa.chunked_array(
        source.each(lambda group: source.read(group, (scheme.cluster or "",)).column(0).combine_chunks())
    )
    collapsed = clusters(
        Units(
            ids=column,
            strata=pa.DictionaryArray.from_arrays(pa.array(block.codes), names),
            cluster=column,
            barred=pa.DictionaryArray.from_arrays(pa.array(block.codes), patterns),
        )
    )
    whole = blocks(collapsed.units, scheme.arms, scheme.weights)
    ids = checked_ids(collapsed.units.ids)
    keyed = keys(randomness.key_prefix, ids)
    arm = deal_blocks(scheme, whole, keyed, lambda rows: ids.take(pa.array(rows)).to_pylist(), randomness)
    customers = Blocks(whole.rows, whole.codes[collapsed.member_of].astype(np.int32), whole.weights)
    dealt = tabulated(whole.codes, arm, whole.rows, scheme.arms)
    return arm[collapsed.member_of], customers, dealt, strata_warnings(whole)


def _ids_of(source: _Source, rows: NDArray[np.int64]) -> list[str]:
    """The ids of a few rows."""
    group = np.searchsorted(np.array(source.starts), rows, side="right") - 1
    columns = {at: source.read(at, (source.columns.unit,)).column(0) for at in np.unique(group).tolist()}
    return [columns[at][row - source.starts[at]].as_py() for at, row in zip(group.tolist(), rows.tolist(), strict=True)]


def _refuse_repeats(source: _Source, leaves: NDArray[np.uint64]) -> None:
    """Refuse an id that occurs twice."""
    twice = repeated(np.sort(leaves))
    if len(twice) == 0:
        return

    def suspects(group: int) -> list[tuple[int, str]]:
        ids = source.read(group, (source.columns.unit,)).column(0)
        rows = np.flatnonzero(np.isin(leaves[source.of(group)], twice))
        return [(source.starts[group] + row, ids[row].as_py()) for row in rows.tolist()]

    refuse_first_repeat(pair for found in source.each(suspects) for pair in found)
