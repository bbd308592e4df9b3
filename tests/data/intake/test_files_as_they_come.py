"""Files that are not what they seem: another content, a title, no header, rows that are nobody, ids that look alike."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DataRefused
from data.intake import Intake, read_file
from data.schema import ColumnContract, FileContract
from designs.protocol import load_protocol, population_contract
from tests.data.intake.second_reading import second_reading
from tests.data.intake.test_delimited import AWKWARD_IDS

CONTRACT = FileContract("customer_id", (ColumnContract("principal", "number"), ColumnContract("region", "text")))
ROWS = [["customer_id", "principal", "region"], *([f"{i:06d}", f"{i}.50", "NE"] for i in range(1, 31))]


def case(reference_data: Path, name: str, file: str) -> Intake:
    folder = reference_data.parent / "cases" / name
    return read_file(folder / file, population_contract(load_protocol(folder / "p.yaml").protocol))


def text_of(rows: list[list[str]], separator: str = ",") -> str:
    return "".join(separator.join(values) + "\n" for values in rows)


def saved(folder: Path, name: str, content: str | bytes | list[list[str]]) -> Path:
    path = folder / name
    if isinstance(content, list) and name.endswith(".xlsx"):
        book = openpyxl.Workbook()
        for values in content:
            book.active.append(values)
        book.save(path)
    else:
        text = text_of(content) if isinstance(content, list) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def packed(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return written.getvalue()


def parquet() -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table({"customer_id": ["1"]}), written)
    return written.getvalue()


CONTENTS = {
    "gzip": (gzip.compress(text_of(ROWS).encode(), mtime=0), "a gzip file"),
    "zip": (packed({"a.csv": b"1", "b.csv": b"2"}), "a zip archive of 2 files"),
    "ods": (packed({"mimetype": b"", "content.xml": b"<x/>"}), "an OpenDocument file"),
    "xlsb": (packed({"xl/workbook.bin": b""}), "a binary Excel workbook"),
    "document": (packed({"word/document.xml": b""}), "an Office document that is no workbook"),
    "parquet": (parquet(), "a Parquet file"),
    "pdf": (b"%PDF-1.7\n...", "a PDF document"),
    "old": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old Excel workbook"),
    "locked": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    "html": (b"<!DOCTYPE html><table><tr><td>1</td></tr></table>", "a web page"),
    "xml": (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "Excel 2003"),
    "json": (json.dumps([{"customer_id": "1"}]).encode(), "a JSON file"),
    "spss": (b"$FL2@(#) SPSS DATA FILE", "an SPSS data set"),
    "database": (b"SQLite format 3\0", "an SQLite database"),
}


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".xlsx", ".parquet", ".dta", ".xls", ".tsv", ".txt", ".zip", ""])
@pytest.mark.parametrize("kind", CONTENTS)
def test_a_file_says_what_it_really_is(tmp_path: Path, kind: str, ending: str) -> None:
    content, said = CONTENTS[kind]
    if (kind, ending) in {("gzip", ".csv.gz"), ("parquet", ".parquet")}:
        return
    with pytest.raises(DataRefused, match=said) as refused:
        read_file(saved(tmp_path, f"file{ending}", content), CONTRACT)
    assert "To do:" in str(refused.value)


@pytest.mark.parametrize("ending", [".csv.gz", ".xlsx", ".parquet", ".dta"])
@pytest.mark.parametrize(("separator", "said"), [(",", "plain text"), ("\t", "separated by tabs"), (";", "semicolons")])
def test_text_under_the_name_of_something_else(tmp_path: Path, ending: str, separator: str, said: str) -> None:
    with pytest.raises(DataRefused, match=said):
        read_file(saved(tmp_path, f"file{ending}", text_of(ROWS, separator)), CONTRACT)


@pytest.mark.parametrize(("separator", "said"), [("\t", "tabs"), (";", "semicolons"), ("|", "vertical bars")])
def test_a_csv_file_that_is_separated_otherwise(tmp_path: Path, separator: str, said: str) -> None:
    with pytest.raises(DataRefused, match=f"separated by {said}"):
        read_file(saved(tmp_path, "file.csv", text_of(ROWS, separator)), CONTRACT)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("plain.csv.gz", "plain text"),
        ("packed.csv", "gzip"),
        ("book.csv", "an Excel workbook"),
        ("two.csv", "a zip archive"),
        ("html.xlsx", "a web page"),
        ("old_renamed.xlsx", "an old Excel workbook"),
        ("old.xls", "an old Excel workbook"),
        ("tabs.tsv", "separated by tabs"),
        ("two.zip", "unpack it"),
    ],
)
def test_content_unlike_the_name(reference_data: Path, file: str, said: str) -> None:
    with pytest.raises(DataRefused, match=said):
        case(reference_data, "34-content-unlike-the-name", file)


@pytest.mark.parametrize(("file", "row"), [("title.xlsx", 2), ("title.csv", 3)])
def test_a_title_above_the_header(reference_data: Path, file: str, row: int) -> None:
    with pytest.raises(DataRefused, match=f"the first row is a title .*the header is in row {row}"):
        case(reference_data, "39-title-above-the-header", file)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize(
    "above",
    [[["Debts of January"]], [["sep=,"]], [["Debts", "", ""], ["OFFICIAL"]], [["a", "b", "c"]]],
)
def test_rows_above_the_header(tmp_path: Path, above: list[list[str]], ending: str) -> None:
    with pytest.raises(DataRefused, match=f"the header is in row {len(above) + 1}"):
        read_file(saved(tmp_path, f"file{ending}", [*above, *ROWS]), CONTRACT)


def test_blank_rows_above_the_header(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="the first row is blank, and the header is in row 2"):
        read_file(saved(tmp_path, "file.csv", [["", "", ""], *ROWS]), CONTRACT)
    assert read_file(saved(tmp_path, "file.xlsx", [["", "", ""], *ROWS]), CONTRACT).loaded == 30  # no cell is there


def test_no_header_row(reference_data: Path) -> None:
    with pytest.raises(DataRefused, match="the first row looks like data"):
        case(reference_data, "40-no-header-row", "population.csv")


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_file_that_begins_with_a_customer(tmp_path: Path, ending: str) -> None:
    with pytest.raises(DataRefused, match="the first row looks like data"):
        read_file(saved(tmp_path, f"file{ending}", ROWS[1:]), CONTRACT)


@pytest.mark.parametrize("file", ["blank.csv", "no_break_blank.csv"])
def test_two_columns_of_one_name(reference_data: Path, file: str) -> None:
    with pytest.raises(DataRefused, match="columns share a name: 'principal', 'principal"):
        case(reference_data, "32-two-columns-of-one-name", file)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
@pytest.mark.parametrize(
    "twin", ["Principal", " principal", "principal\t", "prin cipal", "ｐrincipal", "principal\u3000"]
)
def test_names_that_people_read_as_one(tmp_path: Path, twin: str, ending: str) -> None:
    rows = [[*values, value] for values, value in zip(ROWS, [twin, *["1"] * 30], strict=True)]
    path = tmp_path / f"file{ending}"
    if ending == ".parquet":
        pq.write_table(pa.table({name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}), path)
    else:
        saved(tmp_path, path.name, rows)
    with pytest.raises(DataRefused, match="columns share a name"):
        read_file(path, CONTRACT)


def test_columns_without_a_name_are_called_by_their_place(tmp_path: Path) -> None:
    rows = [[*values, "", ""] for values in ROWS]
    intake = read_file(saved(tmp_path, "file.csv", rows), CONTRACT)
    assert intake.table.column_names[-2:] == ["column_4", "column_5"]
    clash = [[*values, value, ""] for values, value in zip(ROWS, ["column_5", *["1"] * 30], strict=True)]
    with pytest.raises(DataRefused, match="stands beside one called 'column_5'"):
        read_file(saved(tmp_path, "clash.csv", clash), CONTRACT)


def test_a_comma_too_many_in_every_row(reference_data: Path) -> None:
    with pytest.raises(DataRefused, match=r"every row has 5 values, and the header has 4.*comma at its end"):
        case(reference_data, "33-a-comma-too-many-in-every-row", "population.csv")


@pytest.mark.parametrize("file", ["total.csv", "grand_total.csv", "end_of_report.csv"])
def test_a_total_row_is_nobody(reference_data: Path, file: str) -> None:
    intake = case(reference_data, "30-total-row", file)
    assert (intake.read, intake.loaded, intake.rejections[0].row) == (41, 40, 41)
    assert "line of a report" in intake.rejections[0].reason


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize(
    "last",
    ["Total", "TOTAL", "Sub-total", "Total debt", "Totals:", "Sum", "(30 rows)", "Page 1 of 2", "Run: 2 May", "EOF"],
)
def test_lines_of_a_report_are_nobody(tmp_path: Path, last: str, ending: str) -> None:
    intake = read_file(saved(tmp_path, f"file{ending}", [*ROWS, [last, "480", "NE"]]), CONTRACT)
    assert (intake.loaded, [rejection.row for rejection in intake.rejections]) == (30, [31])


def test_a_total_under_the_number_of_nobody_is_warned_of(tmp_path: Path) -> None:
    total = sum(float(values[1]) for values in ROWS[1:])
    intake = read_file(saved(tmp_path, "file.csv", [*ROWS, ["999999", f"{total}", "NE"]]), CONTRACT)
    assert (intake.loaded, len(intake.warnings)) == (31, 1)
    assert "row 31, the last, holds the sum of all other rows in principal" in intake.warnings[0]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_words_are_ids_among_words_that_are_built_alike(tmp_path: Path, ending: str) -> None:
    words = ["TOTAL", "TRUES", "ALPHA", "BRAVO", "DELTA", "GAMMA", "KAPPA", "SIGMA"]
    rows = [ROWS[0], *([word, "1", "NE"] for word in words)]
    assert read_file(saved(tmp_path, f"file{ending}", rows), CONTRACT).loaded == len(words)


def test_the_header_again_in_the_middle(reference_data: Path) -> None:
    intake = case(reference_data, "31-header-again-in-the-middle", "population.csv")
    assert [(rejection.row, rejection.reason) for rejection in intake.rejections] == [
        (21, "the row repeats the header")
    ]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize("unit", ["customer_id", None])
def test_the_header_of_every_page(tmp_path: Path, ending: str, unit: str | None) -> None:
    rows = [*ROWS[:11], ROWS[0], *ROWS[11:21], ROWS[0], *ROWS[21:]]
    contract = FileContract(unit, CONTRACT.columns, bad_cells="missing")
    intake = read_file(saved(tmp_path, f"file{ending}", rows), contract)
    assert (intake.read, intake.loaded, [r.row for r in intake.rejections]) == (32, 30, [11, 22])
    assert pa.types.is_floating(intake.table.column("principal").type)
    assert intake.unreadable == ()


def test_ids_that_look_alike_are_named_in_pairs(reference_data: Path) -> None:
    intake = case(reference_data, "29-ids-that-look-alike", "population.csv")
    (warning,) = intake.warnings
    assert intake.loaded == 40
    assert warning.startswith("customer_id: 5 groups of ids differ only by")
    assert "'000777' (row 35) and '777' (row 36)" in warning
    assert r"'AB1005' (row 39) and '\u0410\u04121005' (row 40)" in warning


@pytest.mark.parametrize(
    ("one", "other"), [("0A1", "0a1"), ("A 1", "A1"), ("Α77", "A77"), ("Ｂ1", "B1"), ("0071", "71")]
)
def test_each_way_of_looking_alike(tmp_path: Path, one: str, other: str) -> None:
    rows = [ROWS[0], *([f"K{i}Z", "1", "NE"] for i in range(5)), [one, "1", "NE"], [other, "1", "NE"]]
    (warning,) = read_file(saved(tmp_path, "file.csv", rows), CONTRACT).warnings
    assert warning.startswith("customer_id: 1 group of ids differs only by")
    assert read_file(saved(tmp_path, "plain.csv", rows[:-1]), CONTRACT).warnings == ()


def test_ids_that_a_spreadsheet_spoilt(reference_data: Path) -> None:
    intake = case(reference_data, "43-ids-that-a-spreadsheet-spoilt", "population.csv")
    assert intake.table.column("customer_id").to_pylist() == [*(f"{i:06d}" for i in range(1, 11)), "0", "000000"]
    assert len({rejection.row for rejection in intake.rejections}) == 26


ONE = FileContract("customer_id", (ColumnContract("principal", "number"),))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(b"customer_id,principal\nA,1\n")[:-5], "cut short"),
        (b"not gzip at all", "plain text, whatever its name says"),
        (b"\x1f\x8b not gzip at all", "damaged"),
        (gzip.compress(b""), "empty"),
        (gzip.compress(b"customer_id,principal\n" + b"A,1\n" * 20_000_000), "unpacks to more than"),
    ],
    ids=["cut short", "not gzip", "damaged", "empty", "boundless"],  # never the time in the header
)
def test_damaged_and_boundless_gzip_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        read_file(saved(tmp_path, "people.csv.gz", content), ONE)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["007", "AB1234C", "ab", "AB 12 34 56 C", "12E3"]),
    odd=st.sampled_from([one for one in AWKWARD_IDS if one.strip() == one]),
)
def test_an_id_is_judged_by_the_ids_around_it(tmp_path: Path, kind: str, odd: str) -> None:
    built = ["".join(str(i) if c.isdigit() else c for c in kind) for i in range(10)] if kind != "ab" else ["ab", "cd"]
    ids = [*dict.fromkeys(built), odd]
    read, at_fault, _ = second_reading(text_of([["customer_id", "principal"], *([one, "1"] for one in ids)]), ONE)
    if len(at_fault) == read:
        return
    intake = read_file(
        saved(tmp_path, "file.csv", text_of([["customer_id", "principal"], *([one, "1"] for one in ids)])), ONE
    )
    assert {rejection.row for rejection in intake.rejections} == set(at_fault)


def test_a_file_of_which_no_row_can_be_taken_is_refused_with_the_commonest_reason(tmp_path: Path) -> None:
    rows = [ROWS[0], *([f"{i:06d}", "12;50", "NE"] for i in range(1, 20)), ["NA", "1", "NE"]]
    with pytest.raises(DataRefused, match=r"not one of the 20 rows can be taken: principal: .*\(19 rows, the first is"):
        read_file(saved(tmp_path, "file.csv", rows), CONTRACT)


def test_a_value_over_a_mebibyte_is_named_by_row_and_field(reference_data: Path) -> None:
    said = r"row 10 is longer than a mebibyte: its note holds 2,097,152 bytes.*To do: leave the column"
    with pytest.raises(DataRefused, match=said):
        case(reference_data, "37-a-field-over-a-mebibyte", "population.csv.gz")


@pytest.mark.parametrize("twin", ["principal\u200b", "princi\u00adpal", "\ufeffprincipal"])
def test_names_that_differ_by_what_nobody_sees(tmp_path: Path, twin: str) -> None:
    rows = [[*values, value] for values, value in zip(ROWS, [twin, *["1"] * 30], strict=True)]
    with pytest.raises(DataRefused, match="columns share a name"):
        read_file(saved(tmp_path, "file.csv", rows), CONTRACT)


@pytest.mark.parametrize("left", [20, 12, 3])
def test_a_stata_file_that_was_cut_short_is_damaged(tmp_path: Path, left: int) -> None:
    """A reader that goes by the places in its head takes what is there, without a word."""
    path = tmp_path / "file.dta"
    frame = pd.DataFrame([row[:2] for row in ROWS[1:]], columns=ROWS[0][:2])
    frame["region"] = "NE"
    frame.to_stata(path, write_index=False, version=117)
    assert read_file(path, CONTRACT).loaded == 30
    path.write_bytes(path.read_bytes()[:-left])
    with pytest.raises(DataRefused, match="the Stata file is damaged"):
        read_file(path, CONTRACT)


def test_a_header_separated_otherwise_with_quotes(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"the header row cannot be read .*separated by vertical bars"):
        read_file(saved(tmp_path, "file.csv", '"customer_id"|"principal"|"region"\n"1"|"2"|"NE"\n'), CONTRACT)


def test_long_numbers_in_a_column_that_nobody_uses_stop_nothing(tmp_path: Path) -> None:
    """An account number of sixteen digits, in a cell of numbers."""
    rows = [[*values, 1234567890123456 + i] for i, values in enumerate(ROWS[1:])]
    intake = read_file(saved(tmp_path, "file.xlsx", [[*ROWS[0], "account"], *rows]), CONTRACT)  # type: ignore[list-item]
    assert (intake.loaded, intake.rejections) == (30, ())


def test_a_header_with_a_wrong_name_that_comes_again_is_no_title(tmp_path: Path) -> None:
    header = ["customer_id", "PRINCIPAL", "region"]
    with pytest.raises(DataRefused, match=r"required columns are missing: principal \(is it 'PRINCIPAL'\?\)"):
        read_file(saved(tmp_path, "file.csv", [header, *ROWS[1:5], header, *ROWS[5:]]), CONTRACT)
