"""What a file really is, by its first bytes: a name says what somebody thought it was."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass

from data.errors import DataRefused
from data.intake.archives import LAST, MAXIMUM_PARTS, parts_claimed
from data.intake.source import Source

_LOOKED_AT = 1 << 16
_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", "\x1f": "unit separators"}


@dataclass(frozen=True, slots=True)
class _Content:
    """``kind`` is what readers ask for; ``name`` is what a message calls it, ``remedy`` what to do about it."""

    kind: str
    name: str
    remedy: str


_SAVE_AS_CSV = "open it in the program that made it, and save it as CSV UTF-8 or as .xlsx"
_MAGIC: tuple[tuple[bytes, _Content], ...] = (
    (b"\x1f\x8b", _Content("gzip", "a gzip file", "name it .csv.gz where it holds CSV, or unpack it")),
    (b"PAR1", _Content("parquet", "a Parquet file", "name it .parquet")),
    (b"<stata_dta>", _Content("stata", "a Stata data set", "name it .dta")),
    (b"%PDF", _Content("pdf", "a PDF document", "export the table itself, as CSV UTF-8 or as .xlsx")),
    (b"$FL2", _Content("spss", "an SPSS data set", "save it as CSV UTF-8 or as Stata (.dta)")),
    (b"$FL3", _Content("spss", "an SPSS data set", "save it as CSV UTF-8 or as Stata (.dta)")),
    (b"{\\rtf", _Content("rtf", "a text document (RTF)", _SAVE_AS_CSV)),
    (b"SQLite format 3\0", _Content("sqlite", "an SQLite database", "export the one table as CSV UTF-8")),
    (b"BZh", _Content("packed", "a bzip2 archive", "unpack it, and load the table in it")),
    (b"\xfd7zXZ\0", _Content("packed", "an xz archive", "unpack it, and load the table in it")),
    (b"\x28\xb5\x2f\xfd", _Content("packed", "a Zstandard archive", "unpack it, and load the table in it")),
    (b"7z\xbc\xaf\x27\x1c", _Content("packed", "a 7-Zip archive", "unpack it, and load the table in it")),
    (b"Rar!", _Content("packed", "a RAR archive", "unpack it, and load the table in it")),
    (b"\x89PNG", _Content("picture", "a picture", "export the table itself, as CSV UTF-8 or as .xlsx")),
    (b"\xff\xd8\xff", _Content("picture", "a picture", "export the table itself, as CSV UTF-8 or as .xlsx")),
)
_SAS = b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00"
_HTML = (b"<!doctype html", b"<html", b"<table", b"<body", b"<meta")


def check_content(source: Source, wanted: str) -> None:
    """Refuse a file whose content is certainly something else than its name says.

    Args:
        source: The file.
        wanted: What the reader of its name's ending takes: ``text``, ``gzip``, ``workbook``, ``parquet`` or ``stata``.

    Raises:
        DataRefused: It is, say, a workbook under the name of a CSV file; what it is, and what to do.
    """
    start = source.first_bytes(_LOOKED_AT)
    found = _recognised(start, source)
    if found is None and wanted == "gzip":
        found = _as_text(start)
    if found is None and wanted in ("workbook", "parquet", "stata") and _is_plain_text(start):
        found = _as_text(start)
    if found is None or found.kind == wanted:
        return
    raise DataRefused(
        f"the file is {found.name}, whatever its name says",
        where=source.name,
        rule="the ending of a file's name says what is in it",
        remedy=found.remedy,
    )


def unknown_ending(source: Source, endings: str) -> DataRefused:
    """The refusal of a file whose name ends in nothing that is read, saying what it really is and what to do."""
    start = source.first_bytes(_LOOKED_AT)
    found = _recognised(start, source) or _as_text(start)
    said = f"; it is {found.name}" if found is not None else ""
    return DataRefused(
        f"the format cannot be told from the file's name{said}",
        where=source.name,
        rule=f"a name ends in one of {endings}",
        remedy=found.remedy if found is not None else _SAVE_AS_CSV,
    )


def separator_of(line: str) -> str | None:
    """What separates the values of a line, in words, where it is certainly no comma.

    Examples:
        >>> separator_of("customer_id;principal"), separator_of("customer_id,note;or"), separator_of("customer_id")
        ('semicolons', None, None)
    """
    if "," in line:
        return None
    return next((name for mark, name in _SEPARATORS.items() if mark in line), None)


def _recognised(start: bytes, source: Source) -> _Content | None:
    for magic, content in _MAGIC:
        if start.startswith(magic):
            return content
    if start.startswith(_OLD_OFFICE):
        return _old_office(source)
    if start.startswith(_ZIP):
        return _inside_zip(source)
    if _SAS in start[:64]:
        return _Content("sas", "a SAS data set", "save it as CSV UTF-8 or as Stata (.dta)")
    if _is_old_stata(start):
        return _Content("stata", "a Stata data set", "name it .dta")
    return _marked_up(start)


def _is_old_stata(start: bytes) -> bool:
    """Stata 5 to 12: a release, a byte order of 1 or 2, a file type of 1 and a zero."""
    return len(start) > 4 and start[0] in range(104, 116) and start[1] in (1, 2) and start[2:4] == b"\x01\x00"


def _marked_up(start: bytes) -> _Content | None:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:512].lower()
    if text.startswith(_HTML):
        return _Content("html", "a web page (HTML)", "open it in Excel and save it as .xlsx")
    if text.startswith(b"<?xml"):
        office = b"spreadsheet" in text or b"excel" in text
        name = "a workbook as XML (Excel 2003)" if office else "an XML file"
        return _Content("xml", name, "open it in Excel and save it as .xlsx")
    if text.startswith((b'{"', b'[{"', b"[{ ", b"[\n")) and b":" in text:
        return _Content("json", "a JSON file", "export the table as CSV UTF-8")
    return None


def _old_office(source: Source) -> _Content:
    data = source.first_bytes(1 << 22)
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _Content("ole", "a workbook protected by a password", "remove the password, and save it as .xlsx")
    return _Content("ole", "an old Excel workbook (.xls)", "open it in Excel and save it as .xlsx")


def _inside_zip(source: Source) -> _Content:
    """What a zip archive is: by the parts that workbooks and other documents have."""
    claimed = parts_claimed(source.last_bytes(LAST))
    if claimed > MAXIMUM_PARTS:
        return _Content("zip", f"a zip archive of {claimed:,} files or so", "export the one table as CSV UTF-8")
    try:
        with zipfile.ZipFile(source.path) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, ValueError, IndexError, NotImplementedError, OSError):
        # Damaged, which the reader of workbooks says better.
        return _Content("workbook", "a damaged archive", "copy or export it again")
    folded = {part.lower() for part in parts}
    if "xl/workbook.bin" in folded:
        return _Content("xlsb", "a binary Excel workbook (.xlsb)", "open it in Excel and save it as .xlsx")
    if any(part.startswith("xl/") for part in folded):
        return _Content("workbook", "an Excel workbook", "name it .xlsx")
    if "content.xml" in folded:
        return _Content("ods", "an OpenDocument file (.ods)", "open it in a spreadsheet and save it as .xlsx")
    if any(part.startswith(("word/", "ppt/")) for part in folded):
        return _Content("office", "an Office document that is no workbook", _SAVE_AS_CSV)
    if not parts:
        return _Content("zip", "an empty zip archive", "export the table again")
    remedy = "unpack it, and load the one table in it"
    return _Content("zip", f"a zip archive of {len(parts):,} {'file' if len(parts) == 1 else 'files'}", remedy)


def _is_plain_text(start: bytes) -> bool:
    try:
        text = start[: len(start) - 3 if len(start) > 3 else None].decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text) and not any(ord(character) < 32 and character not in "\t\r\n" for character in text)


def _as_text(start: bytes) -> _Content | None:
    if not _is_plain_text(start):
        return None
    line = start.decode("utf-8-sig", "replace").splitlines()[0]
    separator = separator_of(line)
    if separator is None:
        return _Content("text", "plain text", "name it .csv where its values are separated by commas")
    return _Content("text", f"text separated by {separator}", "save it separated by commas, as CSV UTF-8")
