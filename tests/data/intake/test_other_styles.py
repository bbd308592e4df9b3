"""A column is read in one way, or refused: decimal commas, thousands, dates as categories, what nobody sees."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from data.errors import DataRefused
from data.intake import Intake, read_file
from data.schema import BadCellRule, ColumnContract, FileContract
from designs.protocol import load_protocol, population_contract
from tests.data.intake.test_files_as_they_come import saved
from trials.stages.analyse import analyse


def read(folder: Path, cells: Sequence[str], rule: BadCellRule, column: ColumnContract, ending: str = ".csv") -> Intake:
    rows = [["customer_id", column.name], *([f"A{i:05d}", f'"{cell}"' if ending == ".csv" else cell]
            for i, cell in enumerate(cells))]  # fmt: skip
    return read_file(saved(folder, f"file{ending}", rows), FileContract("customer_id", (column,), bad_cells=rule))


PLAIN = [f"{i}.50" for i in range(100, 160)]
RULES: tuple[BadCellRule, ...] = ("reject_row", "missing")


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", ["number", "any"])
@pytest.mark.parametrize(
    "cells",
    [
        [*PLAIN, *["1.234,50"] * 20],
        [*PLAIN, *["£12"] * 20],
        [*PLAIN, *["12,5"] * 20],
        [*PLAIN, *["(12)"] * 20],
        [*PLAIN, *["1'234"] * 20],
        [*PLAIN, *["12 %"] * 20],
        [*PLAIN, "987,5", "2.500"],
        [*PLAIN, "1.234.567", "2.500"],
        [*PLAIN, "(12.50)"],
        [*PLAIN, "12.50-"],
        [*PLAIN, "\u221212.50"],
        [*PLAIN, "12.50 CR"],
        [*(str(i) for i in range(100, 160)), "1,234"],
        [*(str(i) for i in range(100, 160)), "1 234"],
    ],
)
def test_a_column_in_two_styles_is_refused(
    tmp_path: Path, cells: list[str], kind: str, rule: BadCellRule, ending: str
) -> None:
    column = ColumnContract("debt", kind, numeric=kind == "any")  # type: ignore[arg-type]
    if kind == "any" and rule == "reject_row":
        column = ColumnContract("debt", "number")
    with pytest.raises(DataRefused, match=r"debt is written in two ways: .*\(row \d+\) and .*\(row \d+\)"):
        read(tmp_path, cells, rule, column, ending)


@pytest.mark.parametrize("slip", ["£12", "12,5", "1,234"])
def test_a_slip_among_many_numbers_costs_its_cell(tmp_path: Path, slip: str) -> None:
    cells = [*PLAIN, "1234.50", slip]
    intake = read(tmp_path, cells, "missing", ColumnContract("debt", "number"))
    assert [len(column.rows) for column in intake.unreadable] == [1]
    assert read(tmp_path, cells, "reject_row", ColumnContract("debt", "number")).rejected == 1


def test_numbers_outside_their_bounds_are_no_other_style(tmp_path: Path) -> None:
    cells = [*["1"] * 10, *["-1"] * 10]
    assert read(tmp_path, cells, "reject_row", ColumnContract("debt", "number", minimum=0)).rejected == 10


def test_two_decimal_marks_in_one_column(reference_data: Path) -> None:
    folder = reference_data.parent / "cases" / "25-two-decimal-marks-in-one-column"
    contract = population_contract(load_protocol(folder / "p.yaml").protocol)
    with pytest.raises(DataRefused, match=r"'1\.234,50' \(row 1\) and '2\.500' \(row 2\)"):
        read_file(folder / "population.csv", contract)


def test_a_nul_in_a_stratum(reference_data: Path) -> None:
    folder = reference_data.parent / "cases" / "36-nul-in-a-stratum"
    intake = read_file(folder / "population.csv", population_contract(load_protocol(folder / "p.yaml").protocol))
    assert [(rejection.row, rejection.field) for rejection in intake.rejections] == [(4, "region"), (5, "customer_id")]


@pytest.mark.parametrize("mark", ["\x00", "\x07", "\x7f", "\u200b", "\ufeff", "\u00ad", "\u202e", "\x85"])
@pytest.mark.parametrize("kind", ["text", "any"])
def test_what_nobody_sees_is_no_part_of_a_word(tmp_path: Path, kind: str, mark: str) -> None:
    column = ColumnContract("office", kind)  # type: ignore[arg-type]
    cells = ["North", f"No{mark}rth", "Süd", "two\nlines", "tab\there"]
    intake = read(tmp_path, cells, "reject_row", column)
    assert [(rejection.row, rejection.field) for rejection in intake.rejections] == [(2, "office")]
    intake = read(tmp_path, cells, "missing", column)
    assert (intake.loaded, intake.table.column("office").to_pylist()[1]) == (5, None)


def test_a_line_end_across_a_block(reference_data: Path) -> None:
    folder = reference_data.parent / "cases" / "35-line-end-across-a-block"
    contract = population_contract(load_protocol(folder / "p.yaml").protocol)
    intake = read_file(folder / "population.csv.gz", contract)
    assert set(intake.table.column("office").to_pylist()) == {"Upper\r\nRoom", "Lower\r\nRoom"}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\r\r\n", "\n\r"])
@pytest.mark.parametrize("shift", range(4))
def test_line_ends_in_values_at_the_edge_of_every_block(tmp_path: Path, end: str, shift: int, packed: bool) -> None:
    edge, rows = 1 << 20, [b"customer_id,office\r\n"]
    size = len(rows[0])
    for block in (1, 2, 3):
        cell = f'B{block},"Upper'.encode()
        while (left := edge * block + shift - 2 - len(cell) - size) > 3_000:
            rows.append(b"%d," % len(rows) + b"n" * 990 + b"\r\n")
            size += len(rows[-1])
        rows.append(b"%08d," % len(rows) + b"n" * (left - 11) + b"\r\n")
        rows.append(cell + end.encode() + b'Room"\r\n')
        size += len(rows[-2]) + len(rows[-1])
    content = b"".join(rows)
    path = tmp_path / ("f.csv.gz" if packed else "f.csv")
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    contract = FileContract("customer_id", (ColumnContract("office", "text"),))
    offices = read_file(path, contract).table.column("office").to_pylist()
    assert [office for office in offices if office.startswith("U")] == [f"Upper{end}Room"] * 3


@pytest.mark.parametrize(
    ("file", "estimate"),
    [("two_places.csv", 0.135), ("zero_one.csv", 0.135), ("yes_no.csv", None), ("words.csv", None)],
)
def test_yes_and_no(reference_data: Path, file: str, estimate: float | None) -> None:
    folder = reference_data.parent / "cases" / "41-yes-and-no"
    if estimate is None:
        with pytest.raises(DataRefused, match="no cell of paid can be read"):
            analyse(folder / "p.yaml", folder / file)
        return
    evaluation = analyse(folder / "p.yaml", folder / file)
    assert evaluation.estimates[0].estimate == pytest.approx(estimate, abs=1e-9)


@pytest.mark.parametrize("file", ["one_two.csv", "plus_one.csv", "hundred.csv"])
def test_only_one_value_is_read(reference_data: Path, file: str) -> None:
    folder = reference_data.parent / "cases" / "42-only-one-value-is-read"
    with pytest.raises(DataRefused, match="only one can be read"):
        analyse(folder / "p.yaml", folder / file)


def test_dates_are_no_categories(reference_data: Path) -> None:
    folder = reference_data.parent / "cases" / "44-dates-as-categories"
    with pytest.raises(DataRefused, match="due holds dates in 224 spellings among 400 customers"):
        analyse(folder / "p.yaml", folder / "d.csv")


def test_a_value_of_everybodys_own_is_no_category(tmp_path: Path) -> None:
    column = ColumnContract("postcode", levels="where_text")
    with pytest.raises(DataRefused, match=r"postcode has 60 different values among 60 customers"):
        read(tmp_path, [f"AB{i} {i}CD" for i in range(60)], "missing", column)
    assert read(tmp_path, [f"AB{i % 25}" for i in range(60)], "missing", column).loaded == 60


ERRORS = ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", ["number", "boolean", "text", "any"])
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_an_error_of_a_spreadsheet_is_no_blank_and_no_word(
    tmp_path: Path, kind: str, rule: BadCellRule, ending: str
) -> None:
    cells = [*["1", "0"] * 20, *ERRORS]
    intake = read(tmp_path, cells, rule, ColumnContract("debt", kind, numeric=kind == "any"), ending)  # type: ignore[arg-type]
    if rule == "missing":
        (unreadable,) = intake.unreadable
        assert (unreadable.rows.tolist(), intake.loaded) == (list(range(41, 48)), 47)
        said = unreadable.reasons.to_pylist()
    else:
        said = [rejection.reason for rejection in intake.rejections]
    assert said == [f"'{code}' is an error of the spreadsheet, no value" for code in ERRORS]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("yes", "no", "more"), [("1", "2", "9"), ("YES", "0", "Yes"), ("1", "No", "NO"), ("2", "1", "2")]
)
def test_of_two_codes_only_one_is_read(tmp_path: Path, yes: str, no: str, more: str, rule: BadCellRule) -> None:
    """Also where the other is spelled in two ways, or stands beside a third; and before the draw as after it."""
    with pytest.raises(DataRefused, match="of the two values of debt only one can be read"):
        read(tmp_path, [*[yes, no] * 10, more], rule, ColumnContract("debt", "boolean"))


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_covariate_of_numbers_and_words_asks_to_be_declared(tmp_path: Path, ending: str) -> None:
    column = ColumnContract("debt", "any", numeric=True)
    with pytest.raises(DataRefused, match=r"most values of debt are numbers, and some are none, such as 'see note'"):
        read(tmp_path, [*[f"{i}.25" for i in range(12)], *["see note"] * 5], "missing", column, ending)
    codes = read(tmp_path, [*["1", "2", "X"] * 5, "1", "2"], "missing", column, ending)
    assert set(codes.table.column("debt").to_pylist()) == {"1", "2", "X"}


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".dta"])
@pytest.mark.parametrize("cells", [["12", "7", "30"], ["12.5", "7.25", "3e2"], ["12", "7", "NA"], ["012", "7", "30"]])
def test_a_covariate_of_numbers_is_the_same_in_every_format(tmp_path: Path, ending: str, cells: list[str]) -> None:
    """In a file with types, too, where they are marked as text; a code with zeros in front is one in all of them."""
    column, file = ColumnContract("debt", "any", numeric=True), tmp_path / f"typed{ending}"
    frame = pd.DataFrame({"customer_id": [f"A{i:05d}" for i in range(12)], "debt": cells * 4})
    if ending == ".parquet":
        frame.to_parquet(file)
    elif ending == ".dta":
        frame.to_stata(file, write_index=False, version=118)
    typed = ending in (".parquet", ".dta")
    contract = FileContract("customer_id", (column,), bad_cells="missing")
    intake = read_file(file, contract) if typed else read(tmp_path, cells * 4, "missing", column, ending)
    code = cells[0].startswith("0")
    expected = cells if code else [None if cell == "NA" else float(cell) for cell in cells]
    assert intake.table.column("debt").to_pylist() == expected * 4
    said = [warning for warning in intake.warnings if "marks it as text" in warning]
    assert len(said) == (typed and not code and "NA" not in cells)


@pytest.mark.parametrize("odd", ["'12.50", "GBP 12.50", "1250p", "１２", "nil", "n.k."])
def test_a_covariate_stays_a_number_beside_numbers_badly_written(tmp_path: Path, odd: str) -> None:
    cells = [*[f"{i}.25" for i in range(40)], odd]
    intake = read(tmp_path, cells, "missing", ColumnContract("debt", "any", numeric=True))
    assert intake.table.column("debt").to_pylist()[:2] == [0.25, 1.25]
    assert [cells.rows.tolist() for cells in intake.unreadable] == [[41]]


def test_a_number_beyond_all_numbers_is_none(tmp_path: Path) -> None:
    intake = read(tmp_path, [*PLAIN, "1e400"], "missing", ColumnContract("debt", "any", numeric=True))
    assert [cells.reasons.to_pylist() for cells in intake.unreadable] == [["'1e400' is infinite"]]
