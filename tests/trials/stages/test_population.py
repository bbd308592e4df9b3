"""Every row accounted for, no customer's own id kept, and each load a version."""

from __future__ import annotations

import gzip

import pyarrow.parquet as pq
import pytest

from data.errors import DataRefused
from designs.protocol import ProtocolRefused
from tests.trials.examples import FIRST, Files, customers, write_csv
from trials.access import LOCAL_ACTOR
from trials.errors import TrialRefused
from trials.registry import queries, tables
from trials.stages.lock import lock
from trials.stages.population import load_population
from trials.stages.register import register


def stored(registry, digest: str):
    return pq.read_table(registry.snapshots.opened(digest).path)


def versions(registry) -> list[tuple[int, str]]:
    with registry.inspect(FIRST, "verify") as session:
        latest = queries.latest_population(session, "debts")
        assert latest is not None
        return [(latest.version, latest.digest)]


def test_ids_become_ledger_ids_before_anything_is_stored(registry, files):
    account = load_population(registry, FIRST, files.population, files.protocol)
    table = stored(registry, account.digest)
    assert table.column_names == ["ledger_id", "principal", "hnw", "band", "age"]
    assert {len(ledger_id) for ledger_id in table.column("ledger_id").to_pylist()} == {32}
    kept = b"".join(path.read_bytes() for path in registry.home.rglob("*") if path.is_file())
    assert b"C000001" not in kept


def test_columns_that_no_use_is_declared_for_are_not_kept(registry, files):
    rows = [row | {"name": "Somebody", "address": "Somewhere"} for row in files.customers]
    write_csv(files.population, rows)
    account = load_population(registry, FIRST, files.population, files.protocol)
    assert "name" not in stored(registry, account.digest).column_names
    assert b"Somewhere" not in b"".join(p.read_bytes() for p in registry.home.rglob("*") if p.is_file())


def test_read_is_loaded_plus_rejected_and_rejections_are_kept_without_what_they_quote(registry, files):
    rows = customers(50)
    rows[3]["customer_id"] = "1E+13"
    rows[9]["principal"] = "a lot"
    rows[11]["customer_id"] = ""
    write_csv(files.population, rows)
    account = load_population(registry, FIRST, files.population, files.protocol)
    assert (account.read, account.loaded, account.rejected) == (50, 47, 3)
    assert [(r.row, r.field) for r in account.rejections] == [
        (4, "customer_id"),
        (10, "principal"),
        (12, "customer_id"),
    ]
    with registry.inspect(FIRST, "verify") as session:
        row = session.get(tables.PopulationVersion, ("debts", 1))
        assert row is not None
        kept = stored(registry, row.rejections_digest)
    assert kept.column("row").to_pylist() == [4, 10, 12]
    assert not any("1E+13" in reason or "a lot" in reason for reason in kept.column("reason").to_pylist())


def test_every_load_is_a_version_also_of_rows_that_were_loaded_before(registry, files):
    first = load_population(registry, FIRST, files.population, files.protocol)
    again = load_population(registry, FIRST, files.population, files.protocol)
    assert (again.digest, versions(registry)) == (first.digest, [(2, first.digest)])
    write_csv(files.population, customers(300))
    other = load_population(registry, FIRST, files.population, files.protocol)
    assert versions(registry) == [(3, other.digest)]
    assert other.digest != first.digest


def test_a_compressed_file_gives_the_same_snapshot(registry, files):
    plain = load_population(registry, FIRST, files.population, files.protocol)
    packed = files.folder / "population.csv.gz"
    packed.write_bytes(gzip.compress(files.population.read_bytes()))
    assert load_population(registry, FIRST, packed, files.protocol).digest == plain.digest


def test_a_cluster_is_stored_under_ids_of_its_own(registry, tmp_path):
    files = Files(tmp_path / "clustered", extra="  cluster: household")
    files.edit_protocol(lambda text: text.replace("HC2", "CR2"))
    write_csv(files.population, [row | {"household": f"H{at // 2}"} for at, row in enumerate(files.customers)])
    account = load_population(registry, FIRST, files.population, files.protocol)
    households = stored(registry, account.digest).column("household").to_pylist()
    assert households[0] == households[1] != households[2]
    assert not any(household.startswith("H") for household in households)


def test_columns_that_are_not_kept_are_named(registry, files):
    assert load_population(registry, FIRST, files.population, files.protocol).warnings == ()
    extra = {"phone": "07700 900 000", "surname": "Jones"}
    write_csv(files.population, [row | extra for row in files.customers])
    (warning,) = (
        said for said in load_population(registry, FIRST, files.population, files.protocol).warnings if "kept" in said
    )
    assert warning.startswith("2 columns are not kept, for nothing in the plan uses them: phone, surname. ")
    assert "population.columns" in warning
    write_csv(files.population, [row | {f"c{n}": "" for n in range(30)} for row in files.customers])
    (warning,) = load_population(registry, FIRST, files.population, files.protocol).warnings
    assert "c19 and 10 more" in warning


@pytest.mark.parametrize("name", ["ledger_id", "_arm", "export_id"])
def test_names_that_the_service_keeps_for_itself_are_refused(registry, tmp_path, name):
    files = Files(tmp_path / "named", extra=f"  columns: {{{name}: {{kind: text}}}}")
    write_csv(files.population, [row | {name: "x"} for row in files.customers])
    with pytest.raises(TrialRefused, match=f"{name}' is the service's own"):
        load_population(registry, FIRST, files.population, files.protocol)


def test_synthetic_customers_get_the_declared_key_and_no_real_ones(registry, files):
    real = load_population(registry, FIRST, files.population, files.protocol)
    invented = load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    real_ids = set(stored(registry, real.digest).column("ledger_id").to_pylist())
    invented_ids = set(stored(registry, invented.digest).column("ledger_id").to_pylist())
    assert real_ids.isdisjoint(invented_ids)


def test_a_population_is_loaded_for_trials_assigned_here_with_ids(registry, files):
    files.edit_protocol(lambda text: text.replace("unit: customer_id", "unit: row"))
    with pytest.raises(ProtocolRefused, match=r"population\.unit.*row"):
        load_population(registry, FIRST, files.population, files.protocol)
    assert registry.snapshots.digests() == frozenset()


def test_a_protocol_edited_after_its_lock_loads_nothing(registry, files):
    load_population(registry, FIRST, files.population, files.protocol)
    register(registry, FIRST, files.protocol)
    lock(registry, FIRST, files.trial)
    files.edit_protocol(lambda text: text.replace("share: 2", "share: 3"))
    with pytest.raises(TrialRefused, match="the protocol was edited after the lock"):
        load_population(registry, FIRST, files.population, files.protocol)


@pytest.mark.parametrize("content", ["", "customer_id,principal,hnw,band,age\n", "principal,hnw,band,age\n1,0,low,3\n"])
def test_a_file_that_is_refused_as_a_whole_leaves_nothing(registry, files, content):
    files.population.write_text(content)
    with pytest.raises(DataRefused):
        load_population(registry, FIRST, files.population, files.protocol)
    assert registry.snapshots.digests() == frozenset()
    with registry.read(LOCAL_ACTOR) as reader:
        assert [event.action for event in reader.audit()] == ["installed"]
