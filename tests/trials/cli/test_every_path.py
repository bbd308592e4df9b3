"""Every path that a command takes says what the command does with it, and nothing is written where it must not be.

The options and arguments are walked, not listed: a new one is in these tests as soon as it is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import pytest
import typer

from tests.trials.cli.conftest import Otm
from tests.trials.examples import everything
from trials.cli.commands import application
from trials.cli.targets import reads, writes, writes_copy, writes_into

USES = {reads: "reads", writes: "writes", writes_into: "writes into", writes_copy: "writes"}
WORDS = {"FILE", "DIR", "PLACE", "PROTOCOL", "DATA", "ENTRY", "FOLDER", "PATH", "P"}
"""What stands for a path where one is asked for as text."""


@dataclass(frozen=True)
class Taken:
    """One argument or option of a command."""

    command: tuple[str, ...]
    name: str
    option: str | None  # its word; None of an argument
    kind: Any
    needed: bool
    metavar: str
    callback: Any

    @property
    def is_path(self) -> bool:
        words = set(self.metavar.replace(".", " ").replace(",", " ").split())
        return Path in (self.kind, *get_args(self.kind)) or bool(WORDS & words)

    @property
    def use(self) -> str | None:
        return USES.get(self.callback)

    @property
    def called(self) -> str:
        return " ".join((*self.command, self.option or self.name))


def _taken(command: tuple[str, ...], function: Any) -> Iterator[Taken]:
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in signature(function).parameters.items():
        kind, info = get_args(hints[name])
        # In an annotation the first word that is given stands where a default would.
        words = [word for word in (info.default, *(info.param_decls or ())) if str(word).startswith("--")]
        option = (*words, f"--{name.replace('_', '-')}")[0].split("/")[0] if isinstance(info, _OPTION) else None
        needed = parameter.default is Parameter.empty
        yield Taken(command, name, option, kind, needed, info.metavar or "", info.callback)


_OPTION = type(typer.Option())


def _walk(app: typer.Typer, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for command in app.registered_commands:
        assert command.callback is not None
        yield (*before, command.name or command.callback.__name__), command.callback
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from _walk(group.typer_instance, (*before, group.name or ""))


COMMANDS = {words: tuple(_taken(words, function)) for words, function in _walk(application())}
PATHS = [taken for every in COMMANDS.values() for taken in every if taken.is_path]
WRITTEN = [taken for taken in PATHS if taken.use in ("writes", "writes into")]


def called(of: Taken, place: Path, other: Taken | None = None, also: Path | None = None) -> list[str]:
    """The command with one path that is asked about, and another if need be; whatever else it needs is made up."""
    given: list[str] = []
    for taken in COMMANDS[of.command]:
        if taken in (of, other):
            value = str(place if taken == of else also)
        elif taken.needed:
            value = _some(taken, place)
        else:
            continue
        given += [value] if taken.option is None else [taken.option, value]
    return [*of.command, *given]


def _some(taken: Taken, beside: Path) -> str:
    kind = taken.kind
    if taken.is_path:
        return str(beside.with_name(f"some-{taken.name}"))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return str(next(iter(kind)).value)
    return {"int": "1", "float": "0.5", "datetime": "2027-01-04"}.get(getattr(kind, "__name__", ""), "reminders")


def test_commands_were_found():
    assert len(COMMANDS) > 35
    assert {"population load", "outcomes load", "design export"} <= {" ".join(words) for words in COMMANDS}
    assert len(PATHS) > 50


@pytest.mark.parametrize("taken", PATHS, ids=lambda taken: taken.called)
def test_every_path_says_what_is_done_with_it(taken):
    assert taken.use is not None, f"{taken.called}: give it a callback of trials.cli.targets"


@pytest.mark.parametrize("taken", WRITTEN, ids=lambda taken: taken.called)
@pytest.mark.parametrize("kind", ["the registry's", "a link", "what it reads", "another result"])
def test_nothing_is_written_where_it_must_not_be(otm: Otm, done, tmp_path, taken, kind):
    """Refused before anything is read, with every file, folder and link as it was."""
    home, places = done.registry.home, tmp_path / "places"
    places.mkdir()
    asked: list[list[str]] = []
    if kind == "the registry's":
        (places / "way-in").symlink_to(home)
        names = ("new", "snapshots/new", "chain-head", "snapshots/../new", "not/there/yet", "jobs", "lists/new")
        for place in (home, *(of / name for of in (home, places / "way-in") for name in names)):
            asked.append(called(taken, place))
    elif kind == "a link":
        (places / "mine").write_text("mine")
        (places / "folder").mkdir()
        for name, to in (("file-link", "mine"), ("folder-link", "folder"), ("dangling", "nothing")):
            (places / name).symlink_to(places / to)
            asked.append(called(taken, places / name))
    else:
        use: Literal["reads", "writes"] = "reads" if kind == "what it reads" else "writes"
        others = [each for each in PATHS if each.command == taken.command and each != taken and each.use == use]
        (places / "file").write_text("mine")
        (places / "x").mkdir()
        os.link(places / "file", places / "linked")
        for other in others:
            for alias in ("file", "x/../file", "linked"):
                asked.append(called(taken, places / "file", other, places / alias))
                asked.append(called(other, places / alias, taken, places / "file"))
    before = everything(tmp_path)
    for words in asked:
        said = otm(*words)
        assert said.code == 2, (words, said)
        assert any(why in said.err for why in REFUSED[kind]), (words, said.err)
        assert everything(tmp_path) == before, words


REFUSED = {
    "the registry's": {"it is the registry's own", "own folder proves nothing"},
    "a link": {"a link is there", "a link is in the place of the copy"},
    "what it reads": {"the command reads this file"},
    "another result": {"two results would be written there"},
}
