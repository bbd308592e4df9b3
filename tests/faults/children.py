"""What a child process does: one step on one trial, interrupted as it was told. It reports through a pipe."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from data.errors import Refused
from tests.faults.interruptions import Interruptions
from tests.trials.examples import FIRST
from trials.registry import open_registry
from trials.settings import Settings
from trials.stages.allocate import randomise

# A clean process is forked from for every run: it has imported everything and started no thread.
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])
PATIENCE = 120.0


@dataclass(frozen=True)
class Place:
    """Where a registry is."""

    home: Path
    url: str | None

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, database_url=self.url)


@dataclass(frozen=True)
class Outcome:
    """What became of a child.

    Attributes:
        digest: Of the allocation it made; None where it made none.
        refusal: The plain message of a refusal.
        problem: Anything else that went wrong, which is a fault.
        killed: Whether it ended before it could report.
        points: Names of the points it passed.
        calls: Names of the system calls it made.
    """

    digest: str | None = None
    refusal: str | None = None
    problem: str | None = None
    killed: bool = False
    points: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


def _draw(
    place: Place, trial: str, seed: str | None, told: dict[str, Any], gate: Barrier | None, pipe: Connection
) -> None:
    interruptions = Interruptions(**told)
    registry = open_registry(place.settings)
    if gate is not None:
        gate.wait(PATIENCE)
    interruptions.install()
    digest = refusal = problem = None
    try:
        digest = randomise(registry, FIRST, trial, demonstration_seed=seed).digest
    except Refused as refused:
        refusal = str(refused)
    except Exception as error:  # noqa: BLE001 whatever escapes is what the parent asks about
        problem = repr(error)
    points, calls = tuple(interruptions.points), tuple(interruptions.calls)
    interruptions.kill_at = interruptions.fail_at = None
    pipe.send(Outcome(digest, refusal, problem, False, points, calls))
    pipe.close()
    os._exit(0)  # as abrupt as a service that is stopped: nothing is tidied up


class Child:
    """One process that randomises one trial."""

    def __init__(self, place: Place, trial: str, seed: str | None, *, gate: Barrier | None = None, **told: Any) -> None:
        self._pipe, theirs = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_draw, args=(place, trial, seed, told, gate, theirs))
        self._process.start()
        theirs.close()

    def kill_after(self, seconds: float) -> None:
        time.sleep(seconds)
        self._process.kill()

    def outcome(self) -> Outcome:
        """What became of it, once it has ended."""
        try:
            found = self._pipe.recv() if self._pipe.poll(PATIENCE) else None
        except EOFError:
            found = Outcome(killed=True)
        self._process.join(PATIENCE)
        if found is None:
            self._process.kill()
            return Outcome(problem=f"no word for {PATIENCE:.0f} seconds")
        assert isinstance(found, Outcome)
        return found


def barrier(parties: int) -> Barrier:
    return _CONTEXT.Barrier(parties)
