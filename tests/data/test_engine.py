"""The engine: the same rows out as in, in their order, within its memory and without a network."""

from __future__ import annotations

from pathlib import Path

import duckdb
import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.engine import Engine, hashes_of, open_engine
from data.errors import DataRefused

ROWS = pa.table({"id": ["b", "a", "é", None], "y": [1.5, None, -0.0, 3.0], "n": [3, 1, 2, 2**53 + 1]})


@pytest.fixture
def engine() -> Engine:
    return open_engine(threads=1)


def connection_of(engine: Engine) -> duckdb.DuckDBPyConnection:
    found = engine._connection  # type: ignore[attr-defined]
    assert isinstance(found, duckdb.DuckDBPyConnection)
    return found


@pytest.mark.parametrize(
    "name", ["plain.parquet", "with space.parquet", "st*r.parquet", "[ab]?.parquet", "it's.parquet"]
)
def test_rows_come_back_in_their_order_from_memory_and_from_file(engine: Engine, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    (tmp_path / "star.parquet").write_bytes(b"what a pattern would find too")
    engine.write(engine.scan(ROWS), path)
    assert engine.collect(engine.scan(ROWS)).to_pylist() == ROWS.to_pylist()
    assert engine.collect(engine.scan(path)).to_pylist() == ROWS.to_pylist()


def test_writing_keeps_the_order_of_many_rows_on_several_threads(tmp_path: Path) -> None:
    engine = open_engine(threads=4)
    n = 600_000
    table = pa.table({"place": np.arange(n), "noise": np.random.default_rng(1).random(n)})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=40_000)
    frame = engine.scan(tmp_path / "in.parquet").filter(nw.col("place") % 3 != 0)
    engine.write(frame, tmp_path / "out.parquet")
    places = pq.read_table(tmp_path / "out.parquet").column("place").to_numpy()
    assert np.array_equal(places, np.arange(n)[np.arange(n) % 3 != 0])


def test_a_companion_joins_a_scan_and_stays(engine: Engine) -> None:
    first = engine.companion(pa.table({"id": ["a", "b"], "arm": ["nfa", "letter"]}))
    second = engine.companion(pa.table({"id": ["a", "b"], "arm": ["sms", "call"]}))
    joined = engine.scan(ROWS).join(first, on="id").join(second, on="id", suffix="_2").sort("id")
    assert engine.collect(joined).select(["arm", "arm_2"]).to_pylist() == [
        {"arm": "nfa", "arm_2": "sms"},
        {"arm": "letter", "arm_2": "call"},
    ]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_texts_have_equal_hashes_exactly_where_they_are_equal(kind: pa.DataType) -> None:
    texts = ["", "a", "é", "e\u0301", "a ", "A", "a", *(f"{number:018d}" for number in range(100_000)), "a"]
    hashes = hashes_of(pa.chunked_array([texts[:2], [], texts[2:]], kind))
    assert [texts[i] for i in np.flatnonzero(hashes == hashes[1])] == ["a", "a", "a"]
    assert len(np.unique(hashes)) == len(set(texts))
    assert hashes_of(pa.chunked_array([], kind)).shape == (0,)


def test_more_than_the_memory_allowed_is_worked_out_of_core(tmp_path: Path) -> None:
    engine = open_engine(threads=2, memory_limit="60MB", scratch=tmp_path)
    n = 1_500_000
    frame = engine.scan(pa.table({"key": np.random.default_rng(2).random(n), "value": np.arange(n, dtype=float)}))
    engine.write(frame.sort("key"), tmp_path / "sorted.parquet")
    keys = pq.read_table(tmp_path / "sorted.parquet").column("key").to_numpy()
    assert len(keys) == n
    assert np.all(np.diff(keys) >= 0)


def test_memory_that_runs_out_is_said_in_words(tmp_path: Path) -> None:
    engine = open_engine(threads=1, memory_limit="10MB", scratch=tmp_path)
    n = 2_000_000
    frame = engine.scan(pa.table({"key": np.arange(n)})).group_by("key").agg(nw.len())
    with pytest.raises(DataRefused, match="memory ran out"):
        engine.collect(frame.filter(nw.col("len") > 0))


def test_nothing_is_fetched_or_found_by_name(engine: Engine) -> None:
    connection = connection_of(engine)
    settings = dict(connection.sql("SELECT name, value FROM duckdb_settings()").fetchall())
    for name in ("autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions"):
        assert settings[name] == "false"
    rows_of_the_caller = ROWS  # a query must not see it
    with pytest.raises(duckdb.Error):
        connection.sql("SELECT * FROM rows_of_the_caller").fetchall()
    with pytest.raises(duckdb.Error):
        connection.sql("SELECT * FROM 'https://example.org/people.parquet'").fetchall()
    assert rows_of_the_caller.num_rows == 4


def test_an_engine_without_scratch_writes_nothing_and_says_that_memory_ran_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMPDIR", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    engine = open_engine(threads=1, memory_limit="60MB")
    rows = engine.scan(pa.table({"key": np.random.default_rng(2).random(3_000_000)}))
    with pytest.raises(DataRefused, match="memory ran out"):
        engine.collect(rows.sort("key"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_parquet_file_is_refused(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "no.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(DataRefused, match="not a Parquet file"):
        engine.scan(tmp_path / "no.parquet")
    with pytest.raises(DataRefused, match="no such file"):
        engine.scan(tmp_path / "none.parquet")
    with pytest.raises(DataRefused, match="could not be read or written"):
        engine.write(engine.scan(ROWS), tmp_path / "no folder" / "x.parquet")


def test_an_engine_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(DataRefused, match="extra `spark`"):
        open_engine("spark")
    with pytest.raises(DataRefused, match="one of duckdb, spark"):
        open_engine("polars")  # type: ignore[arg-type]
    with pytest.raises(DataRefused, match="did not take its settings"):
        open_engine(memory_limit="plenty")
