"""What in the database acts on rows stops every use of the registry; what is written is looked at, at commits too."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, evaluated
from tests.trials.registry.test_held import USES, decided
from trials.errors import RegistryRefused
from trials.registry import Registry, open_registry
from trials.registry import registry as module
from trials.registry.proof import held
from trials.registry.registry import connect
from trials.registry.storage.database import rebuilders
from trials.registry.storage.folder import DRAFTS
from trials.registry.storage.revisions import REVISIONS, bring_up
from trials.settings import Settings
from trials.stages.draft import drop_draft, keep_draft
from trials.stages.migrate import migrate
from trials.stages.verify import verify

FUNCTION = "CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
ACTING: dict[str, dict[str, tuple[str, str]]] = {
    "sqlite": {
        "a trigger": (
            "CREATE TRIGGER evil BEFORE INSERT ON decision BEGIN SELECT RAISE(IGNORE); END",
            "trigger evil acts on rows of table decision",
        ),
        "a trigger by another spelling, in bytes": (
            "UPDATE sqlite_master SET type = 'Trigger', sql = CAST(sql AS BLOB) WHERE name = 'evil'",
            "trigger evil acts on rows of table decision",
        ),
        "a trigger on what is no record": (
            "CREATE TRIGGER evil AFTER INSERT ON draft BEGIN DELETE FROM draft; END",
            "trigger evil acts on rows of table draft",
        ),
    },
    "postgresql": {
        "a trigger": (
            f"{FUNCTION} CREATE TRIGGER evil BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION evil()",
            "trigger evil acts on rows of table decision",
        ),
        "a trigger at the commit": (
            f"{FUNCTION} CREATE CONSTRAINT TRIGGER evil AFTER INSERT ON decision DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION evil()",
            "trigger evil acts on rows of table decision",
        ),
        "a trigger of the statement": (
            f"{FUNCTION} CREATE TRIGGER evil AFTER INSERT ON audit_event EXECUTE FUNCTION evil()",
            "trigger evil acts on rows of table audit_event",
        ),
        "a trigger that says it is the database's own": (
            f"{FUNCTION} CREATE TRIGGER evil BEFORE INSERT ON decision FOR EACH ROW EXECUTE FUNCTION evil();"
            "UPDATE pg_catalog.pg_trigger SET tgisinternal = true WHERE tgname = 'evil'",
            "trigger evil acts on rows of table decision",
        ),
        "a rule": (
            "CREATE RULE evil AS ON INSERT TO decision DO INSTEAD NOTHING",
            "rule evil acts on rows of table decision",
        ),
        "a rule of conditions": (
            "CREATE RULE evil AS ON INSERT TO audit_event WHERE new.action = 'decide' DO INSTEAD NOTHING",
            "rule evil acts on rows of table audit_event",
        ),
        "a view in its place": (
            "ALTER TABLE decision RENAME TO kept; CREATE VIEW decision AS SELECT * FROM kept",
            "acts on rows of table",  # its own, or one of a table that its keys name
        ),
        "a table elsewhere in its place": (
            "CREATE FOREIGN DATA WRAPPER evil; CREATE SERVER evil FOREIGN DATA WRAPPER evil;"
            "ALTER TABLE draft RENAME TO kept; CREATE FOREIGN TABLE draft (key text) SERVER evil",
            "what is no plain table acts on rows of table draft",
        ),
        "a key that sleeps": ("ALTER TABLE allocation DISABLE TRIGGER ALL", "acts on rows of table"),
        "rows that are hidden": (
            "ALTER TABLE draw ENABLE ROW LEVEL SECURITY",
            "row security acts on rows of table draw",
        ),
    },
}
KINDS = [(database, what) for database, kinds in ACTING.items() for what in kinds]


@pytest.mark.parametrize(("database", "what"), KINDS, indirect=["database"])
def test_nothing_is_read_or_written_where_something_else_acts_on_rows(copied, database, what, tmp_path):
    statement, words = ACTING[database][what]
    registry, trial = copied(make)
    chain = tampering.chain(registry)
    if "sqlite_master" in statement:
        with registry._writers.begin() as connection:
            connection.exec_driver_sql(ACTING[database]["a trigger"][0])
            connection.exec_driver_sql("PRAGMA writable_schema = ON")
            connection.exec_driver_sql(statement)
    else:
        tampering.run(registry, statement)
    with closing(open_registry(registry.settings)) as opened:
        for use in USES.values():
            with pytest.raises(RegistryRefused, match=words):
                use(opened, trial, tmp_path)
        with pytest.raises(RegistryRefused, match=words):
            keep_draft(opened, FIRST, trial, {"reason": "typed"})
        assert tampering.chain(opened) == chain
        (found,) = [proof for proof in verify(opened, FIRST, trial) if not proof.holds]
        assert found.name == "registry_rows"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nothing_is_written_where_a_row_takes_the_place_of_another(copied, tmp_path):
    registry, trial = copied(make)
    with registry._writers.begin() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'KEY (trial_id, number)', 'KEY (trial_id, number) ON CONFLICT"
            " REPLACE') WHERE name = 'decision'"
        )
    with (
        closing(open_registry(registry.settings)) as opened,
        pytest.raises(RegistryRefused, match="ON CONFLICT acts on rows of table decision"),
    ):
        decided(opened, trial)


@pytest.fixture
def unlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a trigger is put there after one has looked, or hides: what is written is looked at all the same."""
    monkeypatch.setattr(held, "refuse_acting", lambda _: None)


AT_THE_COMMIT = (
    "CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN UPDATE decision SET reason = ''forged'' WHERE reason <> ''forged''; RETURN NULL; END';"
    "CREATE CONSTRAINT TRIGGER evil AFTER INSERT ON decision DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION evil()"
)
# The first, done early, puts off what the second does.
PUT_OFF = (
    "CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN UPDATE decision SET reason = ''forged'' WHERE reason <> ''forged''; RETURN NULL; END';"
    "CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN SET CONSTRAINTS ALL DEFERRED; UPDATE draft SET key = key; RETURN NULL; END';"
    "CREATE CONSTRAINT TRIGGER evil AFTER INSERT ON decision DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION first();"
    "CREATE CONSTRAINT TRIGGER later AFTER UPDATE ON draft DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION later()"
)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_trigger_that_waits_for_the_commit_changes_nothing_unseen(copied, unlooked):
    registry, trial = copied(make)
    chain = tampering.chain(registry)
    tampering.run(registry, AT_THE_COMMIT)
    with pytest.raises(RegistryRefused, match="of table decision was written, and is not there as it was written"):
        decided(registry, trial)
    assert tampering.chain(registry) == chain


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_is_changed_at_the_commit_itself_is_never_called_recorded(copied, unlooked):
    registry, trial = copied(make)
    keep_draft(registry, FIRST, trial, {"reason": "typed"})
    tampering.run(registry, PUT_OFF)
    with pytest.raises(
        RegistryRefused, match="of table decision was written, and it is not as it was written any more"
    ):
        decided(registry, trial)


SWALLOWED: dict[str, dict[str, str]] = {
    "sqlite": {
        "INSERT": "CREATE TRIGGER evil BEFORE INSERT ON draft BEGIN SELECT RAISE(IGNORE); END",
        "UPDATE": "CREATE TRIGGER evil BEFORE UPDATE ON draft BEGIN SELECT RAISE(IGNORE); END",
        "DELETE": "CREATE TRIGGER evil BEFORE DELETE ON draft BEGIN SELECT RAISE(IGNORE); END",
    },
    "postgresql": {
        kind: f"{FUNCTION} CREATE TRIGGER evil BEFORE {kind} ON draft FOR EACH ROW EXECUTE FUNCTION evil()"
        for kind in ("INSERT", "UPDATE", "DELETE")
    },
}


@pytest.mark.parametrize("kind", ["INSERT", "UPDATE", "DELETE"])
def test_what_is_typed_is_seen_to_be_kept_or_gone(copied, database, kind, unlooked):
    registry, trial = copied(make)
    if kind != "INSERT":
        keep_draft(registry, FIRST, trial, {"reason": "typed"})
    tampering.run(registry, SWALLOWED[database][kind])
    with pytest.raises(RegistryRefused, match="of table draft was written, and is not there as it was written"):
        drop_draft(registry, FIRST, trial) if kind == "DELETE" else keep_draft(registry, FIRST, trial, {"reason": "x"})


def test_drafts_in_files_stay_where_they_are_until_they_are_in_their_table(copied, database):
    registry, _ = copied(make)
    tampering.run(registry, SWALLOWED[database]["INSERT"])
    folder = registry.home / DRAFTS
    folder.mkdir(mode=0o700)
    file = folder / f"{'ab' * 32}.json"
    file.write_text('{"reason": "typed"}')
    with pytest.raises(RegistryRefused, match="of table draft was written, and is not there"):
        open_registry(registry.settings)
    assert file.read_text() == '{"reason": "typed"}'


def test_no_registry_is_brought_up_where_something_acts_on_it(home, registry_url, monkeypatch):
    settings = Settings(home=home, database_url=registry_url)

    def with_a_trigger(connection: Any, *to: str) -> None:
        bring_up(connection, *to)
        backend = connection.dialect.name
        connection.exec_driver_sql(ACTING[backend]["a trigger"][0])

    waiting = connect(settings)
    with rebuilders(waiting._engine).begin() as connection:
        bring_up(connection, REVISIONS[-2])
    waiting.close()
    monkeypatch.setattr(module, "bring_up", with_a_trigger)
    with pytest.raises(RegistryRefused, match="trigger evil acts on rows of table decision"):
        migrate(settings, FIRST)
    monkeypatch.setattr(module, "bring_up", bring_up)
    assert migrate(settings, FIRST) == (REVISIONS[-2], REVISIONS[-1])


def make(registry: Registry, files: Files) -> str:
    evaluated(registry, files)
    return files.trial
