"""One verdict however a blank is written: the document of a trial is the same under every spelling of it.

The spellings of a blank are those that intake takes for a missing value, mixed within one column, in every format and
in every use of a column whose value may be missing. Where a word may be a value (the level of a stratum or a segment)
they are those that cannot be one.
"""

from __future__ import annotations

import csv
import functools
import gzip
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analysis.document import to_document
from data.engine import open_engine
from data.intake.columns import MISSING_TOKENS
from data.schema import NOT_KNOWN
from tests.golden.external import arm, outcome, protocol
from tests.trials.examples import FIRST, Files, allocated, eligible, load_contacts, load_outcomes, outcomes
from tests.trials.stages.test_issue import arms_by_export_id
from trials.registry import Registry, open_registry
from trials.settings import Settings
from trials.stages.analyse import analyse
from trials.stages.evaluate import evaluate
from trials.stages.population import load_population

Cells = Mapping[str, Sequence[Any]]
FORMATS = (".csv", ".csv.gz", ".xlsx", ".parquet", ".dta")
BLANKS = ("", " ", "\t", "\u00a0  ")
TOKENS = (*BLANKS, *(token for token in MISSING_TOKENS if token))
CODES = ("-9", "NK")
UNIT = "customer_id"

# What each column may hold where nothing is known of it.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "office": BLANKS,
    "sector": BLANKS,
    "band": (*BLANKS, "ZZ"),
    "debt": TOKENS,
    "age": TOKENS,
    "score": (*TOKENS, *CODES),
    "trust": TOKENS,
    "read": (*TOKENS, *CODES),
    "paid": TOKENS,
    "status": (*TOKENS, *CODES),
    "collected": (*TOKENS, *CODES),
    "calls": TOKENS,
    "days": TOKENS,
    "event": TOKENS,
    "group": (*BLANKS, *sorted(NOT_KNOWN)),
}
PLAN = protocol(
    arms=[arm("nfa", "control", "nfa"), arm("letter", "letter", channel="letter", cost_per_customer=0.5)],
    arm_column="group",
    population={
        "unit": UNIT,
        "where": [{"column": "debt", "at_least": 20}],
        "exclude": [{"when": {"column": "trust", "equals": True}, "reason": "trusts"}],
        "columns": {
            "score": {"missing": [-9, "NK"]},
            "band": {"missing": ["ZZ"]},
            "read": {"true": [1], "false": [0], "missing": ["-9", "NK"]},
        },
    },
    randomisation={"strata": ["office"]},
    outcomes=[
        outcome("paid", "binary"),
        outcome("full", "binary", role="secondary", column="status", true=["P"], false=["N"], missing=["-9", "NK"]),
        outcome("collected", "amount", role="secondary", missing=["-9", "NK"]),
        outcome("calls", "count", role="secondary"),
        outcome("wait", "time_to_event", role="secondary", time="days", event="event", horizon=30),
    ],
    analysis={
        "covariates": [{"column": "age", "as": "number"}, {"column": "score", "as": "number"}, "band"],
        "adjustment": "additive",
        "subgroups": [{"column": "sector"}, {"column": "score", "quantiles": 2}],
        "complier": {"received": "read"},
    },
    decision={"benefits": [{"outcome": "collected", "value": 1}]},
)


@functools.cache
def people() -> Cells:
    """240 customers; None wherever nothing is known, in some three of a hundred cells of every column.

    Whoever has no arm is left out by the plan, else no verdict would be reached.
    """
    rng = np.random.default_rng(11)
    n = 240
    columns: dict[str, list[Any]] = {
        UNIT: [f"C{i:05d}" for i in range(n)],
        "group": ["control" if i % 2 else "letter" for i in range(n)],
        "office": rng.choice(["North", "South", "West"], n).tolist(),
        "sector": rng.choice(["shops", "trades"], n).tolist(),
        "band": rng.choice(["low", "mid", "high"], n).tolist(),
        "debt": (rng.integers(30, 400, n) / 2 + 0.25).tolist(),
        "age": (rng.integers(40, 170, n) / 2 + 0.25).tolist(),
        "score": (rng.integers(0, 400, n) / 4 + 0.125).tolist(),
        "trust": (rng.random(n) < 0.05).astype(int).tolist(),
        "read": (rng.random(n) < 0.6).astype(int).tolist(),
        "paid": (rng.random(n) < 0.4).astype(int).tolist(),
        "status": rng.choice(["P", "N"], n).tolist(),
        "collected": (rng.integers(0, 300, n) / 4).tolist(),
        "calls": rng.integers(0, 4, n).tolist(),
        "days": (rng.integers(1, 80, n) / 2).tolist(),
        "event": (rng.random(n) < 0.5).astype(int).tolist(),
    }
    for name in SPELLINGS:
        lost = rng.random(n) < 0.03
        lost[[2, 3]] = True  # somebody in each arm
        if name == "group":
            lost = np.array([value is not None and value < 20 for value in columns["debt"]])
        columns[name] = [None if gone else value for value, gone in zip(columns[name], lost, strict=True)]
    return columns


def drawn(seed: int) -> Callable[[int], int]:
    rng = np.random.default_rng(seed)
    return lambda choices: int(rng.integers(choices))


def spelled(columns: Cells, spellings: Mapping[str, Sequence[str]], draw: Callable[[int], int]) -> Cells:
    """The table as text, each missing cell spelled as drawn."""

    def cell(name: str, value: Any) -> str:
        ways = spellings.get(name, ("",))
        return ways[draw(len(ways))] if value is None else str(value)

    return {name: [cell(name, value) for value in values] for name, values in columns.items()}


def delimited(columns: Cells, draw: Callable[[int], int]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if draw(2) else csv.QUOTE_MINIMAL)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def written(folder: Path, ending: str, columns: Cells, texts: Cells, draw: Callable[[int], int]) -> Path:
    """A file of the table: a column is text, or typed where its format has types, as drawn; a missing value of a typed
    cell is an empty one, null or not a number."""
    path = folder / f"file{ending}"
    if ending.startswith(".csv"):
        content = delimited(texts, draw)
        path.write_bytes(gzip.compress(content) if ending.endswith(".gz") else content)
    elif ending == ".xlsx":
        book = openpyxl.Workbook()
        book.active.append(list(columns))
        for row in zip(*(zip(columns[name], texts[name], strict=True) for name in columns), strict=True):
            book.active.append([text if value is None and draw(3) else value for value, text in row])
        book.save(path)
    elif ending == ".parquet":
        typed = {name: _typed(values, texts[name], draw) for name, values in columns.items()}
        pq.write_table(pa.table(typed), path)
    else:
        # Stata has no empty text of another kind, and numbers that are missing by themselves.
        kinds = {name: draw(2) and not isinstance(_first(values), str) for name, values in columns.items()}
        frame = {name: pd.Series(columns[name] if kinds[name] else texts[name]) for name in columns}
        pd.DataFrame(frame).to_stata(path, write_index=False)
    return path


def _typed(values: Sequence[Any], texts: Sequence[str], draw: Callable[[int], int]) -> pa.Array:
    """As text; or as what it is, where nulls and not-a-numbers are blanks, as are nulls among texts."""
    if isinstance(_first(values), str):
        return pa.array(
            [None if value is None and draw(3) == 0 else text for value, text in zip(values, texts, strict=True)]
        )
    if draw(2):
        return pa.array(texts)
    if isinstance(_first(values), float):
        return pa.array([float("nan") if value is None and draw(2) else value for value in values], pa.float64())
    return pa.array(values)


def _first(values: Sequence[Any]) -> Any:
    return next(value for value in values if value is not None)


def judged(folder: Path, path: Path) -> dict[str, Any]:
    plan = folder / "plan.yaml"
    plan.write_text(json.dumps(PLAN))
    # One thread: sums of doubles taken in another order differ in their last digit.
    engine = open_engine("duckdb", threads=1)
    return without_digest(to_document(analyse(plan, path, as_at=date(2026, 1, 1), engine=engine)))


def without_digest(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "data_digest"}


@functools.cache
def as_empty_cells(folder: Path) -> str:
    """The document where every blank is an empty cell of a CSV file."""
    columns = people()
    path = written(folder, ".csv", columns, spelled(columns, {}, lambda _: 0), lambda _: 0)
    return json.dumps(judged(folder, path), sort_keys=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blanks")


def test_something_is_missing_everywhere_and_a_verdict_is_reached(folder: Path) -> None:
    document = json.loads(as_empty_cells(folder))
    assert all(None in people()[name] for name in SPELLINGS)
    assert document["flow"]["rejected"] == 0
    assert document["verdict"]["code"] != "invalid"
    assert not any(check["name"] == "cells_read" for check in document["checks"])
    assert {row["outcome"] for row in document["estimates"] if row["estimate"] is not None} >= {"paid", "full", "wait"}


@pytest.mark.parametrize("ending", FORMATS)
@settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(seed=st.integers(0, 2**32 - 1))
def test_analyse_gives_one_document(folder: Path, ending: str, seed: int) -> None:
    draw, columns = drawn(seed), people()
    path = written(folder, ending, columns, spelled(columns, SPELLINGS, draw), draw)
    assert json.dumps(judged(folder, path), sort_keys=True) == as_empty_cells(folder)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    opened = open_registry(Settings(home=tmp_path / "home"))
    yield opened
    opened.close()


def as_columns(rows: Sequence[Mapping[str, Any]], **missing_every: int) -> Cells:
    """Rows as columns, every so many cells of some of them missing."""
    columns: Cells = {name: [row[name] for row in rows] for name in rows[0]}
    for name, every in missing_every.items():
        columns = {**columns, name: [None if at % every == 1 else value for at, value in enumerate(columns[name])]}
    return columns


OF_FILES = {
    "age": TOKENS,
    "hnw": TOKENS,
    "principal": TOKENS,
    "paid": (*TOKENS, *CODES),
    "collected": TOKENS,
    "read": TOKENS,
}


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_population_is_one(registry: Registry, tmp_path: Path, ending: str, seed: int) -> None:
    files = Files(tmp_path / "files")
    columns = as_columns(files.customers, age=31, hnw=41, principal=53)

    def loaded(ending: str, spellings: Mapping[str, Sequence[str]], draw: Callable[[int], int]) -> list[dict[str, Any]]:
        path = written(files.folder, ending, columns, spelled(columns, spellings, draw), draw)
        account = load_population(registry, FIRST, path, files.protocol, synthetic=True)
        assert (account.rejected, account.unreadable) == (0, ())
        rows: list[dict[str, Any]] = registry.snapshots.read(account.digest).to_pylist()
        return rows

    files.edit_protocol(lambda text: text.replace("covariates: [age]", "covariates: [{column: age, as: number}]"))
    plainly = loaded(".csv", {}, lambda _: 0)
    assert any(row["age"] is None for row in plainly)
    assert loaded(ending, OF_FILES, drawn(seed)) == plainly


def test_what_comes_back_is_judged_alike(registry: Registry, tmp_path: Path) -> None:
    files = Files(tmp_path / "files")
    files.edit_protocol(
        lambda text: text.replace("day: 23", "day: 23, true: [1], false: ['0'], missing: ['-9', NK]").replace(
            "subgroups:", "complier: {received: read}, subgroups:"
        )
    )
    allocated(registry, files)
    returned = as_columns(outcomes(eligible(files.customers)), paid=50, collected=40)
    letters = [name for name, arm_id in arms_by_export_id(registry).items() if arm_id == "letter"]
    row = {"channel": "letter", "sent_on": "2099-01-01"}
    sent = as_columns([{"export_id": name, **row, "read": at % 2} for at, name in enumerate(letters)], read=20)

    def document(ending: str, spellings: Mapping[str, Sequence[str]], draw: Callable[[int], int]) -> str:
        texts = spelled(returned, spellings, draw)
        account = load_outcomes(registry, FIRST, files.trial, written(tmp_path, ending, returned, texts, draw))
        assert (account.rejected, account.unreadable) == (0, ())
        path = written(tmp_path, ending, sent, spelled(sent, spellings, draw), draw)
        load_contacts(registry, FIRST, files.trial, path, mode="replace")
        made = evaluate(registry, FIRST, files.trial).document
        return json.dumps(without_digest(made), sort_keys=True)

    plainly = document(".csv", {}, lambda _: 0)
    assert json.loads(plainly)["flow"]["arms"]
    for seed, ending in enumerate(FORMATS):
        assert document(ending, OF_FILES, drawn(seed)) == plainly, ending
