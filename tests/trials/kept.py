"""Registries in which something was done once, on either database, and copies of them for every test that asks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.engine import make_url

from tests.trials.examples import Files
from trials.registry import Registry, open_registry
from trials.settings import Settings

T = TypeVar("T")
Make = Callable[[Registry, Files], T]
Copied = Callable[[Make[Any]], tuple[Registry, Any]]
PostgresDatabase = Callable[[str], AbstractContextManager[str]]


def nothing(_registry: Registry, _files: Files) -> None:
    """What is done in an empty registry."""


class Kept:
    """What was made on one database, by what made it. It is closed, and nobody opens it again.

    Args:
        folder: For their homes.
        postgres: Makes PostgreSQL databases; None for SQLite.
        open_for: Drops, at the end, what is made here.
    """

    def __init__(self, folder: Path, postgres: PostgresDatabase | None, open_for: ExitStack) -> None:
        self._folder, self._postgres, self._open_for = folder, postgres, open_for
        self._made: dict[Any, tuple[Settings, Any]] = {}

    def copy(self, make: Make[T], home: Path, beside: Path, open_for: ExitStack) -> tuple[Settings, T]:
        """A copy of what ``make`` leaves in an empty registry with the usual files, and what it returned.

        Args:
            make: What was done. It is done once.
            home: Of the copy.
            beside: The folder for the copy's file of SQLite, which is not in its home.
            open_for: Drops the copy's PostgreSQL database.
        """
        if make not in self._made:
            folder = self._folder / str(len(self._made))
            (folder / "home").mkdir(parents=True)
            settings = self._settings(folder / "home", folder, "template0", self._open_for)
            registry = open_registry(settings)
            self._made[make] = settings, make(registry, Files(folder / "files"))
            registry.close()
        template, returned = self._made[make]
        shutil.copytree(template.home, home, dirs_exist_ok=True)
        kept = str(make_url(str(template.database_url)).database)
        if self._postgres is None:
            shutil.copy2(kept, beside / Path(kept).name)
        return self._settings(home, beside, kept, open_for), returned

    def _settings(self, home: Path, beside: Path, template: str, open_for: ExitStack) -> Settings:
        if self._postgres is None:
            return Settings(home=home, database_url=f"sqlite:///{beside / 'registry.sqlite'}")
        return Settings(home=home, database_url=open_for.enter_context(self._postgres(template)))
