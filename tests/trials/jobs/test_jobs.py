"""A long stage in a process of its own: it does what the stage does, says how it stands, and outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from tests.trials import tampering
from tests.trials.examples import FIRST, Files, allocated, load_outcomes, locked
from tests.trials.jobs.watching import ended, process_of, rows, start_and_leave, wait_until
from trials.access import LOCAL_ACTOR, Actor
from trials.errors import AccessRefused, TrialRefused
from trials.jobs import conducting, lifeline, progress, start
from trials.registry import Registry, open_registry, queries
from trials.registry.records import JobRecord
from trials.settings import Settings
from trials.stages.backup import backup, restore
from trials.stages.evaluate import evaluate
from trials.stages.job import job_to_do, open_job
from trials.stages.verify import verify


def proofs_hold(registry: Registry, trial: str) -> bool:
    return all(proof.holds for proof in verify(registry, FIRST, trial))


def actions(registry: Registry, trial: str) -> list[str]:
    with registry.read(LOCAL_ACTOR) as reader:
        return [event.action for event in reader.audit(trial)]


def running_process(job: JobRecord) -> int:
    """A job's process; for a moment after its start the kernel does not know its command line yet."""
    pid: int = wait_until(lambda: process_of(job))
    return pid


def kill(registry: Registry, job: JobRecord, with_signal: int = signal.SIGKILL) -> None:
    """Kill a job's process, and wait for the kernel to have done with all of its threads."""
    os.kill(running_process(job), with_signal)
    wait_until(lambda: not lifeline.is_held(registry.home, job.id))


def test_an_evaluation_by_a_job_is_the_one_made_directly(either: Registry, files: Files):
    allocated(either, files)
    load_outcomes(either, FIRST, files.trial, files.outcomes)
    assert progress(either, FIRST, files.trial, "evaluate") is None
    analyst = Actor("Ann: Analyst", "analyst")
    job = start(either, analyst, files.trial, "evaluate")
    assert (job.state, job.started_by, job.role, job.stage) == ("running", "Ann: Analyst", "analyst", "evaluate")
    done = ended(either, FIRST, files.trial, "evaluate")
    assert (done.id, done.state, done.refusal, done.progress) == (job.id, "done", None, 1.0)
    assert done.finished_at is not None
    assert timedelta() < done.finished_at - done.started_at < timedelta(minutes=5)
    with either.read(LOCAL_ACTOR) as reader:
        by_job = reader.trial(files.trial).evaluation
        (event,) = (event for event in reader.audit(files.trial) if event.action == "evaluate")
    directly = evaluate(either, FIRST, files.trial)
    assert by_job is not None
    assert (event.actor, event.role, by_job.evaluated_by) == ("Ann: Analyst", "analyst", "Ann: Analyst")
    assert done.result_digest == by_job.digest == directly.digest
    assert by_job.document == directly.document
    assert proofs_hold(either, files.trial)
    assert list((either.home / "jobs").iterdir()) == []


def test_a_draw_by_a_job_is_one_draw_and_says_its_steps(either: Registry, files: Files, monkeypatch):
    locked(either, files)
    start(either, FIRST, files.trial, "randomise")
    done = ended(either, FIRST, files.trial, "randomise")
    assert (done.state, done.step) == ("done", "recording the allocation")
    with either.read(LOCAL_ACTOR) as reader:
        allocation = reader.trial(files.trial).allocation
    assert allocation is not None
    assert done.result_digest == allocation.digest
    assert actions(either, files.trial)[-2:] == ["commit_seed", "allocate"]
    assert proofs_hold(either, files.trial)


def test_a_refusal_is_kept_as_the_stage_said_it(either: Registry, files: Files):
    allocated(either, files)
    before = tampering.chain(either)
    with pytest.raises(TrialRefused) as directly:
        evaluate(either, FIRST, files.trial)
    start(either, FIRST, files.trial, "evaluate")
    failed = ended(either, FIRST, files.trial, "evaluate")
    assert failed.state == "failed"
    assert failed.refusal is not None
    refusal = directly.value
    said = (failed.refusal.problem, failed.refusal.where, failed.refusal.rule, failed.refusal.remedy)
    assert said == (refusal.problem, refusal.where, refusal.rule, refusal.remedy)
    assert refusal.problem == "no outcomes are loaded"
    assert tampering.chain(either) == before
    load_outcomes(either, FIRST, files.trial, files.outcomes)
    start(either, FIRST, files.trial, "evaluate")
    assert ended(either, FIRST, files.trial, "evaluate").state == "done"
    assert [row["state"] for row in rows(either)] == ["failed", "done"]


MOMENTS = ("at once", "freezing who takes part", "assigning customers to arms", "recording the allocation")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_draw_is_found_stopped_and_started_again(either: Registry, files: Files, moment: str):
    locked(either, files)
    job = start(either, FIRST, files.trial, "randomise")

    def has_come() -> bool:
        current = progress(either, FIRST, files.trial, "randomise")
        assert current is not None
        return moment == "at once" or current.step == moment or current.state != "running"

    wait_until(has_come)
    kill(either, job)
    first = progress(either, FIRST, files.trial, "randomise")
    assert first is not None
    assert first.state in ("stopped", "done")  # the last moment may have passed before the signal came
    if moment == "at once":
        assert (first.state, first.pid, actions(either, files.trial)[-1]) == ("stopped", None, "lock")
    if first.state == "stopped":
        assert first.refusal is not None
        assert first.refusal.problem == "the process that did this ended without a word"
        assert first.finished_at is not None
    recorded = actions(either, files.trial)
    again = start(either, FIRST, files.trial, "randomise")
    assert again.id != job.id
    second = ended(either, FIRST, files.trial, "randomise")
    if "allocate" in recorded:
        assert second.refusal is not None
        assert second.refusal.problem == "this trial has been randomised"
    else:
        assert second.state == "done"
    assert [row["state"] for row in rows(either)] == [first.state, second.state]
    assert actions(either, files.trial).count("commit_seed") == actions(either, files.trial).count("allocate") == 1
    assert proofs_hold(either, files.trial)


def test_a_stopped_job_need_not_be_looked_at_to_be_started_again(either: Registry, files: Files):
    locked(either, files)
    job = start(either, FIRST, files.trial, "randomise")
    kill(either, job)
    assert [row["state"] for row in rows(either)] == ["running"]
    again = start(either, FIRST, files.trial, "randomise")
    assert again.id != job.id
    assert ended(either, FIRST, files.trial, "randomise").state == "done"
    assert [row["state"] for row in rows(either)] == ["stopped", "done"]


def test_a_paused_process_is_not_called_stopped(registry: Registry, files: Files):
    locked(registry, files)
    job = start(registry, FIRST, files.trial, "randomise")
    pid = running_process(job)
    os.kill(pid, signal.SIGSTOP)
    try:
        assert progress(registry, FIRST, files.trial, "randomise") == job
        assert start(registry, FIRST, files.trial, "randomise").id == job.id
    finally:
        os.kill(pid, signal.SIGCONT)
    assert ended(registry, FIRST, files.trial, "randomise").state == "done"


def test_two_processes_that_start_at_once_have_one_job_which_outlives_both(either: Registry, files: Files):
    locked(either, files)
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(2), context.Queue()
    url = either.settings.database_url
    told = (either.home, url, FIRST, files.trial, "randomise", gate, results)
    both = [context.Process(target=start_and_leave, args=told) for _ in range(2)]
    for process in both:
        process.start()
    ids = {results.get(timeout=120) for _ in both}
    for process in both:
        process.join(120)
    assert len(ids) == 1
    done = ended(either, FIRST, files.trial, "randomise")
    assert (done.state, {done.id}) == ("done", ids)
    assert len(rows(either)) == 1
    assert proofs_hold(either, files.trial)
    results.close()


def test_its_process_shares_nothing_with_the_one_that_started_it(registry: Registry, files: Files):
    locked(registry, files)
    job = start(registry, FIRST, files.trial, "randomise")
    pid = running_process(job)
    os.kill(pid, signal.SIGSTOP)
    try:
        assert os.getsid(pid) == os.getpgid(pid) == pid != os.getsid(0)
        open_files = {file.name: str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
        assert open_files["0"] == open_files["1"] == "/dev/null"
        assert open_files["2"] == str(lifeline.file_of(registry.home, job.id))
        ours = {str(Path(f"/proc/self/fd/{name}").readlink()) for name in "012"} - {"/dev/null"}
        assert ours.isdisjoint(open_files.values())
    finally:
        os.kill(pid, signal.SIGCONT)
    ended(registry, FIRST, files.trial, "randomise")
    wait_until(lambda: not Path(f"/proc/{pid}").exists())  # no zombie is left of it


def held_job(registry: Registry, trial: str, job_id: str = "a" * 32) -> tuple[JobRecord, int]:
    """A job that this process does itself, with the file that says so."""
    held = lifeline.hold(registry.home, job_id)
    alive = lifeline.is_held
    job = open_job(registry, FIRST, trial, "evaluate", job_id, lambda other: alive(registry.home, other.id), {})
    return job_to_do(registry, FIRST, job.id), held


def test_a_crash_is_a_failure_that_says_so_and_quotes_nobody(either: Registry, files: Files, monkeypatch):
    locked(either, files)
    job, held = held_job(either, files.trial)

    def crash(*_: object) -> str:
        raise ZeroDivisionError("customer C000017")

    monkeypatch.setattr(conducting, "_STAGES", {"evaluate": crash})
    with pytest.raises(ZeroDivisionError):
        conducting.conduct(either, FIRST, job)
    os.close(held)
    failed = progress(either, FIRST, files.trial, "evaluate")
    assert failed is not None
    assert failed.state == "failed"
    assert failed.refusal is not None
    assert failed.refusal.problem.startswith("the program failed (ZeroDivisionError)")
    assert failed.refusal.where == str(lifeline.file_of(either.home, job.id))
    assert "C000017" not in str(rows(either))


def test_a_process_that_breaks_leaves_what_it_said(registry: Registry, files: Files):
    locked(registry, files)
    job = start(registry, FIRST, files.trial, "randomise")
    wait_until(lambda: (current := progress(registry, FIRST, files.trial, "randomise")) and current.pid)
    kill(registry, job, signal.SIGSEGV)
    broken = ended(registry, FIRST, files.trial, "randomise")
    assert broken.state == "stopped"
    assert "Segmentation fault" in lifeline.file_of(registry.home, job.id).read_text()


def test_a_job_that_has_ended_stays_as_it_ended(registry: Registry, files: Files):
    allocated(registry, files)
    job, held = held_job(registry, files.trial)
    conducting.conduct(registry, FIRST, job)
    os.close(held)
    first = rows(registry)
    assert first[0]["state"] == "failed"
    conducting.finish_job(registry, FIRST, job, "0" * 64)
    conducting.note_step(registry, FIRST, job, "again", 0.5)
    assert rows(registry) == first


def test_the_database_itself_knows_one_running_job_of_a_stage(either: Registry, files: Files):
    locked(either, files)
    _, held = held_job(either, files.trial)
    os.close(held)
    copied = "role, started_at, {state}, step, progress, result_digest, refusal, {finished}, host, pid"
    columns = copied.format(state="state", finished="finished_at")

    def again(job_id: str, stage: str, state: str, finished: str) -> str:
        values = copied.format(state=f"'{state}'", finished=finished)
        return (
            f"INSERT INTO job (id, trial_id, stage, started_by, {columns}) "
            f"SELECT '{job_id}', trial_id, '{stage}', started_by, {values} FROM job WHERE id = '{'a' * 32}'"
        )

    with pytest.raises(IntegrityError):
        tampering.run(either, again("b" * 32, "evaluate", "running", "NULL"))
    assert tampering.run(either, again("c" * 32, "randomise", "running", "NULL")) == 1
    assert tampering.run(either, again("d" * 32, "evaluate", "stopped", "started_at")) == 1
    with pytest.raises(IntegrityError):
        tampering.run(either, again("e" * 32, "evaluate", "done", "NULL"))


def test_a_row_that_meets_the_unique_key_is_refused(either: Registry, files: Files):
    locked(either, files)
    job, held = held_job(either, files.trial)
    os.close(held)
    with either.write_unrecorded(FIRST, "evaluate", files.trial) as work:
        row = queries.job_row(job)
        row.id = "b" * 32
        with pytest.raises(TrialRefused, match="another job in the place"):
            work.put(row)


def test_starting_takes_the_stages_role_and_a_trial(either: Registry, files: Files):
    locked(either, files)
    with pytest.raises(AccessRefused):
        start(either, Actor("Mia Manager", "manager"), files.trial, "randomise")
    with either.read(LOCAL_ACTOR) as reader:
        assert reader.audit()[-1].action == "denied"
    for ask in (start, progress):
        with pytest.raises(TrialRefused, match="there is no trial 'nowhere'"):
            ask(either, FIRST, "nowhere", "randomise")
    assert rows(either) == []
    assert list((either.home / "jobs").iterdir()) == []


def test_a_restored_job_is_not_running(registry: Registry, files: Files, tmp_path):
    allocated(registry, files)
    _, held = held_job(registry, files.trial)
    backup(registry, FIRST, tmp_path / "backup")
    still = progress(registry, FIRST, files.trial, "evaluate")
    os.close(held)
    settings = Settings(home=tmp_path / "elsewhere")
    restore(settings, FIRST, tmp_path / "backup")
    elsewhere = open_registry(settings)
    restored = progress(elsewhere, FIRST, files.trial, "evaluate")
    assert still is not None
    assert restored is not None
    assert (still.id, still.state, restored.id, restored.state) == ("a" * 32, "running", "a" * 32, "stopped")
    assert proofs_hold(elsewhere, files.trial)
    elsewhere.close()


def test_a_lock_says_that_a_process_lives(tmp_path):
    job = "a" * 32
    assert not lifeline.is_held(tmp_path, job)
    held = lifeline.hold(tmp_path, job)
    handed_down = os.dup(held)
    os.close(held)
    assert lifeline.is_held(tmp_path, job)
    os.close(handed_down)
    assert not lifeline.is_held(tmp_path, job)
    lifeline.clear(tmp_path, job)
    assert not lifeline.is_held(tmp_path, job)
