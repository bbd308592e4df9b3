"""What is done to the chain's head, the rows, the database and the files around them, and that verify names it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.orm import Session

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, allocated, locked
from trials.access import Actor
from trials.errors import AccessRefused, RegistryRefused
from trials.registry import Registry, open_registry
from trials.registry.proof.chain_head import ChainHead
from trials.registry.proof.integrity import head_faults
from trials.registry.tables import Row
from trials.registry.unit_of_work import UnitOfWork
from trials.settings import Settings
from trials.stages.backup import backup, restore
from trials.stages.register import register
from trials.stages.verify import verify


def failing(registry: Registry, trial: str = "reminders") -> dict[str, str]:
    return {proof.name: "; ".join(proof.faults) for proof in verify(registry, FIRST, trial) if not proof.holds}


def another(registry: Registry, files: Files, name: str) -> None:
    """One more event."""
    register(registry, FIRST, Files(files.folder / name, trial=name).protocol)


def make_whole(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    assert failing(registry) == {}


@pytest.fixture
def whole(copied) -> Registry:
    """Allocated, and nothing is wrong; once on SQLite and once on PostgreSQL."""
    return copied(make_whole)[0]


def test_a_head_that_is_gone_empty_or_shorter_is_found(whole):
    path = whole.head.path
    content = path.read_text()
    lines = content.splitlines(keepends=True)
    spoilt = {
        None: "the chain head is gone",
        "": "the chain head is empty",
        "".join(lines[:-1]): f"audit events {len(lines)}: the chain head has lost them",
        "".join(lines[:-3]): f"audit events {len(lines) - 2} to {len(lines)}: the chain head has lost them",
        "".join(lines[2:]): "audit events 1 to 2: the chain head has lost them",
        content[:-30]: f"audit events {len(lines)}: the chain head has lost them",
    }
    for left, words in spoilt.items():
        path.unlink(missing_ok=True)
        if left is not None:
            path.write_text(left)
            path.chmod(0o600)
        found = failing(whole)
        assert set(found) == {"audit_chain"}, left
        assert words in found["audit_chain"]


def test_what_is_recorded_after_the_head_was_lost_does_not_make_it_good(registry, files):
    locked(registry, files)
    kept = registry.head.path.read_text()
    registry.head.path.unlink()
    another(registry, files, "other")
    assert sorted(registry.head.lines()) == [1, 2, 3, 4, 5]
    assert (
        "audit event 5: the chain head had lost events 1 to 4 when it was written" in failing(registry)["audit_chain"]
    )
    another(registry, files, "third")
    assert "audit event 5: the chain head had lost events 1 to 4" in failing(registry)["audit_chain"]
    # A copy that was kept elsewhere proves what the head could not.
    copy = registry.home.parent / "copy"
    copy.write_text(kept)
    with registry.inspect(FIRST, "verify") as session:
        assert head_faults(session, registry.head, ChainHead(copy).lines()) == []


def test_a_head_that_is_no_file_is_refused_and_never_waited_for(registry, files):
    locked(registry, files)
    registry.head.path.unlink()
    os.mkfifo(registry.head.path, 0o600)
    assert "the chain head is damaged" in failing(registry)["audit_chain"]
    with pytest.raises(RegistryRefused, match="the chain head is damaged"):
        another(registry, files, "other")


class Killed(BaseException):
    """As if the process had been killed here."""


def killed(*_: object) -> None:
    raise Killed


def test_a_crash_between_the_announcement_and_the_commit_is_no_fault(either, files, monkeypatch):
    locked(either, files)
    with monkeypatch.context() as patch:
        patch.setattr(Connection, "commit", killed)
        patch.setattr("sqlalchemy.orm.Session.commit", killed)
        with pytest.raises(Killed):
            another(either, files, "other")
    assert either.head.announced().keys() == {5}
    assert failing(either) == {}
    another(either, files, "other")
    assert (sorted(either.head.lines()), either.head.announced()) == ([1, 2, 3, 4, 5], {})
    assert failing(either) == {}


def test_a_crash_between_the_commit_and_its_witness_is_no_fault(either, files, monkeypatch):
    locked(either, files)
    with monkeypatch.context() as patch:
        patch.setattr(UnitOfWork, "_witness", killed)
        with pytest.raises(Killed):
            another(either, files, "other")
        with pytest.raises(Killed):
            another(either, files, "third")
    assert (sorted(either.head.lines()), either.head.announced().keys()) == ([1, 2, 3, 4, 5], {6})
    assert failing(either) == {}
    tampering.run(either, "DELETE FROM audit_event WHERE sequence = 5")
    assert "audit event 5: deleted" in failing(either)["audit_chain"]


def test_a_backup_made_after_such_a_crash_has_a_whole_head(registry, files, monkeypatch, tmp_path):
    locked(registry, files)
    monkeypatch.setattr(UnitOfWork, "_witness", lambda *_: None)  # whoever writes next makes it good
    backup(registry, FIRST, tmp_path / "backup")
    monkeypatch.undo()
    fresh = registry.settings.model_copy(update={"home": tmp_path / "fresh"})
    restore(fresh, FIRST, tmp_path / "backup")
    opened = open_registry(fresh)
    assert failing(opened) == {}
    opened.close()


def test_what_cannot_be_witnessed_is_refused_before_it_is_committed(either, files, monkeypatch):
    locked(either, files)

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(either.head, "announce", full)
    with pytest.raises(RegistryRefused, match=r"cannot be written \(No space left.*nothing was changed"):
        another(either, files, "other")
    with pytest.raises(RegistryRefused):
        either.permit(Actor("An Analyst", "analyst"), "lock")
    monkeypatch.undo()
    assert len(tampering.chain(either)) == 4
    assert failing(either) == {}
    with pytest.raises(AccessRefused):
        either.permit(Actor("An Analyst", "analyst"), "lock")


KEYS = {
    "gone": (lambda path: path.unlink(), "the ledger key is gone"),
    "swapped": (lambda path: path.write_text("ab" * 32 + "\n"), "not the one that this registry was made with"),
    "no key": (lambda path: path.write_text("a key\n"), "this is not a ledger key"),
    "open to the group": (lambda path: path.chmod(0o640), "others may read the ledger key, its mode is 0640"),
    "open to all": (lambda path: path.chmod(0o644), "others may read the ledger key, its mode is 0644"),
}


def test_a_key_that_is_swapped_gone_or_open_is_found(whole):
    path = whole.key_path
    content = path.read_text()
    for spoil, words in KEYS.values():
        spoil(path)
        if not path.exists() and whole.settings.database_url is not None:
            # Where the database is elsewhere, a folder without its key is refused before anything is read.
            with pytest.raises(RegistryRefused, match="the ledger key is missing"):
                failing(whole)
            path.write_text(content)
            continue
        found = failing(whole)
        assert set(found) == {"registry_rows"}
        assert words in found["registry_rows"]
        path.write_text(content)
        path.chmod(0o600)
    assert failing(whole) == {}


def test_a_key_that_is_swapped_with_its_record_is_found_and_never_recorded_anew(whole):
    tampering.run(whole, "DELETE FROM installation")
    whole.key_path.write_text("ab" * 32 + "\n")
    whole.make_ready()
    opened = open_registry(whole.settings)
    assert "row installation/1: deleted" in failing(opened)["registry_rows"]
    with pytest.raises(RegistryRefused, match="does not say any more which ledger key"):
        opened.key()
    opened.close()


@pytest.mark.parametrize("kind", ["Trigger", "TRIGGER"])
def test_what_acts_under_another_spelling_of_its_kind_is_named(done, kind):
    with done.registry._writers.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER evil BEFORE INSERT ON decision BEGIN SELECT RAISE(IGNORE); END")
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(f"UPDATE sqlite_master SET type = '{kind}' WHERE name = 'evil'")
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    assert f"{kind} evil" in failing(done.registry)["registry_rows"]


BESIDE = {
    "sqlite": {
        "CREATE TRIGGER quiet AFTER INSERT ON decision BEGIN SELECT 1; END": "trigger quiet on table decision",
        "CREATE VIEW seen AS SELECT * FROM draw": "view seen: not the registry's",
        "CREATE TABLE mine (id INTEGER)": "table mine: not the registry's",
        "CREATE INDEX fast ON draw (seed)": "table draw: index fast is not the registry's",
        "ALTER TABLE draw ADD COLUMN note TEXT": "table draw: column note is not its own",
        "DROP TABLE job": "table job: gone",
    },
    "postgresql": {
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; "
        "CREATE TRIGGER quiet BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION f()": "trigger quiet on",
        "CREATE RULE quiet AS ON INSERT TO decision DO INSTEAD NOTHING": "rule quiet on table decision",
        "CREATE VIEW seen AS SELECT * FROM draw": "view seen: not the registry's",
        "CREATE MATERIALIZED VIEW seen AS SELECT * FROM draw": "view seen: not the registry's",
        "CREATE TABLE mine (id INTEGER)": "table mine: not the registry's",
        "CREATE TABLE heir () INHERITS (draw)": "table draw: another table, heir, inherits from it",
        "CREATE INDEX fast ON draw (seed)": "table draw: index fast is not the registry's",
        "ALTER TABLE draw ADD COLUMN note TEXT": "table draw: column note is not its own",
        "ALTER TABLE draw ENABLE ROW LEVEL SECURITY": "table draw: row security hides rows",
        "CREATE POLICY none ON draw USING (false)": "policy none on table draw",
        "ALTER TABLE allocation DISABLE TRIGGER ALL": "trigger of a foreign key on table allocation: put to sleep",
        "ALTER TABLE void_confirmation DROP CONSTRAINT ck_void_confirmation_two_people": "two_people is gone",
        "ALTER TABLE returned_file ALTER COLUMN mode DROP NOT NULL": "column mode may be empty",
        "DROP TABLE job": "table job: gone",
    },
}


def test_what_stands_beside_the_registrys_tables_is_named(either, files):
    locked(either, files)
    backend = either.url.get_backend_name()
    for statement, words in BESIDE[backend].items():
        with either._writers.connect() as connection:
            connection.exec_driver_sql(statement)
            found = faults_within(connection)
            connection.rollback()
        assert any(words in fault for fault in found), (statement, found)
    assert failing(either) == {}


def test_a_chain_that_is_empty_is_named(registry, files):
    locked(registry, files)
    tampering.run(registry, "DELETE FROM audit_event")
    registry.head.path.unlink()
    assert "the audit chain is empty" in failing(registry)["audit_chain"]


def faults_within(connection: Connection) -> list[str]:
    """As they are inside a transaction, which is rolled back afterwards."""
    from trials.registry.proof.database import database_faults

    return list(database_faults(Session(connection)))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_rule_of_a_table_that_says_something_else_is_found(either, files):
    allocated(either, files)
    with either._writers.begin() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        changed = connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'confirmed_by <> requested_by', '1 = 1         ') "
            "WHERE name = 'void_confirmation'"
        )
        assert changed.rowcount == 1
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    assert "CHECK ck_void_confirmation_two_people says something else" in failing(either)["registry_rows"]


def test_rows_that_came_in_past_the_rules_are_counted(whole):
    if whole.url.get_backend_name() == "postgresql":
        tampering.run(whole, "ALTER TABLE void_confirmation DROP CONSTRAINT ck_void_confirmation_two_people")
    tampering.run_past_the_rules(
        whole, "INSERT INTO void_confirmation VALUES ('reminders', 'Ann', '2026-01-01T00:00:00.000000Z', 'Ann')"
    )
    found = failing(whole)["registry_rows"]
    if whole.url.get_backend_name() == "sqlite":
        assert "rows break its rule ck_void_confirmation_two_people: 1" in found
        assert "rows break its rule fk_void_confirmation" in found
    else:
        assert "CHECK ck_void_confirmation_two_people is gone" in found
    assert "row void_confirmation/reminders: no use case wrote it" in found


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_damaged_page_is_found(either, files):
    allocated(either, files)
    path = Path(str(either.url.database))
    pages = range(1, path.stat().st_size // 4096)
    kept = path.read_bytes()
    for page in pages[::5]:
        with path.open("r+b") as file:
            file.seek(page * 4096)
            file.write(b"\xff" * 64)
        found = verify(either, FIRST, "reminders")
        path.write_bytes(kept)
        assert any(not proof.holds for proof in found), page


def test_rows_that_are_gone_are_named_and_never_end_the_verification(whole):
    for table in Row.metadata.sorted_tables:
        if table.name in ("audit_event", "draft", "job"):
            continue
        with whole._engine.connect() as connection:
            rows = [dict(row._mapping) for row in connection.execute(select(table))]
        if rows:
            assert tampering.run_past_the_rules(whole, delete(table)) == len(rows)
            assert f"row {table.name}/" in failing(whole)["registry_rows"]
            tampering.run_past_the_rules(whole, insert(table).values(rows))
    assert failing(whole) == {}


@pytest.mark.parametrize(
    "statement",
    ["UPDATE allocation SET certificate = '{'", "UPDATE allocation SET certificate = '[]'",
     "UPDATE allocation SET counts = 'null'", "UPDATE evaluation SET document = '7'",
     "UPDATE evaluation SET document = ''", "UPDATE wave SET population_version = 99",
     "UPDATE population_version SET digest = 'none'", "UPDATE protocol_version SET canonical = '[1]'",
     "UPDATE audit_event SET detail = '[]' WHERE sequence = 3", "UPDATE audit_event SET at = 'noon'",
     "UPDATE returned_file SET matched = '{}'", "UPDATE draw SET seed = 'none'",
     "UPDATE trial_lock SET exclusions = '7'", "UPDATE installation SET created_at = ''"],
)  # fmt: skip
def test_rows_that_say_what_no_row_can_say_are_faults_and_no_traceback(done, statement):
    assert tampering.run_past_the_rules(done.registry, statement)
    assert failing(done.registry)


def test_another_home_of_the_same_database_is_no_whole_registry(whole, tmp_path):
    """A folder that lacks key, head and files while the database has the rows is refused, and nothing is made in it."""
    url = whole.settings.database_url
    if whole.url.get_backend_name() == "sqlite":
        shutil.copy(str(whole.url.database), tmp_path / "elsewhere.sqlite")
        url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(RegistryRefused, match="the folder that this registry shares is not there"):
        open_registry(Settings(home=elsewhere, database_url=url))
    assert not elsewhere.exists()
    elsewhere.mkdir(mode=0o700)
    shutil.copy(whole.key_path, elsewhere / whole.key_path.name)
    opened = open_registry(Settings(home=elsewhere, database_url=url))
    found = failing(opened)
    assert "the chain head is gone" in found["audit_chain"]
    assert "missing from the store" in found["snapshots"]
    opened.close()
