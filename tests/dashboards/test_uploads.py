"""Uploaded files are laid out as the protocol names them, and nowhere else."""

from pathlib import Path

import pytest

from dashboards.uploads import Upload, keep

PROTOCOL = b"arms: [{id: letter, text: {en: wording/letter.en.md, cy: wording/letter.cy.md}}]"


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_texts_go_where_the_protocol_looks_for_them(tmp_path):
    texts = (Upload("letter.en.md", b"Please pay."), Upload("letter.cy.md", b"Talwch."), Upload("other.md", b"no"))
    path, is_new = keep(tmp_path, Upload("plan.yaml", PROTOCOL), texts)
    assert is_new
    assert path.read_bytes() == PROTOCOL
    assert (path.parent / "wording/letter.en.md").read_bytes() == b"Please pay."
    assert files_in(path.parent) == {"protocol.yaml", "wording/letter.en.md", "wording/letter.cy.md"}


def test_the_same_upload_lands_in_the_same_place_and_another_text_does_not(tmp_path):
    first, _ = keep(tmp_path, Upload("a.yaml", PROTOCOL), (Upload("letter.en.md", b"one"),))
    again, is_new = keep(tmp_path, Upload("b.yaml", PROTOCOL), (Upload("letter.en.md", b"one"),))
    other, _ = keep(tmp_path, Upload("a.yaml", PROTOCOL), (Upload("letter.en.md", b"two"),))
    assert again == first
    assert not is_new
    assert other != first


@pytest.mark.parametrize(
    "named", ["../outside.md", "/etc/outside.md", "wording/../../outside.md", "wording/\\0outside.md"]
)
def test_no_path_leaves_the_folder(tmp_path, named):
    protocol = f'arms: [{{text: {{en: "{named}"}}}}]'.encode()
    folder = tmp_path / "uploads"
    keep(folder, Upload("plan.yaml", protocol), (Upload("outside.md", b"x"),))
    assert files_in(tmp_path) == {f"uploads/{next(folder.iterdir()).name}/protocol.yaml"}


def test_a_hostile_protocol_is_kept_for_its_loading_to_refuse_and_takes_no_text_along(tmp_path):
    hostile = b"a: " + b"[" * 100_000
    path, _ = keep(tmp_path, Upload("plan.yaml", hostile + PROTOCOL), (Upload("letter.en.md", b"Please pay."),))
    assert files_in(path.parent) == {"protocol.yaml"}
