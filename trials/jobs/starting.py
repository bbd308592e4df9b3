"""Start a job, and see how it stands. Neither waits for it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trials.access import Actor
from trials.jobs import lifeline
from trials.registry import Registry
from trials.registry.records import JobRecord, JobRefusal, LongStage
from trials.settings import Settings
from trials.stages.job import IsAlive, asked, fail_job, look_at_job, open_job

ROOT = Path(__file__).resolve().parent.parent.parent


def start(
    registry: Registry, actor: Actor, trial_id: str, stage: LongStage, request: Mapping[str, Any] | None = None
) -> JobRecord:
    """Start a stage in a process of its own, unless one is at it already.

    Whether the trial is ready for the stage is for the stage to say: what it refuses, the job keeps.

    Args:
        registry: Where the trial is.
        actor: Who starts it.
        trial_id: The trial, or a design that is registered nowhere yet.
        stage: What is done.
        request: The stage's own arguments, where it takes any; the job that is running already may have others.

    Returns:
        The job as it stands: the new one, or the one that is running.

    Raises:
        AccessRefused: The actor's role does not hold the stage.
        TrialRefused: There is no such trial or design.
        RegistryRefused: The registry cannot be written.
    """
    job_id = secrets.token_hex(16)
    held = lifeline.hold(registry.home, job_id)
    job: JobRecord | None = None
    try:
        job = open_job(registry, actor, trial_id, stage, job_id, _is_alive(registry), request or {})
        if job.id == job_id:
            _launch(registry, actor, job, held)
    finally:
        os.close(held)
        if job is None or job.id != job_id:
            lifeline.clear(registry.home, job_id)
    return job


def progress(registry: Registry, actor: Actor, trial_id: str, stage: LongStage) -> JobRecord | None:
    """How the last job of a stage stands; None before the first.

    Raises:
        TrialRefused: There is no such trial or design.
    """
    return look_at_job(registry, actor, trial_id, stage, _is_alive(registry))


def _is_alive(registry: Registry) -> IsAlive:
    return lambda job: lifeline.is_held(registry.home, job.id)


def _launch(registry: Registry, actor: Actor, job: JobRecord, held: int) -> None:
    """Run the job in a session of its own, without a pipe to this process: nothing that ends this one reaches it."""
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
        return
    threading.Thread(target=process.wait, daemon=True).start()  # so that no zombie is left where this process lives on


def _environment(settings: Settings, actor: Actor) -> dict[str, str]:
    """This process's environment with these settings, and a path that leads to this program and no other."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTM_")}
    stated = {**settings.model_dump(exclude_none=True), "actor": actor}
    environment |= {f"OTM_{name.upper()}": str(value) for name, value in stated.items()}
    return environment | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
