"""Uploaded files are laid out as the protocol names them, and nowhere else."""

from pathlib import Path

import pytest

from dashboards import uploads
from dashboards.uploads import Kept, Upload
from data.errors import DataRefused
from designs.protocol import CheckedProtocol, ProtocolError, ProtocolRefused, named_texts

PROTOCOL = b"arms: [{id: letter, text: {en: wording/letter.en.md, cy: wording/letter.cy.md}}]"


class Lenient:
    """A reader that takes whatever lies there."""

    def named_texts(self, content):
        return named_texts(content)

    def check(self, path):
        return CheckedProtocol("a", "A", "{}", "0" * 64, {})


class Strict(Lenient):
    """A reader that takes nothing."""

    def check(self, path):
        raise ProtocolRefused([ProtocolError("", "it is none", "a protocol is one")])


def keep(folder: Path, protocol: Upload, texts: tuple[Upload, ...], reader: Lenient | None = None) -> Kept:
    """Keep an upload; what it lay in meanwhile is gone."""
    home = folder.parent / f"{folder.name}.home"
    home.mkdir(exist_ok=True)
    try:
        return uploads.keep(folder, home / "scratch", protocol, texts, reader or Lenient())
    finally:
        assert not home.joinpath("scratch").exists() or [p.name for p in (home / "scratch").iterdir()] == [".lock"]


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_texts_go_where_the_protocol_looks_for_them(tmp_path):
    texts = (Upload("letter.en.md", b"Please pay."), Upload("letter.cy.md", b"Talwch."), Upload("other.md", b"no"))
    kept = keep(tmp_path, Upload("plan.yaml", PROTOCOL), texts)
    path = kept.path
    assert kept.new
    assert path.read_bytes() == PROTOCOL
    assert (path.parent / "wording/letter.en.md").read_bytes() == b"Please pay."
    assert files_in(path.parent) == {"protocol.yaml", "wording/letter.en.md", "wording/letter.cy.md"}


def test_the_same_upload_lands_in_the_same_place_and_another_text_does_not(tmp_path):
    first = keep(tmp_path, Upload("a.yaml", PROTOCOL), (Upload("letter.en.md", b"one"),))
    again = keep(tmp_path, Upload("b.yaml", PROTOCOL), (Upload("letter.en.md", b"one"),))
    other = keep(tmp_path, Upload("a.yaml", PROTOCOL), (Upload("letter.en.md", b"two"),))
    assert again.path == first.path
    assert not again.new
    assert other.path != first.path


@pytest.mark.parametrize(
    "named", ["../outside.md", "/etc/outside.md", "wording/../../outside.md", "wording/\\0outside.md"]
)
def test_no_path_leaves_the_folder(tmp_path, named):
    protocol = f'arms: [{{text: {{en: "{named}"}}}}]'.encode()
    folder = tmp_path / "uploads"
    keep(folder, Upload("plan.yaml", protocol), (Upload("outside.md", b"x"),))
    made = {name for name in files_in(tmp_path) if not name.endswith("/.lock")}
    assert made == {f"uploads/{next(folder.iterdir()).name}/protocol.yaml"}


UNUSABLE = {
    "below the protocol": ["protocol.yaml/evil.md"],
    "the protocol itself": ["protocol.yaml"],
    "the protocol on a disk that knows no case": ["Protocol.YAML"],
    "a long folder": ["x" * 300 + "/evil.md"],
    "a long path": ["/".join(["x" * 100] * 11) + "/evil.md"],
    "a long name in few characters": ["é" * 128],
    "a folder that is a file": ["wording", "wording/evil.md"],
    "a file that is a folder": ["a/b/evil.md", "a"],
    "the folder itself": ["."],
    "a dot at the end": ["wording./evil.md"],
    "dots": [".../evil.md"],
    "a blank name": ["wording/ /evil.md"],
    "a blank at the end": ["evil.md "],
    "a control character": ["wording/\\u0007/evil.md"],
    "a line": ["wording\\n/evil.md"],
}


def naming(*paths: str) -> bytes:
    arms = ", ".join(f'{{text: {{en: "{path}"}}}}' for path in paths)
    return f"arms: [{arms}]".encode()


@pytest.mark.parametrize("paths", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("sent", [True, False], ids=["sent", "not sent"])
def test_a_path_at_which_no_text_can_lie_is_refused_in_words_and_nothing_stays(tmp_path, paths, sent):
    names = {path.rsplit("/", 1)[-1] for path in paths}
    texts = tuple(Upload(name, name.encode()) for name in sorted(names)) if sent else ()
    folder = tmp_path / "uploads"
    with pytest.raises(ProtocolRefused, match=r"(?s)no text can be kept at .*Rule: "):
        keep(folder, Upload("plan.yaml", naming(*paths)), texts)
    assert not folder.exists() or not list(folder.iterdir())


def test_every_path_that_cannot_be_kept_is_said_at_once(tmp_path):
    with pytest.raises(ProtocolRefused) as refused:
        keep(tmp_path, Upload("plan.yaml", naming("protocol.yaml", "good.md", "x" * 300)), ())
    assert len(refused.value.errors) == 2
    assert all(len(str(error)) < 250 for error in refused.value.errors)


@pytest.mark.parametrize("path", ["a b/c.d.md", "wording/protocol.yaml", "é" * 127, ".hidden/l.md", "./a//b.md"])
def test_a_plain_path_is_kept(tmp_path, path):
    name = path.rsplit("/", 1)[-1]
    kept = keep(tmp_path, Upload("plan.yaml", naming(path)), (Upload(name, b"Please pay."),)).path
    assert (kept.parent / path).read_bytes() == b"Please pay."
    assert kept.read_bytes() == naming(path)


def test_two_different_files_of_one_name_are_not_taken_for_each_other(tmp_path):
    protocol = Upload("plan.yaml", naming("a/letter.md", "b/letter.md"))
    with pytest.raises(DataRefused, match=r"letter\.md: 2 different files have this name"):
        keep(tmp_path, protocol, (Upload("letter.md", b"one"), Upload("letter.md", b"two")))
    assert not list(tmp_path.iterdir())
    keep(tmp_path, protocol, (Upload("letter.md", b"one"), Upload("letter.md", b"one")))


def test_a_disk_that_takes_nothing_is_a_refusal_and_leaves_nothing_half_made(tmp_path, monkeypatch):
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self), None, str(target))

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(DataRefused, match=r"could not be kept \(No space left on device\)"):
        keep(tmp_path, Upload("plan.yaml", PROTOCOL), ())
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_the_folder_is_a_refusal(tmp_path):
    (tmp_path / "uploads").write_bytes(b"")
    with pytest.raises(DataRefused, match="could not be kept"):
        keep(tmp_path / "uploads", Upload("plan.yaml", PROTOCOL), ())


def test_the_same_upload_sent_twice_at_once_is_one(tmp_path, monkeypatch):
    rename = Path.rename

    def second(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        uploads.keep(tmp_path, self.parent.parent, Upload("plan.yaml", PROTOCOL), (), Lenient())
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", second)
    kept = keep(tmp_path, Upload("plan.yaml", PROTOCOL), ())
    assert not kept.new
    assert kept.path.read_bytes() == PROTOCOL
    assert len(list(tmp_path.iterdir())) == 1


def test_a_hostile_protocol_is_kept_for_its_loading_to_refuse_and_takes_no_text_along(tmp_path):
    hostile = b"a: " + b"[" * 100_000
    kept = keep(tmp_path, Upload("plan.yaml", hostile + PROTOCOL), (Upload("letter.en.md", b"Please pay."),))
    assert files_in(kept.path.parent) == {"protocol.yaml"}


def test_what_is_no_protocol_was_never_among_those_that_are_kept(tmp_path):
    with pytest.raises(ProtocolRefused, match="it is none"):
        keep(tmp_path / "uploads", Upload("plan.yaml", PROTOCOL), (Upload("letter.en.md", b"one"),), Strict())
    assert not (tmp_path / "uploads").exists()
