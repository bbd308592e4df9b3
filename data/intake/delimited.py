"""CSV (RFC 4180): comma-separated UTF-8 with one header row.

The parser skips what it cannot split into columns; here every such row is found again and rejected by number.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from data.errors import DataRefused
from data.intake.columns import EXACT_INTEGERS, positions
from data.intake.headers import check_header, named
from data.intake.result import Reading, Rejection, Rows
from data.schema import FileContract

_HEADER_BYTES = 1 << 20
_ARROW_KINDS = {"number": pa.float64(), "boolean": pa.bool_()}
_SAVE_AS_UTF8 = "save the file as CSV UTF-8"


def read_delimited(data: bytes, contract: FileContract, where: str) -> Reading:
    """Rows of a CSV file, with the declared kinds where every value allows it, else as text.

    Raises:
        DataRefused: Empty, not UTF-8, a header that cannot be used, or quotation marks that leave it open
            where rows begin.
    """
    _refuse_other_encodings(data, where)
    header = _header(data, where)
    check_header(header, contract, where)
    body = pa.py_buffer(data)[: _end_of_rows(data)]
    kinds = {name: _ARROW_KINDS.get(contract.kind_of(name), pa.string()) for name in header}
    quoted = data.find(b'"') >= 0
    try:
        table, ragged = _parse(body, kinds, quoted, where)
        faithful = all(_kept_exactly(table.column(i)) for i in range(table.num_columns))
    except _NotOfThisKind:
        faithful = False
    if not faithful:
        table, ragged = _parse(body, dict.fromkeys(header, pa.string()), quoted, where)
    if table.column_names != header:
        raise DataRefused("the header row can be read in more than one way", where=where, remedy="simplify the names")
    read = table.num_rows + len(ragged)
    if quoted:
        _check_quotation(data, read, where)
    if read == 0:
        raise DataRefused("the file has a header and no rows", where=where, remedy="export it again")
    return _reading(table, ragged, read, header)


class _NotOfThisKind(Exception):
    """Some value is not of its column's kind: the file is read again as text, which can say which."""


def _reading(table: pa.Table, ragged: list[pacsv.InvalidRow], read: int, header: list[str]) -> Reading:
    rows: Rows = np.arange(1, read + 1, dtype=np.int64)
    rejections = []
    if ragged:
        # The parser counts the header as row 1.
        numbers = np.array([row.number - 1 for row in ragged], dtype=np.int64)
        rejections += [_ragged(row) for row in ragged]
        rows = np.delete(rows, numbers - 1)
    empty = _empty_rows(table)
    if empty:
        rejections += [Rejection(int(rows[i]), None, "the row is empty") for i in empty]
        keep = np.ones(table.num_rows, bool)
        keep[empty] = False
        table, rows = table.filter(pa.array(keep)), rows[keep]
    names, warnings = named(header)
    return Reading(table.rename_columns(names), read, rows, tuple(rejections), warnings, untyped=True)


def _ragged(row: pacsv.InvalidRow) -> Rejection:
    fault = "has too few values" if row.actual_columns < row.expected_columns else "has too many values"
    return Rejection(
        row.number - 1, None, f"the row {fault}: {row.actual_columns} where the header has {row.expected_columns}"
    )


def _parse(
    body: pa.Buffer, kinds: Mapping[str, pa.DataType], quoted: bool, where: str
) -> tuple[pa.Table, list[pacsv.InvalidRow]]:
    table, ragged = _parse_once(body, kinds, quoted, where, threads=True)
    if ragged:
        # Only a single thread knows the rows' numbers.
        table, ragged = _parse_once(body, kinds, quoted, where, threads=False)
    return table, ragged


def _parse_once(
    body: pa.Buffer, kinds: Mapping[str, pa.DataType], quoted: bool, where: str, *, threads: bool
) -> tuple[pa.Table, list[pacsv.InvalidRow]]:
    ragged: list[pacsv.InvalidRow] = []

    def skip(row: pacsv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    try:
        table = pacsv.read_csv(
            pa.BufferReader(body),
            read_options=pacsv.ReadOptions(use_threads=threads),
            parse_options=pacsv.ParseOptions(
                newlines_in_values=quoted, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=kinds, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid as error:
        message = str(error)
        if "invalid UTF8" in message:
            raise _not_utf8(body.to_pybytes(), where) from error
        if "conversion error" in message:
            raise _NotOfThisKind from error
        if "Empty CSV file" in message:
            raise DataRefused("the file has a header and no rows", where=where, remedy="export it again") from error
        raise DataRefused(f"the rows cannot be told apart ({message.splitlines()[0]})", where=where) from error
    return table, ragged


def _kept_exactly(column: pa.ChunkedArray) -> bool:
    """Whether reading as doubles lost nothing that the text would show."""
    if not pa.types.is_floating(column.type):
        return True
    extremes = pc.min_max(column).as_py()
    return extremes["max"] is None or max(extremes["max"], -extremes["min"]) < EXACT_INTEGERS


def _empty_rows(table: pa.Table) -> list[int]:
    columns = table.columns
    if any(column.null_count == 0 for column in columns):
        return []
    mask = columns[0].is_null()
    for column in columns[1:]:
        mask = pc.and_(mask, column.is_null())
    return positions(mask)


def _end_of_rows(data: bytes) -> int:
    """Where the last row ends: blank lines at the very end are no rows."""
    end = len(data)
    while end and data[end - 1] in b"\r\n":
        end -= 1
    return end


def _header(data: bytes, where: str) -> list[str]:
    start = data[:_HEADER_BYTES]
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(start, final=False)
    except UnicodeDecodeError as error:
        raise _not_utf8(data, where) from error
    if not text.strip():
        raise DataRefused("the file is empty", where=where, remedy="export it again")
    if "\0" in text:
        raise DataRefused("the file holds binary data, not text", where=where, remedy=_SAVE_AS_UTF8)
    try:
        return next(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (csv.Error, StopIteration) as error:
        raise DataRefused(f"the header row cannot be read ({error})", where=where) from error


def _refuse_other_encodings(data: bytes, where: str) -> None:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16")):
        if data.startswith(mark):
            raise DataRefused(f"the file is {encoding}", where=where, rule="text is UTF-8", remedy=_SAVE_AS_UTF8)


def _not_utf8(data: bytes, where: str) -> DataRefused:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start)
        place = f"row {row}" if row else "the header row"
        return DataRefused(
            f"{place} holds bytes that are not UTF-8 (0x{data[error.start]:02x})",
            where=where,
            rule="text is UTF-8",
            remedy=_SAVE_AS_UTF8,
        )
    return DataRefused(
        "the file holds bytes that are not UTF-8", where=where, rule="text is UTF-8", remedy=_SAVE_AS_UTF8
    )


def _check_quotation(data: bytes, read: int, where: str) -> None:
    """Refuse a file in which a stray quotation mark has swallowed the rows after it.

    The parser takes an unclosed quotation to the end of the file as one value, without a word. Where there are
    as many lines as rows and marks come in pairs, nothing was swallowed; else a strict reader decides.
    """
    end = _end_of_rows(data)
    octets = np.frombuffer(data, np.uint8, end)
    feeds = int(np.count_nonzero(octets == 10))
    returns = data.count(b"\r", 0, end) - data.count(b"\r\n", 0, end) if data.find(b"\r") >= 0 else 0
    if feeds + returns == read and np.count_nonzero(octets == 34) % 2 == 0:
        return
    text = io.StringIO(data[:end].decode("utf-8-sig"), newline="")
    counted = -1
    try:
        for counted, _ in enumerate(csv.reader(text, strict=True)):  # noqa: B007 (the count is what is wanted)
            pass
    except csv.Error as error:
        raise DataRefused(
            f"a quotation mark near row {counted + 1} opens or closes in the middle of a value ({error})",
            where=where,
            rule="a value that holds a comma, a line end or a quotation mark is quoted, and marks in it are doubled",
            remedy="export the file again",
        ) from error
    if counted != read:
        raise DataRefused(
            f"quotation marks leave it open where rows begin: {counted} rows or {read}",
            where=where,
            remedy="export the file again",
        )
