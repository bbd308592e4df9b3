"""CSV (RFC 4180): comma-separated UTF-8 with one header row.

The parser skips what it cannot split into columns; here every such row is found again and rejected by number.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from data.errors import DataRefused
from data.intake.columns import EXACT_INTEGERS, all_within
from data.intake.content import separator_of
from data.intake.headers import LOOKED_AT, check_header, named, separated_otherwise
from data.intake.not_customers import EMPTY
from data.intake.result import CLIFFS, SOME_ROWS, Reading, Rejection, Rows, refuse_too_many
from data.intake.source import Octets, Source
from data.intake.unfolding import check_names
from data.schema import FileContract

_HEADER_BYTES = 1 << 20
_BLOCK = 1 << 20
_LARGE_BLOCK = 1 << 28
MOST_RAGGED = 1_000_000
_FEW_RAGGED = 1_000
_ARROW_KINDS = {"number": pa.float64(), "boolean": pa.bool_()}
_SAVE_AS_UTF8 = "save the file as CSV UTF-8"
_QUOTING = "a value that holds a comma, a line end or a quotation mark is quoted, and marks in it are doubled"


def read_delimited(source: Source, contract: FileContract) -> Reading:
    """Rows of a CSV file, with the declared kinds where every value allows it, else as text.

    Raises:
        DataRefused: Empty, not UTF-8, a header that cannot be used, or quotation marks that leave it open
            where rows begin.
    """
    header, below = _header(source)
    check_names(header, source.name)
    check_header(header, contract, source.name, below)
    coded = contract.coded  # what its codes mean is asked of the text
    kinds = {
        name: pa.string() if name in coded else _ARROW_KINDS.get(contract.kind_of(name), pa.string()) for name in header
    }
    try:
        parsed = _parse(source, kinds)
        faithful = all(_kept_exactly(column) for column in parsed.table.columns)
    except _NotOfThisKind:
        faithful = False
    if not faithful:
        parsed = _parse(source, dict.fromkeys(header, pa.string()))
    if parsed.table.column_names != header:
        raise DataRefused(
            "the header row can be read in more than one way", where=source.name, rule=_QUOTING, remedy="simplify it"
        )
    return _reading(parsed, header, source.name)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """``ragged`` are the rows without the header's number of values; blank lines at the end are rows of nulls."""

    table: pa.Table
    ragged: list[pacsv.InvalidRow]
    octets: Octets

    @property
    def rows(self) -> int:
        return int(self.table.num_rows) + len(self.ragged)


class _CutInsideAValue(Exception):
    """A block ended inside a quoted value, which the parser notices only sometimes."""


class _ManyRagged(Exception):
    """Threads that stop at every other row to tell of it hinder each other: one alone is ten times quicker."""


class _NotOfThisKind(Exception):
    """Some value is not of its column's kind: the file is read again as text, which can say which."""


def _reading(parsed: _Parsed, header: list[str], where: str) -> Reading:
    table = parsed.table
    rows: Rows = np.arange(1, parsed.rows + 1, dtype=np.int64)
    rejections = []
    if parsed.ragged:
        # The parser counts the header as row 1.
        rejections += [_ragged(row) for row in parsed.ragged]
        rows = np.delete(rows, [row.number - 2 for row in parsed.ragged])
    read = parsed.rows
    empty = _empty_rows(table)
    if empty.size:
        keep = np.ones(table.num_rows, bool)
        keep[empty] = False
        after = parsed.octets.blank_lines_at_end
        read -= after
        between = rows[empty][rows[empty] <= read]
        refuse_too_many(len(between), EMPTY, where)
        rejections += [Rejection(row, None, EMPTY) for row in between.tolist()]
        table, rows = table.filter(pa.array(keep)), rows[keep]
    if read == 0:
        raise DataRefused("the file has a header and no rows", where=where, rule=SOME_ROWS, remedy="export it again")
    if len(parsed.ragged) == read:
        raise _refused_ragged(parsed.ragged, "every row has", where)
    names, warnings = named(header)
    if read + 1 in CLIFFS:
        warnings += (
            f"with its header the file has {read + 1:,} rows, which is where Excel cuts a table off: compare the count "
            "with that of the system that exported it",
        )
    return Reading(table.rename_columns(names), read, rows, tuple(rejections), warnings, untyped=True)


def _refused_ragged(ragged: list[pacsv.InvalidRow], which: str, where: str) -> DataRefused:
    """The refusal of a file of which no row, or a great many not, have the header's number of values."""
    counts = {row.actual_columns for row in ragged}
    expected = ragged[0].expected_columns
    if counts == {expected + 1}:
        remedy = "every row has one value more than the header: take the comma at its end away, or name the column"
    else:
        remedy = "export the file again: a value that holds a comma is quoted"
    found = f"{counts.pop()}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    return DataRefused(
        f"{which} {found} {'value' if found == '1' else 'values'}, and the header has {expected}",
        where=where,
        rule="every row has as many values as the header",
        remedy=remedy,
    )


def _ragged(row: pacsv.InvalidRow) -> Rejection:
    fault = "has too few values" if row.actual_columns < row.expected_columns else "has too many values"
    return Rejection(
        row.number - 1, None, f"the row {fault}: {row.actual_columns} where the header has {row.expected_columns}"
    )


def _parse(source: Source, kinds: Mapping[str, pa.DataType]) -> _Parsed:
    """Every row, in the quickest way that is sure.

    The parser works on blocks. Told that values may hold line ends it takes a third longer to cut them; not told,
    it may cut inside a quoted value. So it is not told, and where the counts of lines, rows and quotation marks
    leave any doubt, or a mark is left in a value, the file is read again the slow way.
    """
    try:
        return _parse_quickly(source, kinds)
    except _ManyRagged:
        parsed = _parse_once(source, kinds, threads=False, line_ends_in_values=True)
        if parsed.octets.quotation_marks:
            _check_quotation(source, parsed)
        return parsed


def _parse_quickly(source: Source, kinds: Mapping[str, pa.DataType]) -> _Parsed:
    try:
        parsed = _parse_once(source, kinds, threads=True, line_ends_in_values=False)
    except _CutInsideAValue:
        quoted, plainly = True, False
    else:
        quoted = parsed.octets.quotation_marks > 0
        plainly = not quoted or _plainly_quoted(parsed)
    if not plainly:
        parsed = _parse_once(source, kinds, threads=True, line_ends_in_values=True)
        _check_quotation(source, parsed)
    if parsed.ragged:
        # Only a single thread knows the rows' numbers.
        parsed = _parse_once(source, kinds, threads=False, line_ends_in_values=quoted)
    return parsed


def _plainly_quoted(parsed: _Parsed) -> bool:
    """Whether every line is one row for certain: as many rows as lines, and no mark left over in a value."""
    octets = parsed.octets
    lines = octets.line_ends + int(not octets.tail.endswith((b"\n", b"\r")))
    if parsed.ragged or parsed.rows + 1 != lines or octets.quotation_marks % 2:
        return False
    texts = (chunk for column in parsed.table.columns if pa.types.is_string(column.type) for chunk in column.chunks)
    return not any(_holds_mark(chunk) for chunk in texts)


def _holds_mark(texts: pa.StringArray) -> bool:
    octets = texts.buffers()[2]
    return octets is not None and bool(np.any(np.frombuffer(octets, np.uint8) == 34))


def _parse_once(
    source: Source,
    kinds: Mapping[str, pa.DataType],
    *,
    threads: bool,
    line_ends_in_values: bool,
    block: int = _BLOCK,
) -> _Parsed:
    ragged: list[pacsv.InvalidRow] = []
    most = _FEW_RAGGED if threads else MOST_RAGGED

    def skip(row: pacsv.InvalidRow) -> str:
        ragged.append(row._replace(text=None))
        return "skip" if len(ragged) <= most else "error"

    try:
        with source.open(text=True) as octets:
            table = pacsv.read_csv(
                pa.PythonFile(octets, mode="r"),
                read_options=pacsv.ReadOptions(use_threads=threads, block_size=block),
                parse_options=pacsv.ParseOptions(
                    newlines_in_values=line_ends_in_values, ignore_empty_lines=False, invalid_row_handler=skip
                ),
                convert_options=pacsv.ConvertOptions(
                    check_utf8=False,  # done as it was read
                    column_types=kinds,
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
    except pa.ArrowInvalid as error:
        message = str(error)
        if len(ragged) > most and threads:
            raise _ManyRagged from error
        if len(ragged) > most:
            raise _refused_ragged(ragged, f"more than {MOST_RAGGED:,} rows have", source.name) from error
        if "conversion error" in message:
            raise _NotOfThisKind from error
        if "out of sync" in message and not line_ends_in_values:
            raise _CutInsideAValue from error
        if "Empty CSV file" in message:
            raise DataRefused(
                "the file has a header and no rows", where=source.name, rule=SOME_ROWS, remedy="export it again"
            ) from error
        if "straddling" in message and block == _BLOCK:
            raise _too_long(source, kinds) from error
        reason = "one is very long" if "straddling" in message else message.splitlines()[0]
        raise DataRefused(
            f"the rows cannot be told apart ({reason})",
            where=source.name,
            rule=_QUOTING,
            remedy="export the file again",
        ) from error
    return _Parsed(table, ragged, octets)


def _too_long(source: Source, kinds: Mapping[str, pa.DataType]) -> DataRefused:
    """The refusal of a file with a row that no block holds: read once more, in larger blocks, to say where it is."""
    texts = dict.fromkeys(kinds, pa.string())
    parsed = _parse_once(source, texts, threads=False, line_ends_in_values=True, block=_LARGE_BLOCK)
    longest, place, name = -1, 0, ""
    for field, column in zip(parsed.table.column_names, parsed.table.columns, strict=True):
        sizes = pc.binary_length(column)
        most = pc.max(sizes).as_py() or 0
        if most > longest:
            longest, place, name = most, pc.index(sizes, most).as_py(), field
    if longest * len(kinds) < _BLOCK // 2:  # the long row has more or fewer values than the header
        return DataRefused(
            "a row is longer than a mebibyte, and has another number of values than the header",
            where=source.name,
            rule=f"a row holds at most {_BLOCK:,} bytes",
            remedy="close a quotation mark that was left open, or leave the column out",
        )
    rows = np.delete(np.arange(1, parsed.rows + 1), [row.number - 2 for row in parsed.ragged])
    return DataRefused(
        f"row {int(rows[place]):,} is longer than a mebibyte: its {name} holds {longest:,} bytes",
        where=f"{source.name}, {name}",
        rule=f"a row holds at most {_BLOCK:,} bytes",
        remedy="leave the column out or shorten the value; or close a quotation mark that was left open before it",
    )


def _kept_exactly(column: pa.ChunkedArray) -> bool:
    """Whether reading as doubles lost nothing that the text would show."""
    return not pa.types.is_floating(column.type) or all_within(column, -EXACT_INTEGERS + 1, EXACT_INTEGERS - 1)


def _empty_rows(table: pa.Table) -> Rows:
    columns = table.columns
    if any(column.null_count == 0 for column in columns):
        return np.empty(0, np.int64)
    mask = columns[0].is_null()
    for column in columns[1:]:
        mask = pc.and_(mask, column.is_null())
    return np.asarray(pc.indices_nonzero(mask), np.int64)


def _header(source: Source) -> tuple[list[str], list[list[str]]]:
    """The first row, and some of those below it."""
    where = source.name
    with source.open() as octets:
        start = octets.read(_HEADER_BYTES)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataRefused("the file is UTF-16", where=where, rule="text is UTF-8", remedy=_SAVE_AS_UTF8)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(start, final=False)
    except UnicodeDecodeError as error:
        raise source.not_utf8(error.start) from error
    if not text.strip():
        raise DataRefused("the file is empty", where=where, rule=SOME_ROWS, remedy="export it again")
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(rows)
    except (csv.Error, StopIteration) as error:
        separator = separator_of(text.splitlines()[0])
        raise DataRefused(
            f"the header row cannot be read ({error})",
            where=where,
            rule=_QUOTING,
            remedy=separated_otherwise(separator) if separator else "export the file again",
        ) from error
    below: list[list[str]] = []
    with contextlib.suppress(csv.Error, StopIteration):  # faults of later rows are told with their numbers, later
        while len(below) < LOOKED_AT:
            below.append(next(rows))
    if any("\0" in name for name in header):
        raise DataRefused(
            "the file holds binary data, not text", where=where, rule="text is UTF-8", remedy=_SAVE_AS_UTF8
        )
    return header, below


def _check_quotation(source: Source, parsed: _Parsed) -> None:
    """Refuse a file in which a stray quotation mark has swallowed the rows after it.

    The parser takes an unclosed quotation to the end of the file as one value, without a word. A strict reader,
    slow and so asked only in doubt, decides where rows begin.
    """
    counted = -1  # the header is no row
    try:
        with io.TextIOWrapper(io.BufferedReader(source.open()), "utf-8-sig", newline="") as text:
            for _ in csv.reader(text, strict=True):
                counted += 1
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataRefused(
            f"a quotation mark near row {counted + 1:,} opens or closes in the middle of a value ({error})",
            where=source.name,
            rule=_QUOTING,
            remedy="export the file again",
        ) from error
    if counted != parsed.rows:
        raise DataRefused(
            f"quotation marks leave it open where rows begin: {counted:,} rows or {parsed.rows:,}",
            where=source.name,
            rule=_QUOTING,
            remedy="export the file again",
        )
