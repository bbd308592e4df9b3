"""Nothing that a job leaves stays where nobody can take it or clear it, and nothing of a job that lives is touched."""

from __future__ import annotations

import fcntl
import io
import json
import os
import signal
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.trials.examples import FIRST, SECOND, Files, allocated
from tests.trials.jobs.watching import ended, process_of, wait_until
from tests.trials.stages.test_nothing_left_behind import all_private, files_below
from tests.trials.tampering import chain
from trials.access import Actor
from trials.errors import AccessRefused, TrialRefused
from trials.jobs import Sent, lifeline, remove_lists, start, starting, take_lists, written_lists
from trials.registry import Registry, open_registry
from trials.registry.records import JobRecord
from trials.stages.collect import collect
from trials.stages.issue import issue_lists
from trials.stages.void import confirm_void, request_void

OTHERS = [Actor("Ann", role) for role in ("designer", "reviewer", "analyst", "manager", "administrator")]
RAY, ROZ = Actor("Ray", "randomiser"), Actor("Roz", "randomiser")
GONE, LIVES, UNKNOWN = "a" * 32, "b" * 32, "c" * 32


def started_again(registry: Registry) -> None:
    open_registry(registry.settings).close()


def left_by(home: Path, job_id: str, said: bytes = b"") -> None:
    """What a job has in each of its rooms."""
    for room in ("arriving", "lists"):
        (home / room / job_id).mkdir(parents=True)
    (home / "arriving" / job_id / "people.csv").write_bytes(b"customer_id\nA1\n")
    (home / "lists" / job_id / f".otm-{job_id[:16]}.partial").write_bytes(b"export_id\nx1\n")
    (home / "jobs").mkdir(exist_ok=True)
    (home / "jobs" / job_id).write_bytes(said)


def of_job(home: Path, job_id: str) -> set[str]:
    return {room for room in ("arriving", "lists", "jobs") if (home / room / job_id).exists()}


def test_the_next_start_removes_what_a_job_left_whose_process_is_gone_and_nothing_of_one_that_lives(
    registry: Registry,
) -> None:
    left_by(registry.home, GONE)
    left_by(registry.home, LIVES)
    with (registry.home / "jobs" / LIVES).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        started_again(registry)
        assert of_job(registry.home, GONE) == set()
        assert of_job(registry.home, LIVES) == {"arriving", "lists", "jobs"}
        assert files_below(registry.home / "lists" / LIVES)
    started_again(registry)
    assert of_job(registry.home, LIVES) == set()


def test_collect_says_what_it_removes_of_them_and_takes_reports_of_crashes_too(registry: Registry) -> None:
    left_by(registry.home, GONE, said=b"Segmentation fault")
    started_again(registry)
    assert of_job(registry.home, GONE) == {"jobs"}  # for whoever looks after the service to read
    left_by(registry.home, LIVES)
    with (registry.home / "jobs" / LIVES).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert collect(registry, FIRST) == (f"jobs/{GONE}",)
    removed = collect(registry, FIRST)
    assert set(removed) == {
        f"arriving/{LIVES}", f"lists/{LIVES}/.otm-{LIVES[:16]}.partial", f"lists/{LIVES}", f"jobs/{LIVES}"
    }  # fmt: skip
    assert collect(registry, FIRST) == ()


def test_what_is_not_a_jobs_stays(registry: Registry) -> None:
    for room in ("arriving", "lists", "jobs"):
        (registry.home / room).mkdir()
        (registry.home / room / "notes.txt").write_text("mine")
    started_again(registry)
    assert collect(registry, FIRST) == ()
    assert len([path for path in files_below(registry.home) if path.name == "notes.txt"]) == 3


def test_a_job_whose_file_was_cleared_before_it_was_locked_makes_another(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the making of a job's file and its lock nobody holds it."""
    locks, made = fcntl.flock, []

    def cleared_first(descriptor: int, operation: int) -> None:
        if operation == fcntl.LOCK_EX and not made:
            made.append(descriptor)
            started_again(registry)
            assert not lifeline.file_of(registry.home, GONE).exists()
        locks(descriptor, operation)

    monkeypatch.setattr(lifeline.fcntl, "flock", cleared_first)
    held = lifeline.hold(registry.home, GONE)
    assert made
    assert lifeline.is_held(registry.home, GONE)
    os.close(held)
    assert not lifeline.is_held(registry.home, GONE)


def test_a_job_that_could_not_be_started_leaves_nothing(
    registry: Registry, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    allocated(registry, files)

    def full(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(starting.subprocess, "Popen", full)
    start(registry, FIRST, files.trial, "load_population", {}, Sent("people.csv", b"customer_id\nA1\n"))
    assert ended(registry, FIRST, files.trial, "load_population").state == "failed"
    assert not any(any((registry.home / room).iterdir()) for room in ("arriving", "jobs"))


def test_a_load_that_is_killed_leaves_nothing_that_the_next_start_does_not_remove(
    registry: Registry, files: Files
) -> None:
    allocated(registry, files)
    job = start(registry, FIRST, files.trial, "load_population", {}, Sent("people.csv", b"customer_id\nA1\n"))
    os.kill(wait_until(lambda: process_of(job)), signal.SIGKILL)
    wait_until(lambda: not lifeline.is_held(registry.home, job.id))
    started_again(registry)
    assert not any(any((registry.home / room).iterdir()) for room in ("arriving", "jobs"))


def issued(registry: Registry, actor: Actor, trial: str, reason: str | None = None) -> JobRecord:
    request = {"arms": ["letter"], "columns": [], "reason": reason}
    start(registry, actor, trial, "issue", request)
    return ended(registry, actor, trial, "issue")


@pytest.fixture
def twice(registry: Registry, files: Files) -> tuple[Registry, str, tuple[JobRecord, JobRecord]]:
    """A trial of which two people had the list of letters written."""
    allocated(registry, files)
    return registry, files.trial, (issued(registry, RAY, files.trial), issued(registry, ROZ, files.trial, "lost"))


def test_the_lists_of_every_job_can_be_taken_and_removed_by_the_randomiser_alone(twice: Any) -> None:
    registry, trial, (first, second) = twice
    started_again(registry)
    assert collect(registry, FIRST) == ()
    assert all_private(registry.home)
    here = written_lists(registry, RAY, trial)
    assert [(job.id, job.started_by) for job, _ in here] == [(second.id, "Roz"), (first.id, "Ray")]
    assert {names for _, names in here} == {("reminders-letter-letter.csv", "reminders-letter-letter.manifest.json")}
    for other in OTHERS:
        for ask in (
            lambda who=other: written_lists(registry, who, trial),
            lambda who=other: take_lists(registry, who, first),
            lambda who=other: remove_lists(registry, who, first),
        ):
            with pytest.raises(AccessRefused):
                ask()
    for job, again in ((first, False), (second, True)):
        before = len(chain(registry))
        archive = zipfile.ZipFile(io.BytesIO(take_lists(registry, RAY, job)))
        manifest = json.loads(archive.read("reminders-letter-letter.manifest.json"))
        assert manifest["reissue"] is again
        (event,) = chain(registry)[before:]
        detail = event["detail"]
        assert (event["action"], event["actor"], detail["use_case"]) == ("take_out", "Ray", "issue")
        assert detail["what"] == "issue lists reminders-letter-letter.csv"
        assert detail["rows_taken"] == manifest["customers"] > 0
    remove_lists(registry, ROZ, first)
    assert [job.id for job, _ in written_lists(registry, RAY, trial)] == [second.id]
    remove_lists(registry, RAY, second)
    assert written_lists(registry, RAY, trial) == ()
    with pytest.raises(TrialRefused, match="not here any more"):
        take_lists(registry, RAY, first)


@pytest.mark.parametrize("edit", ["reminders-letter-letter.csv", "reminders-letter-letter.manifest.json", "x.csv"])
def test_a_list_that_was_edited_where_it_lies_is_not_given_out(twice: Any, edit: str) -> None:
    registry, _, (job, _) = twice
    file = registry.home / "lists" / job.id / edit
    file.write_bytes((file.read_bytes() if file.exists() else b"export_id\n") + b"x")
    before = len(chain(registry))
    with pytest.raises(TrialRefused, match="not as it was issued"):
        take_lists(registry, RAY, job)
    assert len(chain(registry)) == before


def test_lists_of_a_draw_that_was_made_void_are_not_given_out_and_can_be_removed(twice: Any) -> None:
    """Not to whoever opened the page before, either: it is asked as they leave."""
    registry, trial, (first, second) = twice
    request_void(registry, FIRST, trial, reason="wrong file")
    assert take_lists(registry, RAY, first)  # nobody else has confirmed it yet
    confirm_void(registry, SECOND, trial)
    before = len(chain(registry))
    for job in (first, second):
        with pytest.raises(TrialRefused, match="void"):
            take_lists(registry, RAY, job)
    assert len(chain(registry)) == before
    with pytest.raises(TrialRefused, match="void"):
        issue_lists(registry, RAY, trial, "letter", registry.home.parent / "out")
    assert issued(registry, RAY, trial, "again").state == "failed"
    for job in (first, second):
        remove_lists(registry, RAY, job)
    assert written_lists(registry, RAY, trial) == ()


def test_lists_of_a_job_that_no_row_knows_are_cleared_by_collect(twice: Any) -> None:
    registry, trial, _ = twice
    orphan = registry.home / "lists" / UNKNOWN
    orphan.mkdir()
    (orphan / "reminders-letter-letter.csv").write_bytes(b"export_id\n")
    started_again(registry)
    assert orphan.exists()
    assert collect(registry, FIRST) == (f"lists/{UNKNOWN}",)
    assert len(written_lists(registry, RAY, trial)) == 2


@pytest.mark.parametrize("gone", ["reminders-letter-letter.csv", "reminders-letter-letter.manifest.json"])
def test_what_is_left_of_a_list_that_is_gone_stays_to_be_seen(twice: Any, gone: str) -> None:
    """A start cleared the manifest of a list that somebody had taken away, and its folder with it."""
    registry, _, (job, _) = twice
    folder = registry.home / "lists" / job.id
    content = (folder / gone).read_bytes()
    (folder / gone).unlink()
    left = {path.name for path in folder.iterdir()}
    started_again(registry)
    collect(registry, FIRST)
    assert {path.name for path in folder.iterdir()} == left != set()
    (folder / gone).write_bytes(content)
    assert take_lists(registry, RAY, job)


def test_a_refused_list_leaves_no_folder(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    start(registry, RAY, files.trial, "issue", {"arms": ["nobody"], "columns": [], "reason": None})
    assert ended(registry, RAY, files.trial, "issue").state == "failed"
    assert list((registry.home / "lists").iterdir()) == []


def test_what_is_not_finished_or_has_no_list_is_no_list(twice: Any) -> None:
    registry, trial, (job, _) = twice
    folder = registry.home / "lists" / job.id
    for name in (".otm-0123456789abcdef.partial", ".hidden.csv", "sms.manifest.json"):
        (folder / name).write_bytes(b"{}")
    names = {job.id: names for job, names in written_lists(registry, RAY, trial)}[job.id]
    assert names == ("reminders-letter-letter.csv", "reminders-letter-letter.manifest.json")
    assert zipfile.ZipFile(io.BytesIO(take_lists(registry, RAY, job))).namelist() == list(names)
