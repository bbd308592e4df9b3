"""A file's bytes: hashed and counted as they pass, so that what is parsed is what was hashed, read once."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from data.errors import DataRefused
from data.intake.archives import RATIO_COUNTS_FROM, check_growth
from data.intake.machine import memory_of_machine
from data.intake.result import SOME_ROWS, UNDAMAGED
from data.plain_files import NO_FILE
from data.text import shown_name

MAXIMUM_BYTES = 16 << 30
_TAIL = 1 << 16
_PIECE = 1 << 20
_DEFLATE = 1_032  # bytes that one byte may hold
_SHARE = 4  # a table takes about four times the memory of its text


class Source:
    """One file, opened as often as a reader needs it; the same bytes every time, or refused.

    Args:
        path: The file.

    Raises:
        DataRefused: It is missing, empty, a folder or too large, or may not be read.
    """

    def __init__(self, path: Path) -> None:
        self.name = shown_name(path)
        self.path = path.absolute()
        self._digest: str | None = None
        if path.is_dir():
            raise DataRefused(
                "this is a folder", where=self.name, rule="one file is read at a time", remedy="name one file in it"
            )
        if not path.is_file():
            if path.exists():
                raise DataRefused(
                    f"this is {NO_FILE}",
                    where=self.name,
                    rule="a file lies on a disk, and is read as often as that takes",
                    remedy="save it as a file, and name that",
                )
            raise DataRefused(
                "there is no such file",
                where=str(path),
                rule="a file is named from the folder in which the command is given, or from the root",
                remedy="check the name, and the folder it is in",
            )
        self.size = path.stat().st_size
        if self.size == 0:
            raise DataRefused("the file is empty", where=self.name, rule=SOME_ROWS, remedy="export it again")
        if self.size > MAXIMUM_BYTES:
            raise DataRefused(
                "the file is too large", where=self.name, rule="at most 16 GiB", remedy="bring it as Parquet"
            )

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes, known once it has been read to its end."""
        if self._digest is None:
            raise RuntimeError(f"{self.name} has not been read to its end")
        return self._digest

    def open(self, *, text: bool = False) -> Octets:
        """The content from its beginning, unpacked where the name ends in .gz.

        Args:
            text: Whether it must be UTF-8; what is not is refused as it is read.
        """
        try:
            file = self.path.open("rb", buffering=0)
        except OSError as error:
            raise _unread(error, self.name) from error
        return Octets(self, file, packed=self.name.lower().endswith(".gz"), text=text)

    def check_growth(self) -> None:
        """Unpack all of a compressed file without keeping any, so that no reader holds what is too much.

        Raises:
            DataRefused: It is damaged, or unpacks to more than the caps.
        """
        if self.size * _DEFLATE <= RATIO_COUNTS_FROM:
            return
        with self.open() as octets:
            while octets.read(_PIECE):
                pass

    def contents(self) -> bytes:
        """All of the content at once, for formats that are read from both ends."""
        with self.open() as octets:
            pieces = []
            while piece := octets.read(1 << 24):
                pieces.append(piece)
        return b"".join(pieces)

    def first_bytes(self, size: int) -> bytes:
        """The beginning of the file as it lies on disk, not unpacked."""
        try:
            with self.path.open("rb") as file:
                return file.read(size)
        except OSError as error:
            raise _unread(error, self.name) from error

    def last_bytes(self, size: int) -> bytes:
        """The end of the file as it lies on disk, not unpacked."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, self.size - size))
                return file.read(size)
        except OSError as error:
            raise _unread(error, self.name) from error

    def not_utf8(self, position: int) -> DataRefused:
        """The refusal of a byte at a position, with its row."""
        lines = 0
        with self.open() as octets:
            while position > 0 and (piece := octets.read(min(position, 1 << 20))):
                lines += piece.count(b"\n") or piece.count(b"\r")
                position -= len(piece)
        return DataRefused(
            f"row {lines:,} holds bytes that are not UTF-8" if lines else "the header row is not UTF-8",
            where=self.name,
            rule="text is UTF-8",
            remedy="save the file as CSV UTF-8",
        )

    def settle(self, digest: str) -> None:
        """Take the digest of a whole reading.

        Raises:
            DataRefused: An earlier reading had another.
        """
        if self._digest is not None and self._digest != digest:
            raise DataRefused(
                "the file changed while it was read", where=self.name, rule=UNDAMAGED, remedy="load it again"
            )
        self._digest = digest


class Octets(io.RawIOBase):
    """A stream of a source's content. Arrow reads it like any file.

    ``line_ends`` and ``quotation_marks`` count what has passed (line ends only from the first piece of 1 MiB that
    holds a quotation mark: without marks nobody asks); ``tail`` keeps the last 64 KiB.
    """

    def __init__(self, source: Source, file: IO[bytes], *, packed: bool, text: bool) -> None:
        self._source = source
        self._raw = _Hashed(file, source.name)
        self._file: _Hashed | gzip.GzipFile = self._raw
        if packed:
            self._file = gzip.GzipFile(fileobj=cast("IO[bytes]", self._raw))
        self._packed = packed
        self._most = min(MAXIMUM_BYTES, memory_of_machine() // _SHARE)
        self._decoder = codecs.getincrementaldecoder("utf-8")() if text else None
        self._read = 0
        self._held = b""
        self.line_ends = 0
        self.quotation_marks = 0
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; none at the end.

        Raises:
            DataRefused: The disk failed, or a compressed file is damaged or grows beyond the caps.
        """
        try:
            piece = self._with_whole_line_ends(size) if self._decoder is not None else self._file.read(size)
        except EOFError as error:
            raise DataRefused(
                "the compressed file is cut short",
                where=self._source.name,
                rule=UNDAMAGED,
                remedy="copy or export it again",
            ) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataRefused(
                f"the compressed file is damaged ({error})",
                where=self._source.name,
                rule=UNDAMAGED,
                remedy="copy or export it again",
            ) from error
        if self._decoder is not None:
            self._check_text(self._decoder, piece)
        if piece:
            self._count(piece)
        elif size != 0:
            self._source.settle(self._raw.hexdigest())
        return piece

    def _with_whole_line_ends(self, size: int) -> bytes:
        """A piece that does not part a carriage return from its line feed.

        The parser of CSV drops the line feed where a block begins with one whose return ended the block before, and
        does so within quotation marks too, where both are text.
        """
        piece = self._held + self._file.read(size - len(self._held) if size > 0 else size)
        self._held = b"\r" if len(piece) > 1 and piece.endswith(b"\r") else b""
        return piece[: len(piece) - len(self._held)]

    def _check_text(self, decoder: codecs.IncrementalDecoder, piece: bytes) -> None:
        waiting = decoder.getstate()[0]
        if not waiting and piece.isascii():
            return
        try:
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            raise self._source.not_utf8(self._read - len(waiting) + error.start) from error

    def _count(self, piece: bytes) -> None:
        self._read += len(piece)
        if self._packed:
            check_growth(self._source.size, self._read, self._most, self._source.name)
        if self.quotation_marks or b'"' in piece:
            octets = np.frombuffer(piece, np.uint8)
            self.quotation_marks += int(np.count_nonzero(octets == 34))
            self.line_ends += int(np.count_nonzero(octets == 10))
            if b"\r" in piece or self.tail.endswith(b"\r"):
                self.line_ends += piece.count(b"\r") - piece.count(b"\r\n")
                self.line_ends -= int(self.tail.endswith(b"\r") and piece.startswith(b"\n"))
        self.tail = (self.tail + piece)[-_TAIL:] if len(piece) < _TAIL else piece[-_TAIL:]

    @property
    def blank_lines_at_end(self) -> int:
        """Lines without anything after the last row; meaningful at the end."""
        ends = self.tail[len(self.tail.rstrip(b"\r\n")) :]
        return max(0, ends.count(b"\n") + ends.count(b"\r") - ends.count(b"\r\n") - 1)

    def tell(self) -> int:
        return self._read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._file.close()
        self._raw.close()
        super().close()


def _unread(error: OSError, name: str) -> DataRefused:
    return DataRefused(
        f"the file could not be read ({error.strerror})",
        where=name,
        rule=UNDAMAGED,
        remedy="see that you may read it, and that its disk is well",
    )


class _Hashed:
    """The file as it lies on disk, hashed as it is read."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        try:
            piece = self._file.read(size)
        except OSError as error:
            raise _unread(error, self._name) from error
        self._hash.update(piece)
        return piece

    def close(self) -> None:
        self._file.close()

    def hexdigest(self) -> str:
        return self._hash.hexdigest()
