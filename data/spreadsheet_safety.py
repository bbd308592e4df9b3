"""Text that a spreadsheet shows and never runs: an apostrophe in front of whatever it would read as a formula.

A spreadsheet takes a cell for a formula by its first sign, after blanks that it drops. Numbers are left alone, also
where they are text: an amount below zero and a telephone number with its country's code leave as they came, for whoever
gets the file computes with the one and dials the other.

Every CSV of this service is written here, and nothing else writes one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import IO, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

# The signs that begin a formula, their full-width forms, whatever blanks and invisible characters stand before them;
# and the characters at which some programs cut a cell off and begin another.
_FORMULA = r"^[\s\p{Z}\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n\x00]"
# A sign, digits and what stands between the digits of amounts and telephone numbers: nothing in it can be called or
# referred to. The letters are those of an exponent and of an extension.
_NUMBER = (
    r"^ *[+\-＋－] *[£€$]? *(?:\( *\+?[0-9]+ *\)|[0-9.])(?:[ .,\-]{0,2}(?:[0-9]|\( *[0-9]+ *\)))*[.,]?"
    r"(?: ?[eE][+\-]?[0-9]{1,3}| ?%| *,? *(?:ext|Ext|EXT)\.? *[0-9]+)? *$"
)

_CONTROL: Final = dict.fromkeys((*range(32), 127), " ")  # a cell is one line


def safe_texts(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts with no formula among them, and without NUL, at which some programs end a text.

    Args:
        texts: n texts, some of them null.

    Returns:
        n texts, of the same type.
    """
    without_nul = pc.replace_substring(texts, "\x00", "")
    marked = pc.binary_join_element_wise(pa.scalar("'", texts.type), without_nul, pa.scalar("", texts.type))
    runs = pc.match_substring_regex(texts, _FORMULA)
    return pc.if_else(pc.and_not(runs, pc.match_substring_regex(texts, _NUMBER)), marked, without_nul)


def safe_text(text: str) -> str:
    """One text, as :func:`safe_texts` has it.

    Examples:
        >>> safe_text("=1+1"), safe_text(" -1+A1"), safe_text("a-1"), safe_text("")
        ("'=1+1", "' -1+A1", 'a-1', '')
        >>> safe_text("+447700900026"), safe_text("-3.50"), safe_text("+44 (0)20 7946 0000")
        ('+447700900026', '-3.50', '+44 (0)20 7946 0000')
    """
    if text[:1].isalnum() and "\0" not in text:  # begins no formula, and is spared the way through Arrow
        return text
    safe: str = safe_texts(pa.chunked_array([[text]], pa.string()))[0].as_py()
    return safe


def safe_table(table: pa.Table) -> pa.Table:
    """A table whose texts, and whose columns' names, are safe; columns of other kinds are as they were."""
    names = safe_texts(pa.chunked_array([table.column_names], pa.string())).to_pylist()
    columns = [safe_texts(column) if _is_text(column.type) else column for column in table.columns]
    return pa.Table.from_arrays(columns, names)


def write_rows(rows: Iterable[Sequence[object]], file: IO[str]) -> None:
    """Write rows of any values as CSV, each cell safe and on one line; what is missing is empty."""
    csv.writer(file, lineterminator="\n").writerows([cell(value) for value in row] for row in rows)


def cell(value: object) -> object:
    """A value for a spreadsheet: numbers as they are, text that would be read as a formula made plain.

    >>> cell("=1+1"), cell(-0.5), cell(None)
    ("'=1+1", -0.5, '')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value.translate(_CONTROL))
    return value


def write_table(table: pa.Table, file: IO[bytes]) -> None:
    """Write a table as CSV in which no cell and no column's name runs."""
    pyarrow.csv.write_csv(safe_table(table), file)


def write_for_program(table: pa.Table, file: IO[bytes]) -> None:
    """Write a table of texts as CSV that is as safe, and from which a program gets every text back, byte for byte.

    Marked is also whatever begins with an apostrophe: who reads the file takes one away where there is one.
    """
    columns = [_marked(column) if _is_text(column.type) else column for column in table.columns]
    pyarrow.csv.write_csv(pa.Table.from_arrays(columns, table.column_names), file)


def _marked(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    marked = pc.binary_join_element_wise(pa.scalar("'", texts.type), texts, pa.scalar("", texts.type))
    begins = pc.or_(pc.starts_with(texts, "'"), pc.match_substring_regex(texts, _FORMULA))
    return pc.if_else(begins, marked, texts)


def changed_cells(table: pa.Table) -> dict[str, int]:
    """How many cells of each column :func:`safe_table` changes; columns of which it changes none are left out."""
    counts = {
        name: pc.sum(pc.not_equal(column, safe_texts(column))).as_py() or 0
        for name, column in zip(table.column_names, table.columns, strict=True)
        if _is_text(column.type)
    }
    return {name: count for name, count in counts.items() if count}


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
