"""A small file of very many rows is refused by their number; cells that cannot be read take little memory."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import DataRefused
from data.intake import read_file
from data.intake.bad_cells import bad_cells, no_bad_cells
from data.intake.unfolding import ROWS_OF_A_BYTE, ROWS_OF_ANY, refuse_many_rows
from data.schema import ColumnContract, FileContract

OUTCOMES = FileContract("customer_id", (ColumnContract("paid", "boolean"),), duplicates="reject", bad_cells="missing")


def _parquet(path: Path, rows: int) -> Path:
    ids = pa.array(np.arange(rows, dtype=np.int32))
    table = pa.table({"customer_id": ids, "paid": pa.array(np.full(rows, 7, np.int8))})
    pq.write_table(
        table, path, use_dictionary=["paid"], compression="zstd", column_encoding={"customer_id": "DELTA_BINARY_PACKED"}
    )
    return path


def test_a_small_parquet_of_very_many_rows_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    file = _parquet(tmp_path / "outcomes.parquet", 5_000_000)
    assert file.stat().st_size < 100_000
    with pytest.raises(DataRefused, match=r"bytes holds 5,000,000 rows.*at most 4,000,000 rows.*bring it as CSV"):
        read_file(file, OUTCOMES)


def test_a_small_gzip_of_very_many_rows_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "outcomes.csv.gz"
    with gzip.open(file, "wb", 9) as packed:
        packed.write(b"customer_id,paid\n" + b"1,7\n" * 5_000_000)
    with pytest.raises(DataRefused, match=r"bytes holds 5,000,000 rows"):
        read_file(file, OUTCOMES)


def test_a_file_of_as_many_rows_as_customers_take_is_not() -> None:
    size = 24_000_000  # twelve million ids of two bytes each, which is less than any real table packs to
    refuse_many_rows(12_000_000, size, "outcomes.parquet")
    refuse_many_rows(ROWS_OF_ANY + ROWS_OF_A_BYTE * 1_000, 1_000, "outcomes.parquet")
    with pytest.raises(DataRefused):
        refuse_many_rows(ROWS_OF_ANY + ROWS_OF_A_BYTE * 1_000 + 1, 1_000, "outcomes.parquet")


def test_a_reason_of_a_million_cells_is_kept_once() -> None:
    values = pa.chunked_array([np.full(1_000_000, 7, np.int8)])
    bad = bad_cells(values, np.arange(1_000_000), "paid", "is not 0, 1, true or false")
    assert bad.reasons.dictionary.to_pylist() == ["7 is not 0, 1, true or false"]
    assert bad.reasons.nbytes + bad.positions.nbytes <= 13_000_000  # a text each would take 32,000,000 by itself


def test_reasons_of_two_looks_stand_together() -> None:
    values = pa.chunked_array([["x", "9", "y"]])
    first = bad_cells(values, [0, 2], "amount", "is not a number")
    second = bad_cells(values, [1, 2], "amount", "is above 5")
    both = first.and_also(second)
    assert both.positions.tolist() == [0, 2, 1]
    assert both.reasons.to_pylist() == ["'x' is not a number", "'y' is not a number", "'9' is above 5"]
    assert no_bad_cells("amount").and_also(second).reasons.to_pylist() == ["'9' is above 5", "'y' is above 5"]
