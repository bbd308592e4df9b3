"""Start a job, and see how it stands. Neither waits for it."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import DataRefused
from trials.access import Actor
from trials.jobs import lifeline
from trials.jobs.arriving import receive, remove_arrived
from trials.registry import Registry
from trials.registry.records import JobRecord, JobRefusal, LongStage
from trials.settings import Settings
from trials.stages.job import IsAlive, asked, cancel_job, fail_job, look_at_job, open_job

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that somebody sends for a job to read.

    Attributes:
        name: What it is called.
        content: Its bytes.
    """

    name: str
    content: bytes


def start(
    registry: Registry,
    actor: Actor,
    trial_id: str,
    stage: LongStage,
    request: Mapping[str, Any] | None = None,
    sent: Sent | None = None,
) -> JobRecord:
    """Start a stage in a process of its own, unless one is at it already.

    Whether the trial is ready for the stage is for the stage to say: what it refuses, the job keeps.

    Args:
        registry: Where the trial is.
        actor: Who starts it.
        trial_id: The trial, or a design that is registered nowhere yet.
        stage: What is done.
        request: The stage's own arguments, where it takes any; the job that is running already may have others.
        sent: A file for it, which is the job's until that has read it; its name and digest join the request.

    Returns:
        The job as it stands: the new one, or the one that is running.

    Raises:
        AccessRefused: The actor's role does not hold the stage.
        TrialRefused: There is no such trial or design.
        RegistryRefused: The registry cannot be written.
        DataRefused: The disk does not take the file.
    """
    registry.permit(actor, stage, trial_id)
    job_id = secrets.token_hex(16)
    held = lifeline.hold(registry.home, job_id)
    launched = False
    try:
        asked_for = {**(request or {}), **({} if sent is None else _received(registry.home, job_id, sent))}
        job = open_job(registry, actor, trial_id, stage, job_id, _is_alive(registry), asked_for)
        launched = job.id == job_id and _launch(registry, actor, job, held)
    finally:
        if not launched:
            remove_arrived(registry.home, job_id)
            lifeline.clear(registry.home, job_id)
        os.close(held)
    return job


def _received(home: Path, job_id: str, sent: Sent) -> dict[str, str]:
    try:
        name = receive(home, job_id, sent.name, sent.content)
    except OSError as error:
        raise DataRefused(
            f"the file could not be kept ({error.strerror or 'the disk gave no reason'})",
            where=sent.name,
            remedy="ask who looks after the service to look at its disk, then send it again; nothing was kept",
        ) from error
    return {"file": name, "digest": hashlib.sha256(sent.content).hexdigest()}


def progress(registry: Registry, actor: Actor, trial_id: str, stage: LongStage) -> JobRecord | None:
    """How the last job of a stage stands; None before the first.

    Raises:
        TrialRefused: There is no such trial or design.
    """
    return look_at_job(registry, actor, trial_id, stage, _is_alive(registry))


def cancel(registry: Registry, actor: Actor, trial_id: str) -> JobRecord | None:
    """End the diagnosis of a plan that is under way; None where none is. Nothing of it is recorded.

    Raises:
        AccessRefused: The actor's role does not hold it.
    """
    return cancel_job(registry, actor, trial_id, "diagnose")


def _is_alive(registry: Registry) -> IsAlive:
    return lambda job: lifeline.is_held(registry.home, job.id)


def _launch(registry: Registry, actor: Actor, job: JobRecord, held: int) -> bool:
    """Run the job in a session of its own, without a pipe to this process: nothing that ends this one reaches it.

    Returns:
        Whether it runs; where it could not be started, its row says so.
    """
    command = [sys.executable, "-X", "faulthandler", "-m", "trials.jobs", job.id, str(held), asked(job)]
    try:
        with lifeline.file_of(registry.home, job.id).open("ab") as said:
            process = subprocess.Popen(  # noqa: S603
                command,
                env=_environment(registry.settings, actor),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
                pass_fds=(held,),
            )
    except OSError as error:
        refusal = JobRefusal(
            f"the process could not be started ({error.strerror})", remedy="free memory or disk, then start it again"
        )
        fail_job(registry, actor, job, refusal)
        return False
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie is left where this process lives on
    return True


def _environment(settings: Settings, actor: Actor) -> dict[str, str]:
    """This process's environment with these settings, and a path that leads to this program and no other."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTM_")}
    stated = {**settings.model_dump(exclude_none=True), "actor": actor}
    environment |= {f"OTM_{name.upper()}": str(value) for name, value in stated.items()}
    return environment | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
