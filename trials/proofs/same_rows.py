"""Whether rows that are made again are those of a file: piece by piece, so that neither is ever held whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa

from data.pieces import coded
from data.snapshots import RowGroupsAsFound
from data.threads import each

_Seen = TypeVar("_Seen")


def same_rows(
    made: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    stored: RowGroupsAsFound,
    look: Callable[[pa.Table], _Seen],
) -> tuple[bool, list[_Seen]]:
    """Whether a file holds these rows: the same columns, each value of each row, in their order, and no others.

    Args:
        made: Rows, asked for to their end whatever they are.
        schema: Theirs.
        stored: The file.
        look: What else is asked of every piece of what was made, on any thread.

    Returns:
        Whether it does, and what was seen of every piece.
    """
    names = list(schema.names)
    named_alike = stored.schema.names == names
    # Text that is made as codes is read as codes: a label is compared once, not in every row.
    codes = [name for name in names if named_alike and _is_coded(schema, name) and _is_text(stored.schema, name)]

    def compared(piece: tuple[int, pa.Table]) -> tuple[bool, _Seen]:
        group, rows = piece
        if not named_alike or group >= len(stored.sizes) or rows.num_rows != stored.sizes[group]:
            return False, look(rows)
        there = stored.read(group, names, codes)
        return all(_alike(there.column(name), rows.column(name)) for name in names), look(rows)

    results = list(each(compared, enumerate(_cut(made, schema, stored.sizes))))
    same = named_alike and len(results) == len(stored.sizes) and all(alike for alike, _ in results)
    return same, [seen for _, seen in results]


def _is_coded(schema: pa.Schema, name: str) -> bool:
    return bool(pa.types.is_dictionary(schema.field(name).type))


def _is_text(schema: pa.Schema, name: str) -> bool:
    return bool(pa.types.is_string(schema.field(name).type))


def _cut(batches: Iterable[pa.RecordBatch], schema: pa.Schema, sizes: Sequence[int]) -> Iterator[pa.Table]:
    """Rows in pieces of these sizes, and what is left over; a piece is smaller where rows come to an end before it."""
    more, waiting, rows = iter(batches), list[pa.RecordBatch](), 0
    for size in sizes:
        while rows < size and (batch := next(more, None)) is not None:
            waiting.append(batch)
            rows += batch.num_rows
        table = pa.Table.from_batches(waiting, schema)
        yield table.slice(0, size)
        rest = table.slice(size)
        waiting, rows = rest.to_batches(), rest.num_rows
    for batch in (*waiting, *more):
        if batch.num_rows:
            yield pa.Table.from_batches([batch], schema)


def _alike(stored: pa.ChunkedArray, made: pa.ChunkedArray) -> bool:
    """Whether two columns say the same, a value that is missing too."""
    if not pa.types.is_dictionary(stored.type):
        return bool(stored.equals(made.cast(stored.type)))
    theirs, ours = coded(stored), coded(made)
    labels, own = theirs.dictionary.to_pylist(), ours.dictionary.to_pylist()
    if theirs.null_count or ours.null_count or None in (*labels, *own) or len(set(own)) < len(own):
        return bool(stored.cast(pa.string()).equals(made.cast(pa.string())))
    place = {label: at for at, label in enumerate(own)}
    meaning = np.array([place.get(label, -1) for label in labels], np.int64)
    return bool(np.array_equal(meaning[theirs.indices.to_numpy()], ours.indices.to_numpy()))
