"""The options of every command, as a page: written from the commands themselves, so that it cannot say anything else.

python -m trials.cli.options > docs/options.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption

HEAD = """# The options of every command

Written by `python -m trials.cli.options` from the commands themselves; what each reads, writes and refuses is in
[commands.md](commands.md). `otm COMMAND --help` says the same.
"""


def options_page(app: typer.Typer) -> str:
    """Every command with its arguments and options, in Markdown."""
    parts = [HEAD]
    for name, command in _commands("otm", typer.main.get_command(app)):
        arguments = [_value(part) for part in command.params if isinstance(part, TyperArgument)]
        parts.append(f"## `{' '.join([name, *arguments])}`\n\n{_line(command.help)}\n")
        rows = [_row(part) for part in command.params]
        if rows:
            parts.append("\n".join(["| option | what it is |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(command, TyperGroup):
        for word in sorted(command.commands):
            yield from _commands(f"{name} {word}", command.commands[word])
    else:
        yield name, command


def _row(part: TyperArgument | TyperOption) -> str:
    written, told = f"`{_value(part)}`", _line(part.help)
    if isinstance(part, TyperOption):
        names = ", ".join(f"`{name}`" for name in (*part.opts, *part.secondary_opts))
        written = names if part.is_flag else f"{names} {written}"
        told += " Needed." if part.required else ""
    return f"| {written} | {told} |"


def _value(part: TyperArgument | TyperOption) -> str:
    return part.metavar or (part.name or "").upper()


def _line(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    from trials.cli.commands import application

    sys.stdout.write(options_page(application()))
