"""CSV: every row of every file is loaded or rejected by number, or the file is refused in words."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from data.errors import DataRefused
from data.intake import read_file
from data.schema import ColumnContract, FileContract
from tests.data.intake.second_reading import half_read, second_reading

CONTRACT = FileContract(
    "customer_id",
    (
        ColumnContract("principal", "number", minimum=0, maximum=1e9),
        ColumnContract("paid", "boolean"),
        ColumnContract("band", "text"),
    ),
    duplicates="reject",
)
ONE = FileContract("customer_id", (ColumnContract("principal", "number"),))

AWKWARD_IDS = [
    "007", "7", "A", "a", "É", "E\u0301", "ß", "AB 12 34 56 C", "1E+13", "1.0", "12345.00", "2020-01-02", "1/2/2020",
    " A", "A ", "A\u200b", "A\ufffd", "NA", "NULL", "null", "None", "", "9223372036854775808", "x" * 55, "x" * 56,
    "é" * 28, "=1+1", "-", "0x1F", "true", "1_000", "12E5", "١٢", "a\u00a0b", "\u3000a",
]  # fmt: skip
AWKWARD_NUMBERS = [
    "1", "0", "-1", "1.5", "1e3", "+2", " 4 ", ".5", "5.", "1,000", "1.000,50", "", "NA", "NaN", "nan", "-nan", "NULL",
    "inf", "-Infinity", "1e400", "9007199254740992", "9007199254740993", "123456789012345678", "1e16", "0x10", "£5",
    "١",    "1 2", "--1", "1e", "12345678901234567890123", "007", "2147483648", "1e-400",
]  # fmt: skip
AWKWARD_BOOLEANS = ["0", "1", "true", "FALSE", "True", "tRuE", "yes", "t", "2", "", "NA", " 1", "1.0", "01"]
AWKWARD_TEXTS = ["", "NA", "under 500", "a,b", 'say "no"', "two\nlines", "007", " x ", "é", "\u0000", "=SUM(A1)"]


def saved(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def csv_text(rows: list[list[str]], **options: object) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, **options).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


def rows_of(values: st.SearchStrategy[list[list[str]]]) -> st.SearchStrategy[list[list[str]]]:
    return values.map(lambda rows: [["customer_id", "principal", "paid", "band"], *rows])


awkward_rows = rows_of(
    st.lists(
        st.one_of(
            st.tuples(
                st.one_of(st.sampled_from(AWKWARD_IDS), st.text(max_size=12)).filter(lambda t: "\r" not in t),
                st.one_of(st.sampled_from(AWKWARD_NUMBERS), st.integers().map(str), st.floats().map(repr)),
                st.sampled_from(AWKWARD_BOOLEANS),
                st.sampled_from(AWKWARD_TEXTS),
            ).map(list),
            st.lists(st.sampled_from(["1", "x", ""]), min_size=1, max_size=6),  # ragged, mostly
        ),
        min_size=1,
        max_size=25,
    )
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=awkward_rows, options=st.sampled_from([{}, {"lineterminator": "\n"}, {"quoting": csv.QUOTE_ALL}]))
def test_every_row_is_judged_as_a_second_reading_judges_it(
    tmp_path: Path, rows: list[list[str]], options: dict[str, object]
) -> None:
    content = csv_text(rows, **options)
    path = saved(tmp_path, content)
    try:
        read, at_fault, taken = second_reading(content, CONTRACT)
    except csv.Error:
        with pytest.raises(DataRefused):
            read_file(path, CONTRACT)
        return
    if read == 0:
        with pytest.raises(DataRefused, match="no rows"):
            read_file(path, CONTRACT)
        return
    if any(len(values) > 1 and re.search(r"\d[ ,]\d|£\d", values[1]) for values in rows):
        return  # beside plain numbers they refuse the column: test_other_styles
    if half_read(content, CONTRACT):
        with pytest.raises(DataRefused, match=r"of the two values of paid only one can be read|every row has"):
            read_file(path, CONTRACT)
        return
    if not taken:
        with pytest.raises(DataRefused, match=r"not one of the|every row has"):
            read_file(path, CONTRACT)
        return
    intake = read_file(path, CONTRACT)
    assert intake.read == read == intake.loaded + intake.rejected
    assert {rejection.row for rejection in intake.rejections} == set(at_fault)
    found = intake.table.to_pylist()
    assert [row["customer_id"] for row in found] == [row["customer_id"] for row in taken]
    for one, other in zip(found, taken, strict=True):
        assert one == other or math.isclose(float(str(one["principal"])), float(str(other["principal"])))
    for rejection in intake.rejections:
        assert rejection.field is None or rejection.field in at_fault[rejection.row]
        assert rejection.reason


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=120).map(lambda tail: b"customer_id,principal\n" + tail),
        st.text(alphabet='ab1,"\n\r \u00e9\x00', max_size=120).map(lambda t: ("customer_id,principal\n" + t).encode()),
        st.text(max_size=80).map(lambda text: text.encode("utf-16")),
        st.text(max_size=80).map(lambda text: text.encode("utf-8-sig", "surrogatepass")),
    ),
    name=st.sampled_from(["a.csv", "a.csv.gz", "a.parquet", "a.xlsx", "a.dta"]),
)
def test_no_bytes_make_a_traceback(tmp_path: Path, content: bytes, name: str) -> None:
    try:
        intake = read_file(saved(tmp_path, content, name), ONE)
    except DataRefused:
        return
    assert intake.read == intake.loaded + intake.rejected > 0
    assert intake.digest == hashlib.sha256(content).hexdigest()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ids=st.lists(
        st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=13).filter(
            lambda text: len(text.encode()) <= 55
        ),
        min_size=1,
        max_size=30,
        unique=True,
    )
)
def test_ids_that_are_taken_are_kept_byte_for_byte(tmp_path: Path, ids: list[str]) -> None:
    path = saved(tmp_path, csv_text([["customer_id", "principal"], ["A1", "1"], *([one, "1"] for one in ids)]))
    ids = ["A1", *ids]
    assume(len(ids) == len(set(ids)))
    intake = read_file(path, ONE)
    rejected = {rejection.row for rejection in intake.rejections}
    assert intake.table.column("customer_id").to_pylist() == [
        one for row, one in enumerate(ids, start=1) if row not in rejected
    ]


@pytest.mark.parametrize("one", ["007", "0000000012", "a", "A", "É", "1E13X", "AB 12 34 56 C", "9223372036854775808"])
def test_plain_ids_are_taken(tmp_path: Path, one: str) -> None:
    intake = read_file(saved(tmp_path, f"customer_id,principal\n{one},1\n"), ONE)
    assert intake.table.column("customer_id").to_pylist() == [one]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        ("1E+13", "rounded"),
        ("1.23457E+13", "rounded"),
        ("1,5e3", "rounded"),
        ("12345.0", "leading zeros"),
        ("2020-01-02", "turned into a date"),
        ("2020-01-02 00:00:00", "turned into a date"),
        ("2/1/2020", "turned into a date"),
        (" A1", "white space"),
        ("A1\u00a0", "white space"),
        ("e\u0301", "NFC"),
        ("A\u200d1", "invisible"),
        ("A\ufffd1", "conversion"),
        ("NULL", "missing"),
        ("", "missing"),
        ("é" * 28, "56 bytes"),
    ],
)
def test_a_damaged_id_is_rejected_with_its_reason(tmp_path: Path, one: str, reason: str) -> None:
    path = saved(tmp_path, csv_text([["customer_id", "principal"], [one, "1"], ["ok", "2"]]))
    intake = read_file(path, ONE)
    (rejection,) = intake.rejections
    assert (rejection.row, rejection.field) == (1, "customer_id")
    assert reason in rejection.reason
    assert (intake.read, intake.loaded) == (2, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"customer_id,principal", "no rows"),
        (b"customer_id,principal\n\n\n", "no rows"),
        (b"name,principal\nA,1\n", "required columns are missing: customer_id"),
        (b"Customer_ID ,principal\nA,1\n", r"is it 'Customer_ID '\?"),
        (b"customer_id,Principal\nA,1\n", r"is it 'Principal'\?"),
        (b"customer_id,principal,Principal\nA,1,2\n", "columns share a name: 'principal', 'Principal'"),
        (b"customer_id,principal,customer_id\nA,1,2\n", "columns share a name"),
        (",".join(["x"] * 3).encode() + b"\n1,2,3\n", "columns share a name"),
        ("customer_id,principal\nA,1\n".encode("utf-16"), "UTF-16"),
        ("customer_id,principal\nA,1\n".encode("utf-16-be"), "binary data"),
        (b"customer_id,principal\nA,1\nB\xe9,2\n", "row 2 holds bytes that are not UTF-8"),
        (b"customer_\xe9id,principal\nA,1\n", "header row is not UTF-8"),
        (b'customer_id,principal\nA,"1\nB,2\nC,3\n', "quotation mark near row 1 opens"),
        (b'customer_id,principal\n"A"B,1\n"C,2\nD",3\n', "quotation mark"),
        (b"customer_id,principal\nA,1\nB,2\nA,3\n", r"more than once \(1 of them\): 'A' \(rows 1, 3\)"),
        (b"customer_id,principal\n" + b"A" * (3 << 20) + b",1\n", "longer than a mebibyte"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        read_file(saved(tmp_path, content), ONE)


def test_rows_are_counted_from_one_whatever_lies_between(tmp_path: Path) -> None:
    content = 'customer_id,principal\n\nA,1\nB\n"C\nD",2\nE,1,2\n\nF,x\nG,4\n\n\n'
    intake = read_file(saved(tmp_path, content), ONE)
    assert intake.read == 8
    assert [(r.row, r.field) for r in intake.rejections] == [
        (1, None),
        (3, None),
        (4, "customer_id"),
        (5, None),
        (6, None),
        (7, "principal"),
    ]
    assert intake.table.column("customer_id").to_pylist() == ["A", "G"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
def test_line_ends_of_every_system(tmp_path: Path, end: str, last: str) -> None:
    content = end.join(["customer_id,principal", "A,1", '"B, Sons",2', "C,3"]) + (end if last else "")
    intake = read_file(saved(tmp_path, content), ONE)
    assert intake.table.to_pylist() == [
        {"customer_id": "A", "principal": 1.0},
        {"customer_id": "B, Sons", "principal": 2.0},
        {"customer_id": "C", "principal": 3.0},
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    intake = read_file(saved(tmp_path, "\ufeffcustomer_id,principal\nA,1\n"), ONE)
    assert intake.table.column_names == ["customer_id", "principal"]


def test_rows_of_a_repeated_id_are_all_rejected_where_the_contract_says_so(tmp_path: Path) -> None:
    contract = FileContract("customer_id", ONE.columns, duplicates="reject")
    intake = read_file(saved(tmp_path, "customer_id,principal\nA,1\nB,2\nA,x\na,3\n"), contract)
    assert intake.table.column("customer_id").to_pylist() == ["B", "a"]
    assert (intake.read, intake.loaded, intake.rejected, len(intake.rejections)) == (4, 2, 2, 3)


def test_kinds_follow_the_contract_and_the_values(tmp_path: Path) -> None:
    contract = FileContract(
        "customer_id",
        (
            ColumnContract("postcode", "text"),
            ColumnContract("recency"),
            ColumnContract("code"),
            ColumnContract("share"),
            ColumnContract("flag"),
            ColumnContract("mixed"),
            ColumnContract("absent", "number", required=False),
        ),
    )
    content = (
        "customer_id,postcode,recency,code,share,flag,mixed,spare\n"
        "A,001,1,007,0.5,true,1,01\nB,NA,NA,012,NULL,FALSE,2,02\nC,,3,100,2,,x,03\n"
    )
    intake = read_file(saved(tmp_path, content), contract)
    columns = intake.table.to_pydict()
    assert columns["postcode"] == ["001", "NA", None]
    assert columns["recency"] == [1, None, 3]
    assert columns["code"] == ["007", "012", "100"]
    assert columns["share"] == [0.5, None, 2.0]
    assert columns["flag"] == [True, False, None]
    assert columns["mixed"] == ["1", "2", "x"]
    assert columns["spare"] == ["01", "02", "03"]
    assert str(intake.table.schema.field("recency").type) == "int64"
    assert intake.warnings == ("mixed: read as text, because some values are no numbers, such as 'x'",)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2", "-3"], [1, 2, -3]),
        (["1.0", "2"], [1, 2]),
        (["1.5", "NA", "2"], [1.5, None, 2.0]),
        (["0", "0.5", "10"], [0.0, 0.5, 10.0]),
        (["0", "1", "01"], ["0", "1", "01"]),
        (["NULL", "007"], [None, "007"]),
        (["NULL", "NA"], [None, None]),
        (["TRUE", "false", "NA"], [True, False, None]),
        (["true", "0"], ["true", "0"]),
        (["inf", "1"], ["inf", "1"]),
        (["9007199254740993", "1"], ["9007199254740993", "1"]),
        (["9007199254740992", "NA"], [9007199254740992, None]),
        (["2020-01-01", "NA"], ["2020-01-01", None]),
        (["£5", "6"], ["£5", "6"]),
        (["-0", "1e3"], [0, 1000]),
    ],
)
@pytest.mark.parametrize("before", [0, 6000])
def test_an_undeclared_kind_is_found_from_every_value(
    tmp_path: Path, values: list[str], expected: list[object], before: int
) -> None:
    """With thousands of rows before, as the first few thousand are looked at apart."""
    contract = FileContract("id", (ColumnContract("v"),))
    first = [values[0]] * before
    rows = [[f"i{i}", value] for i, value in enumerate([*first, *values])]
    intake = read_file(saved(tmp_path, csv_text([["id", "v"], *rows])), contract)
    found = intake.table.column("v").to_pylist()
    assert found[before:] == expected
    assert [type(one) for one in found[before:]] == [type(one) for one in expected]
    assert found[:before] == [expected[0]] * before


def test_bounds_and_infinities_reject(tmp_path: Path) -> None:
    contract = FileContract("id", (ColumnContract("days", "number", minimum=0, maximum=365),))
    intake = read_file(saved(tmp_path, "id,days\na,-1\nb,366\nc,inf\nd,0\ne,365\nf,\n"), contract)
    assert [rejection.reason for rejection in intake.rejections] == [
        "-1 is below 0",
        "366 is above 365",
        "'inf' is infinite",
    ]
    assert intake.table.column("days").to_pylist() == [0.0, 365.0, None]


def test_a_file_without_ids_keeps_every_row_but_the_empty(tmp_path: Path) -> None:
    contract = FileContract(None, (ColumnContract("visit", "number"),))
    intake = read_file(saved(tmp_path, "visit,segment\n1,a\n\n1,a\n,\n"), contract)
    assert (intake.read, intake.loaded) == (4, 2)
    assert [r.row for r in intake.rejections] == [2, 4]


def test_a_column_without_a_name_is_kept_under_its_place(tmp_path: Path) -> None:
    intake = read_file(saved(tmp_path, ",customer_id,principal\n0,A,1\n"), ONE)
    assert intake.table.column_names == ["column_1", "customer_id", "principal"]
    assert intake.warnings == ("column 1 has no name and is kept as column_1",)


def test_blocks_cut_anywhere_change_nothing(tmp_path: Path) -> None:
    """Rows beyond the parser's first mebibyte, with quoted line ends where its cuts fall."""
    rows = [
        [f"C{i:06d}", str(i), "line one\nline two, and more" if i % 7 == 0 else "x" * (i % 90)] for i in range(40_000)
    ]
    path = saved(tmp_path, csv_text([["customer_id", "principal", "note"], *rows]))
    intake = read_file(path, ONE)
    assert (intake.read, intake.loaded) == (40_000, 40_000)
    assert intake.table.column("note").to_pylist() == [row[2] or None for row in rows]


def test_a_fault_far_into_the_file_is_found_with_its_row(tmp_path: Path) -> None:
    rows = [[f"C{i:06d}", str(i)] for i in range(120_000)]
    rows[99_999][1] = "1,000"
    rows[100_000] = ["C100000"]
    intake = read_file(saved(tmp_path, csv_text([["customer_id", "principal"], *rows])), ONE)
    assert [(r.row, r.field) for r in intake.rejections] == [(100_000, "principal"), (100_001, None)]
    assert intake.loaded == 119_998


@pytest.mark.parametrize(("rows", "warned"), [(65_534, 0), (65_535, 1), (65_536, 0)])
def test_a_csv_that_ends_at_excels_cliff_is_taken_with_a_warning(tmp_path: Path, rows: int, warned: int) -> None:
    content = "customer_id,principal\n" + "".join(f"C{i},1\n" for i in range(rows))
    intake = read_file(saved(tmp_path, content), ONE)
    assert intake.loaded == rows
    assert len([warning for warning in intake.warnings if "Excel cuts a table off" in warning]) == warned


def test_gzip_is_read_as_its_content_and_digested_as_its_bytes(tmp_path: Path) -> None:
    content = gzip.compress(b"customer_id,principal\nA,1\n") + gzip.compress(b"B,2\n")
    intake = read_file(saved(tmp_path, content, "people.CSV.gz"), ONE)
    assert intake.table.column("customer_id").to_pylist() == ["A", "B"]
    assert intake.digest == hashlib.sha256(content).hexdigest()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataRefused, match="this is a folder"):
        read_file(tmp_path / "folder.csv", ONE)
    with pytest.raises(DataRefused, match="no such file"):
        read_file(tmp_path / "none.csv", ONE)
    with pytest.raises(DataRefused, match="format cannot be told"):
        read_file(saved(tmp_path, "x", "people.pdf"), ONE)
