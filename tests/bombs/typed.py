"""Parquet and Stata files of a few kilobytes that are gigabytes of a table."""

from __future__ import annotations

import struct
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

MIB = 1 << 20


def in_row_groups(path: Path, table: pa.Table, times: int = 1, **how: Any) -> Path:
    """A Parquet file of one table again and again, a row group each."""
    with pq.ParquetWriter(path, table.schema, **how) as writer:
        for _ in range(times):
            writer.write_table(table)
    return path


def one_text_again(rows: int, size: int) -> pa.Table:
    """One long text in every row: a file of some kilobytes."""
    note = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * size]))
    return pa.table({"customer_id": _ids(rows), "note": note})


def zeros_again() -> pa.Table:
    """A million rows of one value."""
    zeros = np.zeros(1_000_000, np.int64)
    return pa.table({"customer_id": zeros, "principal": zeros, "paid": zeros})


def _ids(rows: int) -> pa.Array:
    return pa.array([f"C{i}" for i in range(rows)])


def a_dictionary_of_long_texts(folder: Path, rng: Random) -> Path:
    """A few long texts, each in many rows."""
    rows, kept = rng.randrange(2_000, 6_000), rng.randrange(1, 4)
    texts = pa.array([chr(97 + i) * rng.randrange(200_000, MIB) for i in range(kept)])
    which = pa.array(np.arange(rows, dtype=np.int32) % kept)
    column = pa.DictionaryArray.from_arrays(which, texts)
    if rng.random() < 0.5:
        column = pa.DictionaryArray.from_arrays(which, texts.cast(pa.large_string()))
    return in_row_groups(folder / "bomb.parquet", pa.table({"customer_id": _ids(rows), "note": column}))


def runs_of_one_value(folder: Path, rng: Random) -> Path:
    value: Any = rng.choice([0, 1.5, "same text here", np.datetime64("2026-02-02", "us")])
    rows = 1_000_000
    column = pa.array([value]).take(pa.array(np.zeros(rows, np.int64)))
    columns = {"customer_id": column, "principal": column, "other": column}
    compression = rng.choice(["snappy", "zstd", "gzip", "none"])
    return in_row_groups(folder / "bomb.parquet", pa.table(columns), rng.randrange(10, 25), compression=compression)


def rows_numbered_without_end(folder: Path, rng: Random) -> Path:
    """Ids of their own, which differences store in next to nothing, and a few columns of one value."""
    rows, parts = 2_000_000, rng.randrange(4, 8)
    file = folder / "bomb.parquet"
    same = np.full(rows, rng.randrange(100), np.int64)
    schema = pa.schema([("customer_id", pa.int64()), *((f"c{i}", pa.int64()) for i in range(4))])
    how: dict[str, Any] = {
        "use_dictionary": ["c0", "c1", "c2", "c3"], "compression": "zstd",
        "column_encoding": {"customer_id": "DELTA_BINARY_PACKED"},
    }  # fmt: skip
    with pq.ParquetWriter(file, schema, **how) as writer:
        for part in range(parts):
            ids = np.arange(part * rows, (part + 1) * rows)
            writer.write_table(pa.table([ids, same, same, same, same], schema=schema))
    return file


def a_cell_without_end(folder: Path, rng: Random) -> Path:
    size = rng.randrange(2 * MIB, 200 * MIB)
    table = pa.table({"customer_id": ["a", "b"], "note": ["x", "y" * size]})
    return in_row_groups(folder / "bomb.parquet", table, compression=rng.choice(["zstd", "gzip", "snappy"]))


def columns_without_end(folder: Path, rng: Random) -> Path:
    one = pa.array([1])
    columns = {"customer_id": pa.array(["a"])} | {f"c{i}": one for i in range(rng.randrange(17_000, 25_000))}
    return in_row_groups(folder / "bomb.parquet", pa.table(columns))


def lists_without_end(folder: Path, rng: Random) -> Path:
    """A column of lists, which nobody asks for, of many millions of items."""
    rows, each = 2_000, rng.randrange(60_000, 90_000)
    items = pa.array(np.zeros(rows * each, np.int8))
    lists = pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32) * each), items)
    table = pa.table({"customer_id": _ids(rows), "customer_age": lists, "n": [1] * rows})
    return in_row_groups(folder / "bomb.parquet", table)


def _stata(folder: Path, columns: dict[str, Any], **how: Any) -> bytes:
    import pandas as pd

    path = folder / "bomb.dta"
    pd.DataFrame(columns).to_stata(path, write_index=False, **how)
    return path.read_bytes()


def claimed_rows(folder: Path, rng: Random) -> Path:
    """A header that claims more rows than the file has, up to the most that one can claim."""
    content = _stata(folder, {"customer_id": ["a", "b"], "principal": [1.0, 2.0]}, version=118)
    claim = rng.choice([rng.randrange(10**7, 10**9), 2**62, 2**40])
    at = content.index(b"<N>") + 3
    path = folder / "bomb.dta"
    path.write_bytes(content[:at] + struct.pack("<Q", claim) + content[at + 8 :])
    return path


def one_long_text_of_many_rows(folder: Path, rng: Random) -> Path:
    """Stata keeps a long text once, however many rows show it."""
    rows, size = rng.randrange(2_000, 6_000), rng.randrange(MIB + 10, 2 * MIB)
    import pandas as pd

    note = pd.Series(["x" * size] * rows, dtype=object)
    ids = [f"C{i}" for i in range(rows)]
    content = _stata(folder, {"customer_id": ids, "note": note}, version=118, convert_strl=["note"])
    path = folder / "bomb.dta"
    path.write_bytes(content)
    return path


KINDS = (
    a_dictionary_of_long_texts, runs_of_one_value, rows_numbered_without_end, a_cell_without_end, columns_without_end,
    lists_without_end, claimed_rows, one_long_text_of_many_rows,
)  # fmt: skip
