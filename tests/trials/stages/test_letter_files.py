"""The letters of a design as files: each arm's text in each language, and a refusal for what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from designs.drafting import Draft, draft_of_file
from tests.trials.approved import TODAY, approve, loaded
from tests.trials.examples import FIRST
from tests.trials.stages.test_paper import text_of
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.stages.design import begin_design
from trials.stages.paper import write_letter


@pytest.fixture
def trial(either: Registry, tmp_path: Path) -> str:
    return loaded(either, tmp_path)


def test_each_text_of_a_locked_trial_is_shown_as_it_was_registered(either: Registry, trial: str, tmp_path: Path):
    approve(either, trial)
    for language, ending in (("en", "{office}"), ("cy", "{office}")):
        path = write_letter(either, FIRST, trial, "simple", language, tmp_path / f"{language}.pdf", TODAY)  # type: ignore[arg-type]
        assert ending in text_of(path)
    assert "Dear {name}," in text_of(tmp_path / "en.pdf")
    assert "Annwyl {name}," in text_of(tmp_path / "cy.pdf")
    assert "Synthetic data" in text_of(tmp_path / "en.pdf")
    again = write_letter(either, FIRST, trial, "simple", "en", tmp_path / "again.pdf", TODAY)
    assert again.read_bytes() == (tmp_path / "en.pdf").read_bytes()


@pytest.mark.parametrize(
    ("arm", "language", "problem"),
    [
        ("nobody", "en", "no arm 'nobody'"),
        ("nfa", "en", "no text in English"),
        ("letter", "cy", "no text in Welsh"),
        ("letter", "en", "this is no plain text"),
    ],
)
def test_what_is_not_there_is_refused(either: Registry, tmp_path: Path, arm: str, language: str, problem: str):
    (tmp_path / "letter.docx").write_bytes(b"PK\x03\x04\xff\x00")
    (tmp_path / "plan.yaml").write_text(
        "id: half\narms:\n  - {id: nfa, kind: nfa}\n"
        "  - {id: letter, kind: otm, channel: letter, text: {en: letter.docx}}\n",
        encoding="utf-8",
    )
    draft, contents = draft_of_file(tmp_path / "plan.yaml")
    begin_design(either, FIRST, "half", Draft(draft.document, draft.texts), contents, origin={"kind": "empty"})
    with pytest.raises(TrialRefused, match=problem):
        write_letter(either, FIRST, "half", arm, language, tmp_path / "x.pdf", TODAY)  # type: ignore[arg-type]
    with pytest.raises(TrialRefused, match=r"it ends in \.pdf"):
        write_letter(either, FIRST, "half", arm, language, tmp_path / "x.docx", TODAY)  # type: ignore[arg-type]
    assert list(tmp_path.glob("x.*")) == []
