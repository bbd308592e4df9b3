"""No text is a formula, whichever sign begins it and whatever stands before the sign; all else is as it was."""

from __future__ import annotations

import csv
import io
import itertools
import re
import sys
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.spreadsheet_safety import (
    changed_cells,
    safe_table,
    safe_text,
    safe_texts,
    write_for_program,
    write_rows,
    write_table,
)
from tests.places import ROOT

SIGNS = "=+-@＝＋－＠"
CUTTING = "\t\r\n\0"  # where some programs begin another cell, or end this one
BLANKS = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) in ("Zs", "Zl", "Zp", "Cc", "Cf")]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_is_marked_after_whatever_blanks(sign: str) -> None:
    payloads = [f"{sign}HYPERLINK(1)", sign, *(f"{blank}{sign}1" for blank in BLANKS)]
    payloads = [f"{payload}+A1" for payload in payloads]
    payloads += [f"{''.join(pair)}{sign}1*A1" for pair in itertools.product(" \t\r\n\0\u3000\ufeff", repeat=2)]
    safe = safe_texts(pa.chunked_array([payloads])).to_pylist()
    assert safe == ["'" + payload.replace("\0", "") for payload in payloads]


@pytest.mark.parametrize("first", CUTTING)
def test_every_character_that_cuts_a_cell_is_marked(first: str) -> None:
    assert safe_text(f"{first}1 High Street") == f"'{first}1 High Street".replace("\0", "")


def test_nothing_else_is_changed() -> None:
    """Every other first character that has a meaning, and every sign that is not the first."""
    unlike = ("Cs", "Cn", "Co", "Zs", "Zl", "Zp")
    firsts = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) not in unlike]
    plain = [first for first in firsts if first not in SIGNS + CUTTING]
    texts = [*plain, *(f"{first}=1" for first in plain if first not in BLANKS), *(f"a{sign}1" for sign in SIGNS)]
    texts += ["07700 900123", "020 7946 0000", "12.50", "£12.50", "1,000", "1e5", "2026-02-03", "O'Brien", "'=1", " a"]
    assert safe_texts(pa.chunked_array([texts])).to_pylist() == texts


@given(TEXTS)
def test_no_text_begins_a_formula_and_none_is_lost(text: str) -> None:
    safe = safe_text(text)
    first = safe.strip("".join(BLANKS))
    assert first[:1] not in tuple(SIGNS) or set(first) <= set("0123456789+-＋－ .,()£€$%eExtXT")
    assert safe in (text.replace("\0", ""), "'" + text.replace("\0", ""))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_table_keeps_its_numbers_and_its_missing_values(kind: pa.DataType) -> None:
    table = pa.table({"=name": pa.array(["-1+A1", None, ""], kind), "n": [-1.5, None, 2.0], "none": pa.nulls(3)})
    safe = safe_table(table)
    assert safe.column_names == ["'=name", "n", "none"]
    assert safe.column(0).to_pylist() == ["'-1+A1", None, ""]
    assert safe.column(0).type == kind
    assert safe.select(["n", "none"]).equals(table.select(["n", "none"]))


NUMBERS = [
    "+447700900026", "-3.50", "+44 7700 900026", "+44 (0)20 7946 0000", "+44-7700-900026", "+44.7700.900026", "-£3.50",
    "-1,234.56", "-1.234,56", "-5%", "-1.5E+3", "+1", " -3.50 ", "+44 20 7946 0000 ext 12", "＋44 7700 900026", "-.5",
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_leaves_as_it_came(number: str) -> None:
    assert safe_text(number) == number


@pytest.mark.parametrize(
    "text",
    ["+1+A1", "-2+3+cmd|' /C calc'!A0", "+SUM(1)", "-1*2", "+", "-", "--1", "+44=1", "-A1", "\t+44", "\n-1", "+1!"],
)
def test_what_only_begins_like_a_number_is_marked(text: str) -> None:
    assert safe_text(text) == f"'{text}"


def test_what_was_changed_is_counted_by_column() -> None:
    table = pa.table({"name": ["=1", "Ann", None], "mobile": ["+447700900026", "+447700900027", None], "n": [1, 2, 3]})
    assert changed_cells(table) == {"name": 1}
    assert safe_table(table).column("mobile").equals(table.column("mobile"))


@given(st.lists(TEXTS, min_size=1, max_size=20))
def test_a_program_gets_back_byte_for_byte_what_no_spreadsheet_runs(texts: list[str]) -> None:
    file = io.BytesIO()
    write_for_program(pa.table({"id": pa.array(texts)}), file)
    cells = [row["id"] for row in csv.DictReader(io.StringIO(file.getvalue().decode(), newline=""))]
    assert [cell.removeprefix("'") for cell in cells if cell] == [text for text in texts if text]
    assert not any(cell.lstrip("".join(BLANKS))[:1] in tuple(SIGNS) for cell in cells if cell)


@pytest.mark.parametrize("payload", ["=1+1", "@SUM(A1)", "＝1+A1", "\t=1", "\u200b＋cmd|'/C calc'!A0", "\x00-A1"])
def test_every_writer_of_csv_marks_what_runs(payload: str) -> None:
    rows, table, program = io.StringIO(), io.BytesIO(), io.BytesIO()
    write_rows([(payload, 1, None)], rows)
    write_table(pa.table({payload: [payload]}), table)
    write_for_program(pa.table({"id": [payload]}), program)
    for written in (rows.getvalue(), table.getvalue().decode(), program.getvalue().decode()):
        cells = [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row]
        assert not any(cell.lstrip("".join(BLANKS))[:1] in tuple(SIGNS) for cell in cells if cell), written


def test_nothing_else_writes_csv() -> None:
    """A file that another module writes would have rules of its own."""
    writes = re.compile(r"csv\.writer\(|DictWriter|write_csv\(|\.to_csv\(|CSVWriter|\bCOPY\b.*\bTO\b")
    found = {
        path.relative_to(ROOT).as_posix()
        for room in ("data", "designs", "analysis", "trials", "dashboards")
        for path in (ROOT / room).rglob("*.py")
        if writes.search(path.read_text("utf-8"))
    }
    assert found == {"data/spreadsheet_safety.py"}
