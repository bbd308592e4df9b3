"""What is changed in the database itself, its rules and what stands beside them, and that verify names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.orm import Session

from tests.trials.examples import FIRST, allocated
from tests.trials.proofs.changed_rules import FUNCTION, POSTGRESQL, SQLITE, VECTOR
from trials.registry import Registry, open_registry
from trials.registry.proof.database import database_faults
from trials.registry.storage.database import open_engine
from trials.registry.tables import Row
from trials.settings import Settings
from trials.stages.verify import verify

on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def faults_after(registry: Registry, *statements: str) -> list[str]:
    """What is found after statements that are taken back again."""
    with registry._writers.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        found = list(database_faults(Session(connection)))
        connection.rollback()
    return found


def faults_now(registry: Registry) -> list[str]:
    with Session(registry._engine) as session:
        return list(database_faults(session))


@contextmanager
def committed(registry: Registry, *statements: str) -> Iterator[Connection]:
    """As somebody with the database's password would, past the service."""
    engine = create_engine(registry.url)
    with closing(engine.connect()) as connection, connection.begin():
        for statement in statements:
            connection.exec_driver_sql(statement)
    yield connection
    engine.dispose()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", SQLITE)
def test_a_sqlite_file_whose_rules_were_changed_is_found(either, what):
    statements, words = SQLITE[what]
    with either._writers.connect() as connection:
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount in (-1, 1), statement
        found = list(database_faults(Session(connection)))
        connection.rollback()
    assert any(fault.startswith(words) for fault in found), found
    assert faults_now(either) == []


@on_postgresql
@pytest.mark.parametrize("what", POSTGRESQL)
def test_a_postgresql_database_whose_rules_were_changed_is_found(either, what):
    statements, words = POSTGRESQL[what]
    found = faults_after(either, statements)
    assert any(words in fault for fault in found), found


@on_postgresql
def test_what_hides_behind_the_names_of_the_catalogue_is_found(either, files):
    allocated(either, files)
    assert all(proof.holds for proof in verify(either, FIRST, "reminders"))
    database = either.url.database
    shadows = {
        "pg_trigger": "tgname <> 'evil'",
        "pg_class": "relkind <> 'v'",
        "pg_db_role_setting": "false",
        "pg_constraint": "contype <> 'f'",
        "pg_namespace": "true",
    }
    with committed(
        either,
        f"{FUNCTION}; CREATE TRIGGER evil BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION evil()",
        "ALTER TABLE draw ADD COLUMN note TEXT",
        *(
            f"CREATE VIEW public.{name} AS SELECT * FROM pg_catalog.{name} WHERE {rows}"
            for name, rows in shadows.items()
        ),
        f'ALTER DATABASE "{database}" SET search_path = public, pg_catalog',
    ):
        registry = Registry(either.settings)  # as another process would
        found = faults_now(registry)
        registry.close()
    assert "trigger evil on table decision: not the registry's" in found
    assert "table draw: column note is not its own" in found
    assert all(f"view {name}: not the registry's" in found for name in shadows)
    assert any(fault.startswith("setting search_path=public, pg_catalog") for fault in found)


@on_postgresql
def test_a_path_that_is_set_for_the_database_leads_to_no_other_tables(either, files):
    allocated(either, files)
    tables = [table.name for table in Row.metadata.sorted_tables]
    copies = [f"CREATE TABLE evil.{name} (LIKE public.{name} INCLUDING ALL)" for name in tables]
    path = f'ALTER DATABASE "{either.url.database}" SET search_path = evil, public'
    with (
        committed(either, "CREATE SCHEMA evil", *copies, path),
        closing(open_registry(either.settings)) as registry,
        registry.inspect(FIRST, "verify") as session,
    ):
        assert session.connection().exec_driver_sql("SELECT count(*) FROM trial").scalar() == 1
        assert any("setting search_path=evil, public" in fault for fault in database_faults(session))


@on_postgresql
def test_a_rule_that_was_changed_is_told_once(either):
    cascading = POSTGRESQL["a row goes with another"][0]
    assert len(faults_after(either, cascading)) == 1
    (gone,) = faults_after(either, "ALTER TABLE audit_event DROP CONSTRAINT uq_audit_event_hash")
    assert gone == "table audit_event: its UNIQUE uq_audit_event_hash is gone"


# What no change of the rules is.


def test_a_new_registry_is_as_it_is_made(either):
    assert faults_now(either) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_statistics_of_the_database_are_its_own(either):
    assert faults_after(either, "ANALYZE") == []


@on_postgresql
@pytest.mark.parametrize(
    "statement",
    [
        "ANALYZE",
        VECTOR,
        "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.mine (id int); CREATE VIEW elsewhere.seen AS SELECT 1",
        "ALTER TABLE draw SET (autovacuum_enabled = false, fillfactor = 70)",
        "ALTER INDEX uq_job_running SET (fillfactor = 70)",
        "COMMENT ON TABLE draw IS 'seeds'",
        "CREATE STATISTICS public.many ON trial_id, stage FROM job",
        "CLUSTER job USING pk_job",
    ],
)
def test_what_an_administrator_may_do_is_no_fault(either, statement):
    assert faults_after(either, statement) == []


@on_postgresql
def test_tables_of_another_owner_and_of_another_schema_are_the_registrys(either, tmp_path):
    """An owner who may log in nowhere; the account that works has rights; the schema is named in the address."""
    owned = "".join(f"ALTER TABLE {name} OWNER TO owner_s;" for name in [*Row.metadata.tables, "alembic_version"])
    found = faults_after(
        either, f"CREATE ROLE owner_s; {owned} GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO CURRENT_USER"
    )
    assert found == []
    with committed(either, 'CREATE SCHEMA "My Schema"'):
        url = either.url.set(query=dict(either.url.query) | {"options": '-csearch_path="My\\ Schema"'})
        home = tmp_path / "elsewhere"
        settings = Settings(home=home, database_url=url.render_as_string(hide_password=False))
        with closing(open_registry(settings)) as registry:
            assert faults_now(registry) == []
            with registry._engine.connect() as connection:
                schema = "SELECT schemaname FROM pg_catalog.pg_tables WHERE tablename = 'draw' ORDER BY 1"
                assert list(connection.exec_driver_sql(schema).scalars()) == ["My Schema", "public"]


@on_postgresql
def test_rules_that_were_read_from_a_dump_say_the_same(either):
    """PostgreSQL reads its own words and writes them otherwise: each text with its type, no more the list."""
    with either._writers.connect() as connection:
        of = "FROM pg_catalog.pg_constraint o WHERE o.contype = 'c' AND o.connamespace = 'public'::regnamespace"
        rules = connection.exec_driver_sql(
            f"SELECT o.conrelid::regclass, o.conname, pg_get_constraintdef(o.oid) {of}"
        ).all()
        for table, name, said in rules:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {said}")
        again = connection.exec_driver_sql(f"SELECT pg_get_constraintdef(o.oid) {of}").scalars()
        assert {said for *_, said in rules} != set(again)
        assert list(database_faults(Session(connection))) == []
        connection.rollback()


def test_an_engine_of_the_registrys_needs_no_more_than_one_look_at_each_catalogue(either):
    """However many tables there are: what the database is asked of itself does not grow with them."""
    from sqlalchemy import event

    asked = list[str]()
    engine = open_engine(either.url)
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with Session(engine) as session:
        list(database_faults(session))
    of_itself = [statement for statement in asked if "pg_catalog" in statement or "sqlite_master" in statement]
    assert 0 < len(of_itself) < 2 * len(Row.metadata.tables) + 5
    engine.dispose()
