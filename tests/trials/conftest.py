"""Registries for the tests of this room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.trials.examples import Files, allocated, evaluated
from tests.trials.kept import Copied, Kept, Make, PostgresDatabase, nothing
from trials.registry import Registry, open_registry
from trials.settings import Settings


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


@pytest.fixture
def settings(home: Path) -> Settings:
    """An empty home, with its registry on SQLite."""
    return Settings(home=home)


@pytest.fixture(scope="session")
def empty_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an empty registry on SQLite: made by every migration once, and copied for every test."""
    home = tmp_path_factory.mktemp("empty") / "home"
    open_registry(Settings(home=home)).close()
    return home


@pytest.fixture
def registry(settings: Settings, empty_once: Path) -> Iterator[Registry]:
    """An empty registry on SQLite, for what does not depend on the database."""
    shutil.copytree(empty_once, settings.home, dirs_exist_ok=True)
    opened = open_registry(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def kept_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("kept"), None, ExitStack())


@pytest.fixture(scope="session")
def kept_on_postgresql(postgres_database: PostgresDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with ExitStack() as stack:
        yield Kept(tmp_path_factory.mktemp("kept"), postgres_database, stack)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Either database of a registry."""
    return str(request.param)


@pytest.fixture
def copied(request: pytest.FixtureRequest, database: str, home: Path, tmp_path: Path) -> Iterator[Copied]:
    """Copies a registry in which something was done once, on SQLite and on PostgreSQL; what that returned, too."""
    kept: Kept = request.getfixturevalue(f"kept_on_{database}")
    with ExitStack() as stack:

        def copy(make: Make[Any]) -> tuple[Registry, Any]:
            settings, returned = kept.copy(make, home, tmp_path, stack)
            opened = open_registry(settings)
            stack.callback(opened.close)
            return opened, returned

        yield copy


@pytest.fixture
def either(copied: Copied) -> Registry:
    """An empty registry, once on SQLite and once on PostgreSQL, either at an address that is set."""
    return copied(nothing)[0]


@dataclass(frozen=True)
class Evaluated:
    """A trial that was evaluated, in a registry of the test's own; its files are shared and must not be edited."""

    registry: Registry
    files: Files


@pytest.fixture(scope="session")
def evaluated_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Files]:
    """The home and the files of a trial that was evaluated: made once, copied for every test."""
    folder = tmp_path_factory.mktemp("evaluated")
    files = Files(folder / "files")
    opened = open_registry(Settings(home=folder / "home"))
    evaluated(opened, files)
    opened.close()
    return folder / "home", files


@pytest.fixture(scope="session")
def allocated_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a trial that was assigned: made once, copied for every test."""
    folder = tmp_path_factory.mktemp("allocated")
    opened = open_registry(Settings(home=folder / "home"))
    allocated(opened, Files(folder / "files"))
    opened.close()
    return folder / "home"


@pytest.fixture
def done(evaluated_once: tuple[Path, Files], home: Path) -> Iterator[Evaluated]:
    """A trial that was evaluated, on SQLite."""
    template, files = evaluated_once
    shutil.copytree(template, home, dirs_exist_ok=True)
    opened = open_registry(Settings(home=home))
    yield Evaluated(opened, files)
    opened.close()


@pytest.fixture
def drawn(allocated_once: Path, settings: Settings) -> Iterator[Registry]:
    """A trial that was assigned, on SQLite; its files are those of ``files``."""
    shutil.copytree(allocated_once, settings.home, dirs_exist_ok=True)
    opened = open_registry(settings)
    yield opened
    opened.close()
