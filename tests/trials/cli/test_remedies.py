"""What a message tells a person to type can be typed: every command and option in it is one, by the real parser."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from tests.places import ROOT
from trials.cli.commands import application

ROOMS = ("data", "designs", "analysis", "trials", "dashboards")
OF_THE_LAUNCHER = {"test", "bench", "calibrate", "faults", "requirements"}
ANYTHING = "ANYTHING"  # what an f-string puts in
_MENTION = re.compile(r"(?<!\ban )\botm((?: (?:[A-Za-z0-9_.{}#]+(?:-[a-z]+)*|--[a-z-]+|[A-Z]+…?))+)")
_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")
_VALUES = {"DAY": "2030-01-01", "REVIEW": "2030-01-01", "N": "1"}
# What stands in prose after the name of a command and is no argument of it.
_ARGUMENT = re.compile(r"[A-Z]{3,}|[A-Z]|\{[a-z_.]+\}|--[a-z-]+")


def texts_of(source: str) -> Iterator[tuple[int, str]]:
    """Every text of a module that may be shown, with its line; docstrings are for those who read the code."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | parts:
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            pieces = [str(part.value) if isinstance(part, ast.Constant) else ANYTHING for part in node.values]
            yield node.lineno, "".join(pieces)


def shown() -> list[tuple[str, str]]:
    """Where, and what may be shown there."""
    return [
        (f"{path.relative_to(ROOT)}:{line}", text)
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, text in texts_of(path.read_text("utf-8"))
    ]


def wrong_with(text: str) -> Iterator[str]:
    """What in a text cannot be typed."""
    for mention in _MENTION.finditer(text):
        yield from _wrong_with_command(mention[1].rstrip(".").split())


def _wrong_with_command(words: list[str]) -> Iterator[str]:
    command: Any = typer.main.get_command(application())
    name = ""
    if words[0] in OF_THE_LAUNCHER | {"COMMAND"}:
        return
    while hasattr(command, "commands"):
        if not words or words[0] not in command.commands:
            yield f"otm{name} has no command {words[0] if words else 'there'!r}"
            return
        name += f" {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    given = []
    for word in words:
        if not _ARGUMENT.fullmatch(word):
            break
        given.append(word)
    yield from _wrong_with_arguments(command, name, given)


def _wrong_with_arguments(command: Any, name: str, given: list[str]) -> Iterator[str]:
    """By the parser; a command that is only named needs no argument."""
    arguments = []
    for word in given:
        if not word.startswith("--"):
            before = arguments[-1] if arguments else ""
            arguments.append("2030-01-01" if before == "--review-on" else _VALUES.get(word, word))
            continue
        arguments.append(word)
    if not arguments:
        return
    try:
        command.make_context(name.strip(), list(arguments))  # it eats them
    except typer.BadParameter as error:
        lacking = type(error).__name__ == "MissingParameter"  # else a file that is not there
        if lacking and not arguments[-1].startswith("--"):
            yield f"otm{name} {' '.join(given)}: it needs {error.param.opts if error.param else 'more'} too"
    except Exception as error:  # noqa: BLE001 the parser's own kinds of error are not public
        yield f"otm{name} {' '.join(given)}: {error.format_message() if hasattr(error, 'format_message') else error}"


def options() -> set[str]:
    """Every option of every command."""
    waiting = [typer.main.get_command(application())]
    found = {"help"}
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        for parameter in command.params:
            found |= {name.removeprefix("--") for name in (*parameter.opts, *parameter.secondary_opts)}
    return found


def test_every_command_that_a_message_names_can_be_typed() -> None:
    texts = shown()
    assert sum("otm " in text for _, text in texts) > 40
    assert [f"{where}: {fault}" for where, text in texts for fault in wrong_with(text)] == []


def test_every_option_that_a_message_names_is_one_of_some_command() -> None:
    known = options()
    of_others = {"server", "browser"}  # of the server of pages, which otm serve starts
    assert [
        f"{where}: --{name}"
        for where, text in shown()
        for name in _OPTION.findall(text)
        if name not in known and name not in of_others and "streamlit" not in where
    ] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("otm frobnicate", "has no command 'frobnicate'"),
        ("then otm outcomes undo TRIAL", "has no command 'undo'"),
        ("otm outcomes TRIAL FILE", "has no command"),
        ("otm lock TRIAL --forcefully", "No such option"),
        ("otm correct ANYTHING --approve", "No such option"),
        ("otm population load FILE", "it needs"),
        ("otm trials TRIAL", "unexpected extra argument"),
    ],
)
def test_what_cannot_be_typed_is_seen(text: str, said: str) -> None:
    assert any(said in fault for fault in wrong_with(text))


@pytest.mark.parametrize("text", ["see otm trials", "otm lock TRIAL --check", "run otm verify, then mend", "no otm"])
def test_what_can_be_typed_is_not(text: str) -> None:
    assert list(wrong_with(text)) == []
