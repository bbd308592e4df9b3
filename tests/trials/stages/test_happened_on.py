"""Outcomes that carry their day count from day 0 to the outcome's day; what cannot be is told by cell."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.results import Evaluation
from data.errors import DataRefused
from tests.golden.external import arm, outcome, protocol
from tests.trials.examples import FIRST, SEED, Files, allocated, eligible, load_outcomes, write_csv
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.stages.allocate import randomise
from trials.stages.analyse import analyse
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register

ZERO = date(2026, 2, 2)
CUT = date(2026, 4, 1)
Row = dict[str, Any]


def paid_on(day: int | None, *, paid: int = 1, **more: Any) -> Row:
    """What a customer did, and how many days after day 0."""
    written = "" if day is None else (ZERO + timedelta(days=day)).isoformat()
    return {"paid": paid, "amount": 60 * paid, "paid_on": written, **more}


NOTHING = paid_on(None, paid=0)


@pytest.fixture
def trial(tmp_path: Path) -> Callable[..., Evaluation]:
    """A trial of 400 made elsewhere, in which 4 in 10 of each arm pay on day 5, and what is said of those given."""

    def analysed(rows: dict[int, Row], *, ending: str = "csv", as_at: date = CUT, by_day: bool = True) -> Evaluation:
        table = [
            {"id": n, "group": "CT"[n % 2], **rows.get(n, paid_on(5) if n // 2 % 10 < 4 else NOTHING)}
            for n in range(400)
        ]
        declared = protocol(
            arms=[arm("nfa", "C", "nfa"), arm("letter", "T")],
            outcomes=[
                outcome("paid", "binary", day=23) | ({"happened_on": "paid_on"} if by_day else {}),
                outcome("amount", "amount", role="secondary", happened_on="paid_on"),
            ],
            arm_column="group",
            population={"unit": "id"},
        )
        declared["randomisation"] |= {"allocation_date": ZERO.isoformat()}
        (tmp_path / "p.yaml").write_text(json.dumps(declared), encoding="utf-8")
        return analyse(tmp_path / "p.yaml", written(tmp_path / f"data.{ending}", table), as_at=as_at)

    return analysed


def written(path: Path, rows: list[Row]) -> Path:
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(list(rows[0]))
        for row in rows:
            day = row["paid_on"]
            sheet.append(
                [*({**row, "id": str(row["id"]), "paid_on": date.fromisoformat(day) if day else None}).values()]
            )
        book.save(path)
    elif path.suffix == ".parquet":
        days = [date.fromisoformat(row["paid_on"]) if row["paid_on"] else None for row in rows]
        table = pa.Table.from_pylist(rows)
        place = table.column_names.index("paid_on")
        pq.write_table(table.set_column(place, "paid_on", pa.array(days, pa.date32())), path)
    else:
        write_csv(path, rows)
    return path


def effect(evaluation: Evaluation, of: str = "paid") -> float:
    (row,) = (row for row in evaluation.estimates if row.outcome == of and row.estimand == "itt")
    assert row.estimate is not None
    return row.estimate


def days(evaluation: Evaluation, of: str = "paid") -> Any:
    return next(check for check in evaluation.checks if check.name == f"in_its_days_{of}")


EARLY_IN_BOTH = {n: paid_on(-3) for n in range(400) if n // 2 % 10 == 9}


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_what_happened_before_day_0_is_counted_apart_and_no_outcome(
    trial: Callable[..., Evaluation], ending: str
) -> None:
    evaluation = trial(EARLY_IN_BOTH, ending=ending)
    (row,) = (row for row in evaluation.estimates if row.outcome == "paid" and row.estimand == "itt")
    assert row.mean_comparison == pytest.approx(0.4)
    assert effect(evaluation) == effect(evaluation, "amount") == 0.0
    assert days(evaluation).passed is True
    assert (days(evaluation).figures["before_nfa"], days(evaluation).figures["before_letter"]) == (20, 20)
    assert "before day 0" in days(evaluation).detail
    assert evaluation.unreadable == ()


def test_arms_that_differ_before_day_0_make_nothing_of_a_verdict(trial: Callable[..., Evaluation]) -> None:
    evaluation = trial({n: paid_on(-40) for n in range(400) if n % 2 and n // 2 % 10 > 6})
    assert (days(evaluation).passed, days(evaluation).severity) == (False, "blocks")
    assert evaluation.verdict.code == "invalid"


@pytest.mark.parametrize(("day", "counts"), [(-1, 0), (0, 1), (23, 1), (24, 0)])
def test_the_first_day_and_the_last_are_in(trial: Callable[..., Evaluation], day: int, counts: int) -> None:
    without = trial({})
    more = trial({19: paid_on(day)})
    assert effect(more) - effect(without) == pytest.approx(counts / 200)


def test_an_outcome_without_a_last_day_has_none(trial: Callable[..., Evaluation]) -> None:
    evaluation = trial({19: paid_on(50)})
    assert effect(evaluation, "amount") == pytest.approx(60 / 200)
    assert effect(evaluation) == 0.0
    assert days(evaluation).figures["after_letter"] == 1
    assert "after day" not in days(evaluation, "amount").detail


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (paid_on(None), "has no day in 'paid_on'"),
        (paid_on(5) | {"paid_on": "2026-02-30"}, "has no day in 'paid_on'"),
        (paid_on(5) | {"paid_on": "1900-01-01"}, "has no day in 'paid_on'"),
        (paid_on(90), "after 2026-04-01, which is to come"),
        (paid_on(5, paid=0), "though nothing happened"),
    ],
    ids=["no day", "no day of the calendar", "a day that stands for none", "to come", "nothing happened"],
)
def test_what_cannot_be_is_missing_and_told_by_cell(trial: Callable[..., Evaluation], row: Row, reason: str) -> None:
    evaluation = trial({19: row})
    told = {(cell.row, cell.field): cell.reason for cell in evaluation.unreadable}
    assert reason in told[20, "paid"]
    assert reason in told[20, "amount"]
    assert evaluation.flow.analysed == 399
    assert next(check for check in evaluation.checks if check.name == "cells_read").passed is False


def test_days_that_nobody_has_are_no_days(trial: Callable[..., Evaluation]) -> None:
    """Were they missing outcomes, whoever is left would be those to whom it did not happen."""
    with pytest.raises(TrialRefused, match="paid happened to 160 customers, and none of them has a day"):
        trial({n: paid_on(None) for n in range(400) if n // 2 % 10 < 4})


def test_a_day_that_stands_for_none_beside_what_did_not_happen_is_nothing(trial: Callable[..., Evaluation]) -> None:
    never = {n: NOTHING | {"paid_on": "1900-01-01"} for n in range(400) if n // 2 % 10 >= 4}
    evaluation = trial(never)
    assert (evaluation.flow.analysed, evaluation.unreadable) == (400, ())


def test_a_day_of_something_else_that_happened_is_no_fault(trial: Callable[..., Evaluation]) -> None:
    evaluation = trial({19: paid_on(5) | {"amount": 0}})
    assert evaluation.unreadable == ()
    assert effect(evaluation) == pytest.approx(1 / 200)


@pytest.fixture
def assigned(registry: Registry, files: Files) -> Registry:
    def change(text: str) -> str:
        text = text.replace("day: 23}", "day: 23, happened_on: paid_on}")
        text = text.replace("kind: amount, direction: increase}", "kind: amount, happened_on: paid_on}")
        scheme = "complete, allocation_date: 2026-02-02"
        return (
            text.replace("method: complete", f"method: {scheme}")
            + "clock: {drawn_on: 2026-02-02, cut_on: 2026-04-01}\n"
        )

    files.edit_protocol(change)
    allocated(registry, files)
    return registry


def returned(files: Files, changes: Callable[[int], Row | None]) -> Path:
    rows = []
    for number, row in enumerate(eligible(files.customers)):
        what = changes(number) or (paid_on(5) if number % 3 == 0 else NOTHING)
        done = {"paid": what["paid"], "collected": what["amount"], "paid_on": what["paid_on"]}
        rows.append({"customer_id": row["customer_id"], **done})
    return write_csv(files.outcomes, rows)


def test_the_registry_counts_as_analyse_does(assigned: Registry, files: Files) -> None:
    account = load_outcomes(
        assigned, FIRST, files.trial, returned(files, lambda n: paid_on(-3) if n % 7 == 1 else None)
    )
    assert (account.rejected, account.unreadable, account.warnings) == (0, (), ())
    document = evaluate(assigned, FIRST, files.trial).document
    check = next(check for check in document["checks"] if check["name"] == "in_its_days_paid")
    people = len(eligible(files.customers))
    before = sum(value for name, value in check["figures"].items() if name.startswith("before_"))
    assert before == sum(n % 7 == 1 for n in range(people))
    rows = [row for row in document["estimates"] if row["outcome"] == "paid" and not row["subgroup"]]
    assert rows[0]["n_comparison"] + sum({row["arm"]: row["n_arm"] for row in rows}.values()) == people


def test_a_load_tells_what_cannot_be_by_cell(assigned: Registry, files: Files) -> None:
    bad = {2: paid_on(None), 4: paid_on(90), 5: paid_on(5, paid=0)}
    account = load_outcomes(assigned, FIRST, files.trial, returned(files, bad.get))
    assert {(cell.row, cell.field) for cell in account.unreadable} == {
        (row + 1, field) for row in bad for field in ("paid", "collected")
    }
    document = evaluate(assigned, FIRST, files.trial).document
    assert document["flow"]["analysed"] == len(eligible(files.customers)) - 3
    assert {cell["row"] for cell in document["unreadable"]} == {3, 5, 6}


def test_payers_alone_are_seen_where_some_paid_before(assigned: Registry, files: Files) -> None:
    """What was not in its days is no no of the file."""
    path = returned(files, lambda n: paid_on(-3) if n % 7 == 1 else None)
    rows = [line for line in path.read_text().splitlines() if ",0,0," not in line]
    path.write_text("\n".join(rows) + "\n")
    load_outcomes(assigned, FIRST, files.trial, path)
    document = evaluate(assigned, FIRST, files.trial).document
    assert any(check["name"] == "only_yes_paid" for check in document["checks"])


def test_days_that_cannot_be_read_are_to_be_written_as_days(assigned: Registry, files: Files) -> None:
    path = returned(files, lambda n: paid_on(5) | {"paid_on": "22/02/2026"})
    with pytest.raises(DataRefused, match=r"no cell of paid_on can be read .*write days as 2026-02-02") as refused:
        load_outcomes(assigned, FIRST, files.trial, path)
    assert "1234.50" not in str(refused.value)


def test_a_case_of_payments_before_the_text(registry: Registry, tmp_path: Path, reference_data: Path) -> None:
    """Four in ten of each arm pay on day 5, and three in ten of those with the text had paid before it."""
    folder = reference_data.parent / "cases" / "field-trial"
    plan = tmp_path / "p.yaml"
    text = (folder / "p.yaml").read_text().replace("day: 23}", "day: 23, happened_on: paid_on}")
    plan.write_text(text.replace("kind: amount, direction", "kind: amount, happened_on: paid_on, direction"))
    load_population(registry, FIRST, folder / "population.csv", plan, synthetic=True)
    register(registry, FIRST, plan)
    lock(registry, FIRST, "text-reminder")
    randomise(registry, FIRST, "text-reminder", demonstration_seed=SEED)
    listed = issue(registry, FIRST, "text-reminder", "text", tmp_path, columns=["mobile", "ref"]).path
    made = [sys.executable, "made.py", "outcomes_with_days", "population.csv", str(listed), str(tmp_path / "o.csv")]
    subprocess.run(made, cwd=folder, check=True)
    load_outcomes(registry, FIRST, "text-reminder", tmp_path / "o.csv")
    document = evaluate(registry, FIRST, "text-reminder").document
    check = next(check for check in document["checks"] if check["name"] == "in_its_days_paid")
    assert (check["figures"]["before_none"], check["figures"]["before_text"]) == (0, 90)
    assert check["passed"] is False
    assert document["verdict"]["code"] == "invalid"
