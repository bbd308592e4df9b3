"""Parquet and Stata carry their own types: what they mark is trusted, what they have lost is refused."""

from __future__ import annotations

import datetime
import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DataRefused
from data.intake import read_file
from data.intake.source import Source
from data.schema import ColumnContract, FileContract
from tests.bombs.typed import in_row_groups, zeros_again
from tests.data.intake.opened_here import opened_here

CONTRACT = FileContract(
    "customer_id",
    (
        ColumnContract("principal", "number"),
        ColumnContract("paid", "boolean", required=False),
        ColumnContract("band", "text", required=False),
        ColumnContract("other", required=False),
    ),
)


def parquet(folder: Path, columns: dict[str, Any], name: str = "people.parquet") -> Path:
    pq.write_table(pa.table(columns), folder / name)
    return folder / name


def test_parquet_kinds_become_the_contracts(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        {
            "customer_id": pa.array(["007", "8", "é"]).dictionary_encode(),
            "principal": pa.array([1, None, 2**53], pa.int64()),
            "paid": pa.array([1.0, float("nan"), 0.0]),
            "band": pa.array([1.0, 2.0, None]),
            "other": pa.array([0.5, float("nan"), None]),
            "spare": pa.array([datetime.date(2020, 1, 1)] * 3),
        },
    )
    intake = read_file(path, CONTRACT)
    assert intake.table.drop_columns("spare").to_pylist() == [
        {"customer_id": "007", "principal": 1.0, "paid": True, "band": "1", "other": 0.5},
        {"customer_id": "8", "principal": None, "paid": None, "band": "2", "other": None},
        {"customer_id": "é", "principal": 2.0**53, "paid": False, "band": None, "other": None},
    ]
    assert intake.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_text_numbers_in_parquet_are_read_strictly(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"customer_id": [*"abcd", *(f"{i}x" for i in range(30))],
                               "principal": ["1.5", "NA", "1,5", "inf", *["2000"] * 30]})  # fmt: skip
    intake = read_file(path, CONTRACT)
    assert intake.table.column("principal").to_pylist() == [1.5, None, *[2000.0] * 30]
    assert [rejection.row for rejection in intake.rejections] == [3, 4]


def test_whole_number_ids_are_their_digits(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"customer_id": np.array([2**63 - 1, 7]), "principal": [1, 2]})
    assert read_file(path, CONTRACT).table.column("customer_id").to_pylist() == ["9223372036854775807", "7"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"customer_id": [1.0, 2.0], "principal": [1, 2]}, "id column is marked as double"),
        ({"customer_id": [datetime.date(2020, 1, 1)] * 2, "principal": [1, 2]}, "id column is marked as date32"),
        ({"customer_id": ["a", "b"], "principal": [datetime.date(2020, 1, 1)] * 2}, "marks this column as date32"),
        ({"customer_id": ["a", "b"], "principal": [[1], [2]]}, "marks this column as list"),
        ({"customer_id": ["a", "b"], "principal": [1, 2], "band": [[1], [2]]}, "the protocol needs text here"),
        ({"customer_id": ["a", "b"], "principal": [1, 2], "paid": [datetime.time(1)] * 2}, "needs boolean here"),
        ({"customer_id": ["a", "a"], "principal": [1, 2]}, "more than once"),
        ({"customer_id": pa.array([], pa.string()), "principal": pa.array([], pa.int64())}, "no rows"),
        ({"id": ["a"], "principal": [1]}, "customer_id"),
    ],
)
def test_a_parquet_file_of_another_kind_is_refused(tmp_path: Path, columns: dict[str, Any], message: str) -> None:
    with pytest.raises(DataRefused, match=message):
        read_file(parquet(tmp_path, columns), CONTRACT)


def test_wrong_values_in_typed_columns_are_rejected_by_row(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        {
            "customer_id": ["a", "b", "c", "d", "e"],
            "principal": pa.array([1, 2**53 + 1, 2, -(2**60) - 1, 2**60], pa.int64()),
            "paid": pa.array([0, 1, 2, 1, 1], pa.int8()),
        },
    )
    intake = read_file(path, CONTRACT)
    assert [(r.row, r.field) for r in intake.rejections] == [(2, "principal"), (3, "paid"), (4, "principal")]
    assert intake.table.column("principal").to_pylist() == [1.0, 2.0**60]


def test_a_parquet_file_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    """Two hundred million equal values fit in a few kilobytes."""
    path = in_row_groups(tmp_path / "bomb.parquet", zeros_again(), times=3)
    assert path.stat().st_size < 200_000
    import data.intake.parquet as room

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "MAXIMUM_ROWS", 2_000_000)
        with pytest.raises(DataRefused, match="claims 3,000,000 rows"):
            room.open_parquet(Source(path), CONTRACT)


def stata(folder: Path, columns: dict[str, Any]) -> Path:
    import pandas as pd

    path = folder / "people.dta"
    pd.DataFrame(columns).to_stata(path, write_index=False, version=118)
    return path


def test_stata_gives_labels_to_text_and_codes_to_numbers(tmp_path: Path) -> None:
    import pandas as pd

    labelled = pd.Categorical(["no", "yes", "no"], categories=["no", "yes"])
    path = stata(
        tmp_path,
        {
            "customer_id": ["007", "é", "C"],
            "principal": [1.5, np.nan, 2.0],
            "paid": labelled,
            "band": labelled,
            "other": np.array([1, 2, 3], np.int32),
        },
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        intake = read_file(path, CONTRACT)
    assert intake.table.to_pylist() == [
        {"customer_id": "007", "principal": 1.5, "paid": False, "band": "no", "other": 1},
        {"customer_id": "é", "principal": None, "paid": True, "band": "yes", "other": 2},
        {"customer_id": "C", "principal": 2.0, "paid": False, "band": "no", "other": 3},
    ]
    assert intake.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_stata_ids_that_are_doubles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="id column is marked as double"):
        read_file(stata(tmp_path, {"customer_id": [1.0, 2.0], "principal": [1.0, 2.0]}), CONTRACT)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(["people.parquet", "people.dta"]))
def test_damage_anywhere_is_refused_or_harmless(tmp_path: Path, data: st.DataObject, kind: str) -> None:
    columns = {"customer_id": ["a", "b", "c"], "principal": [1.0, 2.0, 3.0]}
    path = parquet(tmp_path, columns) if kind.endswith("parquet") else stata(tmp_path, columns)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        del content[data.draw(st.integers(1, len(content) - 1)) :]
    path.write_bytes(content)
    try:
        with opened_here():
            intake = read_file(path, CONTRACT)
    except DataRefused:
        return
    assert intake.read == intake.loaded + intake.rejected
