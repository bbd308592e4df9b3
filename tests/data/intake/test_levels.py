"""Strata, segments and categories: their values are levels, each written in one way; else the file is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.errors import DataRefused
from data.intake import Intake, read_file
from data.schema import ColumnContract, FileContract, Kind, LevelRule
from designs.protocol import external_contract, population_contract
from tests.data.intake.test_codes import written
from tests.designs.protocol.examples import ELSEWHERE, HERE, changed, loaded
from tests.saved import saved
from trials.stages.analyse import analyse

TYPED = (".csv", ".csv.gz", ".xlsx", ".parquet", ".dta")
RULES: tuple[LevelRule, ...] = ("where_text", "category", "stratum")


def read(folder: Path, cells: Sequence[Any], rule: LevelRule, ending: str = ".csv") -> Intake:
    kind: Kind = "text" if rule == "stratum" else "any"
    column = ColumnContract("x", kind, levels=rule)
    return read_file(written(folder, cells, ending), FileContract("id", (column,), bad_cells="missing"))


@pytest.mark.parametrize("ending", TYPED)
@pytest.mark.parametrize("rule", RULES)
def test_ids_are_no_levels(tmp_path: Path, rule: LevelRule, ending: str) -> None:
    with pytest.raises(DataRefused, match=r"x has 100 different values among 100 customers, such as 'AB0' \(row 1\)"):
        read(tmp_path, [f"AB{i}" for i in range(100)], rule, ending)


@pytest.mark.parametrize("ending", TYPED)
@pytest.mark.parametrize("rule", ["category", "stratum"])
@pytest.mark.parametrize("step", [1, 0.37])
def test_amounts_are_no_levels(tmp_path: Path, rule: LevelRule, ending: str, step: float) -> None:
    with pytest.raises(DataRefused, match="x has 100 different values among 100 customers"):
        read(tmp_path, [10 + i * step for i in range(100)], rule, ending)


def test_an_amount_that_nobody_calls_a_category_is_a_number(tmp_path: Path) -> None:
    assert read(tmp_path, [10 + i * 0.37 for i in range(100)], "where_text").loaded == 100


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".dta"])
@pytest.mark.parametrize("rule", RULES)
def test_a_day_of_nearly_everybodys_own_is_no_level(tmp_path: Path, rule: LevelRule, ending: str) -> None:
    days: list[Any] = [date(2026, 1, 1) + timedelta(days=i) for i in range(100)]
    if ending == ".dta":
        days = [pd.Timestamp(day) for day in days]
    with pytest.raises(DataRefused, match=r"x h(olds dates in|as) 100 "):
        read(tmp_path, days, rule, ending)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_days_may_be_strata_and_few_of_them_categories(tmp_path: Path, ending: str) -> None:
    """Customers who came on one day are assigned together; quarters begin on days."""
    thirty: list[Any] = [date(2026, 1, 1) + timedelta(days=i % 30) for i in range(120)]
    assert read(tmp_path, thirty, "stratum", ending).warnings == ()
    for rule in RULES:
        assert read(tmp_path, [thirty[i % 4] for i in range(120)], rule, ending).loaded == 120
    for rule in ("where_text", "category"):
        with pytest.raises(DataRefused, match="dates in 30 spellings"):
            read(tmp_path, thirty, rule, ending)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "days",
    [
        ("2026-02-01", "01/02/2026"),
        ("2026-02-01", "2026-02-01 00:00:00"),
        ("25/02/2026", "02/25/2026"),
        ("1 Feb 2026", "2026-02-01"),
        ("01.02.2026", "01/02/26", "2026-02-01"),
    ],
)
def test_days_in_two_styles_are_refused(tmp_path: Path, rule: LevelRule, days: tuple[str, ...], ending: str) -> None:
    cells = [days[i % len(days)] for i in range(60)]
    with pytest.raises(DataRefused, match=r"the dates of x are written in two ways, such as '.*' \(row \d\) and '"):
        read(tmp_path, cells, rule, ending)


@pytest.mark.parametrize("days", [("01/02/2026", "01/05/2026"), ("2026-02-01", "2026-05-01"), ("Feb 2026", "2026-05")])
@pytest.mark.parametrize("rule", RULES)
def test_days_in_one_style_are_labels(tmp_path: Path, rule: LevelRule, days: tuple[str, str]) -> None:
    assert read(tmp_path, [days[i % 2] for i in range(60)], rule).warnings == ()


def test_pairs_that_lost_a_partner_are_strata(tmp_path: Path) -> None:
    blocks = [f"pair {i // 2}" for i in range(200)][:-60] + [f"pair {i}" for i in range(70, 100)]
    assert read(tmp_path, blocks, "stratum").loaded == 170


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("other", ["north ", "NORTH", "\uff2eorth"])
def test_levels_that_people_read_as_one_are_named(tmp_path: Path, rule: LevelRule, other: str) -> None:
    intake = read(tmp_path, ["North", other, "South"] * 10, rule)
    (said,) = intake.warnings
    assert "values differ only by capitals, width, blanks" in said


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_labels_may_be_everybodys_own_and_are_compared(tmp_path: Path, ending: str) -> None:
    """Of a household, or of a mark that a condition asks for: Y and y would not be one."""
    assert read(tmp_path, [f"H{i}" for i in range(100)], "label", ending).warnings == ()
    (said,) = read(tmp_path, [*(f"H{i}" for i in range(100)), "h7 "], "label", ending).warnings
    assert "'H7' and 'h7 '" in said


@pytest.mark.parametrize("kind", ["text", "any"])
@pytest.mark.parametrize("ending", TYPED)
def test_a_cell_of_blanks_is_blank_in_every_column(tmp_path: Path, ending: str, kind: Kind) -> None:
    for cells in (["North", "  ", "South", "\u00a0"], ["North", "", "South", " "], ["5", " ", "6", "\t"]):
        file = written(tmp_path, cells, ending)
        intake = read_file(file, FileContract("id", (ColumnContract("x", kind),)))
        assert [value is None for value in intake.table["x"].to_pylist()] == [False, True, False, True]


def test_phone_numbers_keep_their_plus(tmp_path: Path) -> None:
    cells = [f"+4477009000{i:02d}" for i in range(20)]
    assert read(tmp_path, cells, "label").table["x"].to_pylist() == cells
    assert read(tmp_path, ["+5", "-3", "+0.5"], "label").table["x"].to_pylist() == [5, -3, 0.5]


def test_numbers_that_are_levels_in_two_spellings_are_named(tmp_path: Path) -> None:
    (said,) = read(tmp_path, ["1", "1.0", "2"] * 10, "stratum").warnings
    assert "'1' and '1.0'" in said


def test_every_use_as_a_level_is_judged(tmp_path: Path) -> None:
    protocol = loaded(
        tmp_path,
        changed(
            HERE,
            (
                "analysis.covariates",
                ["age_days", {"column": "band", "as": "category"}, {"column": "debt", "as": "number"}],
            ),
            ("analysis.subgroups", [{"column": "reason"}, {"column": "debt", "quantiles": 4}]),
            ("population.where[1]", {"column": "office", "not_equals": "London"}),
            ("population.cluster", "household"),
            ("analysis.standard_errors", "CR2"),
        ),
    ).protocol
    rules = {column.name: column.levels for column in population_contract(protocol).columns}
    assert rules == {
        "years_late": None,
        "trust": None,
        "office": "label",
        "household": "label",
        "region": "stratum",
        "age_days": "where_text",
        "band": "category",
        "debt": None,
        "reason": "category",
    }


@pytest.mark.parametrize("use", ["stratum", "segment", "category"])
@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".dta"])
def test_analyse_refuses_what_a_load_refuses(tmp_path: Path, use: str, ending: str) -> None:
    change = {
        "stratum": ("randomisation.strata", ["x"]),
        "segment": ("analysis.subgroups", [{"column": "x"}]),
        "category": ("analysis.covariates", [{"column": "x", "as": "category"}]),
    }[use]
    plan = loaded(tmp_path, changed(ELSEWHERE, change, ("randomisation.shares", {"control": 1, "letter": 1})))
    assert external_contract(plan.protocol).columns
    data = pd.DataFrame({"treated": [0, 1] * 60, "filed": [0, 1, 1, 0] * 30, "x": [i * 1.25 for i in range(120)]})
    path = saved(data, tmp_path / f"data{ending}")
    with pytest.raises(DataRefused, match="x has 120 different values"):
        analyse(tmp_path / "protocol.yaml", path)
