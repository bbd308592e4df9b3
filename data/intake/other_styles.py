"""Columns of numbers that are written in two ways: a decimal comma beside a point, thousands separators.

Such a column is refused as a whole. Half of it would be read in one way and half in another, or be lost where values
are large, and nobody could tell by the result.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataRefused
from data.intake.columns import NUMBER_PATTERN, positions
from data.intake.result import Rows, shown
from data.pieces import in_one_piece

_MANY = 0.05  # so large a share of cells in another style is no slip
_STYLED = (
    r"(?i)^\(?\s*(?:[-+\x{2212}]?\s*[£$€]\s*|[£$€]?\s*[-+\x{2212}]?\s*)\d[\d.,'’\s\x{a0}\x{202f}]*"
    r"(?:\s*[%)£$€]|\s*-|\s*[CD]R)?$"
)
_DECIMAL_COMMA = r"^\D*\d[\d.\s\x{a0}'’]*,(\d{1,2}|\d{4,})\D*$"
_POINTS_GROUP = r"^\D*\d{1,3}(\.\d{3}){2,}\D*$"
_NEGATIVE_OTHERWISE = r"(?i)^\(.*\)$|-$|^\W*\x{2212}|cr$"
_POINT_MAY_GROUP = r"^[-+]?\d{1,3}(\.\d{3})+$"
_GROUPED = r"^\D*\d{1,3}([,'’\s\x{a0}\x{202f}]\d{3})+(\.\d*)?\D*$"


def refuse_two_styles(written: pa.ChunkedArray, unread: Rows, rows: Rows, name: str, where: str) -> None:
    """Turn away a column of numbers of which some are written in another way than the rest.

    A few cells in another style among many stay what they are, unreadable, unless what was read may be meant
    otherwise too (``2.500`` beside ``1.234,50``), or every value of a thousand and more is among the unread.

    Args:
        written: The column as text, shape (n,).
        unread: Places of the cells that are no numbers.
        rows: Row numbers in the file, shape (n,).
        name: The column.
        where: The file.

    Raises:
        DataRefused: Two styles, with an example of each and its row.
    """
    texts = in_one_piece(pc.utf8_trim_whitespace(written.cast(pa.string())), name)
    unread_texts = texts.take(pa.array(unread))
    numbers = pc.match_substring_regex(unread_texts, NUMBER_PATTERN)  # too long, or outside its bounds
    styled = unread[positions(pc.and_not(pc.match_substring_regex(unread_texts, _STYLED), numbers))]
    read = np.setdiff1d(np.flatnonzero(pc.is_valid(texts).to_numpy(zero_copy_only=False)), unread)
    if not styled.size or not read.size:
        return
    other, plain = texts.take(pa.array(styled)), texts.take(pa.array(read))
    at = _meant_otherwise(other, plain)
    if at is None and styled.size <= _MANY * (styled.size + read.size):
        return
    told = f"{shown(plain[at or 0].as_py())} (row {int(rows[read[at or 0]]):,})"
    raise DataRefused(
        f"{name} is written in two ways: {shown(other[0].as_py())} (row {int(rows[styled[0]]):,}) and {told}; "
        f"{styled.size:,} of {styled.size + read.size:,} cells are not plain numbers",
        where=f"{where}, {name}",
        rule="a number is written 1234.50, and a column is read in one way or not at all: no decimal comma, no mark "
        "between thousands, no sign of a currency",
        remedy="export the column again in that form",
    )


def _meant_otherwise(other: pa.StringArray, plain: pa.StringArray) -> int | None:
    """The place of a number that was read, and may be meant otherwise by what was not; None where none may."""
    if pc.any(pc.match_substring_regex(other, f"{_DECIMAL_COMMA}|{_POINTS_GROUP}")).as_py():
        grouped = positions(pc.match_substring_regex(plain, _POINT_MAY_GROUP))
        if grouped.size:
            return int(grouped[0])
    if pc.any(pc.match_substring_regex(other, _GROUPED)).as_py():
        digits = pc.utf8_length(pc.replace_substring_regex(plain, r"^[-+]|[.eE].*$", ""))
        if pc.max(digits).as_py() <= 3:
            return 0  # every value of a thousand and more would be lost
    negative = pc.all(pc.match_substring_regex(other, _NEGATIVE_OTHERWISE)).as_py()
    if negative and not pc.any(pc.starts_with(plain, "-")).as_py():
        return 0  # every negative value would be lost
    return None
