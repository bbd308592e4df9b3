"""Who is to be assigned: customers by id, with what the draw needs of them, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data.pieces import in_one_piece
from designs.errors import DesignRefused

Codes = NDArray[np.int64] | NDArray[np.int32]
EVERYBODY = "everybody"  # the one stratum of a scheme that declares none


@dataclass(frozen=True, slots=True)
class Units:
    """The frozen population, one row a customer.

    Args:
        ids: n texts, distinct, in Unicode form NFC, without surrounding white space.
        strata: n texts, one combined label per customer (:func:`designs.assignment.population.strata.stratum_labels`).
        cluster: n texts, the household, agent or group that is assigned as a whole.
        barred: n texts, the ids of the arms that the customer may not get, sorted and separated by spaces
            ("" for none). The pattern is a stratum of its own.
        tuple_of: n texts, the matched pair or K-tuple that the customer belongs to.
        covariates: n × q numbers to balance on (rerandomisation) or to match on (matched tuples).

    Plain, dictionary-encoded and chunked Arrow arrays of text are all taken.
    """

    ids: Any
    strata: Any | None = None
    cluster: Any | None = None
    barred: Any | None = None
    tuple_of: Any | None = None
    covariates: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.int64]) -> Units:
        """These rows only, in this order."""

        def some(column: Any | None) -> Any | None:
            return None if column is None else column.take(pa.array(rows))

        return Units(
            ids=some(self.ids),
            strata=some(self.strata),
            cluster=some(self.cluster),
            barred=some(self.barred),
            tuple_of=some(self.tuple_of),
            covariates=None if self.covariates is None else self.covariates[rows],
        )


@dataclass(frozen=True, slots=True)
class Levels:
    """A text column as codes into its sorted labels.

    Args:
        names: J labels, sorted by code point.
        codes: n whole numbers into ``names``.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64] = field(repr=False)


def as_array(column: Any) -> Any:
    """One contiguous Arrow array, whatever came."""
    if isinstance(column, pa.ChunkedArray):
        return in_one_piece(column, "a column of the population") if column.num_chunks != 1 else column.chunk(0)
    return column if isinstance(column, pa.Array) else pa.array(column)


def levels(column: Any, what: str, first_row: int = 0) -> Levels:
    """Code a text column, labels sorted; a null is refused by name (rows counted on from ``first_row``)."""
    array = as_array(column)
    encoded = array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()
    missing = pc.is_null(encoded.dictionary_decode() if encoded.dictionary.null_count else encoded)
    if nulls := pc.sum(missing).as_py():
        raise DesignRefused(
            f"{nulls} customers have no {what}",
            where=f"row {first_row + pc.index(missing, True).as_py() + 1}",
            rule=f"every customer who is assigned has a {what}",
            remedy=f"give a missing {what} a level of its own, or exclude these customers before the draw",
        )
    labels = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    present = _present(codes, len(labels))
    names = sorted({labels[code] for code in present})
    place = {name: at for at, name in enumerate(names)}
    rank = np.array([place.get(name, -1) for name in labels], np.int64)
    return Levels(tuple(names), rank[codes] if len(codes) else np.empty(0, np.int64))


def _present(codes: NDArray[np.integer[Any]], bound: int) -> list[int]:
    """Which codes below a bound occur, in order."""
    if bound > max(1 << 16, len(codes)):
        return [int(code) for code in np.unique(codes)]
    return [int(code) for code in np.flatnonzero(np.bincount(codes, minlength=bound))]


def crossed(first: Levels, second: Levels) -> tuple[tuple[tuple[str, str], ...], NDArray[np.int64]]:
    """The pairs of levels that occur, sorted, and each row's code into them."""
    bound = len(first.names) * len(second.names)
    both = first.codes * len(second.names) + second.codes
    present = _present(both, bound)
    pairs = [divmod(code, len(second.names)) for code in present]
    named = tuple((first.names[a], second.names[b]) for a, b in pairs)
    if len(present) == bound:
        return named, both
    return named, np.searchsorted(np.array(present, np.int64), both)


def checked_ids(ids: Any, first_row: int = 0) -> Any:
    """The ids as one text array; null, empty, padded, un-normalised ones are refused (repeats: ``keyed``)."""
    array = as_array(ids)
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary_decode()
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        raise DesignRefused(
            f"ids are {array.type}, not text",
            rule="an id is text exactly as frozen in the snapshot, leading zeros kept",
        )
    if array.null_count:
        raise DesignRefused(
            f"{array.null_count} ids are missing",
            where=f"row {first_row + pc.index(pc.is_null(array), True).as_py() + 1}",
            rule="a customer without an id cannot be assigned",
        )
    _refuse_unclean(array, first_row)
    return array


def _refuse_unclean(array: Any, first_row: int) -> None:
    if len(array) == 0 or (_plain_bytes(array) and pc.min(pc.binary_length(array)).as_py() > 0):
        return
    clean = pc.and_(
        pc.equal(pc.utf8_normalize(pc.utf8_trim_whitespace(array), form="NFC"), array),
        pc.and_(pc.greater(pc.binary_length(array), 0), pc.invert(pc.match_substring(array, "\x00"))),
    )
    row = pc.index(clean, False).as_py()
    if row >= 0:
        raise DesignRefused(
            f"id {array[row].as_py()!r} is empty, is padded, holds a NUL or is not in Unicode form NFC",
            where=f"row {first_row + row + 1}",
            rule="every engine must hash the same bytes of an id",
            remedy="correct the ids at intake",
        )


def _plain_bytes(array: Any) -> bool:
    """Whether every byte is a printable ASCII character other than the space (so white space and form are right)."""
    width = np.int64 if pa.types.is_large_string(array.type) else np.int32
    ends = np.frombuffer(array.buffers()[1], width)[[array.offset, array.offset + len(array)]]
    if ends[0] == ends[1]:
        return True
    data = np.frombuffer(array.buffers()[2], np.uint8)[ends[0] : ends[1]]
    return bool(data.min() > 0x20) and bool(data.max() < 0x7F)
