"""A part of a workbook read as events of XML: what it holds is counted before anybody lays it out.

Every part is looked at in this one way, whatever its name, so that none can be a sheet under another.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

LAST_COLUMN, LAST_ROW = 16_384, 1_048_576
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_RANGE = re.compile(rf"{_REFERENCE.pattern}:{_REFERENCE.pattern}")
_WITHOUT_VALUE = ("str", "inlineStr")  # an empty text is a value of its own


class NotXml(Exception):
    """A part is not what it should be; says why."""


@dataclass(slots=True)
class Part:
    """What one part holds; rows and columns are numbered from 0.

    Args:
        cells: How many are written in it, empty or not.
        shared: How many of them show a shared text.
        rows, columns: How far from the first those that hold something reach.
        errors: Row, column and code of each cell that is an error; of a formula that was never worked out, which a
            reader takes for a blank, the code is the formula.
        hidden_rows, hidden_columns: Rows, and first and last column.
        merged: As written, first row, first column, last row, last column.
        texts: Where each shared text begins, in bytes, and where the last ends.
        relations: Kind and target of each relation, by its id.
        sheets: Name and id of the relation, of each sheet in a workbook.
        wrong: What is not XML about it.
    """

    cells: int = 0
    shared: int = 0
    rows: int = 0
    columns: int = 0
    errors: list[tuple[int, int, str]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[str, int, int, int, int]] = field(default_factory=list)
    texts: array[int] = field(default_factory=lambda: array("q"))
    relations: dict[str, tuple[str, str]] = field(default_factory=dict)
    sheets: list[tuple[str, str]] = field(default_factory=list)
    wrong: str | None = None


def look_through(pieces: Iterable[bytes]) -> Part:
    """All that a part holds. Of one that is not XML, such as a picture, nothing."""
    part = Part()
    parser = _parser()
    events = _Events(parser, part)
    parser.StartElementHandler = events.start
    try:
        for place, piece in enumerate(pieces):
            if place == 0 and not _is_xml(piece):
                raise NotXml("it is not XML")
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, NotXml) as error:
        part.wrong = str(error)
    if part.texts:
        part.texts.append(parser.CurrentByteIndex)
    return part


def shared_indices(pieces: Iterable[bytes], found: Callable[[int], object]) -> None:
    """Tell the number of the shared text of each cell of a sheet that shows one, one after the other."""
    parser = _parser()
    said: list[str] = []
    shows = [False]

    def start(name: str, attributes: Mapping[str, str]) -> None:
        plain = name.rpartition(":")[2]
        if plain == "c":
            shows[0] = attributes.get("t") == "s"
        said.clear()

    def end(name: str) -> None:
        if shows[0] and name.rpartition(":")[2] == "v":
            text = "".join(said).strip()
            if text.isascii() and text.isdigit():
                found(int(text))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = said.append
    for piece in pieces:
        parser.Parse(piece, False)


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: object) -> None:
    raise NotXml("it declares a document type, which no workbook does")


def _is_xml(piece: bytes) -> bool:
    begin = piece[:256].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    return begin.startswith(b"<")


def column_number(letters: str) -> int:
    """The number of a column, from 1, by its letters in any case.

    Examples:
        >>> column_number("A"), column_number("xfd")
        (1, 16384)
    """
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column


class _Events:
    """Takes the events of one part. Called for every element of every sheet, so the commonest come first."""

    def __init__(self, parser: expat.XMLParserType, part: Part) -> None:
        self._parser = parser
        self._part = part
        self._plain: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._row = 0  # of the last cell, from 1
        self._digits = "0"  # its row as written
        self._column = 0
        self._kind: str | None = None
        self._inside: str | None = None
        self._said: dict[str, list[str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        plain = self._plain.get(name) or self._plain.setdefault(name, name.rpartition(":")[2])
        if plain in ("v", "is"):
            part = self._part
            if self._row > part.rows:
                part.rows = self._row
            if self._column > part.columns:
                part.columns = self._column
        elif plain == "c":
            self._cell(attributes)
        elif plain == "row":
            self._begin_row(attributes)
        elif plain == "si":
            self._part.texts.append(self._parser.CurrentByteIndex)
        elif plain == "f":
            if self._part.cells:  # a chart has formulas of its own
                self._listen()
        elif plain in _OTHERS:
            _OTHERS[plain](self._part, attributes)
        if self._said:
            self._inside = plain
            self._said.setdefault(plain, [])

    def _cell(self, attributes: dict[str, str]) -> None:
        self._part.cells += 1
        self._kind = kind = attributes.get("t")
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            letters = reference.rstrip("0123456789")
            digits = reference[len(letters) :]
            if digits != self._digits:
                self._digits, self._row = digits, _row_number(reference)
            column = self._numbers.get(letters)
            if column is None:
                column = self._numbers.setdefault(letters, _column_of(reference))
            self._column = column
        if kind == "s":
            self._part.shared += 1
        elif kind == "e":
            self._listen()

    def _begin_row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r")
        self._row = _whole(given, LAST_ROW) if given is not None else self._row + 1
        if self._row > LAST_ROW:
            raise NotXml(f"a sheet has no more than {LAST_ROW:,} rows")
        self._digits, self._column = str(self._row), 0
        if ("hidden" in attributes or "ht" in attributes) and _is_hidden(attributes, "ht"):
            self._part.hidden_rows.append(self._row - 1)

    def _listen(self) -> None:
        """Hear what is said until the cell ends."""
        if not self._said:
            self._said = {"c": []}
            self._parser.CharacterDataHandler = self._hear
            self._parser.EndElementHandler = self._end

    def _hear(self, text: str) -> None:
        if self._inside is not None:
            self._said[self._inside].append(text)

    def _end(self, name: str) -> None:
        self._inside = None
        if name.rpartition(":")[2] != "c":
            return
        self._parser.CharacterDataHandler = self._parser.EndElementHandler = None
        said = {of: "".join(texts) for of, texts in self._said.items()}
        self._said = {}
        code = None
        if "f" in said and not said.get("v", "").strip() and self._kind not in _WITHOUT_VALUE:
            code = "=" + said["f"]
        elif self._kind == "e":
            code = said.get("v") or "#N/A"
        if code is not None:
            self._part.errors.append((self._row - 1, self._column - 1, code))


def _row_number(reference: str) -> int:
    return _place(reference)[0]


def _column_of(reference: str) -> int:
    return _place(reference)[1]


def _place(reference: str) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference)
    row, column = (int(match.group(2)), column_number(match.group(1))) if match is not None else (0, 0)
    if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
        raise NotXml(f"{reference[:20]!r} is no cell of a sheet")
    return row, column


def _whole(text: str | None, most: int) -> int:
    number = int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 8 else 0
    if not 1 <= number <= most:
        raise NotXml(f"{(text or '')[:20]!r} is no row or column of a sheet")
    return number


def _is_hidden(attributes: Mapping[str, str], size: str) -> bool:
    return attributes.get("hidden") in ("1", "true") or re.fullmatch(r"0(\.0*)?", attributes.get(size, "")) is not None


def _column_settings(part: Part, attributes: Mapping[str, str]) -> None:
    if "min" in attributes and _is_hidden(attributes, "width"):
        first, last = (_whole(attributes.get(end), LAST_COLUMN) for end in ("min", "max"))
        part.hidden_columns.append((first - 1, last - 1))


def _merged(part: Part, attributes: Mapping[str, str]) -> None:
    match = _RANGE.fullmatch(attributes.get("ref", ""))
    if match is not None:
        left, top, right, bottom = match.groups()
        first, last = column_number(left) - 1, column_number(right) - 1
        part.merged.append((match.group(), int(top) - 1, first, int(bottom) - 1, last))


def _relation(part: Part, attributes: Mapping[str, str]) -> None:
    kind = attributes.get("Type", "").rpartition("/")[2]
    part.relations[attributes.get("Id", "")] = (kind, attributes.get("Target", ""))


def _sheet(part: Part, attributes: Mapping[str, str]) -> None:
    relation = next((value for name, value in attributes.items() if name.endswith(":id")), "")
    part.sheets.append((attributes.get("name", ""), relation))


_OTHERS: Mapping[str, Callable[[Part, Mapping[str, str]], None]] = {
    "col": _column_settings, "mergeCell": _merged, "Relationship": _relation, "sheet": _sheet
}  # fmt: skip
