"""Every command under one name, and the file that holds it: a command loads its own file, and those of no other."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final

import typer

# In the order in which help lists them. What a file adds to the group of another stands by that group's word.
HELD_BY: Final[dict[str, tuple[str, ...]]] = {
    "design": ("protocol", "population", "power", "register", "texts", "lock"),
    "diagnosing": ("diagnose",),
    "surging": ("surge",),
    "designing": ("design",),
    "papers": ("design",),
    "amending": ("amend",),
    "allocate": ("randomise", "certificate", "verify", "release", "void"),
    "fieldwork": ("issue", "whois", "contacts", "outcomes"),
    "evaluate": ("evaluate", "analyse", "schema", "decide", "correct"),
    "service": ("trials", "overlap", "head", "backup", "restore", "migrate", "collect", "serve", "demo"),
    "library": ("library",),
    "licences": ("licences",),
}


@cache
def application(word: str | None = None) -> typer.Typer:
    """The command line; with the first word of what was asked, only as much of it as carries that out.

    Examples:
        >>> [command.name for command in application("licences").registered_commands]
        ['licences']
    """
    files = [file for file, words in HELD_BY.items() if word in words] or list(HELD_BY)
    app = typer.Typer(
        name="otm",
        help="Randomised trials of one-to-many approaches, from protocol to verdict.",
        epilog="For developers, by the launcher: otm test, bench, calibrate, faults, requirements.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # it would print local variables, and they hold seeds and customers
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_all_of_them)
    for file in files:
        import_module(f"trials.cli.{file}").register(app)
    return app


def _all_of_them() -> None:  # without it, Typer would make a command that stands alone the whole application
    pass
