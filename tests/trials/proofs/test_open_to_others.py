"""Every folder and file that the service makes under its home is its owner's alone, and verify names what is not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from data.private import make_private
from tests.trials.examples import FIRST
from tests.trials.proofs.test_record import failing
from trials.registry.proof.files import not_the_services, open_to_others
from trials.registry.storage.folder import ERRORS
from trials.stages.verify import verify
from trials.unforeseen import LOG


def test_files_that_others_may_read_are_named(done):
    registry = done.registry
    open_ones = [registry.head.path, registry.home / "registry.sqlite", next(registry.snapshots.root.glob("*.parquet"))]
    for path in open_ones:
        path.chmod(0o644)
        assert f"{path}: others may read it" in failing(registry)["registry_rows"]
        path.chmod(0o600)
    registry.snapshots.root.chmod(0o755)  # names of files are digests
    assert failing(registry) == {}
    registry.snapshots.root.chmod(0o777)
    assert f"{registry.snapshots.root}: others may write to it" in failing(registry)["registry_rows"]


MADE = (
    "snapshots", "scratch", "scratch/x", "uploads", "uploads/x/texts", "drafts", "demonstration",
    "demonstration/A/wording", "jobs", "arriving", "arriving/x", "lists", "lists/x",
)  # fmt: skip
"""Every folder that the service makes in a registry's, and folders in them."""


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_may_write_to_is_named(done, mode):
    home = done.registry.home
    folders = [home, *(home / name for name in MADE)]
    for folder in folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    assert failing(done.registry) == {}
    for folder in folders:
        folder.chmod(mode)
    found = failing(done.registry)["registry_rows"]
    for folder in folders:
        assert f"{folder}: others may write to it, its mode is {mode:04o}" in found
        folder.chmod(0o700)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o602, 0o604])
def test_a_file_in_any_folder_of_the_service_that_is_open_to_others_is_named(done, mode):
    home = done.registry.home
    names = (*(f"{folder}/left.csv" for folder in MADE), "registry.sqlite.before-restore", "chain-head.before-restore")
    for name in (*names, "notes.txt"):  # the last is not the service's
        (home / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / name).write_bytes(b"customer_id\n")
        (home / name).chmod(mode)
    found = failing(done.registry)["registry_rows"]
    for name in names:
        assert f"{home / name}: others may read it or write to it, its mode is {mode:04o}" in found
        (home / name).unlink()
    assert failing(done.registry) == {}


@pytest.mark.parametrize("name", ["jobs", "lists/x/letter.csv", "arriving/x/people.csv", "snapshots", "chain-head"])
def test_what_belongs_to_somebody_else_is_named(done, monkeypatch, name):
    place, stat = done.registry.home / name, Path.stat
    make_private(place.parent)
    if place.suffix:
        place.touch(mode=0o600)
    elif not place.exists():
        place.mkdir(mode=0o700)
    assert failing(done.registry) == {}

    def of_somebody_else(path: Path, **how: Any) -> os.stat_result:
        found = stat(path, **how)
        return os.stat_result((*found[:4], 12345, *found[5:10])) if path == place else found

    monkeypatch.setattr(Path, "stat", of_somebody_else)
    assert list(open_to_others(done.registry.home)) == [
        f"{place}: it belongs to user 12345, and the registry's folder to user {os.geteuid()} (chown)"
    ]


@pytest.mark.parametrize("mode", [0o755, 0o710, 0o701])
def test_a_folder_whose_names_and_sizes_tell_something_is_closed_to_others(done, mode):
    """A list is called after its arm and is as long as that has customers; what was sent is called as its owner did."""
    places = [done.registry.home / name for name in ("lists", f"lists/{'1' * 32}", "arriving", f"arriving/{'1' * 32}")]
    for place in places:
        place.mkdir(mode=0o700)
    assert failing(done.registry) == {}
    for place in places:
        place.chmod(mode)
    found = failing(done.registry)["registry_rows"]
    for place in places:
        assert (
            f"{place}: others may see the names and sizes of what is in it, its mode is {mode:04o} (chmod go=)" in found
        )


@pytest.mark.parametrize("name", ["errors.log", "errors.log.before"])
def test_what_the_program_did_not_foresee_is_for_its_owner(done, name):
    (done.registry.home / name).write_text("Traceback")
    (done.registry.home / name).chmod(0o644)
    assert f"{name}: others may read it" in failing(done.registry)["registry_rows"]
    assert name.startswith(LOG)
    assert ERRORS == LOG


NOT_OURS = (
    "notes.txt", "old", "customers.csv", ".hidden", "ledger.key.old", "registry.sqlite.bak", "chain-head.copy",
    "snapshots/customers.parquet", "scratch/mine", "uploads/x", "drafts/x.json", "demonstration/mine", "jobs/notes.txt",
    "arriving/people.csv", "lists/reminders-letter-letter.csv",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_not_the_services_is_named_and_is_no_fault(done, kind):
    home = done.registry.home
    assert remarks(done.registry) == []
    for name in NOT_OURS:
        place = home / name
        place.parent.mkdir(mode=0o700, exist_ok=True)
        if kind == "link":
            place.symlink_to(home.parent / "nothing")
        elif kind == "folder":
            place.mkdir(mode=0o700)
        else:
            place.touch(mode=0o600)
        said = f"{place}: not the service's: in no backup, and never cleared; see whose it is"
        assert list(not_the_services(home)) == [said]
        if name == NOT_OURS[0]:
            assert remarks(done.registry) == [said]
            assert failing(done.registry) == {}
        place.rmdir() if kind == "folder" else place.unlink()


def test_a_name_in_a_jobs_folder_is_not_told(done):
    folder = done.registry.home / "lists" / ("1" * 32)
    folder.mkdir(mode=0o700, parents=True)
    (folder / "letters to send.docx").touch(mode=0o600)
    (said,) = remarks(done.registry)
    assert said.startswith(f"{folder}/…: not the service's")


def test_what_the_service_makes_is_its_own(done, tmp_path):
    """Every kind of file that it makes under its home; what a start or a write makes is there already."""
    home, job, lists = done.registry.home, "1" * 32, f"lists/{'1' * 32}"
    names = (
        f"snapshots/{'2' * 64}.parquet", f"snapshots/{job}.partial", f"scratch/{job}/x", f"uploads/{'3' * 64}/a.yaml",
        "uploads/tmpabcd1234/x", f"drafts/{'4' * 64}.json", "demonstration/A/protocol.yaml", f"jobs/{job}",
        f"arriving/{job}/people of mine.csv", f"{lists}/t-a-sms.csv", f"{lists}/t-a-sms.manifest.json",
        f"{lists}/.otm-0123456789abcdef.partial", "registry.sqlite-wal", "registry.sqlite-journal",
        "registry.sqlite.before-restore", "chain-head.before-restore", "ledger.key.before-restore", "errors.log",
        "errors.log.before", "ledger.key.12.0a1b2c3d.tmp", "lost+found/x",
    )  # fmt: skip
    for name in names:
        (home / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / name).touch(mode=0o600)
    assert list(not_the_services(home)) == []


def remarks(registry) -> list[str]:
    return [said for proof in verify(registry, FIRST, "reminders") for said in proof.remarks]
