"""Nothing is installed that nothing imports, and what is imported is asked for by name."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.places import ROOT

ROOMS = ("data", "designs", "analysis", "trials", "dashboards")
# What is used without an import: where, and by which words.
USED_OTHERWISE = {
    "psycopg": ("trials/registry/storage/database.py", "postgresql+psycopg"),
    "pytest-xdist": ("tests/commands/test.py", '"-n"'),
    "ruff": ("tests/commands/test.py", "ruff"),
    "mypy": ("pyproject.toml", "[tool.mypy]"),
    "pandas-stubs": ("pyproject.toml", "[tool.mypy]"),
    "import-linter": ("pyproject.toml", "[tool.importlinter]"),
}


def asked_for(name: str) -> list[str]:
    lines = (ROOT / "requirements" / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("-", "#"))]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~! ;]", name)[0]).lower()


def imported_by(*folders: str) -> set[str]:
    modules: set[str] = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.partition(".")[0])
    return modules - set(sys.stdlib_module_names) - {*ROOMS, "tests", "__future__"}


@pytest.fixture(scope="module")
def modules_of() -> dict[str, set[str]]:
    """The modules that each installed package brings, by the package's plain name."""
    brought: dict[str, set[str]] = {}
    for package in distributions():
        files = package.files or ()
        tops = {file.parts[0].split(".")[0] for file in files if file.suffix in (".py", ".so") and file.parts}
        brought.setdefault(plain(package.metadata["Name"]), set()).update(tops)
    return brought


@pytest.mark.parametrize(("name", "folders"), [("main.in", ROOMS), ("test.in", ("tests",))])
def test_whatever_is_asked_for_is_used(modules_of: dict[str, set[str]], name: str, folders: tuple[str, ...]) -> None:
    imported = imported_by(*folders)
    unused = []
    for line in asked_for(name):
        package = plain(line)
        where, words = USED_OTHERWISE.get(package, (None, ""))
        if where is not None:
            assert words in (ROOT / where).read_text("utf-8"), f"{package} is no longer used in {where}"
        elif not modules_of[package] & imported:
            unused.append(package)
    assert unused == []


def test_whatever_the_service_imports_is_asked_for(modules_of: dict[str, set[str]]) -> None:
    named = set().union(*(modules_of[plain(line)] for line in asked_for("main.in")))
    assert imported_by(*ROOMS) - named == set()


def test_no_extra_is_asked_for_that_nothing_uses() -> None:
    extras = [line for line in asked_for("main.in") if "[" in line]
    assert [plain(line) for line in extras] == ["psycopg"]  # its binary: no library of the machine's is needed


def test_every_package_that_is_asked_for_is_pinned() -> None:
    for name in ("main", "test"):
        pins = {plain(line) for line in (ROOT / Path("requirements") / f"{name}.txt").read_text("utf-8").splitlines()}
        assert {plain(line) for line in asked_for(f"{name}.in")} <= pins
