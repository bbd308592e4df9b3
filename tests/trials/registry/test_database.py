"""Durability and isolation are settings that somebody could lose: each is read back from the database itself."""

from __future__ import annotations

import multiprocessing
import stat
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, allocated
from tests.trials.opening import open_and_report
from trials.access import LOCAL_ACTOR
from trials.errors import RegistryRefused, TrialRefused
from trials.registry import Registry, open_registry
from trials.registry.storage import database
from trials.registry.storage.database import database_url
from trials.registry.tables import Draw, Trial
from trials.registry.tables.columns import now
from trials.settings import Settings
from trials.stages.register import register


def asked(connection, question: str):
    return connection.exec_driver_sql(question).scalar()


@pytest.mark.parametrize("writes", [False, True])
def test_sqlite_keeps_what_it_acknowledged(registry, writes):
    engine = registry._writers if writes else registry._engine
    with engine.connect() as connection:
        assert asked(connection, "PRAGMA synchronous") == 2  # FULL
        assert asked(connection, "PRAGMA foreign_keys") == 1
        assert asked(connection, "PRAGMA journal_mode") == "truncate"
        assert asked(connection, "PRAGMA busy_timeout") == 30_000
        assert asked(connection, "PRAGMA query_only") == (0 if writes else 1)


def test_a_sqlite_that_does_not_keep_it_is_refused(registry, monkeypatch):
    monkeypatch.setattr(database, "SQLITE_SYNCHRONOUS_FULL", 3)
    with pytest.raises(RegistryRefused, match="does not keep synchronous = FULL"), registry._engine.connect():
        pass


def test_postgresql_keeps_what_it_acknowledged(home, postgres_url):
    opened = open_registry(Settings(home=home, database_url=postgres_url))
    with opened._writers.connect() as connection:
        assert asked(connection, "SHOW synchronous_commit") == "on"
        assert asked(connection, "SHOW lock_timeout") == "30s"
        assert asked(connection, "SHOW transaction_read_only") == "off"
    with opened._engine.connect() as connection:
        assert asked(connection, "SHOW transaction_isolation") == "repeatable read"
        assert asked(connection, "SHOW transaction_read_only") == "on"
    opened.close()


def test_a_reader_cannot_write(either):
    with either._engine.connect() as connection, pytest.raises(DBAPIError, match=r"(?i)read.?only"):
        connection.execute(text("DELETE FROM trial"))


def test_a_unit_of_work_without_its_commit_changes_nothing(either):
    with either.write(FIRST, "register", "a-trial") as work:
        work.add(Trial(id="a-trial", registered_at=now(), registered_by="First Person"))
    with either.read(LOCAL_ACTOR) as reader:
        assert reader.portfolio() == ()
        assert [event.action for event in reader.audit()] == ["installed"]


def test_keys_that_point_nowhere_are_refused(either):
    when, seed = now(), "0" * 64
    row = Draw(
        trial_id="nobody", seed=seed, commitment=seed, demonstration=False, committed_at=when, committed_by="nobody"
    )
    with either.write(FIRST, "randomise", "nobody") as work, pytest.raises(TrialRefused):
        work.add(row)


def test_one_person_cannot_be_both_of_the_two_even_in_the_database(either, files):
    allocated(either, files)
    day = "2026-01-01T00:00:00.000000Z"
    tampering.run(either, f"INSERT INTO void_request VALUES ('reminders', 'wrong', '{day}', 'First Person')")
    with pytest.raises(IntegrityError, match="two_people"):
        tampering.run(
            either, f"INSERT INTO void_confirmation VALUES ('reminders', 'First Person', '{day}', 'First Person')"
        )


def test_writers_wait_for_each_other_and_none_is_lost(either, tmp_path):
    files = [Files(tmp_path / str(n), trial=f"trial-{n}") for n in range(12)]
    problems: list[BaseException] = []

    def work(mine: Files) -> None:
        try:
            register(either, FIRST, mine.protocol)
        except BaseException as problem:  # noqa: BLE001 a thread must hand on whatever went wrong
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with either.read(LOCAL_ACTOR) as reader:
        assert len(reader.portfolio()) == 12
        assert [event.sequence for event in reader.audit()] == list(range(1, 14))


def test_a_writer_that_waits_too_long_is_told_so(either, files, monkeypatch):
    if either.url.get_backend_name() == "sqlite":
        monkeypatch.setattr(either._engine.dialect, "connect", _impatient(either))
    else:
        monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    told = pytest.raises(RegistryRefused, match=r"writing for too long.*nothing was changed")
    with either.write(FIRST, "register"), told:
        register(either, FIRST, files.protocol)
    assert register(either, FIRST, files.protocol).new


def _impatient(registry: Registry):
    connect = registry._engine.dialect.connect

    def impatient(*arguments, **options):
        return connect(*arguments, **(options | {"timeout": 0.2}))

    return impatient


def test_many_processes_may_open_an_empty_registry_at_once(home, registry_url):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=open_and_report, args=(home, registry_url, results)) for _ in range(4)]
    for process in processes:
        process.start()
    found = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    assert {type(result) for result in found} == {tuple}, found
    assert len({key for key, _ in found}) == 1
    assert {events for _, events in found} == {1}


@pytest.mark.parametrize("name", ["registry.sqlite", "ledger.key", "chain-head"])
def test_what_holds_secrets_is_private(registry, name):
    assert stat.S_IMODE((registry.home / name).stat().st_mode) == 0o600


def test_a_home_that_is_made_is_private(tmp_path):
    opened = open_registry(Settings(home=tmp_path / "new" / "home"))
    assert stat.S_IMODE((tmp_path / "new" / "home").stat().st_mode) == 0o700
    opened.close()


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "sqlite://", "sqlite:///:memory:", "not an address", "postgresql+other:broken"]
)
def test_an_address_that_cannot_hold_a_registry_is_refused(tmp_path, url):
    with pytest.raises(RegistryRefused, match=r"OTM_DATABASE_URL: .* Rule: postgresql://"):
        database_url(tmp_path, url)


@pytest.mark.parametrize(
    ("url", "driver"),
    [("postgresql://u:p@h/d", "postgresql+psycopg"), ("postgres://u:p@h/d", "postgresql+psycopg"),
     ("postgresql+psycopg2://u:p@h/d", "postgresql+psycopg"), (None, "sqlite"), ("sqlite:////tmp/x.db", "sqlite")],
)  # fmt: skip
def test_addresses(tmp_path, url, driver):
    assert database_url(tmp_path, url).drivername == driver


def test_a_home_that_cannot_be_used_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RegistryRefused, match="To do: set OTM_HOME"):
        open_registry(Settings(home=tmp_path / "file" / "home"))


def test_a_database_that_is_away_is_refused(home):
    with pytest.raises(RegistryRefused, match="the database cannot be reached"):
        open_registry(Settings(home=home, database_url="postgresql://nobody@localhost:1/otm"))


def test_a_file_that_is_no_database_is_refused(home):
    (home / "registry.sqlite").write_bytes(b"this is not a database" * 100)
    with pytest.raises(RegistryRefused, match="file is not a database"):
        open_registry(Settings(home=home))
