"""What leaves the registry is written where it was asked for: not into its own folder, not through a link, whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from designs.drafting import Draft, empty_draft
from tests.trials.examples import FIRST, Files, allocated, everything
from tests.trials.stages.test_issue import scheme
from trials.errors import TrialRefused
from trials.field import dispatch
from trials.registry import Registry
from trials.stages.backup import backup
from trials.stages.certificate import certificate
from trials.stages.design import begin_design
from trials.stages.export_design import export_design
from trials.stages.issue import issue, issue_lists
from trials.stages.paper import write_paper
from trials.stages.register import register
from trials.stages.texts import write_texts

TRIAL = "letters-2027"
TEXTS = {"a.md": b"Pay what you owe.", "wording/b.md": b"Pay today."}
TODAY = date(2099, 1, 4)


@pytest.fixture
def designed(registry: Registry) -> Registry:
    """A design with a text beside its plan, and one in a folder below."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in TEXTS.items()}
    arms = [{"id": name[0], "text": {"en": name}} for name in TEXTS]
    document = {**empty_draft(TRIAL).document, "arms": arms}
    contents = {digests[name]: content for name, content in TEXTS.items()}
    begin_design(registry, FIRST, TRIAL, Draft(document, digests), contents, origin={"kind": "empty"})
    return registry


@pytest.fixture
def worded(registry: Registry, tmp_path: Path) -> Registry:
    """A registered trial whose letter has such texts."""
    files = Files(tmp_path / "worded", trial=TRIAL)
    (files.folder / "wording").mkdir()
    for name, content in TEXTS.items():
        (files.folder / name).write_bytes(content)
    arm = "label: Plain letter,"
    files.edit_protocol(lambda said: said.replace(arm, f"{arm} text: {{en: a.md, cy: wording/b.md}},"))
    register(registry, FIRST, files.protocol)
    return registry


WAYS: dict[str, tuple[str, str, Callable[[Registry, Path], Any]]] = {
    "plan": ("designed", "protocol.yaml", lambda registry, out: export_design(registry, FIRST, TRIAL, out)),
    "texts": ("worded", "a.md", lambda registry, out: write_texts(registry, FIRST, TRIAL, out)),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[Registry, str, Callable[[Path], Any]]:
    """A stage that writes a file, whose name is told, and one in a folder below."""
    fixture, first, write = WAYS[request.param]
    registry = request.getfixturevalue(fixture)
    return registry, first, lambda out: write(registry, out)


def test_files_are_written_below_the_folder_for_their_owner(way: Any, tmp_path: Path) -> None:
    _, _, write = way
    write(tmp_path / "not" / "there" / "yet")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "not").rglob("*")} == {0o600, 0o700}
    assert (tmp_path / "not" / "there" / "yet" / "wording" / "b.md").read_bytes() == TEXTS["wording/b.md"]


@pytest.mark.parametrize("link", ["", "wording", "wording/b.md"])
@pytest.mark.parametrize("to", ["nothing", "file", "folder", "out/other"])
def test_no_link_in_the_folder_is_written_through(way: Any, tmp_path: Path, link: str, to: str) -> None:
    _, first, write = way
    for folder in ("folder", "out/other", *(["out/wording"] if link != "wording" else [])):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "out" / (link or first)).symlink_to(tmp_path / to)
    before = everything(tmp_path)
    with pytest.raises(TrialRefused):
        write(tmp_path / "out")
    assert everything(tmp_path) == before


@pytest.mark.parametrize("place", ["", "new", "snapshots/new", "lists"])
def test_nothing_is_written_into_the_registrys_folder(way: Any, tmp_path: Path, place: str) -> None:
    registry, _, write = way
    (tmp_path / "way-in").symlink_to(registry.home)
    before = everything(tmp_path)
    for out in (registry.home / place, tmp_path / "way-in" / place):
        with pytest.raises(TrialRefused, match="it is the registry's own"):
            write(out)
    assert everything(tmp_path) == before


@pytest.mark.parametrize("made", [False, True])
def test_where_a_later_file_cannot_be_written_none_is(
    way: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: bool
) -> None:
    """A disk that is full at the second file, or a file in the place of its folder: found after the first was there."""
    _, _, write = way
    if made:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine.txt").write_text("mine")
    before, opened, written = everything(tmp_path), os.open, []

    def full(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if str(path).endswith("b.md"):
            written.append(sorted(name for name in everything(tmp_path) if name not in before))
            raise OSError(28, "No space left on device")
        return opened(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(TrialRefused, match="No space left on device"):
        write(tmp_path / "out")
    monkeypatch.undo()
    assert any(name.endswith("a.md") for name in written[0])  # it was there by then
    assert everything(tmp_path) == before


def test_a_file_in_the_place_of_a_folder_leaves_nothing(way: Any, tmp_path: Path) -> None:
    _, _, write = way
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "wording").write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(TrialRefused):
        write(tmp_path / "out")
    assert everything(tmp_path) == before


@pytest.mark.parametrize("place", ["b", "snapshots/b", "lists/b", "not/there/yet"])
def test_nothing_else_is_written_into_the_registrys_folder(done: Any, tmp_path: Path, place: str) -> None:
    registry, trial = done.registry, done.files.trial
    (tmp_path / "way-in").symlink_to(registry.home)
    before = everything(tmp_path)
    for out in (registry.home / place, tmp_path / "way-in" / place):
        writes: tuple[Callable[[], Any], ...] = (
            lambda out=out: backup(registry, FIRST, out),
            lambda out=out: issue(registry, FIRST, trial, "letter", out),
            lambda out=out: issue_lists(registry, FIRST, trial, "letter", out),
            lambda out=out: certificate(registry, FIRST, trial, population=out),
            lambda out=out: write_paper(registry, FIRST, trial, f"{out}.pdf", TODAY, TODAY),
        )
        for write in writes:
            with pytest.raises(TrialRefused, match="it is the registry's own"):
                write()
    assert everything(tmp_path) == before


@pytest.mark.parametrize("to", ["nothing", "mine"])
def test_units_and_papers_take_the_place_of_a_link_and_leave_what_it_leads_to(
    done: Any, tmp_path: Path, to: str
) -> None:
    (tmp_path / "mine").write_text("mine")
    for name in ("units.csv", "paper.pdf"):
        (tmp_path / name).symlink_to(tmp_path / to)
    certificate(done.registry, FIRST, done.files.trial, population=tmp_path / "units.csv")
    write_paper(done.registry, FIRST, done.files.trial, tmp_path / "paper.pdf", TODAY, TODAY)
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "nothing").exists()
    assert (tmp_path / "units.csv").read_bytes().startswith(b'"id"')
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("kind", ["file", "link", "link to nothing"])
def test_a_list_takes_nobodys_place(done: Any, tmp_path: Path, kind: str) -> None:
    there = tmp_path / "out" / "reminders-letter-letter.csv"
    there.parent.mkdir()
    (tmp_path / "mine").write_text("mine")
    if kind == "file":
        there.write_text("mine")
    else:
        there.symlink_to(tmp_path / ("mine" if kind == "link" else "nothing"))
    before = everything(tmp_path)
    with pytest.raises(TrialRefused, match="a file of that name is there already"):
        issue(done.registry, FIRST, done.files.trial, "letter", there.parent)
    assert everything(tmp_path) == before


@pytest.fixture
def in_batches(registry: Registry, files: Files) -> tuple[Registry, str]:
    """A draw of which each arm has two lists."""
    scheme(files, "batches: {column: band, issue_on: {low: 2026-03-02, high: 2026-05-04}}")
    allocated(registry, files)
    return registry, files.trial


SECOND_LIST = "reminders-sms-sms-batch-2-high.csv"


def test_no_list_is_written_where_a_later_one_has_no_free_name(in_batches: Any, tmp_path: Path) -> None:
    registry, trial = in_batches
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / SECOND_LIST).write_text("mine")
    before = everything(tmp_path)
    with pytest.raises(TrialRefused, match="a file of that name is there already"):
        issue_lists(registry, FIRST, trial, "sms", tmp_path / "out")
    assert everything(tmp_path) == before


def test_what_was_written_before_a_list_could_not_be_is_told(
    in_batches: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, trial = in_batches
    write, written = dispatch.Written.write_list, []

    def full(self: Any, table: Any) -> str:
        if written:
            raise OSError(28, "No space left on device")
        written.append(table)
        return write(self, table)

    monkeypatch.setattr(dispatch.Written, "write_list", full)
    with pytest.raises(TrialRefused, match="No space left on device") as refused:
        issue_lists(registry, FIRST, trial, "sms", tmp_path / "out")
    first = tmp_path / "out" / "reminders-sms-sms-batch-1-low.csv"
    assert f"these were written before, are on record and stand: {first}" in str(refused.value)
    assert sorted(path.name for path in first.parent.iterdir()) == [first.name, f"{first.stem}.manifest.json"]
    monkeypatch.undo()
    (second,) = issue_lists(registry, FIRST, trial, "sms", tmp_path / "out")
    assert second.path.name == SECOND_LIST
    assert not second.manifest["reissue"]
