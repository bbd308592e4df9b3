"""docs/glossary.md names every code that a verdict may have, and none that it may not."""

from __future__ import annotations

import re
from typing import get_args

from analysis.results import FindingCode, VerdictCode
from tests.places import ROOT

TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_every_code_of_a_verdict_is_explained() -> None:
    table = TEXT[TEXT.index("| code | meaning |") : TEXT.index("An arm's own finding")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(get_args(VerdictCode))


def test_every_finding_of_an_arm_is_named() -> None:
    sentence = TEXT[TEXT.index("An arm's own finding") : TEXT.index("## Records")]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(get_args(FindingCode))


def test_a_word_is_explained_once() -> None:
    words = [word for row in re.findall(r"^\| ([^|`]+) \|", TEXT, re.MULTILINE) for word in row.split(", ")]
    assert len(words) > 40
    assert {word for word in words if words.count(word) > 1} <= {"word", "code"}
