"""What the service does not reach is named in CONTRIBUTING.md with the feature that it waits for."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from tests.places import ROOT
from trials.cli.commands import HELD_BY

PACKAGES = ("data", "designs", "analysis", "trials", "dashboards")
# Started by name: the command line, jobs, the server of the screens and they, who opens what was sent, migrations.
STARTED = re.compile(
    rf"trials\.cli\.({'|'.join(HELD_BY)})"
    r"|trials\.cli(\.(__main__|options))?|(trials\.jobs|dashboards)\.__main__"
    r"|(data\.intake|designs\.protocol)\.apart\.__main__"
    r"|dashboards\.(app|views(\..*)?)|trials\.registry\.migrations(\..*)?"
)


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, ast.Module]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def imported() -> dict[str, set[str]]:
    """What each module names in its imports, wherever in it they stand: modules, and names in modules."""
    names: dict[str, set[str]] = {}
    for module, tree in modules().items():
        found = names.setdefault(module, set())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def waiting() -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = re.search(r"^## What waits for a feature\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, "CONTRIBUTING.md has a section on what waits for a feature"
    return re.findall(r"^\| `([\w.]+)` \| \S", section.group(1), re.MULTILINE)


def users_of(name: str) -> set[str]:
    """The modules outside ``name`` that import it, or anything in it."""
    return {
        module
        for module, names in imported().items()
        if module != name and not module.startswith(f"{name}.")
        if any(used == name or used.startswith(f"{name}.") for used in names)
    }


def mentions(module: str, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(modules()[module]))


def test_a_module_that_nothing_imports_is_listed() -> None:
    inside_listed = tuple(f"{name}." for name in waiting())
    unused = {
        module
        for module in modules()
        if "." in module and not STARTED.fullmatch(module) and not module.startswith(inside_listed)
        if not users_of(module)
    }
    assert unused <= set(waiting())


def test_what_is_listed_exists_and_still_waits() -> None:
    assert waiting()
    for name in waiting():
        owner, _, attribute = name.rpartition(".")
        if name in modules():
            users = users_of(name)
        else:
            defined = {node.name for node in modules()[owner].body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
            assert attribute in defined, f"{name} does not exist"
            users = {module for module, names in imported().items() if name in names}
            users |= {owner} if mentions(owner, attribute) else set()
        assert users == set(), f"{name} is used by {', '.join(sorted(users))}: take it off the list"
