"""A design on the command line, from its first line to the protocol file, with two people at it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from designs.library import template_named
from designs.protocol import load_protocol


@pytest.fixture
def entry(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "entry.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_design_goes_from_a_template_to_a_registered_protocol(otm: Any, tmp_path: Path, entry: Any) -> None:
    assert otm("design", "begin", "letters", "--template", "late-returns").code == 0
    shown = json.loads(otm("design", "show", "letters", "--json", "-").out)
    assert (shown["revision"], shown["errors"]) == (1, [])
    assert otm("design", "export", "letters", "--out", tmp_path / "mine").code == 0
    mine = tmp_path / "mine" / "protocol.yaml"
    assert load_protocol(mine).digest == shown["protocol_digest"]
    text = mine.read_text(encoding="utf-8")
    title = load_protocol(mine).protocol.title
    mine.write_text(text.replace(title, "Letters of mine"), encoding="utf-8")
    theirs = tmp_path / "theirs"
    otm("design", "export", "letters", "--out", theirs)
    plan = (theirs / "protocol.yaml").read_text(encoding="utf-8")
    (theirs / "protocol.yaml").write_text(plan.replace(title, "Letters of theirs"), encoding="utf-8")
    assert "revision 2, saved" in otm("design", "revise", "letters", mine, "--made-from", 1).out
    refused = otm("design", "revise", "letters", theirs / "protocol.yaml", "--made-from", 1)
    assert refused.code == 2
    assert "has changed what you changed, in another way: plan → title" in " ".join(refused.err.split())
    assert "title" in otm("design", "history", "letters").out
    compared = otm("design", "history", "letters", "--before", 1, "--after", 2).out
    assert "Letters of mine" in compared
    assert "late-returns" in otm("design", "list").out
    assert otm("register", mine).code == 0
    gates = json.loads(otm("design", "gates", "letters", "--json", "-").out)["gates"]
    assert [gate["gate"] for gate in gates if not gate["passed"]] == [
        "suitability", "consulted", "gateway_1", "signed_off", "gateway_2", "lock",
    ][1 if gates[0]["passed"] else 0 :]  # fmt: skip
    line = entry("kind: line_signed_off\non: 2026-02-02\ngrade: grade_7\nsigned_by: the sponsor\n")
    unread = otm("design", "enter", "letters", line)
    assert unread.code == 2
    assert "it is not said which plan was read" in unread.err
    read = json.loads(otm("design", "gates", "letters", "--json", "-").out)["plan"]
    assert f"digest {read}" in otm("design", "gates", "letters").out
    assert "entry 1, line signed off" in otm("design", "enter", "letters", line, "--read", read).out
    wrong = otm("design", "enter", "letters", entry("kind: line_signed_off\non: soon\ngrade: grade_6\n"))
    assert wrong.code == 2
    for place in ("on", "grade", "signed_by"):
        assert f"  {place}" in wrong.err


def test_a_design_begins_empty_with_a_file_or_with_a_past_trial(otm: Any, tmp_path: Path) -> None:
    assert otm("design", "begin", "empty").code == 0
    assert "title: this is missing" in otm("design", "show", "empty").out
    past = template_named("late-returns")
    otm("register", past.path)
    assert otm("design", "begin", "next", "--trial", past.loaded.protocol.id).code == 0
    assert json.loads(otm("design", "show", "next", "--json", "-").out)["errors"] == []
    half = tmp_path / "half.yaml"
    half.write_text("id: half\ntitle: [no title]\n", encoding="utf-8")
    assert otm("design", "begin", "half", "--file", half).code == 0
    assert "title: a list does not fit here" in otm("design", "show", "half").out
    both = otm("design", "begin", "both", "--file", half, "--template", "late-returns")
    assert both.code == 2
    listed = json.loads(otm("design", "list", "--json", "-").out)["designs"]
    assert [(design["id"], design["origin"]["kind"]) for design in listed] == [
        ("empty", "empty"), ("half", "file"), ("next", "trial"),
    ]  # fmt: skip
