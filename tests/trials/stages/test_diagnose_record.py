"""A diagnosis is a record by the plan's digest, made by a job that can be watched, ended and killed."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from designs.drafting import Draft, judge_draft
from tests.trials.examples import FIRST
from tests.trials.jobs.watching import process_of, wait_until
from trials.access import Actor
from trials.errors import AccessRefused, TrialRefused
from trials.jobs import cancel, lifeline, progress, start
from trials.registry import Registry
from trials.registry.records import JobRecord
from trials.registry.tables.columns import now
from trials.stages.design import begin_design, revise_design
from trials.stages.diagnose import diagnose
from trials.stages.verify import verify_all

TRIAL = "letters-2027"
PLAN: dict[str, Any] = {
    "schema": 1, "id": TRIAL, "title": "Letters", "hypothesis": "A letter raises payment.",
    "population": {"unit": "customer_id"},
    "arms": [
        {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1},
        {"id": "letter", "kind": "bau", "label": "Letter", "share": 1},
    ],
    "randomisation": {"method": "complete"},
    "outcomes": [
        {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23,
         "baseline": 0.3, "minimum_effect": 0.05}
    ],
    "analysis": {"standard_errors": "HC2"},
}  # fmt: skip


def designed(registry: Registry, **values: Any) -> Registry:
    begin_design(registry, FIRST, TRIAL, Draft(PLAN | values, {}), {}, origin={"kind": "empty"})
    return registry


def test_what_was_simulated_is_on_record_with_the_plan_it_is_of(either: Registry):
    designed(either)
    first = diagnose(either, FIRST, TRIAL, revision=1, replicates=2, customers=400)
    again = diagnose(either, FIRST, TRIAL, revision=1, replicates=2, customers=400)
    judged = judge_draft(Draft(PLAN, {}), day=now().date())
    assert judged.loaded is not None
    assert first.diagnosis.plan_digest == judged.loaded.digest
    assert (first.number, again.number, first.digest) == (1, 2, again.digest)
    with either.read(FIRST) as reader:
        assert reader.diagnoses(TRIAL) == (first, again)
        (event,) = (event for event in reader.audit(TRIAL) if event.detail.get("diagnosis") == 1)
    assert (event.action, event.detail["plan_digest"]) == ("diagnose", judged.loaded.digest)
    assert json.loads(json.dumps(event.detail, default=str))["replicates"] == 2
    assert verify_all(either, FIRST).holds


def test_a_plan_that_is_none_yet_is_refused_and_nothing_recorded(registry: Registry):
    designed(registry, outcomes=[])
    with pytest.raises(Exception, match="outcomes"):
        diagnose(registry, FIRST, TRIAL, revision=1, replicates=2)
    with registry.read(FIRST) as reader:
        assert reader.diagnoses(TRIAL) == ()


def test_others_may_not(registry: Registry):
    designed(registry)
    manager = Actor("Mo", "manager")
    for refused in (lambda: diagnose(registry, manager, TRIAL, revision=1), lambda: cancel(registry, manager, TRIAL)):
        with pytest.raises(AccessRefused, match="may not diagnose"):
            refused()
    with pytest.raises(TrialRefused, match="there is no revision 7"):
        diagnose(registry, FIRST, TRIAL, revision=7)


def running(registry: Registry, replicates: int = 2_000) -> JobRecord:
    job = start(registry, FIRST, TRIAL, "diagnose", {"revision": 1, "replicates": replicates, "customers": 400})
    wait_until(lambda: (current := now_of(registry)).state != "running" or "all take about" in current.step)
    assert now_of(registry).state == "running"
    return job


def now_of(registry: Registry) -> JobRecord:
    job = progress(registry, FIRST, TRIAL, "diagnose")
    assert job is not None
    return job


def workers_of(pid: int) -> list[int]:
    """The processes that a process started, and that are more than remains."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                state, parent, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
                if parent == str(pid) and state != "Z":
                    found.append(int(folder.name))
    return found


def recorded(registry: Registry) -> int:
    with registry.read(FIRST) as reader:
        return len(reader.diagnoses(TRIAL))


def test_a_job_records_what_the_stage_would(registry: Registry):
    designed(registry)
    start(registry, FIRST, TRIAL, "diagnose", {"revision": 1, "replicates": 2, "customers": 400})
    done = wait_until(lambda: (job := now_of(registry)).state != "running" and job)
    assert (done.state, done.refusal) == ("done", None)
    with registry.read(FIRST) as reader:
        (record,) = reader.diagnoses(TRIAL)
    assert record.digest == done.result_digest
    assert record.digest == diagnose(registry, FIRST, TRIAL, revision=1, replicates=2, customers=400).digest


def test_a_job_says_how_long_it_takes_and_ends_when_told(registry: Registry):
    designed(registry)
    job = running(registry)
    ended = cancel(registry, FIRST, TRIAL)
    assert ended is not None
    assert (ended.id, ended.state) == (job.id, "stopped")
    wait_until(lambda: not lifeline.is_held(registry.home, job.id))
    assert now_of(registry).state == "stopped"
    assert now_of(registry).refusal is not None
    assert recorded(registry) == 0
    assert not lifeline.file_of(registry.home, job.id).exists()
    assert cancel(registry, FIRST, TRIAL) is None


def test_a_killed_job_leaves_no_process_and_nothing_recorded(registry: Registry):
    designed(registry)
    job = running(registry)
    pid: int = wait_until(lambda: process_of(job))
    helpers = workers_of(pid)
    assert len(helpers) >= 2
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not lifeline.is_held(registry.home, job.id))
    assert now_of(registry).state == "stopped"
    begun = time.monotonic()
    while any(Path(f"/proc/{each}").exists() for each in helpers):
        assert time.monotonic() - begun < 20
        time.sleep(0.05)
    assert recorded(registry) == 0


def test_a_later_revision_has_a_diagnosis_of_its_own(registry: Registry):
    designed(registry)
    first = diagnose(registry, FIRST, TRIAL, revision=1, replicates=2, customers=400)
    revise_design(registry, FIRST, TRIAL, Draft({**PLAN, "title": "Other letters"}, {}), {}, made_from=1)
    second = diagnose(registry, FIRST, TRIAL, revision=2, replicates=2, customers=400)
    assert first.diagnosis.plan_digest != second.diagnosis.plan_digest
