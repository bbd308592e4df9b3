"""Rows of a file that are nobody: a total, the header once more, the end of a report; and ids that no system gives."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.intake.columns import positions
from data.intake.result import Fault, Reading, Rows, shown
from data.pieces import in_one_piece, rows_of

_NOBODYS = r"is a line of a report, (such as a total, )?and no customer$|^the row repeats the header$"

EMPTY = "the row is empty"

_COMMON = 0.05  # so many ids of one shape are a way in which a system writes them
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"

# Whatever the other ids look like, these are none.
_NEVER = (
    (r"^=", "is a formula of a spreadsheet"),
    (r"^'", "begins with the apostrophe by which a spreadsheet marks text"),
    (r"^#[A-Z0-9/_]+[!?]?$", "is an error of a spreadsheet"),
    (r"^[-.?*_/\\]+$|^\[\w{1,3}\]$", "is a mark for something missing"),
    (r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$", "is a number with thousands separators: its leading zeros may be lost"),
    (
        r"(?i)^(grand|sub|overall|report|column)[ -]totals?\b.*|^totals?[ :].*|^(sum|count|average|mean) (of|total).*"
        r"|^end of (the )?(report|file|list|table|data|extract|export).*"
        r"|^(report|page|printed|run|extracted|exported|generated|produced|source|notes?|created)[ :].*"
        r"|^\(?\d+ (rows?|records?|customers?)\b.*",
        "is a line of a report, such as a total, and no customer",
    ),
)
# These may be ids where others are like them, and are none among ids that are not.
_AMONG_OTHERS = (
    (
        rf"(?i)^\d{{1,2}}[-/ .]?({_MONTHS})[a-z]*([-/ .]\d{{2,4}})?$|^({_MONTHS})[a-z]*[-/ .]\d{{1,4}}$"
        r"|^\d{1,2}\.\d{1,2}\.(\d{2}|\d{4})$",
        "has been turned into a date",
    ),
    (r"^\d+[eE]\d+$", "is a number that a spreadsheet may have rounded"),
    (r"(?i)^(true|false|yes|no)$", "is a truth value"),
    (r"(?i)^((grand|sub)?totals?|sum|count|average|mean|end|eof)$", "is a line of a report, and no customer"),
    (r"(?i)^(unknown|not known|missing|none|nil|null|blank|empty|n/?a|n\.?k\.?|tbc|tba)$", "says that it is not known"),
    (r"(?i)^(test|dummy|example|sample|xx+|abc)$", "is that of a test, and no customer"),
)


_ANY = "|".join(f"(?:{pattern})" for pattern, _ in (*_NEVER, *_AMONG_OTHERS))  # one look tells that none is there
_SAMPLE = 20_000


def unlikely_ids(ids: pa.ChunkedArray) -> dict[int, str]:
    """Ids that a spreadsheet has spoilt, or that are no customer's, by position.

    Some words and numbers are no id wherever they stand. Others (``TRUE``, ``12E3``, ``01-Mar``) may be what a system
    gives: they are taken where ids beyond doubt are built alike, letter for letter and digit for digit.

    Args:
        ids: Text, shape (n,).

    Examples:
        >>> unlikely_ids(pa.chunked_array([["001", "002", "TOTAL", "=1", "12E3"]]))[2]
        "the id 'TOTAL' is a line of a report, and no customer"
        >>> unlikely_ids(pa.chunked_array([["12E3", "45B1", "77A0"]]))
        {}
    """
    odd = np.flatnonzero(pc.fill_null(pc.invert(_plainly_ids(ids)), False).to_numpy())
    if not odd.size:
        return {}
    texts = in_one_piece(rows_of(ids, pa.array(odd), "ids"), "ids")
    doubtful = positions(pc.match_substring_regex(texts, _ANY))
    if not doubtful.size:
        return {}
    texts, odd = texts.take(pa.array(doubtful)), odd[doubtful]
    beyond_doubt = np.ones(len(ids), bool)
    beyond_doubt[odd] = False
    usual = _usual_shapes(ids.filter(pa.array(beyond_doubt)))
    reasons: dict[int, str] = {}
    for pattern, why in (*_NEVER, *_AMONG_OTHERS):
        found = pc.match_substring_regex(texts, pattern)
        if (pattern, why) in _AMONG_OTHERS:
            found = pc.and_not(found, pc.is_in(_shape(texts), usual))
        for place in positions(found).tolist():
            reasons.setdefault(int(odd[place]), f"the id {shown(texts[place].as_py())} {why}")
    return reasons


def _plainly_ids(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """Digits alone, or letters before letters and digits: what no pattern matches, told at a tenth of their price."""
    begun_by_a_letter = pc.greater_equal(ids, "A")  # in ASCII every digit comes before every letter
    of_both = pc.and_not(pc.ascii_is_alnum(ids), pc.ascii_is_alpha(ids))
    return pc.or_(pc.ascii_is_decimal(ids), pc.and_(begun_by_a_letter, of_both))


def _usual_shapes(ids: pa.ChunkedArray) -> pa.Array:
    """How the ids beyond doubt are built: every shape that at least one in twenty has, and two at least."""
    sample = ids.slice(0, _SAMPLE).drop_null()
    counts = pc.value_counts(_shape(sample))
    enough = pc.greater_equal(counts.field("counts"), max(2, _COMMON * len(sample)))
    return counts.filter(enough).field("values")


def _shape(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return pc.replace_substring_regex(pc.replace_substring_regex(texts, r"\d", "0"), r"\pL", "A")


def header_again(reading: Reading) -> list[Fault]:
    """Rows that hold the names of the columns once more: two exports that were put together."""
    table = reading.table
    texts = [name for name in table.column_names if pa.types.is_string(table.column(name).type)]
    if not texts or len(texts) < len(table.column_names):
        return []  # a column of numbers cannot hold its name
    found = positions(_is_name(table.column(texts[0]), texts[0]))
    for name in texts[1:]:
        if not found.size:
            return []
        found = found[positions(_is_name(rows_of(table.column(name), pa.array(found), name), name))]
    return [Fault(int(place), None, "the row repeats the header") for place in found]


def rows_of_nobody(rejections: Iterable[tuple[int, str]], read: int) -> set[int]:
    """Rows that are surely no customer's: a total, the header once more, and what is empty below all others.

    An empty row among others may be a customer of whom nothing is left.

    Args:
        rejections: Row and reason, of each reason.
        read: Rows of the file.

    Examples:
        >>> said = [(2, EMPTY), (5, EMPTY), (6, "the id 'Total' is a line of a report, and no customer"), (7, EMPTY)]
        >>> rows_of_nobody(said, 7), rows_of_nobody(said, 8)
        ({5, 6, 7}, {6})
    """
    told = list(rejections)
    nobodys = {row for row, reason in told if re.search(_NOBODYS, reason)}
    empty = {row for row, reason in told if reason == EMPTY}
    while read in nobodys or read in empty:
        nobodys.add(read)
        read -= 1
    return nobodys


def _is_name(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    return pc.equal(pc.utf8_trim_whitespace(column), name.strip())


def sums_of_the_rest(table: pa.Table, id_column: str | None, rows: Rows) -> str | None:
    """A warning where the last row holds, in columns of numbers, the sum of all others: a total under an id."""
    if table.num_rows < 4:
        return None
    sums = []
    for name in table.column_names:
        column = table.column(name)
        if name == id_column or not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            continue
        last = column[-1].as_py()
        if last is None or abs(last) <= 1:
            continue
        others = column.slice(0, len(column) - 1)
        total = pc.sum(others).as_py()
        if total is not None and abs(total - last) <= 1e-9 * abs(last) and pc.count_distinct(others).as_py() > 2:
            sums.append(name)
    if not sums:
        return None
    return (
        f"row {int(rows[-1]):,}, the last, holds the sum of all other rows in {' and '.join(sums)}: "
        "if it is a total and no customer, take it out of the file"
    )
