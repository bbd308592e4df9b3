"""V1: verify a trial, against its reads: every file hashed once, and the columns that the proofs need read once.

Evaluations are left out, as ``--quick`` does: run again, they take what they took. What is measured besides the reads
is the draw repeated, the allocation compared and its digest made again, and everybody looked for in the population.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from tests.benchmarks.row import Goal, Row
from trials.access import LOCAL_ACTOR
from trials.registry import open_registry
from trials.settings import Settings
from trials.stages.allocate import randomise
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.verify import verify

SEED = "5eed" * 16
PROTOCOL = """\
schema: 1
id: verified
title: Verified
hypothesis: A letter raises payment.
population: {name: customers, unit: customer_id}
arms:
  - {id: nfa, kind: nfa, label: No further action, share: 1}
  - {id: letter, kind: otm, label: Letter, share: 1, channel: letter, cost_per_customer: 0.85}
randomisation: {method: complete, strata: [band]}
outcomes: [{id: paid, role: primary, kind: binary, direction: increase, day: 23}]
analysis: {covariates: [age], adjustment: lin, standard_errors: HC2}
decision: {benefits: [{outcome: paid, value: 1}]}
"""


def allocated(customers: int, folder: Path) -> None:
    """A registry with one trial of so many customers, allocated."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT printf('C%010d', i) AS customer_id, 'band ' || (hash(i) % 4)::VARCHAR AS band,
                             (hash(i + 7) % 400)::INTEGER AS age, (hash(i + 9) % 90000)::INTEGER AS debt
                      FROM range({customers}) AS t(i))
                TO '{folder / "customers.parquet"}' (FORMAT parquet)"""
        )
    (folder / "protocol.yaml").write_text(PROTOCOL, encoding="utf-8")
    registry = open_registry(Settings(home=folder / "home"))
    load_population(registry, LOCAL_ACTOR, folder / "customers.parquet", folder / "protocol.yaml", synthetic=True)
    register(registry, LOCAL_ACTOR, folder / "protocol.yaml")
    lock(registry, LOCAL_ACTOR, "verified")
    randomise(registry, LOCAL_ACTOR, "verified", demonstration_seed=SEED)
    registry.close()


def verified(folder: Path) -> None:
    registry = open_registry(Settings(home=folder / "home"))
    faults = [fault for proof in verify(registry, LOCAL_ACTOR, "verified", quick=True) for fault in proof.faults]
    registry.close()
    if faults:
        raise AssertionError(faults)


def read(folder: Path) -> None:
    """Every file's hash; then each whole, as whoever repeats a draw from them has to read it."""
    for path in sorted((folder / "home" / "snapshots").glob("*.parquet")):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
        pq.read_table(path, partitioning=None)


def _row(id_: str, words: str, customers: int) -> Row:
    return Row(
        id=id_,
        what=f"otm verify --quick, {words} customers, 4 columns; limit: hash and read its files",
        goal=Goal(ratio=2.0),
        prepare=partial(allocated, customers),
        work=verified,
        limit=read,
        repeats=3,
    )


ROWS = (_row("V1", "1 million", 1_000_000), _row("V1-12m", "12 million", 12_000_000))
