"""One allocation, whoever makes it: rows in any order, on any threads, from memory or a file, in Python or in SQL."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from random import Random

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.hashing import MANY
from designs.assignment import conduct, gather
from designs.assignment.declare import Scheme
from designs.assignment.files import assign
from designs.assignment.files.assign import assign_file
from designs.assignment.keyed.keys import allocation_digest
from designs.assignment.keyed.order import permuted_arms
from designs.assignment.keyed.stream import Randomness
from designs.assignment.population.units import Units
from designs.assignment.result import Assignment
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.stratified import block_units, rounded_counts
from designs.errors import DesignRefused
from tests.designs.assignment.chance import seed_of
from tests.designs.assignment.on_file import conduct_file
from tests.designs.assignment.populations import ARMS, SCHEMES, STRATA, TERMS, customers

SEED = seed_of("one result")
TABLE = customers(3_000)
LARGE = customers(MANY + 1_000, number=2)


def conducted(scheme: Scheme, table: pa.Table, trial: str = "trial") -> Assignment:
    return conduct(scheme, gather(scheme, table, "customer_id"), SEED, trial)


def by_id(table: pa.Table, assignment: Assignment) -> dict[str, str]:
    return dict(zip(table.column("customer_id").to_pylist(), assignment.labels.to_pylist(), strict=True))


@pytest.mark.parametrize("name", SCHEMES)
def test_shuffled_rows(name: str) -> None:
    scheme = SCHEMES[name]
    first = conducted(scheme, TABLE)
    for number in range(3):
        order = np.random.default_rng(number).permutation(len(TABLE))
        shuffled = TABLE.take(pa.array(order))
        again = conducted(scheme, shuffled)
        assert again.digest == first.digest
        assert again.arm.tolist() == first.arm[order].tolist()
        assert again.probability.tolist() == first.probability[order].tolist()
        assert (again.counts.table == first.counts.table).all()
        assert (again.unit_counts.table == first.unit_counts.table).all()
        assert again.counts.strata == first.counts.strata


@pytest.mark.parametrize("name", ["stratified", "clustered", "simple", "barred"])
def test_shuffled_rows_of_a_large_population(name: str) -> None:
    scheme = SCHEMES[name]
    order = np.random.default_rng(3).permutation(len(LARGE))
    first, again = conducted(scheme, LARGE), conducted(scheme, LARGE.take(pa.array(order)))
    assert (again.arm == first.arm[order]).all()
    assert again.digest == first.digest == allocation_digest(LARGE.column("customer_id"), first.labels)


@pytest.mark.parametrize("encoding", ["dictionary", "chunks", "large"])
def test_however_the_columns_are_encoded(encoding: str) -> None:
    scheme = SCHEMES["stratified and clustered"]
    kept = TABLE.select(["customer_id", "household", "debt_band", "phone_status"])
    if encoding == "dictionary":
        changed = pa.table({name: kept.column(name).dictionary_encode() for name in kept.column_names})
    elif encoding == "chunks":
        changed = pa.concat_tables([kept.slice(at, 7) for at in range(0, len(kept), 7)])
    else:
        changed = kept.cast(pa.schema([(name, pa.large_string()) for name in kept.column_names]))
    assert conducted(scheme, changed).digest == conducted(scheme, TABLE).digest


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize(("row_group", "threads"), [(700, 1), (3_000, 2), (41, 2)])
def test_file_to_file(tmp_path: Path, name: str, row_group: int, threads: int) -> None:
    scheme, source, destination = SCHEMES[name], tmp_path / "population.parquet", tmp_path / "assigned.parquet"
    pq.write_table(TABLE, source, row_group_size=row_group)
    filed = conduct_file(scheme, source, "customer_id", SEED, "trial", destination, threads=threads)
    held = conducted(scheme, TABLE)
    assert (filed.digest, filed.warnings, filed.algorithm) == (held.digest, held.warnings, held.algorithm)
    for mine, theirs in ((filed.counts, held.counts), (filed.unit_counts, held.unit_counts)):
        assert (mine.strata, mine.barred, mine.arms) == (theirs.strata, theirs.barred, theirs.arms)
        assert (mine.table == theirs.table).all()
    written = pq.read_table(destination)
    assert written.column("customer_id").equals(TABLE.column("customer_id"))
    strata = gather(scheme, TABLE, "customer_id").strata
    assert set(written.column("stratum").to_pylist()) == set(held.counts.strata)
    if strata is not None:
        assert written.column("stratum").to_pylist() == strata.to_pylist()
    assert written.column("arm").to_pylist() == held.labels.to_pylist()
    assert written.column("probability").to_pylist() == held.probability.tolist()
    assert ("held_out" in written.column_names) == bool(scheme.hold_out)
    if held.held_out is not None:
        assert written.column("held_out").to_pylist() == held.held_out.tolist()


@pytest.mark.parametrize("kept_bytes", [0, 20_000])
def test_ids_kept_between_the_passes_or_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept_bytes: int
) -> None:
    monkeypatch.setattr(assign, "KEPT_BYTES", kept_bytes)
    source, destination = tmp_path / "population.parquet", tmp_path / "assigned.parquet"
    pq.write_table(TABLE, source, row_group_size=300)
    conduct_file(SCHEMES["stratified"], source, "customer_id", SEED, "trial", destination)
    held = conducted(SCHEMES["stratified"], TABLE)
    written = pq.read_table(destination)
    assert dict(zip(*(written.column(name).to_pylist() for name in ("customer_id", "arm")), strict=True)) == by_id(
        TABLE, held
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_large_file_to_file(tmp_path: Path, threads: int) -> None:
    scheme, source = SCHEMES["barred"], tmp_path / "population.parquet"
    pq.write_table(LARGE, source, row_group_size=50_000)
    filed = conduct_file(scheme, source, "customer_id", SEED, "trial", tmp_path / "assigned.parquet", threads=threads)
    held = conducted(scheme, LARGE)
    assert filed.digest == held.digest
    assert pq.read_table(tmp_path / "assigned.parquet").column("arm").to_pylist() == held.labels.to_pylist()


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    source = tmp_path / "population.parquet"
    pq.write_table(TABLE, source, row_group_size=500)
    written = [tmp_path / f"{threads}.parquet" for threads in (1, 2)]
    for threads, destination in enumerate(written, start=1):
        conduct_file(SCHEMES["stratified"], source, "customer_id", SEED, "trial", destination, threads=threads)
    assert written[0].read_bytes() == written[1].read_bytes()


def test_batches_may_be_read_twice(tmp_path: Path) -> None:
    source = tmp_path / "population.parquet"
    pq.write_table(TABLE, source, row_group_size=500)
    assigned = assign_file(SCHEMES["hold-out"], source, "customer_id", SEED, "trial")
    first, second = (pa.Table.from_batches(assigned.batches(), assigned.schema) for _ in range(2))
    assert first.equals(second)
    assert len(first) == len(TABLE)


def test_strata_are_merged_alike_in_memory_and_from_a_file(tmp_path: Path) -> None:
    """One high debtor with a phone: too few for four arms, so the high stratum gives up the phone."""
    few = pc.and_(pc.equal(TABLE.column("debt_band"), "high"), pc.equal(TABLE.column("phone_status"), "present"))
    rows = np.flatnonzero(~few.to_numpy())[:400].tolist() + np.flatnonzero(few.to_numpy())[:1].tolist()
    table, source = TABLE.take(pa.array(rows)), tmp_path / "population.parquet"
    pq.write_table(table, source, row_group_size=100)
    for scheme in (
        Complete(**TERMS, **STRATA, merge=("phone_status",)),
        Complete(**TERMS, **STRATA, merge=("phone_status",), cluster="household"),
    ):
        held = conducted(scheme, table)
        filed = conduct_file(scheme, source, "customer_id", SEED, "trial", tmp_path / "assigned.parquet")
        assert filed.digest == held.digest
        assert filed.counts.strata == held.counts.strata
        assert held.counts.strata == (
            "debt_band=high",
            "debt_band=low; phone_status=none",
            "debt_band=low; phone_status=present",
            "debt_band=middle; phone_status=none",
            "debt_band=middle; phone_status=present",
        )


def test_sql_deals_the_same() -> None:
    """DuckDB's sha256 and a window in place of this package's keys and runs."""
    scheme = SCHEMES["stratified"]
    units = gather(scheme, TABLE, "customer_id")
    held, randomness, block = conducted(scheme, TABLE), Randomness(SEED, "trial"), block_units(units, scheme)
    counts = rounded_counts(block.sizes, block.weights, randomness.stream("rounding"))
    order = permuted_arms(len(block.rows), len(ARMS), randomness.stream("intervals"))
    runs = []
    for (label, _), row, arms in zip(block.rows, counts, order, strict=True):
        first = 1
        for arm in arms.tolist():
            runs.append({"stratum": label, "arm": ARMS[arm], "first": first, "last": first + int(row[arm]) - 1})
            first += int(row[arm])
    people = pa.table({"id": units.ids, "stratum": units.strata.dictionary_decode()})
    connection = duckdb.connect()
    connection.register("people", people)
    connection.register("runs", pa.Table.from_pylist(runs))
    in_sql = connection.execute(
        """
        with keyed as (select id, stratum, sha256(? || id)[:16] as key from people),
        ranked as (select *, row_number() over (partition by stratum order by key, id) as place from keyed)
        select id, arm from ranked join runs using (stratum) where place between first and last
        """,
        [randomness.key_prefix.decode()],
    ).fetchall()
    assert dict(in_sql) == by_id(TABLE, held)


def test_other_seeds_trials_and_waves_assign_otherwise() -> None:
    scheme = SCHEMES["stratified"]
    units = gather(scheme, TABLE, "customer_id")
    digests = {
        conduct(scheme, units, seed, trial, scope=scope).digest
        for seed in (SEED, seed_of("another"))
        for trial in ("trial", "trial-2")
        for scope in ("", "wave 2")
    }
    assert len(digests) == 8


clean = st.characters(codec="utf-8", exclude_categories=["Zs", "Zl", "Zp", "Cc", "Cs"])


@settings(max_examples=25)
@given(st.lists(st.text(clean, min_size=1), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_any_ids_in_any_order(texts: list[str], shuffled: Random) -> None:
    ids = sorted({unicodedata.normalize("NFC", text) for text in texts})
    scheme = Complete(arms=("nfa", "letter"), weights=(1, 1))
    first = conduct(scheme, Units(pa.array(ids)), SEED, "trial")
    shuffled.shuffle(ids)
    assert conduct(scheme, Units(pa.array(ids)), SEED, "trial").digest == first.digest


def test_a_file_that_cannot_be_assigned_leaves_nothing(tmp_path: Path) -> None:
    source, destination = tmp_path / "population.parquet", tmp_path / "assigned.parquet"
    twice = pa.concat_tables([TABLE, TABLE.slice(5, 1)])
    pq.write_table(twice, source, row_group_size=700)
    with pytest.raises(DesignRefused, match="occurs more than once") as refusal:
        conduct_file(SCHEMES["stratified"], source, "customer_id", SEED, "trial", destination)
    assert refusal.value.where == "row 3001"
    assert [path.name for path in tmp_path.iterdir()] == ["population.parquet"]
