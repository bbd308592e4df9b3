"""A copy of the chain head, kept elsewhere: what it finds, where it goes, and what it never takes the place of."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, locked
from trials.errors import RegistryRefused
from trials.registry import Registry, open_registry
from trials.settings import Settings
from trials.stages.head import head
from trials.stages.register import register
from trials.stages.verify import verify, verify_all


@pytest.fixture
def place(tmp_path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def another(registry: Registry, files: Files, name: str) -> None:
    register(registry, FIRST, Files(files.folder / name, trial=name).protocol)


def chain_faults(registry: Registry, copy: Path) -> str:
    (found,) = [p for p in verify(registry, FIRST, "reminders", head=copy) if p.name == "audit_chain"]
    return "; ".join(found.faults)


def forge(event: dict) -> dict:
    return event | {"actor": "Someone Else"} if event["sequence"] == 3 else event


def test_a_copy_is_private_and_whole_and_a_later_one_takes_its_place(either, files, place):
    locked(either, files)
    made = head(either, FIRST, to=place)
    assert made.path == place / "chain-head"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert made.path.read_text() == either.head.path.read_text()
    another(either, files, "other")
    assert chain_faults(either, made.path) == ""
    later = head(either, FIRST, to=made.path)
    assert (later.sequence, later.hash) == (5, either.head.lines()[5])
    assert len(later.path.read_text().splitlines()) == 5
    assert [path.name for path in place.iterdir()] == ["chain-head"]


def test_a_chain_forged_together_with_its_head_is_found_by_the_copy(either, files, place):
    locked(either, files)
    copy = head(either, FIRST, to=place).path
    tampering.rewrite_chain(either, forge)
    either.head.path.write_text("".join(f"{row['sequence']} {row['hash']}\n" for row in tampering.chain(either)))
    assert all(proof.holds for proof in verify(either, FIRST, "reminders"))
    assert chain_faults(either, copy) == (
        "against the copy: audit events 3 to 4: rewritten, its head outside has seen others"
    )
    with pytest.raises(RegistryRefused, match=r"of another registry, or of this one as it was.*rewritten"):
        head(either, FIRST, to=copy)
    line = place / "one-line"
    line.write_text(copy.read_text().splitlines()[-1] + "\n")
    assert "audit events 4: rewritten" in chain_faults(either, line)


def test_a_folder_that_was_rolled_back_is_found_by_the_copy(home, files, place):
    settings = Settings(home=home)
    registry = open_registry(settings)
    locked(registry, files)
    registry.close()
    shutil.copytree(home, place / "earlier")
    registry = open_registry(settings)
    another(registry, files, "other")
    copy = head(registry, FIRST, to=place / "copy").path
    registry.close()
    shutil.rmtree(home)
    shutil.copytree(place / "earlier", home)
    registry = open_registry(settings)
    assert all(proof.holds for proof in verify(registry, FIRST, "reminders"))
    assert chain_faults(registry, copy).startswith("against the copy: audit events 5: cut off the end of the chain")
    another(registry, files, "third")
    assert "audit events 5: rewritten" in chain_faults(registry, copy)
    registry.close()


def test_nothing_but_an_earlier_copy_of_the_same_chain_is_written_over(registry, files, place, tmp_path):
    locked(registry, files)
    other = open_registry(Settings(home=tmp_path / "second"))
    theirs = head(other, FIRST, to=place / "theirs").path
    other.close()
    (place / "letter").write_text("Dear customer\n")
    (place / "link").symlink_to(place / "letter")
    os.mkfifo(place / "pipe")
    before = {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()}
    for name, words in {
        "theirs": "is of another registry",
        "letter": "this is no copy of a chain head",
        "link": "a link is in the place",
        "pipe": "this is no copy of a chain head",
    }.items():
        with pytest.raises(RegistryRefused, match=words):
            head(registry, FIRST, to=place / name)
    for within in (registry.home / "copy", registry.home, registry.home / "snapshots" / ".." / "copy"):
        with pytest.raises(RegistryRefused, match="the registry's own folder proves nothing"):
            head(registry, FIRST, to=within)
    with pytest.raises(RegistryRefused, match="cannot be written there"):
        head(registry, FIRST, to=place / "nowhere" / "copy")
    assert {path.name: path.read_bytes() for path in place.iterdir() if path.is_file()} == before
    assert "nothing agrees, so everything was rewritten or it is of another registry" in chain_faults(registry, theirs)


def test_what_is_no_copy_is_refused(registry, files, place):
    locked(registry, files)
    (place / "empty").write_text("")
    (place / "letter").write_text("Dear customer\n")
    os.mkfifo(place / "pipe")
    for name, words in {
        "empty": "is empty", "letter": "no copy of a chain head", "pipe": "no copy", "gone": "there is no copy",
    }.items():  # fmt: skip
        with pytest.raises(RegistryRefused, match=words):
            verify(registry, FIRST, "reminders", head=place / name)
    with pytest.raises(RegistryRefused, match="own folder proves nothing"):
        verify_all(registry, FIRST, head=registry.head.path)


def test_no_copy_is_made_of_what_may_be_forged(registry, files, place):
    locked(registry, files)
    registry.head.path.unlink()
    with pytest.raises(RegistryRefused, match=r"audit events 1 to 4: the chain head has lost them"):
        head(registry, FIRST, to=place)
    assert list(place.iterdir()) == []


def test_a_trial_that_was_deleted_is_named(either, files):
    locked(either, files)
    another(either, files, "other")
    assert verify_all(either, FIRST).holds
    for table in ("protocol_version", "trial"):
        column = "id" if table == "trial" else "trial_id"
        tampering.run_past_the_rules(either, f"DELETE FROM {table} WHERE {column} = 'other'")
    found = verify_all(either, FIRST)
    faults = {proof.name: proof.faults for proof in found.proofs if not proof.holds}
    assert faults["trials"] == ("trial other: deleted; the audit chain names it",)
    assert "row trial/other: deleted" in faults["registry_rows"]
    assert set(faults) == {"trials", "registry_rows"}
    assert all(proof.holds for proof in found.trials["reminders"])
    assert not all(proof.holds for proof in found.trials["other"])
    alone = {proof.name: proof.faults for proof in verify(either, FIRST, "other") if not proof.holds}
    assert "row trial/other: deleted" in alone["registry_rows"]
    assert all(proof.holds for proof in verify(either, FIRST, "reminders"))


def test_rows_of_a_trial_that_nobody_registered_are_found_among_all(registry, files):
    locked(registry, files)
    tampering.run_past_the_rules(
        registry,
        "INSERT INTO release (trial_id, reason, released_at, released_by) "
        "VALUES ('ghost', 'none', '2026-01-01T00:00:00.000000Z', 'Someone Else')",
    )
    (rows,) = [proof for proof in verify_all(registry, FIRST).proofs if proof.name == "registry_rows"]
    assert "row release/ghost: no use case wrote it" in rows.faults
