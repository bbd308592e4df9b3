"""Numbers for the labels of a text column."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.engine import open_engine

TEXTS = ["letter", None, "sms", "it's", "", "call", "sms"]


@pytest.mark.parametrize("stored", [False, True])
def test_positions_of_text_values_in_the_labels(tmp_path: Path, stored: bool):
    table = pa.table({"arm of trial": TEXTS, "n": range(7)})
    engine = open_engine(threads=1)
    if stored:
        pq.write_table(table, tmp_path / "rows.parquet")
    rows = engine.scan(tmp_path / "rows.parquet" if stored else table)
    numbered = engine.numbered(rows, "arm of trial", ["sms", "letter", "it's", ""], name="k")
    result = engine.collect(numbered.sort("n"))
    assert result.column_names == ["arm of trial", "n", "k"]
    assert result["k"].type == pa.int32()
    assert result["k"].to_pylist() == [1, None, 0, 2, 3, None, 0]
    assert result["arm of trial"].to_pylist() == TEXTS


def test_without_labels_nothing_has_a_number():
    engine = open_engine(threads=1)
    rows = engine.numbered(engine.scan(pa.table({"arm": ["a", "b"]})), "arm", [], name="k")
    assert engine.collect(rows)["k"].to_pylist() == [None, None]
