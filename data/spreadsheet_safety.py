"""Text that a spreadsheet shows and never runs: an apostrophe in front of whatever it would read as a formula.

A spreadsheet takes a cell for a formula by its first sign, after blanks that it drops. Numbers are left alone: only
text can hold a formula.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# The signs that begin a formula, their full-width forms, whatever blanks and invisible characters stand before them;
# and the characters at which some programs cut a cell off and begin another.
_FORMULA = r"^[\s\p{Z}\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n\x00]"


def safe_texts(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts with no formula among them, and without NUL, at which some programs end a text.

    Args:
        texts: n texts, some of them null.

    Returns:
        n texts, of the same type.
    """
    without_nul = pc.replace_substring(texts, "\x00", "")
    marked = pc.binary_join_element_wise(pa.scalar("'", texts.type), without_nul, pa.scalar("", texts.type))
    return pc.if_else(pc.match_substring_regex(texts, _FORMULA), marked, without_nul)


def safe_text(text: str) -> str:
    """One text, as :func:`safe_texts` has it.

    Examples:
        >>> safe_text("=1+1"), safe_text(" -1"), safe_text("a-1"), safe_text("")
        ("'=1+1", "' -1", 'a-1', '')
    """
    safe: str = safe_texts(pa.chunked_array([[text]], pa.string()))[0].as_py()
    return safe


def safe_table(table: pa.Table) -> pa.Table:
    """A table whose texts, and whose columns' names, are safe; columns of other kinds are as they were."""
    names = safe_texts(pa.chunked_array([table.column_names], pa.string())).to_pylist()
    columns = [safe_texts(column) if _is_text(column.type) else column for column in table.columns]
    return pa.Table.from_arrays(columns, names)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
