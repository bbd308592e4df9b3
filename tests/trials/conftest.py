"""Registries for the tests of this room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.trials.examples import Files, allocated, evaluated
from trials.registry import Registry, open_registry
from trials.settings import Settings


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


@pytest.fixture
def settings(home: Path) -> Settings:
    """An empty home, with its registry on SQLite."""
    return Settings(home=home)


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    """An empty registry on SQLite, for what does not depend on the database."""
    opened = open_registry(settings)
    yield opened
    opened.close()


@pytest.fixture
def either(home: Path, registry_url: str) -> Iterator[Registry]:
    """An empty registry, once on SQLite and once on PostgreSQL."""
    opened = open_registry(Settings(home=home, database_url=registry_url))
    yield opened
    opened.close()


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
