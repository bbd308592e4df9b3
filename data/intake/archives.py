"""Compressed files, unpacked under a cap: a few kilobytes must never become all of the memory."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator

from data.errors import DataRefused
from data.intake.result import UNDAMAGED

MAXIMUM_WORKBOOK = 8 << 30
MAXIMUM_RATIO = 50  # tables of text pack 5 to 30 times; DEFLATE's limit, which bombs use, is 1,032
RATIO_COUNTS_FROM = 32 << 20  # a small file may pack as well as it likes
MAXIMUM_PARTS = 10_000
_DIRECTORY = 64 + 200  # bytes that a part takes there, with a long name
_END, _END_SIZE = b"PK\x05\x06", 22
LAST = (1 << 16) + _END_SIZE  # bytes in which the end lies, with its comment
_PIECE = 1 << 20


def parts_claimed(data: bytes) -> int:
    """How many parts a zip archive says that it has, or would have in a directory of its size; 0 where it has no end.

    Asked before anything is made of each of them.

    Args:
        data: The archive, or its ``LAST`` bytes.
    """
    end = data[-_END_SIZE:]  # as zipfile looks for it: without a comment, else the last there is
    if not (end.startswith(_END) and end.endswith(b"\0\0")):
        at = data.rfind(_END, max(0, len(data) - LAST))
        end = data[at : at + _END_SIZE] if at >= 0 else b""
    if len(end) < _END_SIZE:
        return 0
    return max(int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little") // _DIRECTORY)


class Archive:
    """A workbook's zip archive, its parts unpacked and counted first, piece by piece, whatever size they claim.

    Args:
        data: The file.
        where: What to call it.

    Raises:
        DataRefused: Damaged, protected by a password, with more parts than any workbook has, or with parts that unpack
            to far more than their size.
    """

    def __init__(self, data: bytes, where: str) -> None:
        self.size = len(data)
        self.where = where
        self._data = data
        if parts_claimed(data) > MAXIMUM_PARTS:
            raise DataRefused(
                f"the workbook has more than {MAXIMUM_PARTS:,} parts",
                where=where,
                rule="a workbook holds one table",
                remedy="copy the table to a new workbook",
            )
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                self._entries = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, IndexError) as error:
            raise self.damaged(error) from error
        if any(entry.flag_bits & 1 for entry in self._entries):
            raise DataRefused(
                "the workbook is protected by a password",
                where=where,
                rule="a workbook can be read by whoever has it",
                remedy="remove the password",
            )
        self._count()

    def _count(self) -> None:
        unpacked = 0
        for entry in self._entries:
            for piece in self._pieces(entry):
                unpacked += len(piece)
                check_growth(self.size, unpacked, MAXIMUM_WORKBOOK, self.where)

    def damaged(self, error: object) -> DataRefused:
        return DataRefused(
            f"the workbook is damaged ({error})", where=self.where, rule=UNDAMAGED, remedy="copy it or save it again"
        )

    def parts(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Each part's name as readers know it (small letters, no ./), and its content in pieces of a mebibyte or so."""
        for entry in self._entries:
            yield part_name(entry.filename), self._pieces(entry)

    def _pieces(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        try:
            yield from _inflated(self._data, entry)
        except (zipfile.BadZipFile, zlib.error) as error:
            raise self.damaged(error) from error

    def pieces_of(self, name: str) -> Iterator[bytes]:
        """A part once more."""
        for entry in self._entries:
            if part_name(entry.filename) == name:
                yield from self._pieces(entry)


def part_name(path: str, beside: str = "") -> str:
    """A part's name as readers look for it, from a path in the archive or one beside another part.

    Examples:
        >>> part_name("worksheets/Sheet1.xml", "xl/workbook.xml"), part_name("/xl/other/../a.xml", "xl/workbook.xml")
        ('xl/worksheets/sheet1.xml', 'xl/a.xml')
    """
    whole = posixpath.join("/", posixpath.dirname(beside), path.replace("\\", "/"))
    return posixpath.normpath(whole).lstrip("/").lower()


def _inflated(data: bytes, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a part. The size written in the directory may lie, so it is not asked."""
    start = entry.header_offset
    if data[start : start + 4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("a part is not where the directory says")
    names, extra = (int.from_bytes(data[start + at : start + at + 2], "little") for at in (26, 28))
    begin = start + 30 + names + extra
    packed = data[begin : begin + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        for at in range(0, len(packed), _PIECE):
            yield packed[at : at + _PIECE]
        return
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile("a part is packed in a way that workbooks do not use")
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    while packed:
        piece = unpacker.decompress(packed, _PIECE)
        if piece:
            yield piece
        packed = unpacker.unconsumed_tail
    if rest := unpacker.flush():
        yield rest


def check_growth(packed: int, unpacked: int, most: int, where: str) -> None:
    """Stop an unpacking that has gone too far.

    Raises:
        DataRefused: More bytes than ``most``, or than a table of text could have been packed from.
    """
    if unpacked > most or (unpacked > RATIO_COUNTS_FROM and unpacked > MAXIMUM_RATIO * packed):
        raise DataRefused(
            f"the file of {packed:,} bytes unpacks to more than {unpacked:,}",
            where=where,
            rule=f"at most {most:,} bytes, and {MAXIMUM_RATIO} times its size where that is more than "
            f"{RATIO_COUNTS_FROM >> 20} MiB",
            remedy="bring the table as CSV, not packed",
        )
