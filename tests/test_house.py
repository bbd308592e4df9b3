"""The house itself: what stands at the root, how large a room may grow, and that what is offered is written down."""

from __future__ import annotations

import ast
import csv
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.markdown import markdown
from tests.places import REQUIREMENTS, ROOT
from tests.syntax import commits, queries

PACKAGES = {"data", "designs", "analysis", "trials", "dashboards"}
ROOT_ENTRIES = PACKAGES | {
    ".ci", ".gitignore", ".streamlit", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "docs", "otm", "pyproject.toml",
    "requirements", "tests",
}  # fmt: skip
LONGEST = 400  # lines; a room that needs more is two rooms
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "core", "manager", "misc"}


@cache
def tracked() -> tuple[Path, ...]:
    """Files of the project: what git knows, or, where there is no git, what no tool has left behind."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
        names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        return tuple(path for name in names if name and (path := ROOT / name).is_file())
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line.startswith("/")}
    left_behind = ignored | {".git"}
    inside = (path for path in ROOT.rglob("*") if path.relative_to(ROOT).parts[0] not in left_behind)
    return tuple(path for path in inside if path.is_file() and "__pycache__" not in path.parts)


def texts() -> Iterator[tuple[str, str]]:
    """Every tracked file that is text, by its path from the root."""
    for path in tracked():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def sources(*rooms: str) -> Iterator[tuple[str, str]]:
    for name, text in texts():
        if (name.endswith(".py") or name == "otm") and (not rooms or name.split("/")[0] in rooms):
            yield name, text


@cache
def documentation() -> str:
    return "\n".join(text for name, text in texts() if name == "README.md" or re.fullmatch(r"docs/.*\.md", name))


def test_the_root_holds_the_five_packages_and_nothing_unplanned():
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} == ROOT_ENTRIES


def test_no_room_is_too_large():
    too_long = {name: lines for name, text in sources() if (lines := text.count("\n")) > LONGEST}
    assert too_long == {}


def test_every_module_is_named_for_what_it_does():
    stems = {name: set(Path(name).with_suffix("").parts) for name, _ in sources()}
    assert {name for name, parts in stems.items() if parts & NAMES_THAT_SAY_NOTHING} == set()


def test_every_module_says_what_it_is_for():
    silent = [name for name, text in sources(*PACKAGES) if text.strip() and ast.get_docstring(ast.parse(text)) is None]
    entrances = [name for name in silent if name.endswith("/__main__.py") or "/migrations/versions/" in name]
    assert sorted(set(silent) - set(entrances)) == []


def test_no_file_names_a_machine_or_a_registry():
    machine = "|".join(("/" + "root/", "/" + "work/", r"/home/\w+/", r"/Users/\w+/", "/" + "opt/"))
    hosts = "|".join(
        ("pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.org", "registry" + r"\.npm", r"deb\.debian")
    )
    pattern = re.compile(f"(?<![\\w.-])(?:{machine})|{hosts}")
    found = {name: match.group() for name, text in texts() if (match := pattern.search(text))}
    assert found == {}


def test_queries_live_in_the_registry():
    outside = {name: text for name, text in sources(*PACKAGES) if not name.startswith("trials/registry/")}
    assert {name: found for name, text in outside.items() if (found := queries(text))} == {}


def test_commits_happen_in_stages():
    elsewhere = {
        name: text for name, text in sources(*PACKAGES) if not name.startswith(("trials/stages/", "trials/registry/"))
    }
    assert {name: found for name, text in elsewhere.items() if (found := commits(text))} == {}


# What leads to a stored file's bytes, and who may: the store, which hashes them first; a backup, which copies whole
# files between stores; verify, which tells what in an edited
# file was edited, and whether others may read it. Row groups are of a snapshot opened.
WAYS_TO_A_SNAPSHOT = {
    r"snapshots\.root\b|\}\.parquet|\*\.parquet": {
        "data/snapshots.py", "trials/stages/backup.py", "trials/proofs/record.py",
    },
    r"/ (?:[\"']snapshots[\"']|SNAPSHOTS\b)": {"trials/registry/registry.py", "trials/stages/backup.py"},
    r"\b(?:read|groups)_changed\b|\bRowGroupsAsFound\(": {
        "data/snapshots.py", "trials/proofs/customers.py", "trials/proofs/draw.py",
    },
    r"pq\.read_|\bParquetFile\(|\bmemory_map\b|pyarrow\.dataset|\bread_parquet\(|scan_parquet": {
        "data/engine.py", "data/intake/files.py", "data/intake/parquet.py", "data/snapshots.py",
        "designs/assignment/files/row_groups.py",
    },
}  # fmt: skip


def test_only_what_counts_the_bytes_puts_text_into_one_piece():
    # A row group is cut to size before it is put together.
    allowed = {"data/pieces.py", "data/row_bytes.py"}
    assert {name for name, text in sources(*PACKAGES) if re.search(r"\.combine_chunks\(", text)} - allowed == set()


def test_what_is_worked_on_lies_nowhere_but_in_the_registrys_scratch():
    allowed = {"data/intake/files.py"}  # an example in a docstring
    temporary = re.compile(r"\btempfile\b|TMPDIR|[\"']/tmp\b|\bmkstemp\b")
    assert {name for name, text in sources(*PACKAGES) if temporary.search(text)} - allowed == set()


@pytest.mark.parametrize("name", ["ledger.key", "chain-head"])
def test_the_files_of_a_home_are_named_in_one_module(name):
    found = [module for module, text in sources(*PACKAGES) if re.search(f"[\"']{re.escape(name)}[\"']", text)]
    assert found == ["trials/registry/storage/folder.py"]


@pytest.mark.parametrize("way", WAYS_TO_A_SNAPSHOT)
def test_nothing_but_the_store_leads_to_a_snapshot(way):
    found = {name for name, text in sources(*PACKAGES) if re.search(way, text)}
    assert found - WAYS_TO_A_SNAPSHOT[way] == set()


def test_no_page_says_anything_in_markdown():
    served = "dashboards/__main__.py"  # starts the server, and shows nothing
    found = {name: markdown(text) for name, text in sources("dashboards") if name != served}
    assert len(found) > 8
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_value_stands_alone_in_a_page():
    """Streamlit writes such a value onto the page: a remark below a constant was read by everybody."""
    alone = {
        f"{file.relative_to(ROOT)}:{part.lineno}"
        for file in (ROOT / "dashboards/views").rglob("*.py")
        for part in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(part, ast.Expr) and not isinstance(part.value, ast.Call)
    }
    assert {place for place in alone if place not in _documented(ROOT / "dashboards/views")} == set()


def _documented(folder):
    """Where a module or a function says what it does."""
    return {
        f"{file.relative_to(ROOT)}:{part.body[0].lineno}"
        for file in folder.rglob("*.py")
        for part in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(part, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part) is not None
    }


def test_only_templates_make_html():
    """They escape what they are given; nothing tells them not to, and no other module makes a piece."""
    assert [name for name, text in sources("dashboards") if re.search(r"\bMarkup\(", text)] == ["dashboards/markup.py"]
    templates = [text for name, text in texts() if name.startswith("dashboards/theme/") and name.endswith(".html")]
    assert len(templates) == 1
    assert not re.search(r"\|\s*safe\b|autoescape", templates[0])


def test_tests_skip_only_where_the_shared_fixtures_do():
    forbidden = re.compile(r"(?:pytest|mark)\.(?:skip|xfail|importorskip)|unittest\.skip|doctest:\s*\+SKIP")
    allowed = {"tests/conftest.py", "tests/record.py", "tests/test_house.py", "tests/test_record.py"}
    found = {name for name, text in sources() if forbidden.search(text)}
    assert found - allowed == set()


def commands() -> Iterator[tuple[str, ...]]:
    """Every command of the service, as the words that follow `otm`."""
    import typer

    from trials.cli.commands import application

    def walk(command, path):
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                yield from walk(inner, (*path, name))
        else:
            yield path

    yield from walk(typer.main.get_command(application()), ())


def test_every_command_is_documented():
    written = documentation()
    repository = [("test",), ("bench",), ("calibrate",), ("faults",), ("requirements",)]
    offered = [*commands(), *repository]
    assert [words for words in offered if f"otm {' '.join(words)}" not in written] == []


def test_every_documented_command_exists():
    offered = {words[0] for words in commands()} | {"test", "bench", "calibrate", "faults", "requirements"}
    named = set(re.findall(r"(?:\./otm|python3 otm|`otm) ([a-z][a-z-]*)", documentation()))
    assert named - offered == set()


def test_links_between_documents_lead_somewhere():
    broken = []
    for name, text in texts():
        if name.endswith(".md"):
            for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
                if not ((ROOT / name).parent / target).exists():
                    broken.append(f"{name}: {target}")
    assert broken == []


def test_decisions_are_numbered_without_gaps():
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]


def test_the_guidance_has_its_64_rows():
    with REQUIREMENTS.open(encoding="utf-8", newline="") as rows:
        ids = [row["id"] for row in csv.DictReader(rows)]
    expected = [
        f"{part}{number:02d}" for part, last in (("S", 20), ("K", 19), ("D", 25)) for number in range(1, last + 1)
    ]
    assert ids == expected


def pins(name: str) -> dict[str, str]:
    """Each pinned requirement of one file, without the platforms it is for, and its hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.findall(r"^(\S[^\n\\]*)\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, flags=re.MULTILINE)
    return {requirement.partition(";")[0].strip(): hashes for requirement, hashes in blocks}


@pytest.mark.parametrize("name", ["main", "test", "uv"])
def test_every_requirement_is_pinned_by_hash(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(requirements) == len(pins(name)) > 0
    assert all(re.match(r"[\w.-]+==[\w.]+", requirement) for requirement in requirements)


def test_the_tests_pins_hold_those_of_the_service():
    """The launcher counts on it: one environment serves both, and neither install removes what the other needs."""
    service, tests = pins("main"), pins("test")
    assert {name: service[name] for name in service if tests.get(name) != service[name]} == {}
