"""Codes whose meaning is declared: read alike in every format, and nothing else is true or false beside them."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import DataRefused
from data.intake import Intake, read_file
from data.schema import BadCellRule, Codes, ColumnContract, FileContract

FORMATS = (".csv", ".csv.gz", ".xlsx", ".parquet", ".dta")
PART_PAID = Codes(missing=("-9", "NK"), true=("P", "PP"), false=("N",))


def written(folder: Path, cells: Sequence[Any], ending: str) -> Path:
    """A file with an id and one column ``x``, its cells typed as they are where the format has types."""
    path, ids = folder / f"file{ending}", [f"A{i:04d}" for i in range(len(cells))]
    if ending == ".xlsx":
        book = openpyxl.Workbook()
        for row in [("id", "x"), *zip(ids, cells, strict=True)]:
            book.active.append(row)
        book.save(path)
    elif ending == ".parquet":
        pq.write_table(pa.table({"id": ids, "x": cells}), path)
    elif ending == ".dta":
        pd.DataFrame({"id": ids, "x": cells}).to_stata(path, write_index=False)
    else:
        text = "id,x\n" + "".join(f"{i},{'' if cell is None else cell}\n" for i, cell in zip(ids, cells, strict=True))
        path.write_bytes(gzip.compress(text.encode()) if ending.endswith(".gz") else text.encode())
    return path


def read(path: Path, *columns: ColumnContract, rule: BadCellRule = "missing") -> Intake:
    return read_file(path, FileContract("id", columns, bad_cells=rule))


@pytest.mark.parametrize("ending", FORMATS)
def test_words_are_read_by_their_codes(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ["P", "PP", "N", "-9", "NK", "X", " N ", "NA"], ending)
    intake = read(path, ColumnContract("x", "boolean", codes=PART_PAID))
    assert intake.table["x"].to_pylist() == [True, True, False, None, None, None, False, None]
    (bad,) = intake.unreadable
    assert (bad.field, bad.rows.tolist()) == ("x", [6])
    assert bad.reasons.to_pylist() == ["'X' is no code of the plan (true: P, PP; false: N; missing: -9, NK)"]


@pytest.mark.parametrize(
    "codes", [Codes((9,), (1,), (2,)), Codes(("9",), ("1",), ("2",)), Codes(("9.0",), ("1.0",), (2.0,))]
)
@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("whole", [True, False])
def test_a_number_is_one_code_however_it_is_written(tmp_path: Path, ending: str, whole: bool, codes: Codes) -> None:
    cells: list[Any] = [1, 2, 9, 1, 7] if whole else [1.0, 2.0, 9.0, 1.0, 7.0]
    intake = read(written(tmp_path, cells, ending), ColumnContract("x", "boolean", codes=codes))
    assert intake.table["x"].to_pylist() == [True, False, None, True, None]
    assert [bad.rows.tolist() for bad in intake.unreadable] == [[5]]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_zeros_in_front_make_another_code(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ["01", "1", "1.0", "2"], ending)
    intake = read(path, ColumnContract("x", "boolean", codes=Codes((), ("01",), ("1",))))
    assert intake.table["x"].to_pylist() == [True, False, False, None]


@pytest.mark.parametrize("ending", [".xlsx", ".parquet", ".csv"])
def test_truth_cells_are_the_words_true_and_false(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, [True, False, None, True], ending)
    intake = read(path, ColumnContract("x", "boolean", codes=Codes((), (False,), ("TRUE",))))
    assert intake.table["x"].to_pylist() == [False, True, None, False]


@pytest.mark.parametrize("kind", ["number", "any"])
@pytest.mark.parametrize("ending", FORMATS)
def test_a_missing_code_among_numbers_is_blank_and_not_unreadable(tmp_path: Path, ending: str, kind: Any) -> None:
    path = written(tmp_path, [12.5, -9.0, 0.0, 99.0, 3.0], ending)
    column = ColumnContract("x", kind, minimum=0 if kind == "number" else None, codes=Codes(("-9", 99)))
    intake = read(path, column)
    assert intake.table["x"].to_pylist() == [12.5, None, 0, None, 3]
    assert intake.unreadable == ()


def test_a_missing_code_that_is_a_word_leaves_a_column_of_numbers(tmp_path: Path) -> None:
    path = written(tmp_path, ["12.5", "NK", "not asked", "3"], ".csv")
    codes = Codes(("NK", "not asked"))
    for kind in ("number", "any"):
        assert read(path, ColumnContract("x", kind, codes=codes)).table["x"].to_pylist() == [12.5, None, None, 3]  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", FORMATS)
def test_a_missing_code_in_a_column_of_text(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ["North", "ZZ", "South", "North"], ending)
    intake = read(path, ColumnContract("x", "text", codes=Codes(("ZZ",))))
    assert intake.table["x"].to_pylist() == ["North", None, "South", "North"]


@pytest.mark.parametrize("ending", FORMATS)
def test_two_readings_of_one_column(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ["P", "PP", "N", "X"], ending)
    any_sum = ColumnContract("x as any", "boolean", codes=Codes((), ("P", "PP"), ("N",)), source="x")
    in_full = ColumnContract("x as full", "boolean", codes=Codes(("X",), ("P",), ("N", "PP")), source="x")
    intake = read(path, any_sum, in_full)
    assert intake.table.column_names == ["id", "x", "x as any", "x as full"]
    assert intake.table["x as any"].to_pylist() == [True, True, False, None]
    assert intake.table["x as full"].to_pylist() == [True, False, False, None]
    assert [(bad.field, bad.rows.tolist()) for bad in intake.unreadable] == [("x as any", [4])]


def test_a_column_that_is_read_by_codes_is_required(tmp_path: Path) -> None:
    column = ColumnContract("status as paid", "boolean", codes=PART_PAID, source="status")
    with pytest.raises(DataRefused, match="required columns are missing: status;"):
        read(written(tmp_path, ["P"], ".csv"), column)


@pytest.mark.parametrize("ending", FORMATS)
def test_before_the_draw_a_strange_code_costs_its_row(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ["P", "N", "X", "NK"], ending)
    intake = read(path, ColumnContract("x", "boolean", codes=PART_PAID), rule="reject_row")
    assert [(rejection.row, rejection.field) for rejection in intake.rejections] == [(3, "x")]
    assert intake.table["x"].to_pylist() == [True, False, None]


def test_a_column_without_any_of_its_codes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"no cell of x can be read .*'0' is no code of the plan"):
        read(written(tmp_path, ["0", "1", "0"], ".csv"), ColumnContract("x", "boolean", codes=PART_PAID))


def test_an_error_cell_is_no_code(tmp_path: Path) -> None:
    path = written(tmp_path, ["P", "#N/A", "N"], ".xlsx")
    column = ColumnContract("x as paid", "boolean", codes=PART_PAID, source="x")
    intake = read(path, column)
    assert intake.table["x as paid"].to_pylist() == [True, None, False]
    assert [bad.rows.tolist() for bad in intake.unreadable] == [[2]]


def test_labels_and_codes_of_stata(tmp_path: Path) -> None:
    path = tmp_path / "labels.dta"
    frame = pd.DataFrame({"id": ["A", "B", "C"], "x": pd.Categorical(["Paid", "No", "Paid"], ["No", "Paid"])})
    frame.to_stata(path, write_index=False)
    by_word = read(path, ColumnContract("x", "boolean", codes=Codes((), ("Paid",), ("No",))))
    by_code = read(path, ColumnContract("x", "boolean", codes=Codes((), (1,), (0,))))
    assert by_word.table["x"].to_pylist() == by_code.table["x"].to_pylist() == [True, False, True]


@pytest.mark.parametrize("codes", [Codes((), (1,), (0,)), Codes((), (1,), (3,)), None])
def test_of_two_values_both_can_be_read(tmp_path: Path, codes: Codes | None) -> None:
    with pytest.raises(DataRefused, match="of the two values of x only one can be read: '2' is no"):
        read(written(tmp_path, ["1", "2", "1", "2"], ".csv"), ColumnContract("x", "boolean", codes=codes))
