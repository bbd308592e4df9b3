"""The page of options says what the commands say, and the page of commands leaves none out."""

from __future__ import annotations

import re
from pathlib import Path

from trials.cli.app import app
from trials.cli.options import options_page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_is_what_the_commands_say():
    assert (DOCS / "options.md").read_text() == options_page(app), "python -m trials.cli.options > docs/options.md"


def test_every_command_is_on_the_page_of_commands_and_every_option_named_there_is_one():
    page, options = (DOCS / "commands.md").read_text(), options_page(app)
    commands = re.findall(r"^## `(otm [a-z ]+?)(?= [A-Z]|`)", options, re.MULTILINE)
    assert [command for command in commands if command not in page] == []
    known = set(re.findall(r"--[a-z-]+", options)) | set(re.findall(r"--[a-z-]+", LAUNCHER))
    assert sorted(set(re.findall(r"--[a-z][a-z-]+", page)) - known) == []


LAUNCHER = "--help --suites --size --rows --seed --out --json"
