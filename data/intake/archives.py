"""Compressed files, unpacked under a cap: a few kilobytes must never become all of the memory."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from html import unescape

from data.errors import DataRefused

MAXIMUM_WORKBOOK = 2 << 30
MAXIMUM_RATIO = 250  # tables of text pack 5 to 50 times; DEFLATE's limit, which bombs use, is 1,032
RATIO_COUNTS_FROM = 64 << 20  # a small file may pack as well as it likes
UNDAMAGED = "a file is read as a whole or not at all"
_PIECE = 1 << 20
_CELL_REFERENCE = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})""")
_WIDE_REFERENCE = re.compile(rb"""\br\s*=\s*["'][A-Z]{2}""")
_ERROR = re.compile(
    rb"""<(?:\w+:)?c\b(?=[^>]*?\bt\s*=\s*["']e["'])[^>]*?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["'][^>]*>(.*?)</(?:\w+:)?c>""",
    re.DOTALL,
)
# A cell with a formula and no value, as programs write them that work nothing out; a text (t="str") may be empty.
_NOT_WORKED_OUT = re.compile(  # nothing that was passed is looked at again (*+, ?+), whatever the part holds
    rb"""<(?:\w+:)?c\b(?![^<>]*\bt\s*=\s*["']str["'])[^<>]*?\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]*+>\s*+"""
    rb"""<(?:\w+:)?f\b[^<>]*+>([^<]*+)</(?:\w+:)?f>\s*+(?:<(?:\w+:)?v\s*+/>\s*+|<(?:\w+:)?v>\s*+</(?:\w+:)?v>\s*+)?+"""
    rb"""</(?:\w+:)?c>"""
)
_CODE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)<")
_CELL = re.compile(rb"<(?:\w+:)?c[ />]")


def check_workbook(data: bytes, where: str) -> None:
    """Look through an Excel workbook before a reader unpacks it.

    Two kinds of bomb are refused: parts that unpack to far more than their size, whatever size they claim, and
    sheets whose few cells span so wide a range that a reader would lay out billions.

    Raises:
        DataRefused: A bomb, a damaged archive, or an archive that is no workbook.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if any(entry.flag_bits & 1 for entry in archive.infolist()):
                raise DataRefused(
                    "the workbook is protected by a password",
                    where=where,
                    rule="a workbook can be read by whoever has it",
                    remedy="remove the password",
                )
            size = 0
            for entry in archive.infolist():
                part = _unpacked(data, entry, size, where)
                size += len(part)
                if entry.filename.startswith("xl/worksheets/"):
                    _check_span(part, where)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, IndexError) as error:
        raise DataRefused(
            f"the workbook is damaged ({error})", where=where, rule=UNDAMAGED, remedy="copy it or save it again"
        ) from error


def error_cells(data: bytes) -> list[tuple[int, int, str]]:
    """Row, column (both from 0) and code of every cell of a workbook, already checked, that holds an error.

    Of a formula that was never worked out, which a reader takes for a blank, the code is the formula.
    """
    found = []
    for part in worksheets(data):
        for letters, row, inside in _ERROR.findall(part):
            code = _CODE.search(inside)
            found.append((int(row) - 1, column_number(letters) - 1, code.group(1).decode() if code else "#N/A"))
        for letters, row, formula in _NOT_WORKED_OUT.findall(part):
            found.append((int(row) - 1, column_number(letters) - 1, "=" + unescape(formula.decode("utf-8", "replace"))))
    return found


def worksheets(data: bytes) -> Iterator[bytes]:
    """The XML of each worksheet of a workbook, already checked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            if entry.filename.startswith("xl/worksheets/"):
                yield _unpacked(data, entry, 0, entry.filename)


def column_number(letters: bytes) -> int:
    """The number of a column, from 1, by its letters."""
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column


def _unpacked(data: bytes, entry: zipfile.ZipInfo, before: int, where: str) -> bytes:
    start = entry.header_offset
    if data[start : start + 4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("a part is not where the directory says")
    names, extra = (int.from_bytes(data[start + at : start + at + 2], "little") for at in (26, 28))
    begin = start + 30 + names + extra
    packed = data[begin : begin + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        check_growth(len(data), before + len(packed), MAXIMUM_WORKBOOK, where)
        return packed
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile("a part is packed in a way that workbooks do not use")
    # The size written in the directory may lie, so the parts are unpacked and counted.
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    pieces = []
    size = before
    while packed:
        piece = unpacker.decompress(packed, _PIECE)
        size += len(piece)
        check_growth(len(data), size, MAXIMUM_WORKBOOK, where)
        pieces.append(piece)
        packed = unpacker.unconsumed_tail
    return b"".join(pieces)


def check_growth(packed: int, unpacked: int, most: int, where: str) -> None:
    """Stop an unpacking that has gone too far.

    Raises:
        DataRefused: More bytes than ``most``, or than a table of text could have been packed from.
    """
    if unpacked > most or (unpacked > RATIO_COUNTS_FROM and unpacked > MAXIMUM_RATIO * packed):
        raise DataRefused(
            f"the file of {packed:,} bytes unpacks to more than {unpacked:,}",
            where=where,
            rule=f"at most {most:,} bytes, and {MAXIMUM_RATIO} times its size",
            remedy="bring it as Parquet",
        )


def _check_span(sheet: bytes, where: str) -> None:
    if _WIDE_REFERENCE.search(sheet) is None:
        return  # 26 columns at most: laid out in full it still fits
    cells = len(_CELL.findall(sheet))
    rows = columns = 0
    for letters, row in _CELL_REFERENCE.findall(sheet):
        rows, columns = max(rows, int(row)), max(columns, column_number(letters))
    if rows * columns > 20 * cells + 1_000_000:
        raise DataRefused(
            f"{cells:,} cells are spread over {rows:,} rows and {columns:,} columns",
            where=where,
            rule="a table without wide gaps, its header in the first row",
            remedy="copy the table to a new workbook",
        )
