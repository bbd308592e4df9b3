"""Excel: what a spreadsheet has done to a value is seen in its cell, and said."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DataRefused
from data.intake import read_file
from data.intake.result import CLIFFS
from data.schema import ColumnContract, FileContract
from tests.data.intake.opened_here import opened_here

CONTRACT = FileContract("customer_id", (ColumnContract("principal", "number"), ColumnContract("paid", "boolean")))
HEADER = ["customer_id", "principal", "paid"]


def saved(folder: Path, *rows: list[object], name: str = "people.xlsx") -> Path:
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    workbook.save(folder / name)
    return folder / name


def reasons(path: Path, contract: FileContract = CONTRACT) -> list[tuple[int, str | None, str]]:
    return [(r.row, r.field, r.reason) for r in read_file(path, contract).rejections]


def test_cells_become_what_the_contract_says(tmp_path: Path) -> None:
    path = saved(tmp_path, HEADER, ["007", 32.5, True], ["8", "40", "FALSE"], ["9", None, 0])
    intake = read_file(path, CONTRACT)
    assert intake.table.to_pylist() == [
        {"customer_id": "007", "principal": 32.5, "paid": True},
        {"customer_id": "8", "principal": 40.0, "paid": False},
        {"customer_id": "9", "principal": None, "paid": False},
    ]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (12345, "the id '12345' is a number cell: leading zeros, and digits after the 15th, may be lost"),
        (1.0, "the id '1' is a number cell: leading zeros, and digits after the 15th, may be lost"),
        (12345678901234567890, "is a number cell"),
        (True, "the id 'true' is a true-or-false cell"),
        (datetime.date(2020, 1, 2), "the id '2020-01-02' is a date or time cell"),
        (datetime.datetime(2020, 1, 2, 3, 4, tzinfo=None), "is a date or time cell"),  # noqa: DTZ001
        (datetime.time(3, 4), "is a date or time cell"),
        ("1E+13", "rounded"),
        (None, "the id is missing"),
        (" 7", "white space"),
    ],
)
def test_an_id_that_is_not_a_text_cell_is_rejected(tmp_path: Path, cell: object, reason: str) -> None:
    ((row, field, found),) = reasons(saved(tmp_path, HEADER, ["A", 1, 1], [cell, 2, 0]))
    assert (row, field) == (2, "customer_id")
    assert reason in found


def test_numbers_beyond_excels_digits_are_rejected(tmp_path: Path) -> None:
    path = saved(tmp_path, HEADER, ["A", 999_999_999_999_999, 1], ["B", 1e15, 1], ["C", datetime.date(2020, 1, 1), 1])
    assert reasons(path) == [
        (2, "principal", "1000000000000000.0 has more digits than the 15 that Excel keeps"),
        (3, "principal", "'2020-01-01' is not a number"),
    ]


def test_empty_rows_between_are_rejected_and_after_are_none(tmp_path: Path) -> None:
    path = saved(tmp_path, HEADER, ["A", 1, 1], [None, None, None], ["B", 2, 0], [None, None, ""])
    intake = read_file(path, CONTRACT)
    assert (intake.read, intake.loaded) == (3, 2)
    assert [(r.row, r.reason) for r in intake.rejections] == [(2, "the row is empty")]


def test_several_filled_sheets_are_refused_and_empty_ones_are_not(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(HEADER)
    workbook.active.append(["A", 1, 1])
    notes = workbook.create_sheet("notes")
    workbook.save(tmp_path / "one.xlsx")
    assert read_file(tmp_path / "one.xlsx", CONTRACT).loaded == 1
    notes["A1"] = "see above"
    workbook.save(tmp_path / "two.xlsx")
    with pytest.raises(DataRefused, match="several sheets hold something: 'Sheet', 'notes'"):
        read_file(tmp_path / "two.xlsx", CONTRACT)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "the workbook is empty"),
        ([HEADER], "a header and no rows"),
        ([["name", "principal", "paid"], ["A", 1, 1]], "required columns are missing: customer_id"),
        ([[*HEADER, "paid"], ["A", 1, 1, 1]], "columns share a name"),
        ([HEADER, ["A", 1, 1], ["A", 2, 1]], "more than once"),
    ],
)
def test_a_sheet_that_cannot_be_taken_is_refused(tmp_path: Path, rows: list[list[object]], message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        read_file(saved(tmp_path, *rows), CONTRACT)


@pytest.mark.parametrize(("rows", "refused"), [(CLIFFS[0] - 1, False), (CLIFFS[0], True), (CLIFFS[0] + 1, False)])
def test_a_sheet_that_ends_at_excels_cliff_is_refused(tmp_path: Path, rows: int, refused: bool) -> None:
    cells = "".join(f'<row><c t="str"><v>C{i}</v></c><c><v>1</v></c><c><v>0</v></c></row>' for i in range(rows - 1))
    header = "".join(f'<c t="str"><v>{name}</v></c>' for name in HEADER)
    path = written(tmp_path, f"<row>{header}</row>{cells}")
    if refused:
        with pytest.raises(DataRefused, match="ends exactly at row 65,536"):
            read_file(path, CONTRACT)
    else:
        assert read_file(path, CONTRACT).loaded == rows - 1


def written(folder: Path, rows: str, **parts: bytes) -> Path:
    """The smallest workbook, its sheet written by hand."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    path = folder / "written.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{relation}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{relation}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{relation}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
        )
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_part_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "", **{"xl/media/blank.bin": bytes(100 << 20)})
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataRefused, match="unpacks to more than"):
        read_file(path, CONTRACT)


def test_a_part_that_lies_about_its_size_is_refused_all_the_same(tmp_path: Path) -> None:
    content = bytearray(written(tmp_path, "", **{"xl/media/blank.bin": bytes(100 << 20)}).read_bytes())
    claimed = struct.pack("<I", 100 << 20)
    while (place := content.find(claimed)) >= 0:
        content[place : place + 4] = struct.pack("<I", 1000)
    path = tmp_path / "liar.xlsx"
    path.write_bytes(content)
    with pytest.raises(DataRefused, match="unpacks to more than"):
        read_file(path, CONTRACT)


def with_forged_part(path: Path, name: str, shown: int) -> Path:
    """The workbook with one part said to be ``shown`` bytes long, and with the checksum of those bytes."""
    with zipfile.ZipFile(path) as archive:
        part, whole = archive.getinfo(name), archive.read(name)
    true = struct.pack("<I", part.CRC), struct.pack("<I", part.file_size)
    forged = struct.pack("<I", zlib.crc32(whole[:shown])), struct.pack("<I", shown)
    content = path.read_bytes()
    content = content.replace(true[0], forged[0]).replace(true[1], forged[1])
    forgery = path.with_name("forged.xlsx")
    forgery.write_bytes(content)
    with zipfile.ZipFile(forgery) as archive:
        assert archive.read(name) == whole[:shown], "a reader that trusts the directory sees nothing wrong"
    return forgery


def test_a_part_whose_forged_size_has_a_matching_checksum_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "", **{"xl/media/blank.bin": bytes(100 << 20)})
    with pytest.raises(DataRefused, match="unpacks to more than"):
        read_file(with_forged_part(path, "xl/media/blank.bin", 1000), CONTRACT)


def test_cells_behind_a_forged_size_with_a_matching_checksum_are_seen(tmp_path: Path) -> None:
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = with_forged_part(written(tmp_path, far), "xl/worksheets/sheet1.xml", 150)
    with pytest.raises(DataRefused, match="2 cells are spread over 1,048,576 rows and 16,384 columns"):
        read_file(path, CONTRACT)


def test_parts_that_lie_over_one_another_are_counted_each_time(tmp_path: Path) -> None:
    """A directory may name the same stored bytes again and again, so that a small file holds any amount."""
    path = tmp_path / "overlapping.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("xl/media/noise.bin", bytes(1 << 20))
        archive.filelist *= 300  # written to the directory, one entry each
    with pytest.raises(DataRefused, match="unpacks to more than"):
        read_file(path, CONTRACT)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_few_cells_far_apart_are_refused_before_they_are_laid_out(tmp_path: Path, quote: str) -> None:
    far = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r={quote}XFD1048576{quote}><v>1</v></c></row>'
    with pytest.raises(DataRefused, match="2 cells are spread over 1,048,576 rows and 16,384 columns"):
        read_file(written(tmp_path, far), CONTRACT)


def test_a_wide_table_is_no_bomb(tmp_path: Path) -> None:
    names = [*HEADER, *(f"c{i}" for i in range(100))]
    intake = read_file(saved(tmp_path, names, *([f"C{r}", 1, 0, *range(100)] for r in range(50))), CONTRACT)
    assert intake.loaded == 50


def test_a_locked_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "locked.xlsx"
    content = bytearray(saved(tmp_path, HEADER, ["A", 1, 1]).read_bytes())
    place = content.find(b"PK\x01\x02")
    content[place + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataRefused, match="password"):
        read_file(path, CONTRACT)


def _workbook() -> bytes:
    workbook = openpyxl.Workbook()
    for row in [HEADER, ["A", 1, 1], ["B", 2.5, 0]]:
        workbook.active.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


WORKBOOK = _workbook()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.integers(0, len(WORKBOOK) - 1),
    octet=st.integers(0, 255),
    end=st.integers(1, len(WORKBOOK)),
    inside=st.booleans(),
)
def test_damage_anywhere_is_refused_or_harmless(tmp_path: Path, place: int, octet: int, end: int, inside: bool) -> None:
    content = bytearray(WORKBOOK)
    if inside:
        content[place] = octet
    else:
        del content[end:]
    path = tmp_path / "damaged.xlsx"
    path.write_bytes(content)
    try:
        with opened_here():
            intake = read_file(path, CONTRACT)
    except DataRefused:
        return
    assert intake.read == intake.loaded + intake.rejected


def test_a_formula_that_was_never_worked_out_is_no_blank(tmp_path: Path) -> None:
    """As a program writes it that puts formulas into a workbook and no values."""
    book = openpyxl.Workbook()
    for values in (
        ["customer_id", "principal", "paid"],
        ["A1", 12.5, 1],
        ["A2", "=B2*2", 0],
        ["A3", 3, "=IF(B2>1,1,0)"],
    ):
        book.active.append(values)
    book.save(tmp_path / "file.xlsx")
    columns = (ColumnContract("principal", "number"), ColumnContract("paid", "boolean"))
    intake = read_file(tmp_path / "file.xlsx", FileContract("customer_id", columns))
    assert [(r.row, r.field, r.reason) for r in intake.rejections] == [
        (2, "principal", "'=B2*2' is a formula that was never worked out"),
        (3, "paid", "'=IF(B2>1,1,0)' is a formula that was never worked out"),
    ]
