"""Every folder and file that the service makes under its home is its owner's alone, and verify names what is not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.trials.proofs.test_record import failing
from trials.registry.proof.files import open_to_others


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
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
