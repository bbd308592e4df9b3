"""P1: allocate from file to file, against DuckDB reading and writing the same columns."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from designs.assignment.declare import declare
from designs.protocol.models import Protocol
from tests.benchmarks.row import Goal, Row
from tests.designs.assignment.on_file import conduct_file

STRATA, ARMS = 50, 4
SEED = "7f" * 32
PROTOCOL = Protocol.model_validate(
    {
        "schema": 1,
        "id": "ten-million",
        "title": "Ten million customers",
        "hypothesis": "A letter raises payment.",
        "population": {"unit": "customer_id"},
        "arms": tuple(
            {"id": f"arm-{k}", "kind": "otm" if k else "nfa", "label": f"Arm {k}", "share": 1.0} for k in range(ARMS)
        ),
        "randomisation": {"method": "complete", "strata": ("stratum",)},
        "outcomes": ({"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23},),
        "analysis": {},
    }
)


def write_population(customers: int, folder: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT printf('%010d', (hash(i) % 9000000000)::BIGINT) || lpad(i::VARCHAR, 8, '0') AS customer_id,
                             'stratum ' || (hash(i + 7) % {STRATA})::VARCHAR AS stratum
                      FROM range({customers}) AS t(i))
                TO '{folder / "population.parquet"}' (FORMAT parquet, COMPRESSION snappy)"""
        )


def allocate(folder: Path) -> None:
    (folder / "allocation.parquet").unlink(missing_ok=True)
    conduct_file(
        declare(PROTOCOL),
        folder / "population.parquet",
        "customer_id",
        SEED,
        PROTOCOL.id,
        folder / "allocation.parquet",
    )


def read_and_write(folder: Path) -> None:
    """The same columns through DuckDB, with an arm and a probability that cost nothing."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT customer_id, stratum, 'arm-0' AS arm, 0.25 AS probability
                      FROM '{folder / "population.parquet"}')
                TO '{folder / "copied.parquet"}' (FORMAT parquet, COMPRESSION snappy)"""
        )


def pandas_groupby(folder: Path) -> None:
    """A random number ranked within each stratum, as it is commonly written."""
    import pandas as pd

    frame = pd.read_parquet(folder / "population.parquet")
    frame["order"] = np.random.default_rng(1).random(len(frame))
    rank = frame.groupby("stratum")["order"].rank(method="first").astype("int64") - 1
    frame["arm"] = (rank % ARMS).astype("int8")
    frame[["customer_id", "stratum", "arm"]].to_parquet(folder / "pandas.parquet")


def numpy_permutation(folder: Path) -> None:
    """A permutation within blocks, as randomizr's block_ra does it, in numpy with pyarrow for the files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "population.parquet")
    codes = table["stratum"].combine_chunks().dictionary_encode().indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    rng, arm = np.random.default_rng(1), np.empty(codes.size, dtype=np.int8)
    ends = np.cumsum(np.bincount(codes))
    for end, size in zip(ends, np.bincount(codes), strict=True):
        arm[order[end - size : end]] = rng.permutation(np.arange(size, dtype=np.int64) % ARMS)
    pq.write_table(table.append_column("arm", pa.array(arm)), folder / "numpy.parquet")


def _row(id_: str, words: str, customers: int) -> Row:
    return Row(
        id=id_,
        what=f"Allocate {words} customers, {STRATA} strata, {ARMS} arms, 18-character ids, file to file",
        goal=Goal(ratio=2.0, peak_mib=1024),
        prepare=partial(write_population, customers),
        work=allocate,
        limit=read_and_write,
        peers={"pandas": pandas_groupby, "numpy permutation within blocks": numpy_permutation},
        repeats=3 if customers > 1_000_000 else 5,
    )


ROWS = (
    _row("P1-1m", "1 million", 1_000_000),
    _row("P1-10m", "10 million", 10_000_000),
    _row("P1-12m", "12 million", 12_000_000),
)
