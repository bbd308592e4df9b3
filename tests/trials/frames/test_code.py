"""Which code an evaluation rests on: everything that makes a frame and judges it."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.places import ROOT
from trials.frames import code

# What a frame's modules import besides: it opens, stores, guards and shows, and no figure follows from it.
MAKES_NO_FRAME = (
    "trials/access.py", "trials/concealment.py", "trials/errors.py", "trials/settings.py",
    "trials/seen_fields.py", "trials/registry/told.py",  # what others are told of what was made
    "trials/registry/design_facts.py", "trials/registry/past_plans.py", "trials/registry/customers.py",
    "trials/registry/dossier.py", "trials/registry/library.py",
    "trials/registry/__init__.py", "trials/registry/opening.py",
    "trials/registry/portfolio.py", "trials/registry/proof/", "trials/registry/reader.py",
    "trials/registry/registry.py", "trials/registry/remembered.py", "trials/registry/storage/",
    "trials/registry/unit_of_work.py",
)  # fmt: skip


def imported(path: Path) -> Iterator[Path]:
    """The files of this project that one file imports, whoever they belong to."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{name}" for name in names)]
        for name in names:
            place = ROOT / name.replace(".", "/")
            yield from (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file())


def test_everything_that_a_frame_is_made_by_is_in_the_digest():
    waiting = [*(ROOT / "trials/frames").glob("*.py"), ROOT / "trials/stages/evaluate.py"]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += imported(path)
    names = {path.relative_to(ROOT).as_posix() for path in seen}
    left_out = {name for name in names if not name.startswith(code.ROOMS) and not name.startswith(MAKES_NO_FRAME)}
    assert left_out <= {"trials/__init__.py", "trials/progress.py", "trials/stages/__init__.py"}
    assert {"trials/field/whole.py", "trials/registry/queries/draws.py"} <= names


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """The code in a folder of its own."""
    for room in code.ROOMS:
        if room.endswith(".py"):
            (tmp_path / room).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / room, tmp_path / room)
        else:
            shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "__file__", str(tmp_path / "trials" / "frames" / "code.py"))
    return tmp_path


@pytest.mark.parametrize(
    "changed", ["trials/field/days.py", "trials/frames/losses.py", "trials/registry/plan.py", "analysis/frame.py"]
)
def test_a_change_of_any_of_it_is_another_digest(checkout, changed):
    before = code.code_digest.__wrapped__()
    assert before == code.code_digest()
    (checkout / changed).write_text((checkout / changed).read_text("utf-8") + "\n", encoding="utf-8")
    assert code.code_digest.__wrapped__() != before
