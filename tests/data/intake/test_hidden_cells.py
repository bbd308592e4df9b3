"""Workbooks of which a person sees less than is in the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from data.errors import DataRefused
from data.intake import read_file
from data.schema import ColumnContract, FileContract
from designs.protocol import load_protocol, population_contract

CONTRACT = FileContract("customer_id", (ColumnContract("principal", "number"),))


def sheet(folder: Path, change: Callable[[Worksheet], object], *, empty: bool = False) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["customer_id", "principal", "note"])
    for i in range(20):
        book.active.append([f"c{i:03d}", i, "x"])
    change(book.create_sheet("empty") if empty else book.active)
    book.save(folder / "people.xlsx")
    return folder / "people.xlsx"


def hide_row(at: Worksheet) -> None:
    at.row_dimensions[5].hidden = True


def hide(letter: str) -> Callable[[Worksheet], object]:
    def change(at: Worksheet) -> None:
        at.column_dimensions[letter].hidden = True

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (hide_row, r"1 of the 20 rows of the sheet are hidden \(in Excel row 5\)"),
        (hide("B"), "1 column that is used is hidden: 'principal'"),
        (hide("A"), "'customer_id'"),
        (lambda at: at.merge_cells("B3:B5"), r"cells are merged among the rows \(1: B3:B5\)"),
        (lambda at: at.merge_cells("B3:C3"), "B3:C3"),
    ],
)
def test_what_is_hidden_or_merged_among_the_used_is_refused(
    tmp_path: Path, change: Callable[[Worksheet], object], said: str
) -> None:
    with pytest.raises(DataRefused, match=said):
        read_file(sheet(tmp_path, change), CONTRACT)


@pytest.mark.parametrize(
    "change", [hide("C"), hide("F"), lambda at: at.merge_cells("C3:C5"), lambda at: at.merge_cells("B40:B44")]
)
def test_what_nobody_uses_stops_nothing(tmp_path: Path, change: Callable[[Worksheet], object]) -> None:
    assert read_file(sheet(tmp_path, change), CONTRACT).loaded == 20


def test_a_hidden_row_of_an_empty_sheet_stops_nothing(tmp_path: Path) -> None:
    assert read_file(sheet(tmp_path, hide_row, empty=True), CONTRACT).loaded == 20


@pytest.mark.parametrize(("file", "hidden"), [("filtered.xlsx", 20), ("by_hand.xlsx", 3)])
def test_rows_hidden_by_a_filter_or_by_hand(reference_data: Path, file: str, hidden: int) -> None:
    folder = reference_data.parent / "cases" / "28-hidden-rows"
    contract = population_contract(load_protocol(folder / "p.yaml").protocol)
    with pytest.raises(DataRefused, match=f"{hidden} of the 40 rows of the sheet are hidden"):
        read_file(folder / file, contract)
