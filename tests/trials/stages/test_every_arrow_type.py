"""A typed file of any type in any role is read, or refused in words that name the column; unused, it stops nothing."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.results import Evaluation
from data.errors import Refused
from tests.golden.external import arm, outcome, protocol, row
from trials.access import LOCAL_ACTOR
from trials.registry import Registry
from trials.registry.records import FileAccount
from trials.stages.analyse import analyse
from trials.stages.population import load_population

N = 80
NUMBERS = [i // 2 % 4 for i in range(N)]
WORDS = [f"t{i}" for i in NUMBERS]
WHOLE = [pa.int8(), pa.int64(), pa.uint16(), pa.uint64()]
DAYS = [datetime.datetime(2020, 1, 1 + i, tzinfo=datetime.UTC) for i in NUMBERS]
NAIVE = [day.replace(tzinfo=None) for day in DAYS]


def every_type() -> dict[str, pa.Array]:
    columns = {str(kind): pa.array(NUMBERS, kind) for kind in (*WHOLE, pa.float32(), pa.float64())}
    columns |= {f"decimal{i}": pa.array([Decimal(i) for i in NUMBERS], kind) for i, kind in enumerate(DECIMALS)}
    columns |= {f"text{i}": pa.array(WORDS, kind) for i, kind in enumerate(TEXTS)}
    columns |= {f"bytes{i}": pa.array([word.encode() for word in WORDS], kind) for i, kind in enumerate(BYTES)}
    columns |= {f"time{i}": pa.array([day.time() for day in DAYS], kind) for i, kind in enumerate(TIMES)}
    columns |= {f"lasting_{u}": pa.array(NUMBERS, pa.duration(u)) for u in ("s", "ns")}
    columns |= {f"stamp_{u}": pa.array(NAIVE, pa.timestamp(u)) for u in ("s", "ns")}
    lists = [[i] for i in NUMBERS]
    return columns | {
        "zoned": pa.array(DAYS, pa.timestamp("us", "Europe/London")),
        "date32": pa.array([day.date() for day in DAYS], pa.date32()),
        "date64": pa.array([day.date() for day in DAYS], pa.date64()),
        "truth": pa.array([i > 1 for i in NUMBERS]),
        "none": pa.nulls(N),
        "half": pa.array(np.array(NUMBERS, np.float16)),
        "half_or_none": pa.array([None, *np.array(NUMBERS[1:], np.float16)], pa.float16()),
        "nan": pa.array([float("nan")] * N),
        "category": pa.array(WORDS).dictionary_encode(),
        "category_of_numbers": pa.array(NUMBERS, pa.int64()).dictionary_encode(),
        "category_of_days": pa.array([day.date() for day in DAYS]).dictionary_encode(),
        "list": pa.array(lists),
        "large_list": pa.array(lists, pa.large_list(pa.int64())),
        "fixed_list": pa.array(lists, pa.list_(pa.int64(), 1)),
        "struct": pa.array([{"a": i} for i in NUMBERS]),
        "map": pa.array([[("a", i)] for i in NUMBERS], pa.map_(pa.string(), pa.int64())),
        "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes([i] * 16) for i in NUMBERS], pa.binary(16))),
    }


DECIMALS = [pa.decimal32(5, 1), pa.decimal64(12, 1), pa.decimal128(30, 1), pa.decimal256(60, 1), pa.decimal256(70, 50)]
TEXTS = [pa.string(), pa.large_string(), pa.string_view()]
BYTES = [pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(2)]
TIMES = [pa.time32("ms"), pa.time64("ns")]
TYPES = every_type()
NO_CELLS = [name for name in TYPES if name.startswith(("bytes", "list", "large", "fixed", "struct", "map", "uuid"))]


def people(odd: pa.Array, place: str) -> pa.Table:
    columns: dict[str, Any] = {
        "id": [f"c{i:04d}" for i in range(N)],
        "group": ["Control", "Letter"] * (N // 2),
        "region": WORDS,
        "band": WORDS,
        "age": [20 + i % 31 for i in range(N)],
        "amount": [float(i * 7 % 13) for i in range(N)],
        "paid": [int(i % 3 == 0) for i in range(N)],
        "extra": WORDS,
    }
    return pa.table({**columns, place: odd})


def written(folder: Path, odd: pa.Array, place: str) -> Path:
    pq.write_table(people(odd, place), folder / "people.parquet")
    return folder / "people.parquet"


def of_elsewhere(folder: Path) -> Path:
    declared = protocol(
        arms=[arm("nfa", "Control", "nfa"), arm("letter", "Letter", channel="letter")],
        outcomes=[outcome("paid", "binary"), {"id": "amount", "role": "secondary", "kind": "amount"} | UP],
        arm_column="group",
        population={"unit": "id", "where": [{"column": "age", "at_least": 0}]},
        randomisation={"strata": ["region"]},
        analysis={"adjustment": "additive", "covariates": ["band"]},
    )
    (folder / "p.yaml").write_text(json.dumps(declared))
    return folder / "p.yaml"


UP = {"direction": "increase"}


def analysed(folder: Path, odd: pa.Array, place: str) -> Evaluation:
    return analyse(of_elsewhere(folder), written(folder, odd, place))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """Without a column of an odd type."""
    return analysed(tmp_path_factory.mktemp("plain"), pa.array(WORDS), "extra")


@pytest.mark.parametrize("name", TYPES)
def test_a_column_that_nobody_uses_changes_no_figure(tmp_path: Path, plain: Evaluation, name: str) -> None:
    assert analysed(tmp_path, TYPES[name], "extra").estimates == plain.estimates


@pytest.mark.parametrize("place", ["id", "group", "region", "band", "age", "amount", "paid"])
@pytest.mark.parametrize("name", TYPES)
def test_a_column_that_is_used_is_read_or_refused_by_name(tmp_path: Path, name: str, place: str) -> None:
    refusal = refusal_of(lambda: analysed(tmp_path, TYPES[name], place))
    assert refusal is not None or name not in NO_CELLS
    if refusal is not None:
        assert place in refusal or "arm" in refusal
        assert "Arrow" not in refusal


def refusal_of(step: Callable[[], object]) -> str | None:
    try:
        step()
    except Refused as error:
        return str(error)
    return None


@pytest.mark.parametrize("place", ["id", "region", "age", "household_id"])
@pytest.mark.parametrize("name", TYPES)
def test_a_population_is_loaded_or_refused_by_name(registry: Registry, tmp_path: Path, name: str, place: str) -> None:
    declared = json.loads(of_elsewhere(tmp_path).read_text())
    declared["arms"] = [{**one, "share": 1} for one in declared["arms"]]
    for one in declared["arms"]:
        del one["value"]
    declared["randomisation"] = {"method": "complete", "strata": ["region"]}
    for one in declared["outcomes"]:
        one["day"] = 23
    (tmp_path / "p.yaml").write_text(json.dumps(declared))
    file = written(tmp_path, TYPES[name], place)
    accounts: list[FileAccount] = []
    refusal = refusal_of(
        lambda: accounts.append(load_population(registry, LOCAL_ACTOR, file, tmp_path / "p.yaml", synthetic=True))
    )
    if place == "household_id":
        assert refusal is None
        if name in ("text0", "text1", "text2", "category"):
            assert any("share a household_id" in warning for warning in accounts[0].warnings)
    if refusal is not None:
        assert place in refusal
    else:
        assert accounts[0].loaded == N


@pytest.mark.parametrize(
    ("rules", "data", "estimate", "std_error"),
    [
        ("p.yaml", "label_twice.dta", 0.135, 0.049203),
        ("p.yaml", "label_for_some.dta", 0.135, 0.049203),
        ("p.yaml", "plain.csv", 0.135, 0.049203),
        ("educ.yaml", "label_for_some.dta", 0.132826, 0.049467),
    ],
)
def test_labels_of_stata(reference_data: Path, rules: str, data: str, estimate: float, std_error: float) -> None:
    folder = reference_data.parent / "cases" / "38-stata-labels"
    found = row(analyse(folder / rules, folder / data), arm="letter")
    assert (found.estimate, found.std_error) == pytest.approx((estimate, std_error), abs=1e-6)


def test_a_column_of_half_precision(reference_data: Path) -> None:
    folder = reference_data.parent / "cases" / "11-half-precision-column"
    assert analyse(folder / "p.yaml", folder / "half.parquet").estimates[0].estimate is not None


@pytest.mark.parametrize("file", ["category.parquet", "household.parquet", "value_label.dta", "plain.csv"])
def test_a_category_that_nobody_named(registry: Registry, reference_data: Path, file: str) -> None:
    folder = reference_data.parent / "cases" / "10-category-column-that-nobody-named"
    account = load_population(registry, LOCAL_ACTOR, folder / file, folder / "p.yaml", synthetic=True)
    assert (account.loaded, account.rejected) == (120, 0)
    assert any("household_id" in warning for warning in account.warnings) == (file == "household.parquet")
