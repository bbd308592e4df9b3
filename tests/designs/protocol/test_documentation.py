"""docs/protocol.md explains every key and every option, and nothing that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from designs.protocol.models import Protocol
from tests.places import ROOT

QUESTIONS = ("Customers", "Cost", "Behaviour", "SameReason", "Message", "Reaction", "FollowUp", "Operations", "Further")
SECTIONS = {
    "Protocol": "The whole file",
    "ColumnDeclaration": "Column",
    **{f"{question}Answer": "Suitability" for question in QUESTIONS},
}
SCHEMA = Protocol.model_json_schema()
GROUPS: dict[str, dict[str, Any]] = {"Protocol": SCHEMA, **SCHEMA["$defs"]}
TEXT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")


def section(group: str) -> str:
    """The text under one heading."""
    heading = SECTIONS.get(group, group)
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/protocol.md has no section {heading}"
    return found.group(1)


def options(node: dict[str, Any]) -> list[str]:
    """Every word that may stand for a value."""
    inner = [part for option in node.get("anyOf", []) for part in options(option)]
    return inner + [str(option) for option in node.get("enum", [])]


@pytest.mark.parametrize("group", GROUPS)
def test_every_key_and_option_is_explained(group: str) -> None:
    text = section(group)
    missing = [key for key in GROUPS[group]["properties"] if f"`{key}`" not in text]
    missing += [
        option for node in GROUPS[group]["properties"].values() for option in options(node) if f"`{option}`" not in text
    ]
    assert missing == []


@pytest.mark.parametrize("group", [group for group in GROUPS if "| key |" in section(group)])
def test_no_key_is_explained_that_is_not_there(group: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section(group), re.MULTILINE)
    assert sorted(rows) == sorted(GROUPS[group]["properties"])


@pytest.mark.parametrize("group", [group for group in GROUPS if "| key | needed |" in section(group)])
def test_what_is_needed_is_said(group: str) -> None:
    always = re.findall(r"^\| `(\w+)` \| yes \|", section(group), re.MULTILINE)
    required = set(GROUPS[group].get("required", ())) - {"label"}  # which the arm's id fills in
    assert set(always) == required


def test_defaults_are_said() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([\w.]+)`? \|", section("Analysis"), re.MULTILINE))
    said = {key: value for key, value in rows.items() if value != "none" or key == "adjustment"}
    schema = GROUPS["Analysis"]["properties"]
    assert said == {key: str(schema[key]["default"]) for key in said}
    assert set(said) == {key for key, node in schema.items() if node.get("default") not in ([], None)}
