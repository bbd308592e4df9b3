"""Migrations lead from nothing to exactly the models, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ClauseElement, Connection, create_engine, inspect

from tests.trials import tampering
from tests.trials.examples import FIRST, evaluated
from trials.access import LOCAL_ACTOR
from trials.errors import RegistryRefused
from trials.registry import open_registry
from trials.registry.registry import connect
from trials.registry.storage import revisions
from trials.registry.tables import Row
from trials.settings import Settings
from trials.stages.migrate import migrate


def test_migrations_and_models_agree(either):
    with either._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


def shapes(connection: Connection) -> dict[str, Any]:
    """Every table as the database itself describes it: what Alembic compares, and what it does not look at."""
    inspector = inspect(connection)

    def told(found: Any) -> list[str]:
        return sorted(repr(sorted(legible(one).items())) for one in found)

    def legible(value: Any) -> Any:
        """The condition of a partial index is an object; what it says is its text."""
        if isinstance(value, dict):
            return {name: legible(part) for name, part in value.items()}
        return str(value) if isinstance(value, ClauseElement) else value

    return {
        name: {
            # A migration adds its columns at the end.
            "columns": sorted((c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)),
            "primary key": inspector.get_pk_constraint(name)["constrained_columns"],
            "foreign keys": told(inspector.get_foreign_keys(name)),
            "unique": sorted(tuple(u["column_names"]) for u in inspector.get_unique_constraints(name)),
            "checks": sorted(str(c["name"]) for c in inspector.get_check_constraints(name)),
            "indexes": told(inspector.get_indexes(name)),
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def test_migrations_make_the_tables_that_the_models_would(either, tmp_path):
    with either._engine.connect() as connection:
        migrated = shapes(connection)
    if either.url.get_backend_name() == "sqlite":
        engine, path = create_engine(f"sqlite:///{tmp_path / 'models.sqlite'}"), None
    else:
        engine, path = create_engine(either.url), "models"
    with engine.begin() as connection:
        if path is not None:
            connection.exec_driver_sql(f"CREATE SCHEMA {path}")
            connection.exec_driver_sql(f"SET LOCAL search_path TO {path}")
        Row.metadata.create_all(connection)
        assert shapes(connection) == migrated
    engine.dispose()


def test_the_newest_revision_is_the_one_the_program_asks_for():
    config = Config()
    config.set_main_option("script_location", str(revisions.Path(revisions.__file__).parent.parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [revisions.NEWEST]
    assert [script.revision for script in scripts.walk_revisions()][-1] == "0001"


def test_every_constraint_has_a_name():
    nameless = [
        (table.name, constraint)
        for table in Row.metadata.sorted_tables
        for constraint in table.constraints
        if constraint.name is None
    ]
    assert nameless == []


def test_a_registry_of_another_revision_is_not_opened(either):
    tampering.run(either, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(
        RegistryRefused, match=rf"at revision 0001, this program needs {revisions.NEWEST}.*run otm migrate"
    ):
        open_registry(either.settings)


def test_a_registry_of_a_newer_program_is_not_migrated(either):
    tampering.run(either, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RegistryRefused, match="newer than this program's"):
        migrate(either.settings, FIRST)


def test_tables_without_a_revision_are_refused(registry):
    tampering.run(registry, "DROP TABLE alembic_version")
    with pytest.raises(RegistryRefused, match="tables of a registry and no revision"):
        open_registry(registry.settings)


def test_migrating_makes_an_empty_registry_ready_and_leaves_a_new_one_alone(home, registry_url):
    settings = Settings(home=home, database_url=registry_url)
    empty = connect(settings)
    assert not empty.has_tables()
    empty.close()
    assert migrate(settings, FIRST) == (None, revisions.NEWEST)
    assert migrate(settings, FIRST) == (revisions.NEWEST, revisions.NEWEST)
    opened = open_registry(settings)
    with opened.read(LOCAL_ACTOR) as reader:
        assert [event.action for event in reader.audit()] == ["installed"]
    opened.close()


def test_opening_again_changes_nothing(either, files):
    evaluated(either, files)
    before = tampering.chain(either)
    again = open_registry(either.settings)
    assert tampering.chain(again) == before
    again.close()
