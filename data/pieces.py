"""A column of text in one piece: how much one holds, and a refusal that says so before it overflows.

Arrow counts the bytes of a piece of text in 32 bits. Rows beyond that are no trouble while a column is in several
pieces; what needs one piece, or takes rows by number, asks here.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataRefused

MOST_TEXT_BYTES = 2**31 - 1


def in_one_piece(column: pa.ChunkedArray | pa.Array, what: str) -> Any:
    """A column as one Arrow array.

    Args:
        column: n values.
        what: The column, in the words of a refusal.

    Raises:
        DataRefused: It is text of more than 2 GiB.

    Examples:
        >>> in_one_piece(pa.chunked_array([["a"], ["b"]]), "ids").to_pylist()
        ['a', 'b']
    """
    if not isinstance(column, pa.ChunkedArray):
        return column
    _refuse_too_much(column, what)
    return column.combine_chunks()


def rows_of(column: pa.ChunkedArray, places: pa.Array, what: str) -> pa.ChunkedArray:
    """Rows of a column by their numbers, as Arrow's ``take``, which needs the column in one piece.

    Raises:
        DataRefused: It is text of more than 2 GiB.
    """
    _refuse_too_much(column, what)
    return column.take(places)


def coded(column: pa.ChunkedArray, *, nulls: str = "mask") -> Any:
    """A column as codes into its distinct values, in the order in which they come; however long, for codes are short.

    Args:
        column: n values.
        nulls: ``mask``, or ``encode`` where a missing value is a value too.

    Examples:
        >>> coded(pa.chunked_array([["b", "a"], ["b"]])).indices.to_pylist()
        [0, 1, 0]
    """
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode(null_encoding=nulls)
    return encoded.combine_chunks()


def _refuse_too_much(column: pa.ChunkedArray, what: str) -> None:
    text = pa.types.is_string(column.type) or pa.types.is_binary(column.type)
    if not text or column.nbytes <= MOST_TEXT_BYTES:  # what it occupies is no less than its text
        return
    octets = pc.sum(pc.binary_length(column), min_count=0).as_py()
    if octets > MOST_TEXT_BYTES:
        raise DataRefused(
            f"{what}: {len(column):,} values of {octets:,} bytes together",
            rule=f"a column of text holds at most {MOST_TEXT_BYTES:,} bytes",
            remedy="split the customers into trials of fewer, or shorten what the column holds",
        )
