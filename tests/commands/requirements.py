"""`otm requirements [--json -]`: each row of docs/requirements.csv with the tests that carry it.

A row is covered when it has a test and every test that carries it passed in the last whole `otm test`.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.places import LAST_TEST, REQUIREMENTS, ROOT


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement, the tests that carry it (file::name), and whether the last whole run showed it."""

    id: str
    guidance: str
    service_must: str
    tests: tuple[str, ...]
    covered: bool


def marked(node: ast.AST) -> Iterator[str]:
    """The ids in every `pytest.mark.requirement(...)` within a piece of syntax."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "requirement":
            yield from (str(part.value) for part in call.args if isinstance(part, ast.Constant))


def carriers(source: str, path: str) -> Iterator[tuple[str, str]]:
    """Pairs of requirement id and test in one file: marks on a function, on its class, or on the whole module."""

    def visit(body: Sequence[ast.stmt], prefix: str, inherited: frozenset[str]) -> Iterator[tuple[str, str]]:
        for statement in body:
            if isinstance(statement, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "pytestmark" for target in statement.targets
            ):
                inherited |= frozenset(marked(statement.value))
        for statement in body:
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            own = inherited.union(*(marked(decorator) for decorator in statement.decorator_list))
            name = f"{prefix}::{statement.name}"
            if isinstance(statement, ast.ClassDef):
                yield from visit(statement.body, name, own)
            elif statement.name.startswith("test"):
                yield from ((requirement, name) for requirement in sorted(own))

    yield from visit(ast.parse(source).body, path, frozenset())


def tests_by_requirement(root: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((root / "tests").rglob("test_*.py")):
        for requirement, test in carriers(file.read_text(encoding="utf-8"), file.relative_to(root).as_posix()):
            found[requirement].append(test)
    return found


def shown_in(record: Path) -> set[str]:
    """Requirements whose tests all passed in the recorded run."""
    if not record.exists():
        return set()
    requirements = json.loads(record.read_text(encoding="utf-8"))["requirements"]
    return {name for name, tests in requirements.items() if tests["passed"] and not tests["not_passed"]}


def rows(root: Path = ROOT, requirements: Path = REQUIREMENTS, record: Path = LAST_TEST) -> list[Row]:
    tests, shown = tests_by_requirement(root), shown_in(record)
    with requirements.open(encoding="utf-8", newline="") as lines:
        return [
            Row(
                line["id"],
                line["guidance"],
                line["service_must"],
                tuple(carried),
                bool(carried) and line["id"] in shown,
            )
            for line in csv.DictReader(lines)
            for carried in [tests.get(line["id"], [])]
        ]


def as_table(found: Sequence[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for heading in ("id", "the service must", "covered", "tests"):
        table.add_column(heading, overflow="fold")
    for row in found:
        word = "covered" if row.covered else "not shown yet" if row.tests else "open"
        table.add_row(row.id, row.service_must, word, "\n".join(row.tests))
    Console().print(table)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="otm requirements", description="What the guidance asks, and what shows it.")
    parser.add_argument("--json", metavar="FILE", help="write one JSON object to FILE, or to standard output for -")
    options = parser.parse_args(arguments)
    found = rows()
    covered = sum(row.covered for row in found)
    document = {"rows": [asdict(row) for row in found], "covered": covered, "open": len(found) - covered}
    if options.json == "-":
        print(json.dumps(document, indent=1, ensure_ascii=False))
        return 0
    if options.json:
        Path(options.json).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        as_table(found)
    print(f"{covered} covered, {len(found) - covered} open", file=sys.stderr if options.json else sys.stdout)
    if not LAST_TEST.exists():
        print("No whole `otm test` is recorded here yet, so nothing counts as covered.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
