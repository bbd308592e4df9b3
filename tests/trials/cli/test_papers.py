"""What a design hands in, by the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdf

from tests.places import ROOT


def test_a_paper_is_written_and_takes_the_place_of_the_last(otm: Any, tmp_path: Path) -> None:
    assert otm("design", "begin", "letters", "--template", "late-returns").code == 0
    for name in ("paper.pdf", "paper.docx", "paper.pdf"):
        done = otm("design", "paper", "letters", "--out", tmp_path / name)
        assert (done.code, f"The paper of letters is in {tmp_path / name}" in done.out) == (0, True)
    assert "1. Purpose" in pypdf.PdfReader(tmp_path / "paper.pdf").pages[0].extract_text()
    wrong = otm("design", "paper", "letters", "--out", tmp_path / "paper.txt")
    assert (wrong.code, "it ends in .pdf or .docx" in wrong.err) == (2, True)
    assert otm("design", "paper", "nobody", "--out", tmp_path / "x.pdf").code == 2


def test_a_paper_bears_the_day_that_it_is_given(otm: Any, tmp_path: Path) -> None:
    otm("design", "begin", "letters", "--template", "late-returns")
    for name in ("one.pdf", "two.pdf"):
        assert otm("design", "paper", "letters", "--out", tmp_path / name, "--dated", "2026-03-02").code == 0
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert "2 March 2026" in pypdf.PdfReader(tmp_path / "one.pdf").pages[0].extract_text()
    assert otm("design", "paper", "letters", "--out", tmp_path / "late.pdf", "--dated", "2999-01-01").code == 2
    assert not (tmp_path / "late.pdf").exists()


def test_nothing_is_written_over_the_registry_or_through_a_link(otm: Any, home: Path, tmp_path: Path) -> None:
    otm("design", "begin", "letters", "--template", "late-returns")
    (tmp_path / "link.pdf").symlink_to(home / "registry.sqlite")
    for target in (home / "paper.pdf", home / "snapshots" / "x.pdf", tmp_path / "link.pdf"):
        assert otm("design", "paper", "letters", "--out", target).code == 2
        assert target.is_symlink() or not target.exists()


def test_an_entry_for_a_registry_is_written_in_each_form(otm: Any, tmp_path: Path) -> None:
    otm("design", "begin", "letters", "--template", "late-returns")
    for form in ("aea", "spirit", "uk"):
        done = otm("design", "registry", "letters", "--form", form, "--out", tmp_path / f"{form}.json")
        assert (done.code, "The entry of letters is in" in done.out) == (0, True)
        entry = json.loads((tmp_path / f"{form}.json").read_text("utf-8"))
        assert (entry["form"], entry["trial"], entry["synthetic"]) == (form, "letters", False)
    assert otm("design", "registry", "letters", "--form", "isrctn", "--out", tmp_path / "x.json").code == 2
    assert otm("design", "registry", "letters", "--form", "aea", "--out", tmp_path / "x.csv").code == 2


def test_a_letter_is_written_in_each_language(otm: Any, tmp_path: Path) -> None:
    otm("design", "begin", "letters", "--template", "late-returns")
    for language, begins in (("en", "Dear {name},"), ("cy", "Annwyl {name},")):
        target = tmp_path / f"{language}.pdf"
        done = otm("design", "letter", "letters", "--arm", "letter", "--language", language, "--out", target)
        assert (done.code, f"What letter is sent is in {target}" in done.out) == (0, True)
        assert begins in pypdf.PdfReader(target).pages[0].extract_text()
    wrong = otm("design", "letter", "letters", "--arm", "Letter", "--out", tmp_path / "x.pdf")
    assert (wrong.code, "name one of nfa, letter" in wrong.err) == (2, True)


def test_what_lays_out_papers_is_loaded_for_papers_alone(tmp_path: Path) -> None:
    """The command line starts without it."""
    code = (
        "import sys; import trials.cli.app, trials.registry.reader; "
        "sys.exit(int(any(name in sys.modules for name in ('typst', 'docx', 'lxml'))))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
