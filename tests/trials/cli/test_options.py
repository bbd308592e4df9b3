"""The page of options says what the commands say, and the page of commands leaves none out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from trials.access import Role, UseCase, roles_allowed
from trials.cli.commands import application
from trials.cli.options import options_page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_is_what_the_commands_say():
    assert (DOCS / "options.md").read_text() == options_page(application()), (
        "python -m trials.cli.options > docs/options.md"
    )


def test_every_command_is_on_the_page_of_commands_and_every_option_named_there_is_one():
    page, options = (DOCS / "commands.md").read_text(), options_page(application())
    commands = re.findall(r"^## `(otm [a-z ]+?)(?= [A-Z]|`)", options, re.MULTILINE)
    assert [command for command in commands if command not in page] == []
    known = set(re.findall(r"--[a-z-]+", options)) | set(re.findall(r"--[a-z-]+", LAUNCHER))
    for text in (page, (DOCS / "guide.md").read_text()):
        assert sorted(set(re.findall(r"--[a-z][a-z-]+", text)) - known) == []


def test_the_guide_names_commands_that_there_are_and_roles_as_they_are_granted():
    guide, options = (DOCS / "guide.md").read_text(), options_page(application())
    commands = set(re.findall(r"^## `otm ([a-z ]+?)(?= [A-Z]|`)", options, re.MULTILINE))
    named = {words.strip() for words in re.findall(r"`otm ([a-z]+(?: [a-z]+)?)(?=[ `]|$)", guide)}
    assert [words for words in sorted(named) if not any(command.startswith(words) for command in commands)] == []
    for role in get_args(Role):
        if role == "all":
            continue
        told = re.search(rf"^\| `{role}` \| (.*) \|$", guide, re.MULTILINE)
        assert told is not None, role
        for use_case, word in WORDS.items():
            granted = role in roles_allowed(use_case)
            assert (word in told[1]) is granted, (role, use_case)


WORDS: dict[UseCase, str] = {
    "register": "register", "load_population": "population", "lock": "lock", "randomise": "randomise",
    "issue": "issue", "whois": "whois", "load_contacts": "load contacts", "release": "release",
    "load_outcomes": "load outcomes", "evaluate": "evaluate", "decide": "decide", "request_void": "void",
    "request_correction": "correction", "backup": "back up", "restore": "restore", "migrate": "migrate",
    "collect": "collect", "design": "design, consult", "sign_off": "sign off", "approve": "approve",
    "set_aside": "aside", "lock_outside": "round the gates", "amend": "amend the plan",
    "confirm_amendment": "an amendment", "withdraw_amendment": "an amendment",
    "diagnose": "diagnose",
}  # fmt: skip


LAUNCHER = "--help --suites --size --rows --seed --out --json"
