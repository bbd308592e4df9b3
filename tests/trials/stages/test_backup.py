"""Back up, destroy, restore: digests and audit chain identical, and into either database."""

from __future__ import annotations

import errno
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, allocated, load_outcomes
from trials.errors import Refused, RegistryRefused, TrialRefused
from trials.registry import Registry, open_registry
from trials.registry import registry as registry_module
from trials.registry.storage.dump import dump
from trials.registry.unit_of_work import UnitOfWork
from trials.settings import Settings
from trials.stages import backup as stage
from trials.stages.backup import backup, restore
from trials.stages.verify import verify


def rows(registry: Registry) -> dict:
    with registry.inspect(FIRST, "backup") as session:
        return dump(session)["tables"]


@pytest.fixture
def backed_up(done, tmp_path):
    made = backup(done.registry, FIRST, tmp_path / "backup")
    assert (made.trials, made.snapshots) == (1, 6)
    return made.folder


def test_a_registry_comes_back_as_it_was_on_either_database(done, backed_up, tmp_path, registry_url):
    registry, files = done.registry, done.files
    before, chain = rows(registry), tampering.chain(registry)
    shutil.rmtree(registry.home)  # what is restored owes nothing to what was
    settings = Settings(home=tmp_path / "new", database_url=registry_url)
    assert restore(settings, FIRST, backed_up).trials == 1
    restored = open_registry(settings)
    after = rows(restored)
    *events, taken = before.pop("audit_event")
    assert taken["action"] == "backup"  # logged once the copy stood, so it is not in the copy
    assert after.pop("audit_event")[:-1] == events
    assert after == before
    assert tampering.chain(restored)[:-1] == chain[:-1]
    assert tampering.chain(restored)[-1]["action"] == "restore"
    assert all(proof.holds for proof in verify(restored, FIRST, files.trial))
    load_outcomes(restored, FIRST, files.trial, files.outcomes)  # the key came along, so ids still match
    assert stat.S_IMODE(restored.key_path.stat().st_mode) == 0o600
    restored.close()


@pytest.fixture
def fresh(tmp_path, registry_url):
    """A home that is not there, and an empty database."""
    return Settings(home=tmp_path / "deep" / "new", database_url=registry_url)


def assert_untouched(fresh: Settings) -> None:
    """Neither the home, nor its parent, nor a file or a table of the database was left by what was refused."""
    assert not fresh.home.parent.exists()
    if fresh.database_url.startswith("sqlite"):
        path = Path(make_url(fresh.database_url).database)
        assert list(path.parent.glob(f"{path.name}*")) == []
        return
    engine = create_engine(fresh.database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def edited(folder: Path, edit: Callable[[dict], object]) -> None:
    """Change a backup's rows and make its manifest fit again, as whoever means harm would."""
    content = json.loads((folder / "registry.json").read_text())
    edit(content)
    (folder / "registry.json").write_text(json.dumps(content))
    listed(folder)


def listed(folder: Path) -> None:
    (folder / "manifest.json").write_text(json.dumps(stage.manifest_of(folder)))


@pytest.mark.parametrize("where", ["load", "copy_file", "commit"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_restore_that_fails_is_taken_back_and_can_be_given_again(backed_up, fresh, monkeypatch, where, failure):
    copies = []

    def fail(*arguments):
        if where == "copy_file" and len(copies) < 7:  # the key is left
            copies.append(copy(*arguments))
            return
        raise failure

    copy = stage.copy_file
    place = {"load": registry_module, "copy_file": stage, "commit": UnitOfWork}[where]
    monkeypatch.setattr(place, where, fail)
    with pytest.raises((KeyboardInterrupt, OSError) if where != "copy_file" else (KeyboardInterrupt, TrialRefused)):
        restore(fresh, FIRST, backed_up)
    monkeypatch.undo()
    assert_untouched(fresh)
    assert restore(fresh, FIRST, backed_up).snapshots == 6


@pytest.mark.parametrize("where", ["load", "commit"])
def test_a_restore_that_was_killed_can_be_given_again(done, backed_up, fresh, monkeypatch, where):
    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(registry_module if where == "load" else UnitOfWork, where, crash)
    monkeypatch.setattr(stage._Placed, "take_back", lambda _: None)  # whoever is killed takes nothing back
    with pytest.raises(KeyboardInterrupt):
        restore(fresh, FIRST, backed_up)
    monkeypatch.undo()
    assert restore(fresh, FIRST, backed_up).snapshots == 6
    restored = open_registry(fresh)
    assert all(proof.holds for proof in verify(restored, FIRST, done.files.trial))
    restored.close()


def test_a_restore_interrupted_after_its_commit_stands(done, backed_up, fresh, monkeypatch):
    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(UnitOfWork, "_witness", crash)
    with pytest.raises(KeyboardInterrupt):
        restore(fresh, FIRST, backed_up)
    monkeypatch.undo()
    restored = open_registry(fresh)
    assert all(proof.holds for proof in verify(restored, FIRST, done.files.trial))
    restored.close()


def test_a_home_of_before_gets_its_own_files_back(backed_up, fresh):
    fresh.home.mkdir(parents=True)
    (fresh.home / "chain-head").write_text("1 " + "a" * 64 + "\n")
    (fresh.home / "note").write_text("mine")
    edited(backed_up, lambda content: content["tables"]["trial"][0].pop("id"))
    with pytest.raises(RegistryRefused, match="differ in a column of table 'trial'"):
        restore(fresh, FIRST, backed_up)
    (fresh.home / "snapshots").mkdir()
    with pytest.raises(RegistryRefused, match="differ in a column of table 'trial'"):
        restore(fresh, FIRST, backed_up)
    assert sorted(path.name for path in fresh.home.iterdir()) == ["chain-head", "note", "snapshots"]
    assert (fresh.home / "chain-head").read_text() == "1 " + "a" * 64 + "\n"


def test_what_a_restore_replaced_comes_back(backed_up, fresh, monkeypatch):
    fresh.home.mkdir(parents=True)
    (fresh.home / "chain-head").write_text("of before\n")

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(UnitOfWork, "commit", crash)
    with pytest.raises(KeyboardInterrupt):
        restore(fresh, FIRST, backed_up)
    monkeypatch.undo()
    assert [path.read_text() for path in fresh.home.iterdir()] == ["of before\n"]
    restore(fresh, FIRST, backed_up)
    assert not list(fresh.home.glob("*.before-restore"))


@pytest.mark.parametrize("name", ["registry.json", "ledger.key", "chain-head", "snapshot", "manifest.json"])
@pytest.mark.parametrize("what", ["changed", "missing", "not listed either"])
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_restored(backed_up, fresh, name, what):
    path = next((backed_up / "snapshots").iterdir()) if name == "snapshot" else backed_up / name
    if what == "changed":
        path.write_bytes(path.read_bytes().replace(b"a", b"b", 1) + b"\n")
    else:
        path.unlink()
    if what == "not listed either" and name != "manifest.json":
        listed(backed_up)
    with pytest.raises(Refused):
        restore(fresh, FIRST, backed_up)
    assert_untouched(fresh)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda content: content.update(revision="0000"), "the backup is of revision '0000', this program needs"),
        (lambda content: content.update(revision="9999"), "the backup is of revision '9999', this program needs"),
        (lambda content: content.update(revision=None), "the backup is of revision None, this program needs"),
        (lambda content: content.update(revision="0003"), "differ in table 'correction_confirmation'"),
        (lambda content: content["tables"].pop("draft"), "differ in table 'draft'"),
        (lambda content: content["tables"].pop("trial"), "rows are not those of a registry"),
        (lambda content: content["tables"].pop("audit_event"), "rows are not those of a registry"),
        (lambda content: content["tables"]["trial"].clear(), "not fit into table|names a row that is not there"),
        (lambda content: content["tables"]["trial"].append(content["tables"]["trial"][0]), "not fit into table"),
        (lambda content: content["tables"]["trial"][0].update(registered_at="soon"), "not fit into table"),
        (lambda content: content["tables"]["audit_event"].pop(2), r"chain is not whole.*audit event 3: deleted"),
        (lambda content: content["tables"]["audit_event"].pop(), "chain is not whole.*cut off the end"),
        (lambda content: content["tables"]["audit_event"][1].update(actor="X"), "chain is not whole.*edited"),
        (lambda content: content["tables"]["installation"][0].update(key_fingerprint="0" * 64), "ledger key is not"),
        (lambda content: content["tables"]["allocation"][0].update(snapshot_digest="0" * 64), "snapshot is missing"),
    ],
)
def test_a_backup_with_other_rows_is_refused_and_nothing_is_restored(backed_up, fresh, edit, message):
    edited(backed_up, edit)
    with pytest.raises(Refused, match=message):
        restore(fresh, FIRST, backed_up)
    assert_untouched(fresh)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("chain-head", "1 " + "a" * 64 + "\n", "chain is not whole.*rewritten"),
        ("chain-head", "not a head\n", "chain head is damaged"),
        ("ledger.key", "0" * 64 + "\n", "ledger key is not the one its registry was made with"),
        ("ledger.key", "no key", "this is not a ledger key"),
        ("snapshots/junk.parquet", "junk", "malformed|not"),
    ],
)
def test_a_backup_with_the_files_of_another_is_refused_and_nothing_is_restored(backed_up, fresh, name, text, message):
    (backed_up / name).write_text(text)
    listed(backed_up)
    with pytest.raises(Refused, match=message):
        restore(fresh, FIRST, backed_up)
    assert_untouched(fresh)


def test_one_restore_at_a_time_goes_into_a_home(backed_up, fresh):
    with stage._taking_back(fresh), pytest.raises(TrialRefused, match="another restore is at work here"):
        restore(fresh, FIRST, backed_up)
    assert restore(fresh, FIRST, backed_up).trials == 1


def test_a_backup_is_restored_where_nothing_is(done, backed_up):
    registry = done.registry
    before = rows(registry)
    with pytest.raises(TrialRefused, match="there is a registry here already"):
        restore(registry.settings, FIRST, backed_up)
    assert rows(registry) == before


def test_a_backup_never_overwrites(done, backed_up):
    with pytest.raises(TrialRefused, match="the folder is there already"):
        backup(done.registry, FIRST, backed_up)


def test_a_backup_finds_a_damaged_snapshot(registry, files, tmp_path):
    record = allocated(registry, files)
    path = registry.snapshots.opened(record.snapshot_digest).path
    path.write_bytes(b"x" + path.read_bytes())
    with pytest.raises(Refused, match="has been changed"):
        backup(registry, FIRST, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_two_trials_come_back(registry, files, tmp_path):
    allocated(registry, files)
    other = Files(tmp_path / "other", trial="other", population="others", first=5_000)
    allocated(registry, other, seed="1" * 64)
    folder = backup(registry, FIRST, tmp_path / "backup").folder
    settings = Settings(home=tmp_path / "new")
    assert restore(settings, FIRST, folder).trials == 2
    restored = open_registry(settings)
    assert all(proof.holds for trial in ("reminders", "other") for proof in verify(restored, FIRST, trial))
    restored.close()
