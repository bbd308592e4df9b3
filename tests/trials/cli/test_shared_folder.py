"""Every command says that the folder of a team's registry is out of sight, and makes nothing in its place."""

from __future__ import annotations

import shlex

import pytest
import typer.main

from tests.trials.examples import Files, allocated
from tests.trials.registry.test_shared_folder import held, moved, unmounted
from trials.cli.commands import application
from trials.registry import open_registry
from trials.settings import Settings

# What a person types, by command; the rest need no registry, or begin another.
COMMANDS = {
    "certificate": "reminders", "collect": "", "contacts load": "reminders {file}",
    "contacts withdraw": "reminders --reason R", "correct": "reminders --reason R",
    "decide": "reminders --action A --reason R --review-on 2030-01-01", "evaluate": "reminders",
    "issue": "reminders --arm sms --out {out}", "lock": "reminders", "migrate": "", "outcomes load": "reminders {file}",
    "outcomes withdraw": "reminders --reason R", "overlap": "reminders reminders",
    "population load": "{file} --protocol {protocol}", "randomise": "reminders", "register": "{protocol}",
    "release": "reminders --reason R", "serve": "", "trials": "", "verify": "reminders",
    "void": "reminders --reason R", "whois": "reminders C000001", "backup": "{out}", "demo": "--no-serve",
    "head": "", "texts": "reminders --out {out}", "design list": "", "design begin": "letters",
    "design show": "reminders", "design revise": "reminders {protocol} --made-from 1", "design history": "reminders",
    "design export": "reminders --out {out}", "design enter": "reminders {entry}", "design gates": "reminders",
    "design letter": "reminders --arm letter --out {out}.pdf", "design paper": "reminders --out {out}.pdf",
    "design registry": "reminders --form aea --out {out}.json", "library": "",
    "amend": "reminders {protocol} --reason R",
}  # fmt: skip
NO_REGISTRY = {"power", "diagnose", "surge", "analyse", "schema", "protocol check", "restore", "licences"}


def every_command() -> set[str]:
    group = typer.main.get_command(application())
    inner = {name: getattr(command, "commands", {}) for name, command in group.commands.items()}
    return {f"{name} {within}" for name, of in inner.items() for within in of} | {
        name for name in inner if not inner[name]
    }


def test_no_command_is_left_out() -> None:
    assert set(COMMANDS) | NO_REGISTRY == every_command()


@pytest.mark.parametrize("lose", [moved, unmounted], ids=lambda lose: lose.__name__)
def test_every_command_says_so_and_makes_nothing(otm, home, registry_url, monkeypatch, tmp_path, lose) -> None:
    files = Files(tmp_path / "files")
    monkeypatch.setenv("OTM_DATABASE_URL", registry_url)
    opened = open_registry(Settings(home=home, database_url=registry_url))
    allocated(opened, files)
    opened.close()
    lose(home)
    entry = tmp_path / "entry.yaml"
    entry.write_text("kind: consulted\non: 2026-02-02\nbody: kai\n", encoding="utf-8")
    before = held(tmp_path)
    places = {"entry": entry, "file": files.outcomes, "protocol": files.protocol, "out": tmp_path / "out"}
    for command, arguments in COMMANDS.items():
        done = otm(*shlex.split(f"{command} {arguments}".format(**places)))
        assert (done.code, done.out) == (2, ""), command
        said = " ".join(done.err.split())
        assert done.err.startswith("Refused. "), command
        assert "folder that this registry shares" in said, command
        assert "OTM_HOME" in said, command
        assert held(tmp_path) == before, command
        assert home.exists() == (lose is unmounted), command
