"""How a command starts: what is heavy is imported by the command that needs it."""

import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.testing import CliRunner

from tests.places import ROOT
from trials.cli.commands import HELD_BY, application

HEAVY = (
    "docx",
    "duckdb",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "ruamel",
    "scipy",
    "sqlalchemy",
    "streamlit",
    "typst",
)


def test_naming_the_commands_imports_nothing_heavy():
    script = (
        "import sys; from trials.cli.commands import application; application()\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_every_word_is_held_by_the_files_that_are_named():
    for file, words in HELD_BY.items():
        alone = typer.Typer()
        import_module(f"trials.cli.{file}").register(alone)
        groups = [group.name for group in alone.registered_groups]
        own = [command.name for command in alone.registered_commands]
        # What joins the group of another file adds no word of its own.
        assert sorted(map(str, own + groups)) == sorted(words) or (own + groups == [] and words == ("design",))
    names = {name for words in HELD_BY.values() for name in words}
    assert set(typer.main.get_command(application()).commands) == names  # type: ignore[attr-defined]


@pytest.mark.parametrize("words", sorted(sum(HELD_BY.values(), ())))
def test_a_command_alone_is_the_command_among_all(words):
    def told(app):
        return CliRunner().invoke(app, [words, "--help"]).output

    assert told(application(words)) == told(application())


def test_a_command_loads_its_own_file_alone():
    script = (
        "import sys; sys.argv = ['otm', 'licences', '--help']\n"
        "from trials.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: print([name for name in sys.modules if name.startswith('trials.cli.')])"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "trials.cli.licences" in found.stdout
    assert "trials.cli.fieldwork" not in found.stdout


def test_a_command_whose_own_file_fails_is_told_like_any_other_failure(home):
    script = (
        "import sys; sys.argv = ['otm', 'licences']; sys.modules['trials.cli.licences'] = None\n"
        "from trials.cli.app import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (70, False)
    assert done.stderr.startswith("Failed.")
