"""Registries for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trials.examples import Files
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
