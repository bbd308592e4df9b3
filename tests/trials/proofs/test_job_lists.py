"""Issue lists that wait in the registry's folder: what is done to them is found by verify, and as they are taken."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, allocated
from tests.trials.proofs.test_record import failing
from trials.access import Actor
from trials.errors import TrialRefused
from trials.field import dispatch
from trials.jobs import remove_lists, take_lists, written_lists
from trials.jobs.conducting import conduct
from trials.registry import Registry, open_registry
from trials.registry.records import JobRecord
from trials.settings import Settings
from trials.stages.backup import backup, restore
from trials.stages.collect import collect
from trials.stages.job import job_to_do, open_job
from trials.stages.verify import verify, verify_all

RAY = Actor("Ray", "randomiser")
TRIAL = "reminders"
LETTER, SMS = "reminders-letter-letter", "reminders-sms-sms"
FIRST_JOB, SECOND_JOB = "1" * 32, "2" * 32


def issued(registry: Registry, job_id: str, *arms: str, reason: str | None = None) -> JobRecord:
    """What a job's process does, in this one."""
    request = {"arms": list(arms), "columns": [], "reason": reason}
    job = open_job(registry, RAY, TRIAL, "issue", job_id, lambda _: False, request)
    conduct(registry, RAY, job)
    return job_to_do(registry, RAY, job_id)


@pytest.fixture
def kept(registry: Registry, files: Files) -> tuple[Registry, JobRecord, Path]:
    """A job's two lists, and the folder that they lie in."""
    allocated(registry, files)
    job = issued(registry, FIRST_JOB, "letter", "sms")
    assert failing(registry) == {}
    return registry, job, registry.home / "lists" / job.id


def found(registry: Registry) -> str:
    faults = failing(registry)
    assert set(faults) <= {"snapshots"}
    return faults.get("snapshots", "")


def edit_row(folder: Path) -> None:
    rows = (folder / f"{LETTER}.csv").read_text().splitlines()
    (folder / f"{LETTER}.csv").write_text("\n".join([*rows[:-1], "x" + "0" * 32, ""]))


def swap(folder: Path) -> None:
    other = (folder / f"{SMS}.csv").read_bytes()
    (folder / f"{LETTER}.csv").write_bytes(other)


def edit_manifest(folder: Path) -> None:
    said = json.loads((folder / f"{LETTER}.manifest.json").read_text())
    (folder / f"{LETTER}.manifest.json").write_text(json.dumps(said | {"customers": 1}))


def link(folder: Path) -> None:
    (folder / f"{LETTER}.csv").rename(folder.parent / "elsewhere")
    (folder / f"{LETTER}.csv").symlink_to(folder.parent / "elsewhere")


def planted(folder: Path) -> None:
    shutil.copy(folder / f"{LETTER}.csv", folder / "reminders-letter-letter-wave-2.csv")
    (folder / "reminders-letter-letter-wave-2.csv").chmod(0o600)


EDITS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a row": (edit_row, "issue list 1 is not as it was issued"),
    "another list's bytes": (swap, "issue list 1 is not as it was issued"),
    "its manifest": (edit_manifest, "issue list 1 is not as it was issued"),
    "a list that was not issued": (planted, "a list is not as it was issued"),
    "one is erased": (lambda folder: (folder / f"{LETTER}.csv").unlink(), "issue list 1 is gone"),
    "the last is erased": (lambda folder: (folder / f"{SMS}.csv").unlink(), "issue list 2 is gone"),
    "its manifest is erased": (lambda folder: (folder / f"{SMS}.manifest.json").unlink(), "issue list 2 is gone"),
    "a link in its place": (link, "issue list 1 is gone"),
    "all are erased": (shutil.rmtree, "issue list 1 is gone"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_is_done_to_a_list_is_found_by_verify_and_as_it_is_taken(kept: Any, edit: str) -> None:
    registry, job, folder = kept
    do, said = EDITS[edit]
    do(folder)
    assert f"lists/{job.id}: {said}" in found(registry)
    assert "letter" not in found(registry)  # whoever verifies is not told which arms have a list
    assert verify_all(registry, FIRST).holds is False
    before = len(tampering.chain(registry))
    with pytest.raises(TrialRefused, match=r"not as it was issued|that was issued is gone|not here any more"):
        take_lists(registry, RAY, job)
    assert len(tampering.chain(registry)) == before
    # Whoever has seen to it says so; that some were missing stays on record.
    assert [(each.id, bool(names)) for each, names in written_lists(registry, RAY, TRIAL)] == [
        (job.id, edit != "all are erased")
    ]
    lists = (folder / f"{LETTER}.csv", folder / f"{SMS}.csv")
    missing = sum(not path.is_file() or path.is_symlink() for path in lists)
    remove_lists(registry, RAY, job)
    event = tampering.chain(registry)[-1]
    assert (event["action"], event["actor"], event["detail"]["job"]) == ("remove_lists", "Ray", job.id)
    assert event["detail"]["missing"] == missing
    assert found(registry) == ""


def test_lists_that_were_taken_and_removed_are_not_missed(kept: Any) -> None:
    registry, job, folder = kept
    assert take_lists(registry, RAY, job)
    assert found(registry) == ""
    remove_lists(registry, RAY, job)
    assert not folder.exists()
    assert written_lists(registry, RAY, TRIAL) == ()
    assert found(registry) == ""


def test_erasing_by_hand_what_was_taken_is_no_removal(kept: Any) -> None:
    registry, job, folder = kept
    take_lists(registry, RAY, job)
    shutil.rmtree(folder)
    assert "issue list 1 is gone" in found(registry)
    assert "issue list 2 is gone" in found(registry)


def test_lists_that_cannot_be_removed_are_said_to_stand(kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, job, folder = kept
    monkeypatch.setattr("trials.jobs.lists.shutil.rmtree", lambda *_, **__: None)
    with pytest.raises(TrialRefused, match="cannot be removed"):
        remove_lists(registry, RAY, job)
    assert written_lists(registry, RAY, TRIAL)
    edit_row(folder)
    assert "issue list 1 is not as it was issued" in found(registry)


def test_a_list_of_another_job_is_not_taken_for_its(kept: Any) -> None:
    """The same customers, issued again: the list has the same bytes, and its manifest says that it is a reissue."""
    registry, job, folder = kept
    again = issued(registry, SECOND_JOB, "letter", reason="lost")
    for ending in (".csv", ".manifest.json"):
        shutil.copy(registry.home / "lists" / again.id / f"{LETTER}{ending}", folder / f"{LETTER}{ending}")
    assert f"lists/{job.id}: issue list 1 is not as it was issued" in found(registry)
    with pytest.raises(TrialRefused, match="not as it was issued"):
        take_lists(registry, RAY, job)
    assert take_lists(registry, RAY, again)


def test_a_job_whose_row_was_deleted_keeps_its_lists(kept: Any) -> None:
    registry, job, _ = kept
    tampering.run(registry, "DELETE FROM job")
    assert collect(registry, FIRST) == ()
    ((told, names),) = written_lists(registry, RAY, TRIAL)
    assert (told.id, told.started_by, len(names)) == (job.id, "Ray", 4)
    assert take_lists(registry, RAY, told)
    shutil.rmtree(registry.home / "lists")
    assert "issue list 2 is gone" in found(registry)


def test_the_last_list_of_a_job_that_ended_before_it_had_its_name_is_not_missed(
    registry: Registry, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    allocated(registry, files)
    finish = dispatch.Written.finish

    def fails(self: Any) -> None:
        if "sms" in self._listed.path.name:
            raise TrialRefused("the list is on record and could not be put in place")
        finish(self)

    monkeypatch.setattr(dispatch.Written, "finish", fails)
    job = issued(registry, FIRST_JOB, "letter", "sms")
    assert job.state == "failed"
    assert found(registry) == ""
    assert take_lists(registry, RAY, job)
    (registry.home / "lists" / job.id / f"{LETTER}.csv").unlink()
    assert "issue list 1 is gone" in found(registry)  # an earlier one of the same job had its name


def test_lists_are_in_no_backup_and_not_missed_where_it_is_restored(kept: Any, tmp_path: Path) -> None:
    registry, _, _ = kept
    backup(registry, FIRST, tmp_path / "backup")
    settings = Settings(home=tmp_path / "restored")
    restore(settings, FIRST, tmp_path / "backup")
    restored = open_registry(settings)
    try:
        assert [proof for proof in verify(restored, FIRST, TRIAL) if not proof.holds] == []
        assert written_lists(restored, RAY, TRIAL) == ()
        issued(restored, SECOND_JOB, "letter", reason="restored")
        shutil.rmtree(restored.home / "lists")
        assert "issue list 3 is gone" in found(restored)
    finally:
        restored.close()


@pytest.mark.parametrize("edit", ["a row", "its manifest", "a list that was not issued"])
def test_lists_of_an_earlier_program_are_compared_with_all_that_was_issued(
    kept: Any, edit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its events say nothing of a job: what lies there must have been issued, and what is gone cannot be told."""
    registry, job, folder = kept

    def without_job(values: dict[str, Any]) -> dict[str, Any]:
        return values | {"detail": {key: said for key, said in values["detail"].items() if key != "job"}}

    tampering.rewrite_chain(registry, without_job)
    registry.head.path.write_text("".join(f"{row['sequence']} {row['hash']}\n" for row in tampering.chain(registry)))
    again = open_registry(registry.settings)
    assert found(again) == ""
    assert take_lists(again, RAY, job)
    EDITS[edit][0](folder)
    assert "is not as it was issued" in found(again)
    with pytest.raises(TrialRefused, match="not as it was issued"):
        take_lists(again, RAY, job)
    again.close()
