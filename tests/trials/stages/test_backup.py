"""Back up, destroy, restore: digests and audit chain identical, and into either database."""

from __future__ import annotations

import json
import shutil
import stat

import pytest

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, allocated, load_outcomes
from trials.errors import Refused, RegistryRefused, TrialRefused
from trials.registry import Registry, open_registry
from trials.registry.storage.dump import dump
from trials.settings import Settings
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
    assert after.pop("audit_event")[:-1] == before.pop("audit_event")
    assert after == before
    assert tampering.chain(restored)[:-1] == chain
    assert tampering.chain(restored)[-1]["action"] == "restore"
    assert all(proof.holds for proof in verify(restored, FIRST, files.trial))
    load_outcomes(restored, FIRST, files.trial, files.outcomes)  # the key came along, so ids still match
    assert stat.S_IMODE(restored.key_path.stat().st_mode) == 0o600
    restored.close()


def test_a_restore_that_was_interrupted_can_be_given_again(backed_up, tmp_path, monkeypatch):
    settings = Settings(home=tmp_path / "new")

    def crash(*_):
        raise KeyboardInterrupt

    from trials.stages import backup as stage

    monkeypatch.setattr(stage, "load", crash)
    with pytest.raises(KeyboardInterrupt):
        restore(settings, FIRST, backed_up)
    monkeypatch.undo()
    assert restore(settings, FIRST, backed_up).snapshots == 6


@pytest.mark.parametrize("name", ["registry.json", "ledger.key", "chain-head", "snapshot", "manifest.json"])
@pytest.mark.parametrize("what", ["changed", "missing"])
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_restored(backed_up, tmp_path, name, what):
    path = next((backed_up / "snapshots").iterdir()) if name == "snapshot" else backed_up / name
    if what == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b"a", b"b", 1) + b"\n")
    with pytest.raises(Refused):
        restore(Settings(home=tmp_path / "new"), FIRST, backed_up)
    assert not (tmp_path / "new" / "registry.sqlite").exists() or not (tmp_path / "new" / "ledger.key").exists()


def test_a_backup_of_a_cut_chain_is_refused(registry, files, tmp_path):
    allocated(registry, files)
    folder = backup(registry, FIRST, tmp_path / "backup").folder
    content = json.loads((folder / "registry.json").read_text())
    del content["tables"]["audit_event"][2]
    (folder / "registry.json").write_text(json.dumps(content))
    from trials.stages.backup import _manifest

    (folder / "manifest.json").write_text(json.dumps(_manifest(folder)))
    settings = Settings(home=tmp_path / "new")
    with pytest.raises(TrialRefused, match=r"audit chain is not whole.*audit event 3: deleted"):
        restore(settings, FIRST, folder)


def test_a_backup_is_restored_where_nothing_is(done, backed_up):
    registry = done.registry
    before = rows(registry)
    with pytest.raises(TrialRefused, match="there is a registry here already"):
        restore(registry.settings, FIRST, backed_up)
    assert rows(registry) == before


def test_a_backup_never_overwrites(done, backed_up):
    with pytest.raises(TrialRefused, match="the folder is there already"):
        backup(done.registry, FIRST, backed_up)


def test_a_backup_of_another_revision_is_refused(backed_up, tmp_path):
    content = json.loads((backed_up / "registry.json").read_text())
    content["revision"] = "0000"
    (backed_up / "registry.json").write_text(json.dumps(content))
    from trials.stages.backup import _manifest

    (backed_up / "manifest.json").write_text(json.dumps(_manifest(backed_up)))
    with pytest.raises(RegistryRefused, match="the backup is of revision '0000', this program needs"):
        restore(Settings(home=tmp_path / "new"), FIRST, backed_up)


def test_a_backup_finds_a_damaged_snapshot(registry, files, tmp_path):
    record = allocated(registry, files)
    path = registry.snapshots.path(record.snapshot_digest)
    path.write_bytes(b"x" + path.read_bytes())
    with pytest.raises(Refused, match="has been changed"):
        backup(registry, FIRST, tmp_path / "backup")


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
