"""A job, as it is read: one run of a long stage in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

LongStage = Literal["load_population", "lock", "lock_outside", "randomise", "issue", "evaluate", "diagnose"]
"""The stages that a job can be of; each is the use case of the same name."""

JobState = Literal["running", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class JobRefusal:
    """Why a job came to nothing, as a refusal says it."""

    problem: str
    where: str | None = None
    rule: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """How a job stands.

    Attributes:
        id: 32 hexadecimal characters; also the name of the file that its process holds.
        trial: The trial or design that it works on.
        stage: What it does.
        started_by: Whose work it is.
        role: In which role.
        started_at: When it was asked for.
        state: ``running``; ``done``; ``failed``, by a refusal or a crash; ``stopped``, ended without a word.
        step: What it does, or did last.
        progress: How far it is, 0 to 1; None where that is not known.
        result_digest: Of what the stage recorded: the population, the locked plan, the allocation, the lists, the
            evaluation, the diagnosis; None unless ``done``.
        refusal: Why it came to nothing; None unless ``failed`` or ``stopped``.
        finished_at: When it ended, or was found to have.
        host: The machine of its process; None until it has begun.
        pid: Its process there; None until it has begun.
        request: What was asked for, by the names of the stage's own arguments.
    """

    id: str
    trial: str
    stage: LongStage
    started_by: str
    role: str
    started_at: datetime
    state: JobState = "running"
    step: str = "starting"
    progress: float | None = None
    result_digest: str | None = None
    refusal: JobRefusal | None = None
    finished_at: datetime | None = None
    host: str | None = None
    pid: int | None = None
    request: Mapping[str, Any] = field(default_factory=dict)
