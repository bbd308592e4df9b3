"""A backup is written beside and renamed, durably and privately; what failed leaves nothing, and is in no log."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, allocated
from trials.access import Actor
from trials.errors import AccessRefused, Refused, RegistryRefused, TrialRefused
from trials.registry import open_registry
from trials.registry.opening import open_standing
from trials.registry.registry import connect
from trials.registry.storage import backup_files
from trials.registry.unit_of_work import UnitOfWork
from trials.settings import Settings
from trials.stages import backup as stage
from trials.stages.backup import backup, restore
from trials.stages.migrate import migrate
from trials.stages.register import register
from trials.stages.verify import verify


def actions(registry) -> list[str]:
    return [event["action"] for event in tampering.chain(registry)]


def test_a_backup_is_logged_when_it_stands_with_the_digest_of_its_manifest(done, tmp_path):
    folder = backup(done.registry, FIRST, tmp_path / "copy").folder
    event = tampering.chain(done.registry)[-1]
    assert event["action"] == "backup"
    said = {name: event["detail"][name] for name in ("trials", "snapshots", "manifest")}
    assert said == {"trials": 1, "snapshots": 6, "manifest": backup_files.sha256_of(folder / "manifest.json")}


def test_a_full_disk_leaves_no_folder_and_no_event_and_the_retry_is_right(done, tmp_path, monkeypatch):
    sync = os.fsync
    files, folders = 6 + 4, 2
    for budget in range(files + folders):
        left = budget

        def full(descriptor):
            nonlocal left
            if left == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            left -= 1
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(Refused, match=r"No space left|disk"):
            backup(done.registry, FIRST, tmp_path / "deep" / "copy")
        monkeypatch.undo()
        assert not (tmp_path / "deep").exists()
        assert "backup" not in actions(done.registry)
    assert backup(done.registry, FIRST, tmp_path / "deep" / "copy").snapshots == 6
    assert restore(Settings(home=tmp_path / "new"), FIRST, tmp_path / "deep" / "copy").snapshots == 6


def test_a_backup_is_on_record_before_it_can_be_found(done, tmp_path, monkeypatch):
    rename, found = Path.rename, []

    def renamed(path, target):
        if path.name == "copy.partial":
            found.append(actions(done.registry)[-1])
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", renamed)
    with pytest.raises(TrialRefused, match="the backup is on record and could not be put in place"):
        backup(done.registry, FIRST, tmp_path / "copy")
    assert found == ["backup"]
    assert list(tmp_path.glob("copy*")) == []


def test_a_backup_that_cannot_be_logged_is_not_kept(done, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise RegistryRefused("the database is away")

    monkeypatch.setattr(UnitOfWork, "commit", refuse)
    with pytest.raises(RegistryRefused, match="the database is away"):
        backup(done.registry, FIRST, tmp_path / "copy")
    assert list(tmp_path.glob("copy*")) == []


def test_what_a_killed_backup_left_does_not_block_the_next(done, tmp_path, monkeypatch):
    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(stage, "write_file", crash)
    monkeypatch.setattr(stage.shutil, "rmtree", lambda *_, **__: None)  # whoever is killed removes nothing
    with pytest.raises(KeyboardInterrupt):
        backup(done.registry, FIRST, tmp_path / "copy")
    monkeypatch.undo()
    assert list((tmp_path / "copy.partial" / "snapshots").iterdir())
    assert not (tmp_path / "copy").exists()
    assert backup(done.registry, FIRST, tmp_path / "copy").snapshots == 6
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy"]


def test_two_backups_into_one_folder_do_not_meet(done, tmp_path):
    partial = tmp_path / "copy.partial"
    partial.mkdir()
    held = os.open(partial, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(TrialRefused, match="another backup is being written here"):
        backup(done.registry, FIRST, tmp_path / "copy")
    os.close(held)
    assert backup(done.registry, FIRST, tmp_path / "copy").trials == 1


def test_somebody_elses_folder_is_not_removed(done, tmp_path):
    (tmp_path / "copy.partial").mkdir()
    (tmp_path / "copy.partial" / "thesis.doc").write_text("mine")
    with pytest.raises(TrialRefused, match="something else is where"):
        backup(done.registry, FIRST, tmp_path / "copy")
    assert (tmp_path / "copy.partial" / "thesis.doc").read_text() == "mine"
    (tmp_path / "other.partial").symlink_to(tmp_path / "copy.partial")
    with pytest.raises(TrialRefused, match="something else is where"):
        backup(done.registry, FIRST, tmp_path / "other")


def test_every_file_and_folder_is_private_and_synced_before_it_has_its_name(done, tmp_path, monkeypatch):
    synced: set[int] = set()
    sync, rename, renamed = os.fsync, Path.rename, []

    def noted(descriptor):
        synced.add(os.fstat(descriptor).st_ino)
        sync(descriptor)

    def checked(path, target):
        if path.name == "copy.partial":
            everything = [path, *path.rglob("*")]
            assert {part.name for part in everything if part.stat().st_ino not in synced} == set()
            modes = {stat.S_IMODE(part.stat().st_mode) for part in everything if part.is_file()}
            assert modes == {0o600}
            assert {stat.S_IMODE(part.stat().st_mode) for part in everything if part.is_dir()} == {0o700}
            renamed.append(target)
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Path, "rename", checked)
    before = os.umask(0)
    try:
        folder = backup(done.registry, FIRST, tmp_path / "deep" / "copy").folder
    finally:
        os.umask(before)
    assert renamed == [folder]
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700
    assert {(tmp_path / "deep").stat().st_ino, tmp_path.stat().st_ino} <= synced


def test_a_restore_syncs_its_folders_too(done, tmp_path, monkeypatch):
    folder = backup(done.registry, FIRST, tmp_path / "copy").folder
    synced: set[int] = set()
    sync = os.fsync

    def noted(descriptor):
        synced.add(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    restore(Settings(home=tmp_path / "new"), FIRST, folder)
    home = tmp_path / "new"
    kept = [home, home / "snapshots", home / "ledger.key", home / "chain-head", *(home / "snapshots").glob("*.parquet")]
    assert [path.name for path in kept if path.stat().st_ino not in synced] == []


def test_a_registry_without_snapshots_is_backed_up_and_comes_back(either, files, tmp_path):
    register(either, FIRST, files.protocol)
    assert not (either.home / "snapshots").exists()
    made = backup(either, FIRST, tmp_path / "copy")
    assert (made.trials, made.snapshots) == (1, 0)
    assert restore(Settings(home=tmp_path / "new"), FIRST, made.folder).trials == 1
    with closing(open_standing(Settings(home=tmp_path / "new"))) as restored, restored.read(FIRST) as reader:
        assert [trial.id for trial in reader.portfolio()] == [files.trial]


@pytest.mark.parametrize("name", ["manifest.json", "registry.json", "ledger.key", "chain-head", "snapshot", "extra"])
@pytest.mark.parametrize("kind", ["pipe", "link", "socket", "folder"])
def test_only_files_are_restored(done, tmp_path, name, kind):
    folder = backup(done.registry, FIRST, tmp_path / "copy").folder
    path = next((folder / "snapshots").iterdir()) if name == "snapshot" else folder / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/dev/zero")
    else:
        os.mknod(path, 0o600 | stat.S_IFSOCK)
    fresh = Settings(home=tmp_path / "new")
    if (name, kind) == ("extra", "folder"):
        return  # an empty folder holds nothing
    with pytest.raises(TrialRefused):
        restore(fresh, FIRST, folder)
    assert not fresh.home.exists()


@pytest.mark.parametrize("content", ["[" * 100_000, "[]", "7", "null", '{"a": {"b": 1}}', "\x00", ""])
@pytest.mark.parametrize("name", ["manifest.json", "registry.json"])
def test_documents_that_are_none_are_refused(done, tmp_path, name, content):
    folder = backup(done.registry, FIRST, tmp_path / "copy").folder
    (folder / name).write_text(content)
    if name != "manifest.json":
        (folder / "manifest.json").write_text(json.dumps(backup_files.manifest_of(folder)))
    with pytest.raises(Refused):
        restore(Settings(home=tmp_path / "new"), FIRST, folder)
    assert not (tmp_path / "new").exists()


def test_who_may_not_restore_or_migrate_is_in_the_audit(either, tmp_path):
    analyst = Actor("An Analyst", "analyst")
    with pytest.raises(AccessRefused):
        restore(either.settings, analyst, tmp_path / "nothing")
    with pytest.raises(AccessRefused):
        migrate(either.settings, analyst)
    with pytest.raises(AccessRefused):
        backup(either, analyst, tmp_path / "copy")
    denied = [event["detail"]["use_case"] for event in tampering.chain(either) if event["action"] == "denied"]
    assert denied == ["restore", "migrate", "backup"]
    nowhere = Settings(home=tmp_path / "nowhere")
    for refused in (lambda: restore(nowhere, analyst, tmp_path / "nothing"), lambda: migrate(nowhere, analyst)):
        with pytest.raises(AccessRefused):
            refused()
    assert not nowhere.home.exists()


@pytest.mark.parametrize("where", ["load", "commit"])
def test_whatever_was_asked_after_an_interrupted_restore_it_can_be_given_again(
    done, files, tmp_path, registry_url, monkeypatch, where
):
    from trials.registry import registry as registry_module

    def crash(*_, **__):
        raise KeyboardInterrupt

    folder = backup(done.registry, FIRST, tmp_path / "copy").folder
    fresh = Settings(home=tmp_path / "new", database_url=registry_url)
    monkeypatch.setattr(registry_module if where == "load" else UnitOfWork, where, crash)
    monkeypatch.setattr(stage._Placed, "take_back", lambda _: None)  # whoever is killed takes nothing back
    with pytest.raises(KeyboardInterrupt):
        restore(fresh, FIRST, folder)
    monkeypatch.undo()
    with pytest.raises(RegistryRefused, match="there is no registry"):
        open_standing(fresh)
    if where == "commit":  # the files were in place
        with pytest.raises(RegistryRefused, match="give otm restore again"):
            open_registry(fresh)
    assert restore(fresh, FIRST, folder).snapshots == 6
    with closing(open_standing(fresh)) as restored:
        assert all(proof.holds for proof in verify(restored, FIRST, done.files.trial))


def test_a_registry_is_made_as_a_whole_or_not_at_all(home, registry_url, monkeypatch):
    def crash(*_, **__):
        raise KeyboardInterrupt

    settings = Settings(home=home, database_url=registry_url)
    monkeypatch.setattr(UnitOfWork, "commit", crash)
    with pytest.raises(KeyboardInterrupt):
        open_registry(settings)
    monkeypatch.undo()
    with closing(connect(settings)) as left:
        assert not left.has_tables()
    open_registry(settings).close()
    with closing(open_standing(settings)) as made:
        assert actions(made) == ["installed"]


def test_a_pipe_in_the_home_is_no_draft(registry, files, tmp_path):
    allocated(registry, Files(tmp_path / "more"))
    (registry.home / "drafts").mkdir()
    os.mkfifo(registry.home / "drafts" / f"{'a' * 64}.json")
    open_registry(registry.settings).close()
    assert backup(registry, FIRST, tmp_path / "copy").trials == 1
